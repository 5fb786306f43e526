"""`catchlight simulate`: what a camera would have made of a scene, with the truth."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from catchlight.cli.terminal import say, shown


class Kind(StrEnum):
    """What can be simulated."""

    burst = "burst"
    stack = "stack"
    dual_pixel = "dual-pixel"
    sweep = "sweep"
    video = "video"


def simulate(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="burst, stack, dual-pixel, sweep or video.")],
    photos: Annotated[
        list[str], typer.Argument(metavar="PHOTO", help="Clean photos that become the scene: files, folders, globs.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="Folder for the frames and their truth.json.")
    ],
    camera: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Built-in camera, or a profile (.toml) of your own.")
    ] = "imx708",
    frames: Annotated[int | None, typer.Option(metavar="N", help="How many; 8 in a burst, 9 or 16 else.")] = None,
    gain: Annotated[
        float | None,
        typer.Option(metavar="G", help="1…256; 8 in bursts and sweeps, no noise in video by default, none in stacks."),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Pixels, even; the photo's (burst) or 640x480 by default.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Of everything random.")] = 0,
    tripod: Annotated[bool, typer.Option("--tripod", help="A burst that holds still, as calibrate needs it.")] = False,
    depth: Annotated[
        str | None, typer.Option(metavar="FILE", help="Depth map of the one PHOTO, for stack and dual-pixel.")
    ] = None,
    depth_scale: Annotated[float, typer.Option(metavar="X", help="Steps in a metre of a 16-bit depth map.")] = 1000.0,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write what was made, for machines.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Simulate RAW bursts, focal stacks, focus sweeps or video from photos, with all that is true of them.

    catchlight simulate burst photo.jpg -o night --camera imx477 --gain 8
    """
    given: dict[str, object] = {"kind": kind.value, "frames": frames, "gain": gain, "size_px": size, "seed": seed}
    given["tripod"] = tripod
    given |= {"depth": depth, "depth_per_metre": depth_scale}
    return partial(_simulate, photos, output, camera, given, json, force, quiet)


def _simulate(
    photos: list[str],
    output: str,
    camera: str,
    given: dict[str, object],
    json: str | None,
    force: bool,
    quiet: bool,
    check: Callable[[], None],
) -> None:
    from catchlight.camera.profile.read_profile import read_profile
    from catchlight.cli.place_name import check_names, place_name
    from catchlight.cli.progress import shown_progress
    from catchlight.core import ContractError, UsageError
    from catchlight.io import atomic_output, check_writable, expand_inputs
    from catchlight.pipelines.simulation import SimulateSettings, simulate_into
    from catchlight.simulate.files.result_folder import check_result_folder
    from catchlight.simulate.files.truth_files import truth_text

    folder, record = place_name("--output", output), place_name("--json", json)
    assert folder is not None
    check_names("PHOTO", photos)
    size = _size(given["size_px"])
    depth = place_name("--depth", given["depth"])  # type: ignore[arg-type]
    try:
        settings = SimulateSettings(**{**given, "size_px": size, "depth": depth})  # type: ignore[arg-type] # one for each of the options above
    except ContractError as error:
        # The message begins with the name of the setting; the user knows it as an option.
        raise UsageError(f"--{error}") from error
    files = expand_inputs(photos)
    profile = read_profile(camera)
    check_result_folder(folder, force=force)
    if record is not None:
        check_writable(record, force=force)
        if folder.absolute() in record.absolute().parents:
            raise UsageError(f"{record}: lies in the output folder; give --json another place")
    with shown_progress(quiet=quiet, check=check) as listener:
        truth = simulate_into(folder, files, settings, camera=profile, force=force, progress=listener)
    if record is not None:
        said = {"output": str(folder), "camera": profile.name, "truth": truth}
        with atomic_output(record, force=force) as temporary:
            temporary.write_text(truth_text(said), encoding="utf-8")
    if not quiet:
        count = len(truth["frames"] if "frames" in truth else truth["shots"])
        h, w = truth["size_px"]
        say(f"{shown(str(folder))}: {truth['kind']} of {count} at {w}×{h}, {profile.name}; truth.json says all")


def _size(text: object) -> tuple[int, int] | None:
    from catchlight.core import UsageError

    if text is None:
        return None
    width, _, height = str(text).lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise UsageError(f"--size is width x height in pixels, such as 640x480; found {text!r}")
    return int(height), int(width)
