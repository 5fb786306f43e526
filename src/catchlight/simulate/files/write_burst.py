"""A simulated burst becomes a folder of DNGs with its truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catchlight.io.write_dng import write_dng_cfa
from catchlight.simulate.burst import SimulatedBurst
from catchlight.simulate.files.result_folder import Listener, result_folder, silent
from catchlight.simulate.files.truth_files import write_map, write_mask, write_picture, write_truth


def write_burst(
    folder: Path, burst: SimulatedBurst, *, force: bool = False, progress: Listener = silent
) -> dict[str, Any]:
    """Writes `000.dng`, …, and what is true of them; all of it or nothing.

    The folder holds `truth.json` (transforms, noise, times), and in `truth/` the reference without noise: `clean.png`
    (16-bit sRGB), `clean_mosaic.tif` (float, black 0, white 1), and with moving objects `mask_000.png`, … (white where
    they are).

    Args:
        folder: new, empty, or an earlier result.
        burst: what to write.
        force: replace an earlier result.
        progress: called with (what, number, of how many) before every frame.

    Returns:
        What `truth.json` says.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
    """
    plan, sensor = burst.plan, burst.sensor
    noise = sensor.noise_at(plan.gain, row_noise=plan.row_noise)
    frames = []
    with result_folder(folder, force=force) as place:
        (place / "truth").mkdir()
        for k in range(len(burst)):
            progress("simulating", k + 1, len(burst))
            raw = burst[k]
            name = f"{k:03d}.dng"
            write_dng_cfa(place / name, raw)
            frame: dict[str, Any] = {
                "file": name,
                "frame_from_reference": burst.frame_from_reference[k],
                "exposure": plan.exposures[k],
                "exposure_s": raw.exposure_s,
                "time_s": k * plan.interval_s,
            }
            if plan.readout_s > 0:
                rows = burst.row_transforms(k)
                frame |= {"first_row_from_reference": rows[0], "last_row_from_reference": rows[-1]}
            if plan.objects:
                frame["mask"] = f"truth/mask_{k:03d}.png"
                write_mask(place / frame["mask"], burst.object_mask(k))
            frames.append(frame)
        truth = burst.truth()
        write_picture(place / "truth" / "clean.png", truth.linear_srgb)
        write_map(place / "truth" / "clean_mosaic.tif", burst.clean_mosaic(burst.plan.reference))
        said: dict[str, Any] = {
            "kind": "burst",
            "synthetic": True,
            "camera": sensor.name,
            "reference": plan.reference,
            "size_px": burst.shape,
            "gain": plan.gain,
            "shot": noise.shot,
            "read": noise.read,
            "white_balance": burst.colour.white_balance(),
            "light_cct_k": plan.light_cct_k,
            "motion_samples": plan.motion_samples,
            "readout_s": plan.readout_s,
            "seed": plan.seed,
            "clean": "truth/clean.png",
            "clean_mosaic": "truth/clean_mosaic.tif",
            "frames": frames,
        }
        write_truth(place, said)
    return said
