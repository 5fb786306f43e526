"""Shots moved aside with all their files, never over another file, and back again."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from catchlight.core import InputError, OutputError
from catchlight.io.atomic_output import atomic_output, check_writable
from catchlight.io.xmp_sidecar import sidecar_places
from catchlight.pipelines.culling.cull import Culling
from catchlight.pipelines.culling.shots import Shot

REJECTED = "rejected"
_LOG, _KIND = "catchlight-cull", "catchlight cull: moved files"
# File systems without hard links (FAT on cards), or another disk.
_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.EACCES)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan:
    """Files and where they go.

    Args:
        folder: the one named, below which they go.
        moves: (from, to); no `to` exists yet.
        left: shots that stay, and why.
    """

    folder: Path
    moves: tuple[tuple[Path, Path], ...]
    left: tuple[tuple[Path, str], ...]


def plan_moves(culling: Culling, folder: Path, *, by_group: bool = False) -> MovePlan:
    """Works out the moves; touches nothing.

    Shots that are rejected go to `folder/rejected`; or, by group, every group of two shots and more to a folder
    `group-001` and so on. RAW, JPEG and sidecars of a shot stay together; where one of the names is taken, all get
    `-2` and so on. Links are left where they are: they would lead elsewhere from another place.
    """
    if by_group:
        several = [group for group in culling.groups if len(group.shots) > 1]
        wanted = [
            (culled.shot, folder / f"group-{number:03d}")
            for number, group in enumerate(several, 1)
            for culled in group.shots
        ]
    else:
        wanted = [(culled.shot, folder / REJECTED) for culled in culling.rejected]
    moves: list[tuple[Path, Path]] = []
    left: list[tuple[Path, str]] = []
    taken: set[Path] = set()
    for shot, place in wanted:
        files = _files_of(shot)
        if any(file.is_symlink() for file in files):
            left.append((shot.path, "is a link; links stay where they are"))
            continue
        targets = _free(files, place, taken)
        taken.update(targets)
        moves += zip(files, targets, strict=True)
    return MovePlan(folder=folder, moves=tuple(moves), left=tuple(left))


def move_files(plan: MovePlan) -> Path | None:
    """Moves all files and returns the log to undo it; where one cannot be moved, all are put back. None for no moves.

    Raises:
        OutputError: a folder is read-only or there is no room; everything is as before.
    """
    if not plan.moves:
        return None
    for source in {file.parent for file, _ in plan.moves}:
        check_writable(source / ".catchlight-probe", force=True)
    made = _make_folders({target.parent for _, target in plan.moves} | {plan.folder})
    log: Path | None = None
    done: list[tuple[Path, Path]] = []
    try:
        # Written first: whatever happens then, the log knows.
        log = _write_log(plan, made)
        for source, target in plan.moves:
            done.append((source, target))
            _move(source, target)
    except BaseException:
        for source, target in reversed(done):
            with suppress(OSError, OutputError):
                if target.exists() and not source.exists():
                    _move(target, source)
        with suppress(OSError):
            if log is not None:
                log.unlink(missing_ok=True)
        _remove_empty(made)
        raise
    return log


def undo_moves(log: Path) -> int:
    """Moves everything that a log tells back, removes the log and the folders made for it; returns how many files.

    What is back already (an earlier undo was ended) is passed over.

    Raises:
        InputError: no log of this kind, or files that are gone.
        OutputError: another file has taken a place, or a folder is read-only; nothing is moved then.
    """
    moves, made = _read_log(log)
    # A file counts as moved only where it is there and nothing stands in its old place.
    waiting = []
    for source, target in moves:
        if os.path.lexists(target):
            if os.path.lexists(source):
                raise OutputError(f"{source}: is there again, so {target} cannot go back; move one of them away")
            if not source.parent.is_dir():
                raise OutputError(f"{source}: its folder is gone; make it again, then undo")
            waiting.append((source, target))
        elif not os.path.lexists(source):
            raise InputError(
                f"{target}: expected the file that was moved from {source}, found none; nothing was undone"
            )
    for folder in {source.parent for source, _ in waiting} | {target.parent for _, target in waiting}:
        check_writable(folder / ".catchlight-probe", force=True)
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in reversed(waiting):
            done.append((source, target))
            _move(target, source)
    except BaseException:
        for source, target in reversed(done):
            with suppress(OSError, OutputError):
                if source.exists() and not target.exists():
                    _move(source, target)
        raise
    with suppress(OSError):
        log.unlink()
    _remove_empty(made)
    return len(waiting)


def _files_of(shot: Shot) -> list[Path]:
    """The pictures of a shot and their sidecars."""
    sidecars = [place for picture in shot.pictures for place in sidecar_places(picture) if os.path.lexists(place)]
    return list(dict.fromkeys((*shot.pictures, *sidecars)))


def _free(files: Sequence[Path], place: Path, taken: set[Path]) -> list[Path]:
    """Names in `place` that nothing has, all changed alike so that they still belong together."""
    stem = len(files[0].stem)
    number = 1
    while True:
        tail = "" if number == 1 else f"-{number}"
        targets = [place / f"{file.name[:stem]}{tail}{file.name[stem:]}" for file in files]
        if not any(target in taken or os.path.lexists(target) for target in targets):
            return targets
        number += 1


def _move(source: Path, target: Path) -> None:
    """Moves a file without ever replacing one.

    Raises:
        OutputError: the place is taken, or the system refuses.
    """
    try:
        try:
            os.link(source, target, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _move_without_links(source, target)
            return
        try:
            source.unlink()
        except OSError:
            target.unlink()
            raise
    except FileExistsError as error:
        raise OutputError(f"{target}: exists already; it was not there a moment ago, try again") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{source}: cannot be moved to {target}: {reason}; nothing was moved") from error


def _move_without_links(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    if source.stat().st_dev == target.parent.stat().st_dev:
        source.rename(target)
        return
    # To another disk: copied whole under its hidden name first, so that no half file ever has the name.
    with atomic_output(target) as temporary:
        shutil.copy2(source, temporary)
    source.unlink()


def _make_folders(folders: Iterable[Path]) -> list[Path]:
    """Makes folders and those above them; returns those that were made, the deepest last."""
    made: list[Path] = []
    try:
        for folder in sorted(folders):
            missing = [p for p in (folder, *folder.parents) if not p.exists()]
            for place in reversed(missing):
                place.mkdir()
                made.append(place)
            check_writable(folder / ".catchlight-probe", force=True)
    except OSError as error:
        _remove_empty(made)
        reason = error.strerror or str(error)
        raise OutputError(f"{folder}: the folder cannot be made: {reason}; choose another place") from error
    except BaseException:
        _remove_empty(made)
        raise
    return made


def _remove_empty(folders: Iterable[Path]) -> None:
    for place in sorted(folders, key=lambda p: -len(p.parts)):
        with suppress(OSError):  # something is in it
            place.rmdir()


def _write_log(plan: MovePlan, made: Sequence[Path]) -> Path:
    number = 1
    while os.path.lexists(log := plan.folder / f"{_LOG}-{number:03d}.json"):
        number += 1
    moves = [{"from": str(source.absolute()), "to": str(target.absolute())} for source, target in plan.moves]
    with atomic_output(log) as temporary:
        # Bytes of a name that are no text are kept as \udcXX, which comes back as the same bytes.
        whole = {"kind": _KIND, "moves": moves, "made": [str(folder.absolute()) for folder in made]}
        temporary.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    return log


def _read_log(log: Path) -> tuple[list[tuple[Path, Path]], list[Path]]:
    """The moves, and the folders that were made for them."""
    wrong = InputError(
        f"{log}: expected the log that `catchlight cull --move` wrote; found something else; check the name"
    )
    try:
        found = json.loads(log.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{log}: the log cannot be read: {error.strerror or error}; check the name") from error
    except ValueError as error:
        raise wrong from error
    try:
        if found["kind"] != _KIND:
            raise wrong
        moves = [(Path(move["from"]), Path(move["to"])) for move in found["moves"]]
        return moves, [Path(folder) for folder in found["made"]]
    except (KeyError, TypeError) as error:
        raise wrong from error
