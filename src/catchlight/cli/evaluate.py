"""`catchlight evaluate`: measures the camera against its baselines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from catchlight.cli.terminal import shown

if TYPE_CHECKING:
    from catchlight.evaluate import Evaluation

# What is printed; the rest stands in the JSON.
_SHOWN = (
    "PSNR sRGB",
    "merge gain",
    "worst block, mosaic",
    "CPSNR",
    "demosaic time",
    "times faster than Menon",
    "super-resolution: PSNR sRGB",
    "super-resolution: PSNR ahead",
    "super-resolution: MTF50 over the single frame's",
    "other sensors: PSNR sRGB",
    "dynamic range gain",
    "dynamic range gain short of theory",
    "PSNR-µ",
    "worst block, PSNR-µ",
    "halo: largest ΔL* from 4 px on",
    "white balance error, median",
    "white balance error, 95th percentile",
    "pair F1",
    "groups found exactly",
    "sharpest first",
    "MTF50 error, rms",
    "MTF50 error, largest",
    "MTF50 scatter (sd)",
    "edges found",
    "false edges",
    "shot, largest error",
    "read, largest error",
    "charts found",
    "slope on textures, off by",
    "PSNR by camera profile",
    "calibrated profile ahead of the next",
)


class _Places(NamedTuple):
    """Files and folders of one request."""

    data: Path | None
    json: Path | None
    cache: Path | None
    against: Path | None
    leaderboard: Path | None


def evaluate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The benchmark: develop, measure or raw_engine.")],
    quick: Annotated[bool, typer.Option("--quick", help="A small part, within a minute.")] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="develop against the other programs that are installed, on the same files.")
    ] = False,
    data: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder that holds photos/; CATCHLIGHT_DATA by default.")
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write all rows, for machines.")] = None,
    cache: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep the figures of each photo here, not in the user's cache.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Fail where a figure is worse than in this earlier JSON, beyond chance."),
    ] = None,
    leaderboard: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the tables of raw_engine into its section of this file.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure all again.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Measure the camera against its baselines, on cases whose truth is known.

    catchlight evaluate measure --quick --json e.json
    """
    from catchlight.cli.place_name import place_name

    places = _Places(
        data=place_name("--data", data),
        json=place_name("--json", json),
        cache=place_name("--cache", cache),
        against=place_name("--against", against),
        leaderboard=place_name("--leaderboard", leaderboard),
    )
    for option, asked, goes_with in (("--peers", peers, "develop"), ("--leaderboard", leaderboard, "raw_engine")):
        if asked and name != goes_with:
            from catchlight.core import UsageError

            raise UsageError(f"{option} goes with {goes_with}; found {name!r}")
    return partial(_evaluate, name, quick, peers, places, fresh, force, quiet)


def _evaluate(
    name: str,
    quick: bool,
    peers: bool,
    places: _Places,
    fresh: bool,
    force: bool,
    quiet: bool,
    check: Callable[[], None],
) -> None:
    from catchlight.cli.progress import shown_progress
    from catchlight.evaluate import run
    from catchlight.evaluate.release_gate import read_evaluation, release_gate
    from catchlight.io import atomic_output, check_writable

    json, data, cache = places.json, places.data, places.cache
    if json is not None:
        check_writable(json, force=force)
    if places.leaderboard is not None:
        check_writable(places.leaderboard, force=True)
    before = None if places.against is None else read_evaluation(places.against)
    with shown_progress(quiet=quiet, check=check) as listener:

        def tell(what: str, done: int, total: int) -> None:
            listener(f"{done} of {total}, {what}", 0, 0)

        if peers:
            from catchlight.evaluate.develop.peers import run_peers

            found = run_peers(data=data, quick=quick, cache=cache, fresh=fresh, progress=tell)
        else:
            found = run(name, data=data, quick=quick, cache=cache, fresh=fresh, progress=tell)
    if json is not None:
        with atomic_output(json, force=force) as temporary:
            temporary.write_text(found.to_json(), encoding="utf-8")
    verdict = None if before is None else release_gate(before, found)
    if not quiet:
        _print(found, peers, json)
        if verdict is not None and verdict.passed:
            print(f"release gate: open, none of {verdict.compared} figures dropped")
    if verdict is not None:
        verdict.require()
    # What the gate keeps out is no entry of the leaderboard.
    if places.leaderboard is not None:
        _write_leaderboard(places.leaderboard, found)


def _write_leaderboard(path: Path, found: Evaluation) -> None:
    from datetime import UTC, datetime

    from catchlight.evaluate.leaderboard import leaderboard_section, write_leaderboard

    section = leaderboard_section(found, measured=datetime.now(UTC))
    write_leaderboard(path, benchmark=found.benchmark, section=section)


def _print(found: Evaluation, peers: bool, json: Path | None) -> None:
    from catchlight.evaluate import markdown_table

    if peers:
        _print_peers(found)
    for metric in found.config.get("tables", _SHOWN):
        table = markdown_table(found.rows, metric=metric, apart=found.config.get("apart", ()))
        if table:
            print(table + "\n")
    for note in found.config.get("notes", []):
        print(note)
    rows = "1 row" if len(found.rows) == 1 else f"{len(found.rows)} rows"
    print(
        f"{rows}, {found.config['from_cache']} of the measurements from an earlier run"
        + (f": {shown(str(json))}" if json else "")
    )


def _print_peers(found: Evaluation) -> None:
    from catchlight.evaluate.develop.peers import ahead_lines, peer_table

    print(peer_table(found) + "\n")
    for line in (*ahead_lines(found.rows), *(f"{name}: {why}" for name, why in found.config["missing"].items())):
        print(line)
    print()
