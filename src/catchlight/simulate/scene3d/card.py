"""A flat textured thing in space."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """A plane with a picture on it, cut out by its alpha, that may fly and spin.

    Args:
        colour: linear sRGB, ≥ 0, not multiplied by alpha.
        alpha: 1 where the card is, 0 where one sees through.
        centre_m: where the middle of the picture is in the world, at time 0.
        tilt_rad: rotation vector of the card; without one it faces a camera that looks along z.
        width_m: length of the picture's upper edge in the world; pixels are square.
        velocity_m_s: motion of the middle.
        spin_deg_s: turn in its own plane, about the middle, x towards y.
        endless: the picture goes on forever as its mirror images, alpha as well: a backdrop.

    Raises:
        ContractError: sizes that differ, values out of range.
    """

    colour: Float32[np.ndarray, "h w 3"]
    alpha: Float32[np.ndarray, "h w"]
    centre_m: tuple[float, float, float]
    width_m: float
    tilt_rad: tuple[float, float, float] = (0.0, 0.0, 0.0)
    velocity_m_s: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spin_deg_s: float = 0.0
    endless: bool = False
    _levels: list[Float32[np.ndarray, "rows columns 4"]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.colour.shape[:2] != self.alpha.shape or min(self.alpha.shape) < 4:
            raise ContractError(
                f"a card's colour and alpha have one size, 4×4 at least; found {self.colour.shape}, {self.alpha.shape}"
            )
        if not (self.colour.min() >= 0 and self.alpha.min() >= 0 and self.alpha.max() <= 1):
            raise ContractError("a card's colour is ≥ 0 and its alpha lies in 0…1")
        if not (self.width_m > 0 and math.isfinite(self.width_m)):
            raise ContractError(f"a card's width is > 0 m; found {self.width_m}")

    def world_from_card(self, times_s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n 3 3"]:
        """At every time: texture coordinates (u, v, 1) in pixels, centres at 0.5 → a point of the world in metres."""
        h, w = self.alpha.shape
        axes = cv2.Rodrigues(np.array(self.tilt_rad, float))[0] * (self.width_m / w)
        angles = np.radians(self.spin_deg_s * times_s)
        cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
        right, down = cos * axes[:, 0] + sin * axes[:, 1], cos * axes[:, 1] - sin * axes[:, 0]
        centre = np.array(self.centre_m) + times_s[:, None] * np.array(self.velocity_m_s)
        return np.stack([right, down, centre - right * (w / 2) - down * (h / 2)], axis=2)

    @property
    def levels(self) -> list[Float32[np.ndarray, "rows columns 4"]]:
        """Colour times alpha, and alpha, each level half the size of the one before; made once.

        Source: Burt and Adelson 1983, "The Laplacian Pyramid as a Compact Image Code" (the smoothing between levels).
        """
        if not self._levels:
            level = np.concatenate([self.colour * self.alpha[..., None], self.alpha[..., None]], axis=2)
            self._levels.append(level)
            # Down to where one level more would be smaller than the taps of the interpolation.
            while min(level.shape[:2]) >= 16:
                level = cv2.pyrDown(level)
                self._levels.append(level)
        return self._levels
