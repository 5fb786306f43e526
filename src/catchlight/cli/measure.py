"""`catchlight measure`: sharpness, noise, colour and geometry of pictures of charts, or of any picture with edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catchlight.cli.terminal import say, warn

if TYPE_CHECKING:
    from catchlight.pipelines.measurement import Measurement, MeasureSettings


# A list of numbers that stays on one line.
_FLAT = "frequency_cy_px"


def measure(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Pictures of a chart or with straight edges: files, folders, globs."),
    ],
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write all figures, for machines.")] = None,
    report: Annotated[
        str | None, typer.Option(metavar="DIR", help="Write a page with curves, maps and tables.")
    ] = None,
    linear: Annotated[
        bool, typer.Option("--linear", help="The numbers are linear light, whatever the file says (RAW always is).")
    ] = False,
    channel: Annotated[
        list[str] | None, typer.Option(metavar="Y|R|G|B", help="Only this channel; may be repeated. All by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what exists (never an input).")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Measure sharpness (MTF from slanted edges), noise, colour and distortion; charts and edges are found by itself.

    catchlight measure chart.dng --json m.json --report page
    """
    return partial(_measure, inputs, json, report, linear, tuple(channel or ()), force, quiet)


def _measure(
    inputs: Sequence[str],
    json: str | None,
    report: str | None,
    linear: bool,
    channels: tuple[str, ...],
    force: bool,
    quiet: bool,
    check: Callable[[], None],
) -> None:
    from catchlight.cli.measure_summary import measure_lines
    from catchlight.cli.place_name import check_names, place_name
    from catchlight.cli.progress import shown_progress
    from catchlight.io import expand_inputs
    from catchlight.pipelines.measurement import MeasureSettings
    from catchlight.pipelines.measurement import measure as measure_pictures

    check_names("IMAGE", inputs)
    record, page = place_name("--json", json), place_name("--report", report)
    settings: MeasureSettings = MeasureSettings(linear=linear, channels=tuple(c.upper() for c in channels))
    files = expand_inputs(inputs)
    _check_places(files, record, page, force=force)
    with shown_progress(quiet=quiet, check=check) as listener:
        found = measure_pictures(files, settings, with_preview=page is not None, progress=listener)
    warn(*found.warnings)
    _write(found, record, page, force=force)
    if not quiet:
        say(*measure_lines(found, record=record, page=page))


def _check_places(files: Sequence[Path], record: Path | None, page: Path | None, *, force: bool) -> None:
    """Fails before any work where writing would fail later."""
    from catchlight.cli.new_folder import check_new_folder
    from catchlight.cli.place_name import check_not_input
    from catchlight.io import check_writable
    from catchlight.pipelines.report import REPORT_NAME

    if record is not None:
        check_not_input(record, files)
        check_writable(record, force=force)
    if page is None:
        return
    if page.exists():
        check_not_input(page / REPORT_NAME, files)
        check_writable(page / REPORT_NAME, force=force)
        return
    check_new_folder(page)


def _write(found: Measurement, record: Path | None, page: Path | None, *, force: bool) -> None:
    from catchlight.cli.new_folder import new_folder
    from catchlight.io import atomic_output
    from catchlight.pipelines.measure_report import write_measure_report
    from catchlight.pipelines.measurement import measurement_record

    if record is not None:
        # One line for each part and for each edge, which a person can still read.
        lines = []
        for key, value in measurement_record(found).items():
            items = ",\n".join(f"  {_dumped(item)}" for item in value) if isinstance(value, list) else ""
            lines.append(f" {_dumped(key)}: " + (f"[\n{items}\n ]" if items and key != _FLAT else _dumped(value)))
        with atomic_output(record, force=force) as temporary:
            # Bytes of a name that are no text become \udcXX, which JSON reads.
            temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", errors="backslashreplace")
    if page is not None:
        with new_folder(page):
            write_measure_report(found, page, force=force)


def _dumped(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, allow_nan=False)
