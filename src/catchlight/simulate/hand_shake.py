"""How a hand moves the camera between the frames of a burst."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError

Affine = Float64[np.ndarray, "2 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandShake:
    """A random walk of the camera, scaled so that its furthest frame is exactly this far from the reference.

    Args:
        shift_px: largest shift along x or y; 0 is a tripod.
        rotation_deg: largest rotation about the picture's centre.

    Raises:
        ContractError: negative, or a rotation over 45°.
    """

    shift_px: float = 0.0
    rotation_deg: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.shift_px < math.inf and 0 <= self.rotation_deg <= 45):
            raise ContractError(f"a shake is ≥ 0 px and 0…45°; found {self.shift_px} px and {self.rotation_deg}°")

    def poses(self, frames: int, *, reference: int, rng: np.random.Generator) -> Float64[np.ndarray, "frames 3"]:
        """(dx px, dy px, angle in degrees) of every frame; zeros for the reference."""
        walk = np.cumsum(rng.standard_normal((frames, 3)), axis=0)
        walk -= walk[reference]
        shift, turn = np.abs(walk[:, :2]).max(), np.abs(walk[:, 2]).max()
        if shift > 0:
            walk[:, :2] *= self.shift_px / shift
            walk[:, 2] *= self.rotation_deg / turn
        return walk


TRIPOD = HandShake()
SHAKEN = HandShake(shift_px=24.0)
SHAKEN_AND_ROTATED = HandShake(shift_px=24.0, rotation_deg=1.0)


def rigid(*, about: tuple[float, float], shift_px: tuple[float, float], angle_deg: float, scale: float = 1.0) -> Affine:
    """The transform that turns by `angle_deg` (x towards y) and scales about the point `about`, then shifts.

    Coordinates are (x, y) with pixel centres at 0.5.
    """
    cos, sin = scale * math.cos(math.radians(angle_deg)), scale * math.sin(math.radians(angle_deg))
    x, y = about
    dx, dy = shift_px
    return np.array([[cos, -sin, x - cos * x + sin * y + dx], [sin, cos, y - sin * x - cos * y + dy]])


def compose(second: Affine, first: Affine) -> Affine:
    """The transform that applies `first`, then `second`."""
    result: Affine = second @ np.vstack([first, [0.0, 0.0, 1.0]])
    return result


def inverse(transform: Affine) -> Affine:
    """The transform that undoes `transform`."""
    linear = np.linalg.inv(transform[:, :2])
    return np.column_stack([linear, -linear @ transform[:, 2]])
