"""`catchlight calibrate`: frames of one's own camera become its profile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer


def calibrate(
    frames: Annotated[
        list[str],
        typer.Argument(
            metavar="FRAMES",
            help="Two or more frames of each still scene: flats of several levels, or anything from a tripod. "
            "RAW; or linear 16-bit PNG or TIFF.",
        ),
    ],
    output: Annotated[str, typer.Option("--output", "-o", metavar="CAMERA.toml", help="The profile to write.")],
    darks: Annotated[
        str | None, typer.Option(metavar="DIR", help="Frames with the cap on: black level, hot photosites, read noise.")
    ] = None,
    flats: Annotated[
        str | None, typer.Option(metavar="DIR", help="Frames of an evenly lit, plain field: shading, dead photosites.")
    ] = None,
    chart: Annotated[
        str | None, typer.Option(metavar="FILE", help="A slanted edge or a chart of them: sharpness over the field.")
    ] = None,
    chart_linear: Annotated[
        bool, typer.Option("--chart-linear", help="The chart's PNG or TIFF holds linear light, not sRGB.")
    ] = False,
    sweep: Annotated[
        str | None, typer.Option(metavar="DIR", help="A focus sweep: lens map and dual-pixel slope.")
    ] = None,
    update: Annotated[
        str | None,
        typer.Option(metavar="CAMERA", help="Keep everything else of this profile (file or built-in name)."),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to call the camera.")] = None,
    base_iso: Annotated[
        float | None, typer.Option(metavar="ISO", help="ISO speed at gain 1; 100 unless the updated profile says.")
    ] = None,
    gain: Annotated[float | None, typer.Option(metavar="X", help="Gain of files that tell no ISO speed.")] = None,
    black: Annotated[float | None, typer.Option(metavar="DN", help="Black level of PNG and TIFF files.")] = None,
    white: Annotated[float | None, typer.Option(metavar="DN", help="White level of PNG and TIFF files.")] = None,
    cfa: Annotated[
        str | None, typer.Option(metavar="RGGB", help="Colour filters of grey PNG and TIFF files; MONO by default.")
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write all figures, for machines.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what exists (never an input).")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Measure your own camera: its noise at every gain, and what darks, flats, charts and a focus sweep tell.

    catchlight calibrate flats/*.dng -o my-camera.toml
    """
    given: dict[str, object] = {
        "frames": frames,
        "output": output,
        "darks": darks,
        "flats": flats,
        "chart": chart,
        "chart_linear": chart_linear,
        "sweep": sweep,
        "update": update,
        "name": name,
        "base_iso": base_iso,
        "gain": gain,
        "black": black,
        "white": white,
        "cfa": cfa,
        "json": json,
        "force": force,
    }
    return partial(_calibrate, given, quiet)


def _calibrate(given: dict[str, object], quiet: bool, check: Callable[[], None]) -> None:
    from catchlight.cli.calibrate_request import plan_calibration
    from catchlight.cli.calibrate_summary import record_text, table_lines
    from catchlight.cli.progress import shown_progress
    from catchlight.cli.terminal import say, warn
    from catchlight.io import atomic_output
    from catchlight.pipelines.calibration import calibrate as measure_camera

    request = plan_calibration(**given)  # type: ignore[arg-type] # one argument for each of the options above
    with shown_progress(quiet=quiet, check=check) as listener:
        found = measure_camera(
            request.frames,
            request.settings,
            darks=request.darks,
            flats=request.flats,
            chart=request.chart,
            sweep=request.sweep,
            base=request.base,
            progress=listener,
        )
    warn(*found.warnings)
    with atomic_output(request.output, force=request.force) as temporary:
        temporary.write_text(request.toml_of(found.profile), encoding="utf-8")
    if request.json is not None:
        with atomic_output(request.json, force=request.force) as temporary:
            temporary.write_text(record_text(found, request.output), encoding="utf-8")
    if not quiet:
        say(*table_lines(found, request.output))
