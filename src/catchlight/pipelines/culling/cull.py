"""A folder of shots → groups with marks and stars: what `catchlight cull` does before it writes anything."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from catchlight.core import CatchlightError, ContractError, InputError
from catchlight.core.bands import core_count
from catchlight.pipelines.burst_groups import group_bursts
from catchlight.pipelines.culling.detail_map import detail_map
from catchlight.pipelines.culling.preview import read_preview
from catchlight.pipelines.culling.rating import ratings
from catchlight.pipelines.culling.scores import Look, Score, score_group
from catchlight.pipelines.culling.shots import Shot, shots_in

# Told what is being done, how many shots are done and how many there are.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CulledShot:
    """A shot, its marks and its stars."""

    shot: Shot
    score: Score
    rating: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CulledGroup:
    """Shots of one burst, bracket or retake, in order of time.

    Args:
        shots: at least one.
        best: place of the best.
        bracket: whether they are an exposure bracket.
    """

    shots: tuple[CulledShot, ...]
    best: int
    bracket: bool

    def __post_init__(self) -> None:
        if not 0 <= self.best < len(self.shots):
            raise ContractError(f"one of the {len(self.shots)} shots is the best; found place {self.best}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Culling:
    """What was found in a folder.

    Args:
        folder: as it was named.
        groups: in order of time.
        skipped: files that could not be read, and why.
    """

    folder: Path
    groups: tuple[CulledGroup, ...]
    skipped: tuple[tuple[Path, str], ...]

    @property
    def shots(self) -> tuple[CulledShot, ...]:
        """All shots, group by group."""
        return tuple(shot for group in self.groups for shot in group.shots)

    @property
    def rejected(self) -> tuple[CulledShot, ...]:
        """Shots rated 1, and those beyond the number to keep."""
        return tuple(shot for shot in self.shots if shot.rating <= 1)


def cull(folder: Path, *, keep: int | None = None, progress: Progress | None = None) -> Culling:
    """Groups the shots of a folder and rates them; reads only.

    Args:
        folder: with pictures; subfolders are left alone.
        keep: how many of each group to keep; further ones are rated 1. None for as many as are good.
        progress: called as progress(stage, done, total).

    Raises:
        InputError: no folder, no pictures in it, or none that can be read.
    """
    folder = Path(folder)
    shots = shots_in(folder)
    tell = progress or (lambda stage, done, total: None)
    skipped: list[tuple[Path, str]] = []
    seen: list[tuple[Shot, Look]] = []
    with ThreadPoolExecutor(core_count(), thread_name_prefix="look") as readers:
        try:
            for done, (shot, found) in enumerate(zip(shots, readers.map(_look, shots), strict=True)):
                tell("look", done + 1, len(shots))
                look, failures = found
                skipped += failures
                if look is not None:
                    seen.append((shot, look))
        except BaseException:
            readers.shutdown(wait=False, cancel_futures=True)
            raise
    if not seen:
        raise InputError(f"{folder}: none of the {len(shots)} pictures can be read; the last: {skipped[-1][1]}")
    tell("group", 0, 0)
    groups = []
    for places in group_bursts([look.record for _, look in seen]):
        marks = score_group([seen[p][1] for p in places])
        stars = ratings(marks, keep=keep)
        groups.append(
            CulledGroup(
                shots=tuple(
                    CulledShot(shot=seen[p][0], score=score, rating=rating)
                    for p, score, rating in zip(places, marks.scores, stars, strict=True)
                ),
                best=marks.best,
                bracket=marks.bracket,
            )
        )
    return Culling(folder=folder, groups=tuple(groups), skipped=tuple(skipped))


def _look(shot: Shot) -> tuple[Look | None, list[tuple[Path, str]]]:
    """What the first readable file of a shot shows, and the files that cannot be read."""
    failures = []
    for path in shot.pictures:
        try:
            preview = read_preview(path)
        except CatchlightError as error:
            failures.append((path, str(error)))
            continue
        detail = detail_map(preview.grey)
        look = Look(record=preview.record, detail=detail, clipped=preview.clipped, crushed=preview.crushed)
        return look, failures
    return None, failures
