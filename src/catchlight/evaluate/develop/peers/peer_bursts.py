"""The bursts that all methods get: simulated, written as DNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.core import Frame, InputError, RawFrame
from catchlight.evaluate.develop.burst_case import BurstCase, Motion
from catchlight.evaluate.photo_sets import Photo, read_photo, synthetic_photos
from catchlight.io import write_dng_cfa
from catchlight.simulate import SENSORS, SHAKEN_AND_ROTATED, BurstPlan, mirrored, simulate_burst

SENSOR = "IMX477"
GAINS, QUICK_GAINS = (1.0, 2.0, 4.0, 8.0, 16.0), (1.0, 8.0)
MOTIONS: tuple[Motion, ...] = ("shaken and rotated", "disc, shaken and rotated")
QUICK_MOTIONS: tuple[Motion, ...] = ("disc, shaken and rotated",)
SIDE_PX, QUICK_SIDE_PX = 1024, 480
# A street at night, a crowd on a dark stage, palms before a plain sky; below photos/clic2025_960.
PHOTOS = (
    "final-test/a2a946cc516f9eec0f141da3c31a96df94fe342c651af46f0d38f6c04400323a.jpg",
    "validation/100a02c269c5948392f283b2aa3bb4da.jpg",
    "validation/7e499613c3e376ea93afb3649719abeb.jpg",
)
# What shake and rotation need around a frame of 1024 px: 24 px, the corners' path under 1° (13 px) and the filter.
_ROOM_PX = 96
LARGE_PX = (3000, 4000)
LARGE_CASE = BurstCase(sensor=SENSOR, gain=4.0, motion="shaken and rotated")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WrittenBurst:
    """A burst on disk.

    Args:
        frames: its DNGs, the reference first.
        truth: linear sRGB of the reference without noise; None where nobody asks for it.
    """

    frames: tuple[Path, ...]
    truth: Float32[np.ndarray, "h w 3"] | None


def peer_photos(data: Path | None, *, quick: bool) -> list[Path | Photo]:
    """The photos that bursts are made of: three of clic2025_960, or night towns without the data.

    Raises:
        InputError: a photo is missing there.
    """
    if data is None:
        return list(synthetic_photos(1 if quick else 3))
    files = [data / "photos" / "clic2025_960" / name for name in PHOTOS[1:2] if quick] or [
        data / "photos" / "clic2025_960" / name for name in PHOTOS
    ]
    for path in files:
        if not path.is_file():
            raise InputError(f"{path}: expected a photo of this benchmark; found no such file; check --data")
    return list(files)


def loaded(photo: Path | Photo) -> Photo:
    """The photo, read when it is a file; a short name instead of a hash."""
    if isinstance(photo, Photo):
        return photo
    return Photo(name=photo_name(photo), frame=read_photo(photo).frame)


def photo_name(photo: Path | Photo) -> str:
    """What rows and seeds call it."""
    return photo.name if isinstance(photo, Photo) else f"clic2025_960/{photo.stem[:8]}"


def burst_scene(photo: Photo, *, side_px: int) -> Frame:
    """The photo, continued by its mirror images where it is too small; nothing is scaled, the detail is its own."""
    h, w = (max(side, side_px + _ROOM_PX) for side in photo.frame.shape)
    return mirrored(photo.frame, height_px=h, width_px=w)


def write_burst(case: BurstCase, photo: Photo, folder: Path, *, side_px: int) -> WrittenBurst:
    """Simulates a burst and writes it."""
    burst = case.burst(burst_scene(photo, side_px=side_px), seed_name=photo.name, side_px=side_px)
    return WrittenBurst(frames=_written(burst, folder), truth=np.clip(burst.truth().linear_srgb, 0, 1))


def write_large_burst(photo: Photo, folder: Path) -> WrittenBurst:
    """Eight frames of 4000×3000 px for time and memory, from mirror images of one photo."""
    h, w = LARGE_PX
    # 1° turns the corners of such a frame by 44 px.
    scene = mirrored(photo.frame, height_px=h + 192, width_px=w + 192)
    plan = BurstPlan(frames=8, gain=LARGE_CASE.gain, exposure=0.7, shake=SHAKEN_AND_ROTATED, size_px=LARGE_PX, seed=12)
    burst = simulate_burst(scene, sensor=SENSORS[SENSOR], plan=plan)
    return WrittenBurst(frames=_written(burst, folder), truth=None)


def _written(burst: Sequence[RawFrame], folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, raw in enumerate(burst):
        paths.append(folder / f"frame_{number:02d}.dng")
        write_dng_cfa(paths[-1], raw, force=True)
    return tuple(paths)
