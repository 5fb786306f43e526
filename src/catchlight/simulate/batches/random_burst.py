"""One burst of a random part of a random photo, taken in a random way."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.colour import ColourSpace
from catchlight.core.errors import InputError
from catchlight.core.frame import Frame
from catchlight.core.raw_frame import RawFrame
from catchlight.io.read_picture import read_picture
from catchlight.simulate.batches.crop_batch import CropPlan, Range
from catchlight.simulate.burst import SimulatedBurst, burst_poses
from catchlight.simulate.burst_plan import BurstPlan
from catchlight.simulate.hand_shake import HandShake
from catchlight.simulate.moving_object import MovingObject
from catchlight.simulate.scene import mirrored
from catchlight.simulate.silhouette import silhouette

# Photos read from files that are kept for the next crops: 16 of 1 MP are 200 MB.
_KEPT = 16
# Moments within an exposure lie so far apart, in pixels: less than the lens blurs (2.35 times its σ of 0.6 px or so).
_STEP_PX = 1.4
_MOST_MOMENTS = 12


class PhotoShelf:
    """Photos as linear sRGB, read from their files when they are needed.

    Args:
        photos: frames or files.
    """

    def __init__(self, photos: Sequence[Frame | Path]) -> None:
        self._photos = [p.in_space(ColourSpace.SRGB, "linear") if isinstance(p, Frame) else Path(p) for p in photos]
        self._read: OrderedDict[Path, Frame] = OrderedDict()

    def __len__(self) -> int:
        return len(self._photos)

    def take(self, index: int) -> Frame:
        """One photo.

        Raises:
            InputError: its file cannot be read, or is a RAW.
        """
        photo = self._photos[index]
        if isinstance(photo, Frame):
            return photo
        if photo not in self._read:
            picture = read_picture(photo)
            if isinstance(picture, RawFrame):
                raise InputError(f"{photo}: expected a finished photo, found a RAW; develop it first")
            self._read[photo] = picture.in_space(ColourSpace.SRGB, "linear")
            if len(self._read) > _KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(photo)
        return self._read[photo]


def random_burst(shelf: PhotoShelf, sensors: Sequence[SensorProfile], plan: CropPlan, *, index: int) -> SimulatedBurst:
    """Crop `index` of all that the plan can draw: the same for the same photos, sensors and plan.

    Args:
        shelf: photos.
        sensors: one is drawn.
        plan: size and ranges.
        index: number of the crop, from 0.
    """
    rng = np.random.default_rng([plan.seed, 9, index])
    sensor = sensors[int(rng.integers(len(sensors)))]
    photo = shelf.take(int(rng.integers(len(shelf))))
    shake = HandShake(
        shift_px=float(rng.uniform(0, plan.shake_px)), rotation_deg=float(rng.uniform(0, plan.rotation_deg))
    )
    blurred, moves = rng.random() < plan.blur_share, rng.random() < plan.moving_share
    count = int(rng.integers(1, plan.moving_most + 1)) if moves else 0
    objects = tuple(_moving(shelf, plan, rng) for _ in range(count))
    lens_blur_px = float(rng.uniform(*plan.lens_blur_px))
    gain, exposure = _in_stops(plan.gain, rng), _in_stops(plan.exposure, rng)
    warm, cool = 1 / plan.light_cct_k[0], 1 / plan.light_cct_k[1]
    # How much of the way to the next frame is seen in this one.
    open_share, seed = float(rng.uniform(0.2, 1.0)), int(rng.integers(2**31))
    burst_plan = BurstPlan(
        frames=plan.frames,
        gain=gain,
        exposure=exposure,
        shake=shake,
        more_moving=objects,
        size_px=(plan.crop_px, plan.crop_px),
        lens_blur_px=lens_blur_px,
        light_cct_k=1 / float(rng.uniform(cool, warm)),
        shutter_s=open_share / exposure,
        interval_s=1.0,
        seed=seed,
    )
    if blurred:
        burst_plan = replace(burst_plan, motion_samples=_moments(burst_plan, open_share))
    return SimulatedBurst(_part(photo, plan, shake, rng), sensor=sensor, plan=burst_plan)


def _moments(plan: BurstPlan, open_share: float) -> int:
    """Moments that the fastest frame needs."""
    steps = np.diff(burst_poses(plan), axis=0)
    fastest = float(np.hypot(steps[:, 0], steps[:, 1]).max()) if len(steps) else 0.0
    fastest += max((math.hypot(*moving.step_px) for moving in plan.objects), default=0.0)
    return min(max(math.ceil(fastest * open_share / _STEP_PX), 2), _MOST_MOMENTS)


def _part(photo: Frame, plan: CropPlan, shake: HandShake, rng: np.random.Generator) -> Frame:
    """A random part, as large as the crop needs it while the camera moves."""
    half = plan.crop_px / 2
    # The path between and after the frames reaches at most twice as far as the frames; the corners turn around the
    # middle; Lanczos and the lens's blur reach 8 px further.
    # At 45° a corner is farthest out.
    turn = math.radians(min(2 * shake.rotation_deg, 45.0))
    side = 2 * math.ceil(half * (math.cos(turn) + math.sin(turn)))
    side = max(side, plan.crop_px) + 2 * (math.ceil(2 * shake.shift_px) + 8)
    h, w = photo.shape
    if min(h, w) < side:
        photo = mirrored(photo, height_px=max(h, side), width_px=max(w, side))
        h, w = photo.shape
    top, left = int(rng.integers(h - side + 1)), int(rng.integers(w - side + 1))
    part = photo.pixels[top : top + side, left : left + side]
    # Photos are alike under these; a sensor is not.
    if rng.random() < 0.5:
        part = part[:, ::-1]
    part = np.rot90(part, int(rng.integers(4)))
    return Frame(pixels=np.ascontiguousarray(part), transfer="linear")


def _moving(shelf: PhotoShelf, plan: CropPlan, rng: np.random.Generator) -> MovingObject:
    photo = shelf.take(int(rng.integers(len(shelf)))).pixels
    side = max(int(rng.uniform(0.2, 0.6) * plan.crop_px), 16)
    if min(photo.shape[:2]) < side:
        photo = mirrored(Frame(pixels=photo), height_px=side, width_px=side).pixels
    top, left = (int(rng.integers(length - side + 1)) for length in photo.shape[:2])
    angle, length = rng.uniform(0, 2 * math.pi), rng.uniform(0, plan.moving_px)
    return MovingObject(
        colour=np.clip(photo[top : top + side, left : left + side], 0, 1),
        alpha=silhouette(side, rng),
        at=(float(rng.random()), float(rng.random())),
        step_px=(float(length * math.cos(angle)), float(length * math.sin(angle))),
        turn_deg=float(rng.uniform(-6, 6)),
    )


def _in_stops(limits: Range, rng: np.random.Generator) -> float:
    low, high = limits
    return float(low * (high / low) ** rng.random())
