"""`catchlight develop`: one RAW or a burst becomes a photo."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catchlight.cli.terminal import say, warn

if TYPE_CHECKING:
    from catchlight.cli.request import DevelopRequest
    from catchlight.pipelines import Development


class Look(StrEnum):
    """Named sets of the dials."""

    natural = "natural"
    bright = "bright"
    neutral = "neutral"


class Engine(StrEnum):
    """What removes noise and demosaics."""

    best = "best"
    fast = "fast"
    classical = "classical"


class Scale(StrEnum):
    """Pixels for each photosite along a side."""

    one = "1"
    one_and_a_half = "1.5"
    two = "2"


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
    engine: Annotated[
        Engine, typer.Option(help="Noise removal and demosaicing: the learned RAW engine in two sizes, or none of it.")
    ] = Engine.best,
    scale: Annotated[
        Scale, typer.Option(help="More pixels than the sensor has: the shake of a RAW burst gives the detail.")
    ] = Scale.one,
    look: Annotated[
        Look, typer.Option(help="natural: as remembered. bright: as phones show night. neutral: a document.")
    ] = Look.natural,
    exposure: Annotated[float | None, typer.Option(metavar="EV", help="Brighter or darker, -5…5.")] = None,
    contrast: Annotated[float | None, typer.Option(metavar="X", help="Contrast at mid-grey, 0.8…1.5.")] = None,
    shadows: Annotated[float | None, typer.Option(metavar="X", help="Lift of dark regions, 0 (none)…1.5.")] = None,
    saturation: Annotated[float | None, typer.Option(metavar="X", help="Colour, 0 (monochrome)…2.")] = None,
    sharpness: Annotated[float | None, typer.Option(metavar="X", help="Sharpening, 0 (none)…3.")] = None,
    warmth: Annotated[
        float | None, typer.Option(metavar="X", help="Warmth that low light keeps, -1 (none)…1 (always).")
    ] = None,
    hdr: Annotated[
        bool, typer.Option("--hdr/--no-hdr", help="Write a gain map: HDR displays show highlights brighter.")
    ] = True,
    quality: Annotated[int, typer.Option(min=1, max=100, metavar="Q", help="Of JPEG, WebP, HEIC, AVIF.")] = 95,
    camera: Annotated[
        str | None,
        typer.Option(
            metavar="CAMERA",
            help="A profile from `calibrate`, or a built-in camera's name: its noise, defects, shading and colour.",
        ),
    ] = None,
    shading: Annotated[
        bool, typer.Option("--shading/--no-shading", help="Correct the shading that the camera profile knows.")
    ] = True,
    report: Annotated[
        str | None, typer.Option(metavar="DIR", help="Write a page with pictures: what was merged, and how well.")
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write what was done, for machines.")] = None,
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
        "engine": engine.value,
        "scale": float(scale.value),
        "look": look.value,
        "dials": {
            "exposure_ev": exposure,
            "contrast": contrast,
            "shadows": shadows,
            "saturation": saturation,
            "sharpness": sharpness,
            "warmth": warmth,
        },
        "hdr": hdr,
        "quality": quality,
        "camera": camera,
        "shading": shading,
        "report": report,
        "json": json,
        "force": force,
    }
    return partial(_develop, given, quiet)


def _develop(given: dict[str, object], quiet: bool, check: Callable[[], None]) -> None:
    from catchlight.cli.duplicates import duplicate_lines
    from catchlight.cli.first_run import told_first_run
    from catchlight.cli.request import plan_request
    from catchlight.cli.summary import summary_lines, warning_lines

    request = plan_request(**given)  # type: ignore[arg-type] # one argument for each of the options above
    _keep_profile(request, given["camera"])
    warn(*duplicate_lines(request.inputs))
    first_run = told_first_run(quiet=quiet)
    development = developed(request, quiet=quiet, check=check)
    warn(*warning_lines(development))
    place = save_development(request, development, first_run=first_run)
    if not quiet:
        say(*summary_lines(development, place, request, first_run=first_run))


def _keep_profile(request: DevelopRequest, camera: object) -> None:
    from catchlight.core import UsageError
    from catchlight.io import same_file

    for place in (request.output, request.json):
        if isinstance(camera, str) and place is not None and same_file(place, Path(camera)):
            raise UsageError(f"{place}: is the --camera profile, which is never overwritten; choose another name")


def developed(request: DevelopRequest, *, quiet: bool, check: Callable[[], None]) -> Development:
    """Runs the pipeline, showing what it does."""
    from catchlight.cli.progress import shown_progress
    from catchlight.pipelines import develop as develop_burst

    with shown_progress(quiet=quiet, check=check) as listener:
        return develop_burst(
            request.inputs, request.settings, with_before=request.report is not None, progress=listener
        )


def _write_raw(place: Path, development: Development, *, force: bool) -> None:
    """A mosaic where one can hold the result, else demosaiced: at another scale there are no photosites."""
    from math import log2

    from catchlight.io import write_dng_cfa, write_dng_linear
    from catchlight.pipelines import merged_linear, merged_raw

    assert development.merged is not None
    headroom_ev = max(log2(development.merged.exposure), 0.0)
    if development.camera_rgb is not None:
        frame, colour, noise = merged_linear(development)
        write_dng_linear(place, frame, colour, noise=noise, force=force, baseline_exposure_ev=headroom_ev)
        return
    raw = merged_raw(development, headroom_ev=headroom_ev)
    write_dng_cfa(place, raw, force=force, baseline_exposure_ev=headroom_ev)


def save_development(request: DevelopRequest, development: Development, *, first_run: bool = False) -> Path:
    """Writes the picture or merged RAW, then the report and the record; returns where the first went.

    Args:
        request: where to, and how.
        development: what.
        first_run: its times contain compiling.

    Raises:
        OutputError: one of them cannot be written; the message says which are.
    """
    from catchlight.cli.new_folder import new_folder
    from catchlight.cli.summary import write_record
    from catchlight.core import CatchlightError, OutputError
    from catchlight.io import write_frame
    from catchlight.pipelines.report import write_report

    place = request.output_for(development.reference_name)
    with new_folder(place.parent) if request.output_is_folder else nullcontext():
        if request.writes_raw:
            _write_raw(place, development, force=request.force)
        else:
            assert development.frame is not None
            write_frame(place, development.frame, force=request.force, quality=request.quality)
    missing = []
    try:
        if request.report is not None:
            with new_folder(request.report):
                write_report(
                    development, request.report, settings=request.settings, force=request.force, first_run=first_run
                )
    except (CatchlightError, OSError, MemoryError) as error:
        missing.append(f"the report is not: {str(error) or 'out of memory'}")
    try:
        if request.json is not None:
            write_record(request.json, development, request, place, first_run=first_run)
    except (CatchlightError, OSError, MemoryError) as error:
        missing.append(f"the JSON is not: {str(error) or 'out of memory'}")
    if missing:
        raise OutputError(f"{place} is written; {'; '.join(missing)}")
    return place
