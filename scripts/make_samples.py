"""Makes the samples that ship with Catchlight, in src/catchlight/samples.

Usage: python scripts/make_samples.py

The two sources lie in CATCHLIGHT_DATA (default ../shared/data): photos/gb82/prudential.webp (CC0) and
raw/nikon_rose_4patterns (MIT). The result is the same, byte for byte, on every run of the same version.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from catchlight.core import CameraColour, CfaPattern, Frame, Metadata, RawFrame, srgb_encode
from catchlight.io import write_dng_cfa
from catchlight.simulate import IMX477, BurstPlan, HandShake, MovingObject, simulate_burst, sky_lantern

DATA = Path(os.environ.get("CATCHLIGHT_DATA", "../shared/data"))
SAMPLES = Path(__file__).resolve().parent.parent / "src" / "catchlight" / "samples"

PLAN = BurstPlan(
    frames=8,
    gain=8.0,
    exposure=0.6,
    shake=HandShake(shift_px=18.0, rotation_deg=0.7),
    size_px=(768, 768),
    # The photo was reduced for the web and is sharper per pixel than any sensor's picture.
    scale=1.5,
    light_cct_k=4200.0,
    shutter_s=0.104,  # times the exposure of 0.6: 1/16 s
    interval_s=0.08,
    seed=4,
)

BURST_NOTE = """\
# night_burst: synthetic

Eight RAW frames (12 bits, RGGB, 768×768) of a night scene, **made by `scripts/make_samples.py`, not photographed**.

- Scene: "prudential" from the gb82 image set by Gianni Rosato, CC0 1.0
  (https://github.com/gianni-rosato/gb82-image-set).
- Camera: Sony IMX477 (Raspberry Pi HQ camera) at gain 8, with 0.6 of the exposure that would fill the sensor at the
  scene's white: about 600 electrons there, and one to ten in the dark walls. Shot noise and colour matrices follow
  libcamera's tuning file (BSD-2-Clause); read noise is approximate. See `catchlight.simulate.sensors`.
- Hand shake: up to 18 px and 0.7° against the first frame.
- The sky lantern is drawn by `catchlight.simulate.sky_lantern`; it moves about 10 px and 1° from frame to frame.
- `night_burst_truth.webp`: the first frame's scene without noise, at its natural brightness. Only to look at: it is
  compressed with loss, so do not measure against it; `catchlight.simulate` gives the exact truth.

Licence of these files: CC0 1.0, like the scene.
"""

ROSE_NOTE = """\
# nikon_rose.dng: real

A 768×512 crop of a 14-bit Nikon RAW photo (DSC_1339), RGGB, from https://github.com/mushfiqulalam/isp (commit 6fc30fc,
MIT licence, Copyright (c) 2017 Mushfiqul Alam), wrapped as DNG by `scripts/make_samples.py`; the digital numbers are
unchanged. Black level 600, white level 15520, white balance gains 1.94921875, 1, 1.34375 (stored as AsShotNeutral = 1 /
gain) and ColorMatrix2 are those that its author states. Exposure and ISO are unknown, and so is its noise.

The licence of that file:

"""


def main() -> None:
    """Writes all samples and says what they weigh."""
    photo, rose = DATA / "photos/gb82/prudential.webp", DATA / "raw/nikon_rose_4patterns"
    if not (photo.is_file() and rose.is_dir()):
        sys.exit(f"Expected {photo} and {rose}; set CATCHLIGHT_DATA to the folder that holds photos/ and raw/.")
    write_burst(photo, SAMPLES / "night_burst")
    write_rose(rose)
    files = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
    for path in files:
        print(f"{path.stat().st_size:>9,}  {path.relative_to(SAMPLES)}")
    print(f"{sum(path.stat().st_size for path in files):>9,}  together")


def write_burst(photo: Path, folder: Path) -> None:
    """Writes the synthetic burst, its note, and a picture of the truth beside the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(photo) as picture:
        pixels = np.asarray(picture.convert("RGB"), np.float32) / 255
    colour, alpha = sky_lantern(height_px=84)
    lantern = MovingObject(colour=colour, alpha=alpha, at=(0.27, 0.30), step_px=(10.0, -2.0), turn_deg=1.0)
    burst = simulate_burst(Frame(pixels=pixels, transfer="srgb"), sensor=IMX477, plan=replace(PLAN, moving=lantern))
    for number, raw in enumerate(burst):
        write_dng_cfa(folder / f"frame_{number:02d}.dng", raw, force=True)
    (folder / "SOURCE.md").write_text(BURST_NOTE, encoding="utf-8")
    seen = srgb_encode(np.clip(burst.truth().linear_srgb / np.float32(PLAN.exposures[0]), 0, 1))
    bytes_rgb = np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8)
    Image.fromarray(bytes_rgb).save(folder.parent / "night_burst_truth.webp", quality=92, method=6)


def write_rose(folder: Path) -> None:
    """Wraps the real Nikon crop as DNG."""
    mosaic = np.fromfile(folder / "DSC_1339_768x512_rggb.raw", "<u2").reshape(512, 768).astype(np.uint16)
    raw = RawFrame(
        mosaic=mosaic,
        cfa=CfaPattern(name="RGGB"),
        black_dn=(600.0, 600.0, 600.0, 600.0),
        white_dn=15520.0,
        colour=CameraColour(
            neutral=(1 / 1.94921875, 1.0, 1 / 1.34375),
            matrix_2=((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086)),
        ),
        metadata=Metadata(make="Nikon", model="DSC_1339 crop"),
    )
    write_dng_cfa(SAMPLES / "nikon_rose.dng", raw, force=True)
    licence = (folder / "LICENSE").read_text(encoding="utf-8").replace("\r\n", "\n")
    (SAMPLES / "SOURCE.md").write_text(ROSE_NOTE + licence, encoding="utf-8")


if __name__ == "__main__":
    main()
