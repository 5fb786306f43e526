"""The curve under which the engine sees light: black at 0, white at 1, and noise that is even."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core import GREEN, ContractError, NoiseModel

# A root without offset is infinitely steep at 0; without noise this much is added, 2·10⁻³ under the curve.
_LEAST_OFFSET = 4e-6
# As `catchlight.camera.NoiseRoot` has it.
_LEAST_PHOTONS = 0.375


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCurve:
    """The curve y = (√(x + offset) - √offset) / (√(1 + offset) - √offset), odd below x = -offset.

    Args:
        offset: > 0, or infinite for a straight line.

    Source: Anscombe's transform generalised, Murtagh et al. 1995, equation 13, brought to 0…1.
    """

    offset: float

    def __post_init__(self) -> None:
        if not self.offset > 0:
            raise ContractError(f"the curve's offset is > 0; found {self.offset}")

    @classmethod
    def of(cls, noise: NoiseModel) -> EngineCurve:
        """The curve of the green samples of one frame's noise, in units where white is 1."""
        shot, read = noise.shot[GREEN], noise.read[GREEN]
        if shot > 0:
            return cls(offset=max(read / shot + _LEAST_PHOTONS * shot, _LEAST_OFFSET))
        return cls(offset=math.inf if read > 0 else _LEAST_OFFSET)

    @property
    def slope(self) -> float:
        """What a root is multiplied by; not for a straight line."""
        return 1 / (math.sqrt(1 + self.offset) - math.sqrt(self.offset))

    def forward(self, values: Float32[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
        """Light to what the engine sees; a new array."""
        if math.isinf(self.offset):
            return values.copy()
        u = values + np.float32(self.offset)
        root = np.copysign(np.sqrt(np.abs(u)), u)
        result: Float32[np.ndarray, "..."] = (root - np.float32(math.sqrt(self.offset))) * np.float32(self.slope)
        return result

    def inverse(self, seen: Float32[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
        """What the engine sees back to light; a new array."""
        if math.isinf(self.offset):
            return seen.copy()
        root = seen * np.float32(1 / self.slope) + np.float32(math.sqrt(self.offset))
        result: Float32[np.ndarray, "..."] = root * np.abs(root) - np.float32(self.offset)
        return result

    def deviation(self, noise: NoiseModel) -> tuple[float, float, float]:
        """Standard deviation of one frame's noise under the curve, for red, green, blue."""
        if math.isinf(self.offset):
            return tuple(math.sqrt(read) for read in noise.read)  # type: ignore[return-value]
        return tuple(math.sqrt(shot) / 2 * self.slope for shot in noise.shot)  # type: ignore[return-value]
