"""`catchlight train data-report`: what is in a set of photos, and whether a network may be trained on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catchlight.cli.terminal import say

if TYPE_CHECKING:
    from catchlight.train.data import PhotoSet, SetFacts
    from catchlight.train.data.gates import GateReport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    named: str
    output: str | None
    json: str | None
    manifest: str | None
    data: str | None
    licence: str | None
    origin: str | None
    labels: bool
    held_out: float
    own: bool
    acknowledged: tuple[str, ...]
    workers: int
    force: bool
    quiet: bool


def data_report(
    named: Annotated[
        str, typer.Argument(metavar="SET", help="A manifest, a folder of pictures, WebDataset tars, or raw_engine.")
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="DIR", help="Write a page with pictures and curves.")
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write all figures, for machines.")] = None,
    manifest: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the manifest of a folder or of tars.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="DIR", help="What a manifest's paths start from; else CATCHLIGHT_DATA.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="ID", help="Licence of a folder or of tars, such as CC-BY-4.0.")
    ] = None,
    origin: Annotated[str | None, typer.Option(metavar="TEXT", help="Where a folder's photos come from.")] = None,
    labels: Annotated[bool, typer.Option("--labels", help="Folders' names are labels.")] = False,
    held_out: Annotated[
        float, typer.Option(metavar="SHARE", min=0.0, max=1.0, help="This share of a folder is for validation.")
    ] = 0.0,
    own: Annotated[bool, typer.Option("--own", help="The weights are not shipped: licences are only noted.")] = False,
    acknowledge: Annotated[
        list[str] | None, typer.Option(metavar="GATE", help="Accept what this gate stops; may be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=0, help="Processes that read photos.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what exists (never an input).")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Judge a set of photos before training: licences, duplicates, leaks, graphics, blur, clipping, drift.

    catchlight train data-report photos -o report
    """
    request = _Request(
        named=named, output=output, json=json, manifest=manifest, data=data, licence=licence, origin=origin,
        labels=labels, held_out=held_out, own=own, acknowledged=tuple(acknowledge or ()), workers=workers, force=force,
        quiet=quiet,
    )  # fmt: skip
    return partial(_report, request)


def _report(request: _Request, check: Callable[[], None]) -> None:
    from catchlight.cli.place_name import check_names, place_name
    from catchlight.cli.progress import shown_progress
    from catchlight.train.data import Source, measure_set, open_set, write_manifest
    from catchlight.train.data.gates import GatePolicy, judge
    from catchlight.train.data.report import report_lines

    check_names("SET", [request.named])
    page, record = place_name("--output", request.output), place_name("--json", request.json)
    manifest = place_name("--manifest", request.manifest)
    _check(request, page, record, manifest)
    source = None
    if request.licence is not None or request.origin is not None:
        name = Path(request.named).resolve().stem or "folder"
        source = Source(name=name, origin=request.origin or "not stated", licence=request.licence or "unknown")
    photos = open_set(
        request.named,
        data=place_name("--data", request.data),
        source=source,
        labels=request.labels,
        held_out=request.held_out,
    )
    with shown_progress(quiet=request.quiet, check=check) as listener:
        seen = measure_set(photos, workers=request.workers, progress=listener)
    report = judge(seen, GatePolicy(shipped=not request.own, acknowledged=frozenset(request.acknowledged)))
    if manifest is not None:
        write_manifest(photos.manifest, manifest, force=request.force)
    written = _write(photos, seen, report, page, record, force=request.force)
    if not request.quiet:
        say(*report_lines(seen, report), *([f"manifest: {manifest}"] if manifest is not None else []), *written)
    report.check()


def _check(request: _Request, page: Path | None, record: Path | None, manifest: Path | None) -> None:
    """Fails before any work where writing would fail later, or where nothing could be meant."""
    from catchlight.cli.new_folder import check_new_folder
    from catchlight.cli.place_name import check_not_input
    from catchlight.core import UsageError
    from catchlight.io import check_writable
    from catchlight.train.data.gates import GATES
    from catchlight.train.data.report.page import PAGE_NAME

    for gate in request.acknowledged:
        if gate not in GATES:
            raise UsageError(f"--acknowledge {gate}: expected one of {', '.join(GATES)}")
    for file in (record, manifest):
        if file is not None:
            check_not_input(file, [Path(request.named)])
            check_writable(file, force=request.force)
    if page is not None and page.exists():
        check_writable(page / PAGE_NAME, force=request.force)
    elif page is not None:
        check_new_folder(page)


def _write(
    photos: PhotoSet, seen: SetFacts, report: GateReport, page: Path | None, record: Path | None, *, force: bool
) -> list[str]:
    """Writes what was asked for, and says so."""
    import json

    from catchlight.cli.new_folder import new_folder
    from catchlight.io import atomic_output
    from catchlight.train.data.report import data_record, write_data_report

    said = []
    if record is not None:
        text = json.dumps(data_record(seen, report), indent=1, ensure_ascii=False, allow_nan=False)
        with atomic_output(record, force=force) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        said.append(f"JSON: {record}")
    if page is not None:
        with new_folder(page):
            said.append(f"report: {write_data_report(photos, seen, report, page, force=force)}")
    return said
