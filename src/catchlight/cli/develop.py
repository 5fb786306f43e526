"""`catchlight develop`: one RAW or a burst becomes a photo."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from catchlight.cli.request import DevelopRequest
    from catchlight.pipelines import Development


class Rendering(StrEnum):
    """The two renderings that can be asked for by name; a .dng output stands for the third, the merged RAW."""

    natural = "natural"
    linear = "linear"


def develop(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="One frame or the frames of a burst: files, folders, globs. RAW, or JPEG, HEIC, ...",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Output: .jpg .heic .avif .webp .png .tif, .dng (merged RAW), or a folder.",
        ),
    ],
    render: Annotated[
        Rendering | None,
        typer.Option(help="natural: a finished photo (default). linear: 16-bit linear sRGB, for measurement."),
    ] = None,
    reference: Annotated[
        int | None, typer.Option(metavar="N", help="Frame that gives the geometry, from 0; the sharpest by default.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail at a frame that cannot be read.")] = False,
    denoise: Annotated[float, typer.Option(metavar="X", help="Removal of the noise left after merging, 0…2.")] = 1.0,
    exposure: Annotated[float, typer.Option(metavar="EV", help="Brighter or darker, -5…5.")] = 0.0,
    contrast: Annotated[float, typer.Option(metavar="X", help="Contrast at mid-grey, 0.8…1.5.")] = 1.0,
    shadows: Annotated[float, typer.Option(metavar="X", help="Lift of dark regions, 0 (none)…1.5.")] = 1.0,
    saturation: Annotated[float, typer.Option(metavar="X", help="Colour, 0 (monochrome)…2.")] = 1.0,
    sharpness: Annotated[float, typer.Option(metavar="X", help="Sharpening, 0 (none)…3.")] = 1.0,
    quality: Annotated[int, typer.Option(min=1, max=100, metavar="Q", help="Of JPEG, WebP, HEIC, AVIF.")] = 95,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page with pictures: what was merged, and how well.")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was done, for machines.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what exists (never an input).")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Develop one RAW, or merge a burst into one clean photo.

    catchlight develop night/*.dng -o night.jpg
    """
    given: dict[str, object] = {
        "inputs": inputs,
        "output": output,
        "render": render.value if render else None,
        "reference": reference,
        "strict": strict,
        "denoise": denoise,
        "look": {
            "exposure_ev": exposure,
            "contrast": contrast,
            "shadows": shadows,
            "saturation": saturation,
            "sharpness": sharpness,
        },
        "quality": quality,
        "report": report,
        "json": json,
        "force": force,
    }
    return partial(_develop, given, quiet)


def _develop(given: dict[str, object], quiet: bool, check: Callable[[], None]) -> None:
    from catchlight.cli.request import plan_request

    request = plan_request(**given)  # type: ignore[arg-type] # one argument for each of the options above
    development = developed(request, quiet=quiet, check=check)
    place = save_development(request, development)
    from catchlight.cli.summary import skipped_lines, summary_lines

    for line in skipped_lines(development):
        print(line, file=sys.stderr)
    if not quiet:
        print("\n".join(summary_lines(development, place, request)))


def developed(request: DevelopRequest, *, quiet: bool, check: Callable[[], None]) -> Development:
    """Runs the pipeline, showing what it does."""
    from catchlight.cli.first_run import first_run_note
    from catchlight.cli.progress import shown_progress
    from catchlight.pipelines import develop as develop_burst

    note = first_run_note()
    if note and not quiet:
        print(note, file=sys.stderr, flush=True)
    with shown_progress(quiet=quiet, check=check) as listener:
        return develop_burst(
            request.inputs, request.settings, with_before=request.report is not None, progress=listener
        )


def save_development(request: DevelopRequest, development: Development) -> Path:
    """Writes the picture or merged RAW, then the report and the record; returns where the first went."""
    from catchlight.cli.summary import write_record
    from catchlight.io import write_dng_cfa, write_frame
    from catchlight.pipelines import merged_raw
    from catchlight.pipelines.report import write_report

    place = request.output_for(development.reference_name)
    if request.output_is_folder:
        make_folder(request.output)
    if request.writes_raw:
        write_dng_cfa(place, merged_raw(development), force=request.force)
    else:
        assert development.frame is not None
        write_frame(place, development.frame, force=request.force, quality=request.quality)
    if request.report is not None:
        make_folder(request.report)
        write_report(development, request.report, settings=request.settings, force=request.force)
    if request.json is not None:
        write_record(request.json, development, request, place)
    return place


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it; what the system says against it becomes an OutputError."""
    from catchlight.core import OutputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}; choose another place") from error
