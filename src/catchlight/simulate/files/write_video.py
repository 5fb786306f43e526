"""A simulated video becomes a folder of frames with flow, depth and path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from catchlight.core.errors import ContractError
from catchlight.simulate.files.result_folder import Listener, result_folder, silent
from catchlight.simulate.files.truth_files import (
    tum_line,
    write_flo,
    write_map,
    write_mask,
    write_picture,
    write_truth,
)
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.video import VideoFrame, VideoPlan


def write_video(
    folder: Path,
    frames: Iterable[VideoFrame],
    *,
    camera: Pinhole,
    plan: VideoPlan,
    force: bool = False,
    progress: Listener = silent,
) -> dict[str, Any]:
    """Writes `000000.png`, … (8-bit sRGB) and what is true of them; all of it or nothing.

    The folder holds `flow/000000.flo` (Middlebury, to the next frame) and `flow/000000.png` (white where that point is
    seen in the next frame), `depth/000000.tif` (metres, NaN where there is none), `path.txt` (TUM format, camera to
    world) and `truth.json`.

    Args:
        folder: new, empty, or an earlier result.
        frames: as `simulate_video` gives them; taken one at a time.
        camera: theirs.
        plan: theirs.
        force: replace an earlier result.
        progress: called with (what, number, of how many) before every frame.

    Returns:
        What `truth.json` says.

    Raises:
        ContractError: no frame.
        OutputError: the folder holds something else, or cannot be written.
    """
    poses, listed = [], []
    with result_folder(folder, force=force) as place:
        for name in ("flow", "depth"):
            (place / name).mkdir()
        for k, frame in enumerate(frames):
            progress("simulating", k + 1, plan.frames)
            stem = f"{k:06d}"
            write_picture(place / f"{stem}.png", frame.picture.pixels, bits=8)
            metres = np.where(frame.depth.valid, frame.depth.metres, np.float32(np.nan))
            write_map(place / "depth" / f"{stem}.tif", metres)
            listed.append({"file": f"{stem}.png", "time_s": frame.time_s, "world_from_camera": frame.world_from_camera})
            if frame.flow is not None:
                write_flo(place / "flow" / f"{stem}.flo", frame.flow)
                write_mask(place / "flow" / f"{stem}.png", frame.flow.confidence)
            poses.append(tum_line(frame.time_s, frame.world_from_camera))
        if not listed:
            raise ContractError("a video has one frame at least; found none")
        (place / "path.txt").write_text("\n".join(poses) + "\n", encoding="utf-8")
        h, w = camera.size_px
        truth: dict[str, Any] = {
            "kind": "video",
            "synthetic": True,
            "size_px": (h, w),
            # Pixel centres at 0.5: the axis passes the middle of the picture.
            "intrinsics": {"fx": camera.focal_px, "fy": camera.focal_px, "cx": w / 2, "cy": h / 2},
            "interval_s": plan.interval_s,
            "shutter_s": plan.shutter_s,
            "motion_samples": plan.motion_samples,
            "readout_s": plan.readout_s,
            "camera": None if plan.sensor is None else plan.sensor.name,
            "gain": None if plan.sensor is None else plan.gain,
            "seed": plan.seed,
            "frames": listed,
        }
        write_truth(place, truth)
    return truth
