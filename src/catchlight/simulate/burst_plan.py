"""How a simulated burst is taken."""

from __future__ import annotations

from dataclasses import dataclass

from catchlight.core.errors import ContractError
from catchlight.simulate.hand_shake import TRIPOD, HandShake
from catchlight.simulate.moving_object import MovingObject


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstPlan:
    """How a burst is taken.

    Args:
        frames: how many.
        gain: gain before the converter: sets the noise; the picture's level is `exposure`.
        exposure: what the photo's white becomes as a share of the sensor's white: one number, or one for each frame.
        shake: motion of the hand.
        moving: an object with its own motion.
        size_px: height and width of the frames, even; None for the largest that the photo has room for.
        scale: frame pixels per photo pixel.
        lens_blur_px: σ of the blur that lens and photosite add, in frame pixels. It also band-limits the picture, so
            that resampled frames are as sharp as the reference.
        light_cct_k: colour temperature of the light; sets the camera's neutral.
        reference: the frame whose geometry the truth has.
        shutter_s: exposure time of a frame with exposure 1.
        interval_s: from the start of one frame to the next.
        row_noise: adds the sensor's row noise where it is known.
        tell_noise: writes the noise model into the frames.
        seed: of shake and noise.

    Raises:
        ContractError: a value out of range.
    """

    frames: int = 8
    gain: float = 1.0
    exposure: float | tuple[float, ...] = 1.0
    shake: HandShake = TRIPOD
    moving: MovingObject | None = None
    size_px: tuple[int, int] | None = None
    scale: float = 1.0
    lens_blur_px: float = 0.6
    light_cct_k: float = 5000.0
    reference: int = 0
    shutter_s: float = 1 / 15
    interval_s: float = 0.08
    row_noise: bool = False
    tell_noise: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.frames >= 1 and 0 <= self.reference < self.frames):
            raise ContractError(f"a burst has frames and one is the reference; found {self.frames}, {self.reference}")
        if not all(0 < e < 1e3 for e in self.exposures) or len(self.exposures) != self.frames:
            raise ContractError(f"one exposure > 0, or one for each of the {self.frames} frames; found {self.exposure}")
        if not (self.scale > 0 and self.lens_blur_px >= 0 and self.seed >= 0):
            raise ContractError("scale is > 0, lens_blur_px and seed are ≥ 0")

    @property
    def exposures(self) -> tuple[float, ...]:
        """The exposure of every frame."""
        return (self.exposure,) * self.frames if isinstance(self.exposure, int | float) else self.exposure
