"""How a simulated burst is taken."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from catchlight.camera.profile.shading import Shading
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
        more_moving: further ones, each in front of those before it.
        size_px: height and width of the frames, even; None for the largest that the photo has room for.
        scale: frame pixels per photo pixel.
        lens_blur_px: σ of the blur that lens and photosite add, in frame pixels. It also band-limits the picture, so
            that resampled frames are as sharp as the reference.
        lens_kernel: a further blur, such as a point spread function, in photo pixels (`scale` frame pixels each).
        shading: gains that would flatten what the lens shades, one grid a colour; the light is divided by them.
        corner_light: light in the frame's corners as a share of that in the centre, falling with cos⁴ of the angle.
        light_cct_k: colour temperature of the light; sets the camera's neutral.
        reference: the frame whose geometry the truth has.
        shutter_s: exposure time of a frame with exposure 1.
        interval_s: from the middle of one frame to the middle of the next.
        motion_samples: moments within the exposure whose mean is the picture; with 1 nothing moves while it is open.
        readout_s: time from the first row to the last of a rolling shutter; the middle row tells the frame's time.
        row_noise: adds the sensor's row noise where it is known.
        pattern_noise: adds what the sensor's `pattern_noise` knows: fixed pattern, banding, dark current and the like.
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
    more_moving: tuple[MovingObject, ...] = ()
    size_px: tuple[int, int] | None = None
    scale: float = 1.0
    lens_blur_px: float = 0.6
    lens_kernel: Float32[np.ndarray, "k k"] | None = field(default=None, compare=False)
    shading: Shading | None = None
    corner_light: float = 1.0
    light_cct_k: float = 5000.0
    reference: int = 0
    shutter_s: float = 1 / 15
    interval_s: float = 0.08
    motion_samples: int = 1
    readout_s: float = 0.0
    row_noise: bool = False
    pattern_noise: bool = False
    tell_noise: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.frames >= 1 and 0 <= self.reference < self.frames):
            raise ContractError(f"a burst has frames and one is the reference; found {self.frames}, {self.reference}")
        if not all(0 < e < 1e3 for e in self.exposures) or len(self.exposures) != self.frames:
            raise ContractError(f"one exposure > 0, or one for each of the {self.frames} frames; found {self.exposure}")
        if not (self.scale > 0 and self.lens_blur_px >= 0 and self.seed >= 0):
            raise ContractError("scale is > 0, lens_blur_px and seed are ≥ 0")
        if not (self.shutter_s > 0 and self.interval_s > 0 and self.readout_s >= 0 and self.motion_samples >= 1):
            raise ContractError(
                f"shutter_s and interval_s are > 0, readout_s ≥ 0 and motion_samples ≥ 1; "
                f"found {self.shutter_s}, {self.interval_s}, {self.readout_s} and {self.motion_samples}"
            )
        if not 0 < self.corner_light <= 1:
            raise ContractError(f"corner_light lies in 0…1, more than 0; found {self.corner_light}")
        kernel = self.lens_kernel
        if kernel is not None and (kernel.shape[0] % 2 == 0 or kernel.shape[1] % 2 == 0 or not kernel.sum() > 0):
            raise ContractError(f"a lens kernel has odd sides and a sum > 0; found {kernel.shape}, sum {kernel.sum()}")

    @property
    def exposures(self) -> tuple[float, ...]:
        """The exposure of every frame."""
        return (self.exposure,) * self.frames if isinstance(self.exposure, int | float) else self.exposure

    @property
    def objects(self) -> tuple[MovingObject, ...]:
        """Everything that moves by itself, from back to front."""
        return (*(() if self.moving is None else (self.moving,)), *self.more_moving)

    @property
    def moves_within_frames(self) -> bool:
        """Whether the picture changes between the first and the last photon of a frame."""
        return self.motion_samples > 1 or self.readout_s > 0
