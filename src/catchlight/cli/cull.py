"""`catchlight cull`: bursts found in a folder, their shots ranked; stars for them, or the spoilt ones moved aside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catchlight.cli.terminal import say, warn

if TYPE_CHECKING:
    from catchlight.pipelines.culling import Culling


def cull(
    folder: Annotated[str | None, typer.Argument(metavar="FOLDER", help="Pictures; subfolders are left alone.")] = None,
    ratings: Annotated[
        bool, typer.Option("--ratings", help="Write 1 to 5 stars into XMP sidecars; given ratings stay.")
    ] = False,
    move: Annotated[str | None, typer.Option(metavar="DIR", help="Move shots rated 1 to DIR/rejected.")] = None,
    by_group: Annotated[
        bool, typer.Option("--by-group", help="With --move: each group to a folder of its own, nothing rejected.")
    ] = False,
    keep: Annotated[
        int | None, typer.Option(metavar="N", help="Of each group keep the best N; further ones are rated 1.")
    ] = None,
    undo: Annotated[str | None, typer.Option(metavar="LOG", help="Move back what a log in DIR tells.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, touch no picture, sidecar or folder.")
    ] = False,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write groups and marks, for machines.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace ratings that are there, and FILE.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Group bursts, rank their shots by sharpness, exposure and motion; without --ratings or --move only say so.

    catchlight cull photos --ratings --dry-run
    """
    if undo is not None:
        return partial(_undo, undo, folder, ratings or move is not None, dry_run, quiet)
    return partial(_cull, folder, ratings, move, by_group, keep, dry_run, json, force, quiet)


def _undo(log: str, folder: str | None, other: bool, dry_run: bool, quiet: bool, check: Callable[[], None]) -> None:
    from catchlight.cli.place_name import place_name
    from catchlight.core import UsageError
    from catchlight.pipelines.culling import undo_moves

    if folder is not None or other or dry_run:
        raise UsageError("--undo LOG stands alone: it moves back what the log tells; leave the rest out")
    place = place_name("--undo", log)
    assert place is not None
    count = undo_moves(place)
    if not quiet:
        say(f"moved back: {count} {'file' if count == 1 else 'files'}")


def _cull(
    folder: str | None,
    ratings: bool,
    move: str | None,
    by_group: bool,
    keep: int | None,
    dry_run: bool,
    json: str | None,
    force: bool,
    quiet: bool,
    check: Callable[[], None],
) -> None:
    from catchlight.cli.cull_summary import cull_lines
    from catchlight.cli.place_name import check_names, place_name
    from catchlight.cli.progress import shown_progress
    from catchlight.core import UsageError
    from catchlight.io import check_writable
    from catchlight.pipelines.culling import cull as cull_folder

    if folder is None:
        raise UsageError("expected a folder with pictures; found none named; see catchlight cull --help")
    check_names("FOLDER", [folder])
    if ratings and move is not None:
        raise UsageError("--ratings or --move, one at a time: write the stars first, sidecars then move along")
    if by_group and move is None:
        raise UsageError("--by-group says where --move DIR puts things; add --move DIR")
    if keep is not None and keep < 1:
        raise UsageError(f"--keep is at least 1 shot of each group; found {keep}")
    record, target = place_name("--json", json), place_name("--move", move)
    if record is not None:
        check_writable(record, force=force)
    if not dry_run:
        _check_places(Path(folder), target, ratings=ratings)
    with shown_progress(quiet=quiet, check=check) as listener:
        found = cull_folder(Path(folder), keep=keep, progress=listener)
    if record is not None:
        _check_record(record, found)
    warn(*(f"left out: {reason}" for _, reason in found.skipped))
    done = _act(found, target, ratings=ratings, by_group=by_group, dry_run=dry_run, force=force)
    if record is not None:
        _write_record(found, record, force=force)
    if not quiet:
        say(*cull_lines(found), *done, *([] if record is None else [f"JSON: {record}"]))


def _check_places(folder: Path, target: Path | None, *, ratings: bool) -> None:
    """Fails before any work where writing would fail later."""
    from catchlight.cli.new_folder import check_new_folder
    from catchlight.io import check_writable

    if (ratings or target is not None) and folder.is_dir():
        check_writable(folder / ".catchlight-probe", force=True)
    if target is not None:
        check_new_folder(target)


def _check_record(record: Path, found: Culling) -> None:
    from catchlight.cli.place_name import check_not_input

    check_not_input(record, [path for culled in found.shots for path in culled.shot.pictures])


def _act(
    found: Culling, target: Path | None, *, ratings: bool, by_group: bool, dry_run: bool, force: bool
) -> list[str]:
    """Does what was asked, and says so."""
    from catchlight.pipelines.culling import move_files, plan_moves, plan_sidecars, write_sidecars

    if target is not None:
        plan = plan_moves(found, target, by_group=by_group)
        warn(*(f"left where it is: {path}: {reason}" for path, reason in plan.left))
        what = f"{len(plan.moves)} {'file' if len(plan.moves) == 1 else 'files'} to {target}"
        if dry_run:
            return [f"dry run, would move {what}:", *(f"  {source} → {to}" for source, to in plan.moves)]
        log = move_files(plan)
        return [f"moved {what}; undo with --undo {log}" if log is not None else "nothing to move"]
    if ratings:
        stars = plan_sidecars(found.shots, replace_ratings=force)
        warn(*(f"left out: {reason}" for _, reason in stars.unusable))
        count = len(stars.changes)
        what = f"{count} XMP {'sidecar' if count == 1 else 'sidecars'}"
        kept = [f"{len(stars.kept)} shots keep the rating they have (--force replaces it)"] if stars.kept else []
        if dry_run:
            return [f"dry run, would write {what}", *kept]
        write_sidecars(stars.changes)
        return [f"wrote {what}", *kept]
    return ["nothing written: add --ratings for XMP stars, or --move DIR to set the spoilt shots aside"]


def _write_record(found: Culling, record: Path, *, force: bool) -> None:
    import json

    from catchlight.io import atomic_output
    from catchlight.pipelines.culling import culling_record

    text = json.dumps(culling_record(found), indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_output(record, force=force) as temporary:
        # Bytes of a name that are no text become \udcXX, which JSON reads.
        temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
