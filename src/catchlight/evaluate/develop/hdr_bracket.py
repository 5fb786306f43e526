"""Brackets with known truth: what they show, and what Catchlight makes of them before rendering."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from catchlight.burst.align.align import align
from catchlight.burst.exposure.clear import greys_alike
from catchlight.burst.exposure.exposure_merge import ExposureMerge
from catchlight.burst.grey import grey_noise_variance
from catchlight.core import Frame, LinearMosaic, RawFrame, srgb_decode
from catchlight.develop import linearise
from catchlight.simulate import (
    SENSORS,
    SHAKEN_AND_ROTATED,
    TRIPOD,
    BurstPlan,
    MovingObject,
    SimulatedBurst,
    simulate_burst,
    textured_disc,
)

Motion = Literal["static", "shaken and rotated", "disc, shaken and rotated"]
# Exposures over that of the middle frame, which comes first and gives the geometry: 3 EV either way.
THREE = (1.0, 1 / 8, 8.0)
FIVE = (1.0, 1 / 8, 8.0, 8**-0.5, 8**0.5)
# White of the scene over the white of the middle frame: the shortest one just holds it.
SCENE_WHITE = 8.0
# Where a meter puts the middle of the scene, as a share of the middle frame's white.
_MIDDLE = 0.13
# A finished photo spans about 7 EV; its light to such a power has the range of a scene with a lamp or the sun in it.
_LEAST_CONTRAST, _MOST_CONTRAST = 1.0, 4.0
# What shake and rotation need around the frame (see burst_case).
_ROOM_PX = 68


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """One kind of bracket.

    Args:
        gain: before the converter, the same for all frames.
        factors: exposure of every frame over the first's.
        motion: of the hand and of an object.
        sensor: a name in `catchlight.simulate.SENSORS`.
    """

    gain: float
    factors: tuple[float, ...] = THREE
    motion: Motion = "static"
    sensor: str = "IMX477"

    @property
    def name(self) -> str:
        """What the rows call it."""
        return f"{self.sensor}, gain {self.gain:g}, {len(self.factors)} frames ±3 EV, {self.motion}"

    def burst(self, scene: Frame, *, seed_name: str, side_px: tuple[int, int] | None = None) -> SimulatedBurst:
        """The bracket of a scene whose white is SCENE_WHITE times what fills the middle frame."""
        h, w = side_px or tuple((side - _ROOM_PX) // 2 * 2 for side in scene.shape)
        disc: MovingObject | None = None
        if self.motion.startswith("disc"):
            colour, alpha = textured_disc(diameter_px=max(24, min(h, w) // 5))
            # As bright as the middle of the scene, not as its white.
            shade = (colour / np.float32(SCENE_WHITE)).astype(np.float32)
            disc = MovingObject(colour=shade, alpha=alpha, at=(0.4, 0.5), step_px=(23.0, 6.0))
        plan = BurstPlan(
            frames=len(self.factors),
            gain=self.gain,
            exposure=tuple(SCENE_WHITE * f for f in self.factors),
            shake=TRIPOD if self.motion == "static" else SHAKEN_AND_ROTATED,
            moving=disc,
            size_px=(h, w),
            seed=zlib.crc32(f"{seed_name} {self.gain:g} {len(self.factors)}".encode()),
        )
        return simulate_burst(scene, sensor=SENSORS[self.sensor], plan=plan)


def high_contrast(photo: Frame) -> Frame:
    """A scene of high dynamic range in the shape of a photo: its linear light to a power.

    The power takes the photo's median to where a meter would have it in a frame whose white is 1/SCENE_WHITE.
    """
    light = np.clip(srgb_decode(photo.pixels) if photo.transfer == "srgb" else photo.pixels, 0, 1)
    middle = float(np.clip(np.median(light), 1e-3, 0.9))
    power = np.clip(np.log(_MIDDLE / SCENE_WHITE) / np.log(middle), _LEAST_CONTRAST, _MOST_CONTRAST)
    return Frame(pixels=np.power(light, np.float32(power)), transfer="linear")


def linear_frames(frames: Sequence[RawFrame], factors: Sequence[float]) -> list[LinearMosaic]:
    """All frames at the exposure of the first, which has factor 1."""
    gains = frames[0].colour.white_balance()
    linear = []
    for raw, factor in zip(frames, factors, strict=True):
        assert raw.noise is not None
        # No defects are simulated, and repair takes a dark point amid clipped photosites for one.
        linear.append(
            linearise(raw, noise=raw.noise, gains=gains, exposure_scale=factors[0] / factor, repair_defects=False)
        )
    return linear


def merge_bracket(linear: Sequence[LinearMosaic]) -> tuple[LinearMosaic, list[Float32[np.ndarray, "_ _"]]]:
    """The frames aligned to the first and merged, and the weights they got."""
    reference = linear[0]
    merge, weights = ExposureMerge(reference), []
    for frame in linear[1:]:
        still, moved = greys_alike(reference, frame)
        alignment = align(still, moved, noise_variance=grey_noise_variance(still[0], reference.noise))
        weights.append(merge.add(frame, alignment))
    return merge.finish(), weights
