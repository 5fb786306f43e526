"""A focal stack or a focus sweep becomes a folder with its truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from catchlight.io.write_dng import write_dng_cfa
from catchlight.simulate.defocus.focal_stack import FocalStack
from catchlight.simulate.defocus.focus_sweep import FocusSweep
from catchlight.simulate.files.result_folder import Listener, result_folder, silent
from catchlight.simulate.files.truth_files import write_map, write_picture, write_truth


def write_stack(folder: Path, stack: FocalStack, *, force: bool = False, progress: Listener = silent) -> dict[str, Any]:
    """Writes `000.png`, … (16-bit sRGB), with dual pixels `left/` and `right/` too, and what is true of them.

    The folder holds `truth.json`, and in `truth/`: `all_in_focus.png`, `depth.tif` (metres, NaN where there is none)
    and `coc_000.tif`, … (signed diameter of the circle of confusion in pixels, > 0 nearer than the focus).

    Args:
        folder: new, empty, or an earlier result.
        stack: what to write.
        force: replace an earlier result.
        progress: called with (what, number, of how many) before every shot.

    Returns:
        What `truth.json` says.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
    """
    shots = []
    with result_folder(folder, force=force) as place:
        for name in ("truth", *(("left", "right") if stack.dual_pixel else ())):
            (place / name).mkdir()
        for k, shot in enumerate(stack):
            progress("simulating", k + 1, len(stack))
            name = f"{k:03d}.png"
            write_picture(place / name, shot.picture)
            said: dict[str, Any] = {"file": name, "focus_d": shot.focus_d, "scale": shot.scale}
            for side, view in (("left", shot.left), ("right", shot.right)):
                if view is not None:
                    write_picture(place / side / name, view)
                    said[side] = f"{side}/{name}"
            said["coc"] = f"truth/coc_{k:03d}.tif"
            write_map(place / said["coc"], shot.coc_px)
            shots.append(said)
        depth = stack.depth()
        write_map(place / "truth" / "depth.tif", np.where(depth.valid, depth.metres, np.float32(np.nan)))
        write_picture(place / "truth" / "all_in_focus.png", stack.all_in_focus())
        dual = stack.dual_pixel
        truth: dict[str, Any] = {
            "kind": "dual-pixel" if dual else "stack",
            "synthetic": True,
            "size_px": stack.layers.shape,
            "focal_length_mm": stack.lens.focal_length_mm,
            "aperture_f": stack.lens.aperture_f,
            "pixel_pitch_um": stack.pixel_pitch_um,
            "disparity_px_per_coc_px": None if dual is None else dual.slope,
            "disparity_offset_px": None if dual is None else dual.offset_px,
            "depth": "truth/depth.tif",
            "all_in_focus": "truth/all_in_focus.png",
            "shots": shots,
        }
        write_truth(place, truth)
    return truth


def write_sweep(folder: Path, sweep: FocusSweep, *, force: bool = False, progress: Listener = silent) -> dict[str, Any]:
    """Writes `000.dng`, …, with dual pixels `left/000.tif` and `right/000.tif`, and `truth.json`; all or nothing.

    Args:
        folder: new, empty, or an earlier result.
        sweep: what to write.
        force: replace an earlier result.
        progress: called with (what, number, of how many) before every frame.

    Returns:
        What `truth.json` says.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
    """
    frames = []
    with result_folder(folder, force=force) as place:
        for k, shot in enumerate(sweep):
            progress("simulating", k + 1, len(sweep))
            name = f"{k:03d}.dng"
            write_dng_cfa(place / name, shot.raw)
            said: dict[str, Any] = {
                "file": name,
                "time_s": shot.time_s,
                "focus_d": shot.focus_d,
                "object_d": shot.object_d,
                "coc_px": shot.coc_px,
                "sharpness": shot.sharpness,
            }
            for side, view in (("left", shot.left), ("right", shot.right)):
                if view is not None:
                    (place / side).mkdir(exist_ok=True)
                    said[side] = f"{side}/{k:03d}.tif"
                    write_map(place / said[side], view)
            frames.append(said)
        truth: dict[str, Any] = {
            "kind": "sweep",
            "synthetic": True,
            "camera": sweep.sensor.name,
            "size_px": sweep.camera.size_px,
            "window": sweep.window,
            "focal_length_mm": sweep.lens.focal_length_mm,
            "aperture_f": sweep.lens.aperture_f,
            "pixel_pitch_um": sweep.pixel_pitch_um,
            "disparity_px_per_coc_px": None if sweep.dual_pixel is None else sweep.dual_pixel.slope,
            "gain": sweep.plan.gain,
            "seed": sweep.plan.seed,
            "frames": frames,
        }
        write_truth(place, truth)
    return truth
