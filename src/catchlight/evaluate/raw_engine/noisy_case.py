"""Synthetic frames and bursts of a photo at one gain, with their truth."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32

from catchlight.core import LinearMosaic, RawFrame, srgb_encode
from catchlight.evaluate.develop.burst_case import EXPOSURE, FRAMES
from catchlight.evaluate.develop.burst_methods import plain_linear
from catchlight.evaluate.photo_sets import Photo
from catchlight.pipelines import DevelopSettings, develop
from catchlight.simulate import SENSORS, SHAKEN, TRIPOD, BurstPlan, SimulatedBurst, simulate_burst

Picture = Float32[np.ndarray, "h w 3"]
SENSOR = "IMX477"
GAINS = (1.0, 4.0, 16.0)
# What shake needs around the frame: 24 px each way, and the filter that resamples.
_ROOM_PX = 60


@dataclass(frozen=True)
class NoisyCase:
    """One photo, seen by an IMX477.

    Args:
        photo: clean.
        gain: before the converter.
        frames: 1, or a burst that the hand shakes by at most 24 px.
        side_px: of the frames, at most.
    """

    photo: Photo
    gain: float
    frames: int
    side_px: int

    @cached_property
    def burst(self) -> SimulatedBurst:
        """The frames; photo, gain and number fix noise and shake."""
        h, w = (min(self.side_px, (side - _ROOM_PX) // 2 * 2) for side in self.photo.frame.shape)
        plan = BurstPlan(
            frames=self.frames,
            gain=self.gain,
            exposure=EXPOSURE,
            shake=SHAKEN if self.frames > 1 else TRIPOD,
            size_px=(h, w),
            seed=zlib.crc32(f"raw engine {self.photo.name} {self.gain:g} {self.frames}".encode()),
        )
        return simulate_burst(self.photo.frame, sensor=SENSORS[SENSOR], plan=plan)

    @cached_property
    def raw(self) -> RawFrame:
        """The reference."""
        return self.burst[0]

    @cached_property
    def mosaic(self) -> LinearMosaic:
        """Linear and white-balanced: the frame, or what the merge of the burst made."""
        if self.frames == 1:
            return plain_linear(self.raw)
        # The mosaic alone is asked for, so nothing is removed from it or interpolated.
        merged = develop(list(self.burst), DevelopSettings(render="mosaic", reference=0)).merged
        assert merged is not None
        return merged

    def truth(self) -> Picture:
        """The encoded sRGB picture without noise, 0…1."""
        return srgb_encode(np.clip(self.burst.truth().linear_srgb, 0, 1))


BURST_FRAMES = FRAMES
