"""The bursts of the develop benchmark: sensors, gains and motions."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from catchlight.core import Frame
from catchlight.simulate import (
    SENSORS,
    SHAKEN,
    SHAKEN_AND_ROTATED,
    TRIPOD,
    BurstPlan,
    MovingObject,
    SimulatedBurst,
    simulate_burst,
    sky_lantern,
    textured_disc,
)

Motion = Literal[
    "static", "shaken", "shaken and rotated", "disc", "disc, shaken and rotated", "lantern, shaken and rotated"
]
GAINS = (1.0, 2.0, 4.0, 8.0)
FRAMES = 8
# White of the photo as a share of the sensor's white: meters leave this room for highlights, and noise is not clipped.
EXPOSURE = 0.7
_SIDE_PX = 480
# What shake and rotation need around the frame: 24 px, the corners' path under 1°, and the filter that resamples.
_ROOM_PX = 68
_SHAKES = {"static": TRIPOD, "shaken": SHAKEN, "shaken and rotated": SHAKEN_AND_ROTATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstCase:
    """One kind of burst.

    Args:
        sensor: a name in `catchlight.simulate.SENSORS`.
        gain: before the converter.
        motion: of the hand and of an object.
    """

    sensor: str
    gain: float
    motion: Motion

    @property
    def name(self) -> str:
        """What the rows call it."""
        return f"{self.sensor}, gain {self.gain:g}, {self.motion}"

    @property
    def moving(self) -> bool:
        """Whether something moves by itself."""
        return self.motion.startswith(("disc", "lantern"))

    def burst(self, photo: Frame, *, seed_name: str, side_px: int = _SIDE_PX) -> SimulatedBurst:
        """Eight frames of the photo's middle, the first the reference; `seed_name` fixes shake and noise.

        Neither depends on the motion: static and shaken bursts of one photo and gain have the same reference frame.
        """
        h, w = (min(side_px, (side - _ROOM_PX) // 2 * 2) for side in photo.shape)
        thing, _, shake = self.motion.partition(", ")
        plan = BurstPlan(
            frames=FRAMES,
            gain=self.gain,
            exposure=EXPOSURE,
            shake=_SHAKES[shake or (thing if thing in _SHAKES else "static")],
            moving=_moving(thing, min(h, w)),
            size_px=(h, w),
            seed=zlib.crc32(f"{seed_name} {self.sensor} {self.gain:g}".encode()),
        )
        return simulate_burst(photo, sensor=SENSORS[self.sensor], plan=plan)


def cases(sensors: Sequence[str], gains: Sequence[float], motions: Sequence[Motion]) -> list[BurstCase]:
    """All combinations."""
    return [BurstCase(sensor=s, gain=g, motion=m) for s in sensors for g in gains for m in motions]


def _moving(thing: str, side_px: int) -> MovingObject | None:
    """A disc that crosses the middle, or a lantern that rises and turns; both about a fifth of the frame."""
    size = max(24, side_px // 5)
    if thing == "disc":
        colour, alpha = textured_disc(diameter_px=size)
        return MovingObject(colour=colour, alpha=alpha, at=(0.4, 0.5), step_px=(11.0, 3.0))
    if thing == "lantern":
        colour, alpha = sky_lantern(height_px=size)
        return MovingObject(colour=colour, alpha=alpha, at=(0.35, 0.6), step_px=(7.0, -9.0), turn_deg=1.0)
    return None
