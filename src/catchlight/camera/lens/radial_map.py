"""A radial polynomial: where distortion or lateral colour moves a point of a given radius."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError

# Newton's method doubles the digits each time; from a start that is wrong by 30 % six steps reach the last one.
_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RadialMap:
    """moved(r) = r · (1 + scale + cubic · r² + quintic · r⁴), with r in half diagonals of the picture.

    `cubic` and `quintic` are k1 and k2 of Brown-Conrady distortion in this unit of radius; `scale` serves lateral
    colour.

    Args:
        scale: change of magnification at the centre.
        cubic: coefficient of r².
        quintic: coefficient of r⁴.

    Raises:
        ContractError: not finite, or the map folds over inside 1.1 half diagonals.

    Source: Brown 1971, "Close-range camera calibration", radial terms.

    >>> RadialMap(cubic=-0.1).moved(np.array([1.0])).round(6).tolist()
    [0.9]
    """

    scale: float = 0.0
    cubic: float = 0.0
    quintic: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (self.scale, self.cubic, self.quintic)):
            raise ContractError("coefficients of a radial map are finite")
        radius = np.linspace(0.0, 1.1, 111)
        if not np.all(self.slope(radius) > 0.1):
            raise ContractError(f"a radial map must not fold over inside the picture; found {self}")

    @property
    def is_identity(self) -> bool:
        """Whether nothing moves."""
        return self.scale == 0 and self.cubic == 0 and self.quintic == 0

    def factor(self, square: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
        """The new radius over the old one, from the square of the old one."""
        return 1 + self.scale + square * (self.cubic + square * self.quintic)

    def moved(self, radius: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
        """The new radius."""
        return radius * self.factor(radius * radius)

    def slope(self, radius: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
        """Derivative of the new radius by the old one."""
        r2 = radius * radius
        return 1 + self.scale + r2 * (3 * self.cubic + 5 * r2 * self.quintic)

    def unmoved(self, radius: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
        """The radius that is moved to `radius`, to float64 precision inside 1.1 half diagonals."""
        if self.is_identity:
            return radius
        guess = radius / (1 + self.scale)
        for _ in range(_STEPS):
            guess = guess - (self.moved(guess) - radius) / np.maximum(self.slope(guess), 0.1)
        return guess
