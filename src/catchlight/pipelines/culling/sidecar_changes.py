"""Stars into XMP sidecars: all of them worked out first, then all written, or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from catchlight.core import CatchlightError
from catchlight.io.atomic_output import atomic_output, check_writable
from catchlight.io.xmp_sidecar import rated, read_rating, sidecar_places
from catchlight.pipelines.culling.cull import CulledShot


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarChange:
    """A sidecar and what it will hold.

    Args:
        place: the sidecar.
        before: what it holds now; None where it does not exist.
        after: what it will hold.
    """

    place: Path
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarPlan:
    """What writing the stars would change.

    Args:
        changes: sidecars to be made or changed.
        kept: shots that somebody has rated already; their rating stays.
        unusable: sidecars that are damaged; they and their shots are left alone.
    """

    changes: tuple[SidecarChange, ...]
    kept: tuple[Path, ...]
    unusable: tuple[tuple[Path, str], ...]


def plan_sidecars(shots: Iterable[CulledShot], *, replace_ratings: bool = False) -> SidecarPlan:
    """Works out the sidecars of shots; writes nothing.

    Adobe's `name.xmp` is made or changed, one for all files of a shot; darktable's `name.suffix.xmp` is changed where
    it is there.

    Args:
        shots: with their stars.
        replace_ratings: also where a sidecar tells a rating already.
    """
    changes: list[SidecarChange] = []
    kept, unusable = [], []
    for culled in shots:
        pictures = culled.shot.pictures
        wanted = dict.fromkeys(sidecar_places(p)[0] for p in pictures)
        there = dict.fromkeys(place for p in pictures for place in sidecar_places(p) if place.exists())
        try:
            if not replace_ratings and any(read_rating(place) not in (None, 0) for place in there):
                kept.append(culled.shot.path)
                continue
            found = []
            for place in dict.fromkeys((*wanted, *there)):
                before = place.read_bytes() if place in there else None
                after = rated(place, culled.rating)
                if after != before:
                    found.append(SidecarChange(place=place, before=before, after=after))
            changes += found
        except CatchlightError as error:
            unusable.append((culled.shot.path, str(error)))
    return SidecarPlan(changes=tuple(changes), kept=tuple(kept), unusable=tuple(unusable))


def write_sidecars(changes: Sequence[SidecarChange]) -> None:
    """Writes all sidecars; where one cannot be written, those before it are put back.

    Raises:
        OutputError: a folder is read-only, or there is no room.
    """
    for change in changes:
        check_writable(change.place, force=True)
    done: list[SidecarChange] = []
    try:
        for change in changes:
            done.append(change)
            _write(change.place, change.after)
    except BaseException:
        for change in reversed(done):
            with suppress(OSError, CatchlightError):
                if change.before is None:
                    change.place.unlink(missing_ok=True)
                else:
                    _write(change.place, change.before)
        raise


def _write(place: Path, data: bytes) -> None:
    with atomic_output(place, force=True) as temporary:
        temporary.write_bytes(data)
