"""Where the camera is at any moment of a burst, not only in the middle of its frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError
from catchlight.simulate.catmull_rom import catmull_rom


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShakePath:
    """A smooth curve through the poses of a burst.

    Time is counted in frames: at 0, 1, 2… the path is exactly at the pose of that frame, in the middle of its exposure.
    Before the first and after the last frame the hand goes on as it moved.

    Args:
        poses: (dx px, dy px, angle in degrees) of every frame, as `HandShake.poses` gives them.

    Raises:
        ContractError: no poses, or rows that are not three numbers.
    """

    poses: Float64[np.ndarray, "frames 3"]

    def __post_init__(self) -> None:
        if self.poses.ndim != 2 or self.poses.shape[1] != 3 or len(self.poses) < 1:
            raise ContractError(f"a path is drawn through one pose (dx, dy, angle) or more; found {self.poses.shape}")

    def at(self, times: Float64[np.ndarray, "times"]) -> Float64[np.ndarray, "times 3"]:
        """Pose at every time, in frames."""
        return catmull_rom(self.poses, times)


def rigid_stack(
    *,
    about: tuple[float, float],
    shifts_px: Float64[np.ndarray, "n 2"],
    angles_deg: Float64[np.ndarray, "n"],
    scale: float = 1.0,
) -> Float64[np.ndarray, "n 3 3"]:
    """Many transforms like `hand_shake.rigid`, as homogeneous matrices, so that they multiply and invert at once."""
    angles = np.radians(angles_deg)
    cos, sin = scale * np.cos(angles), scale * np.sin(angles)
    x, y = about
    stack = np.zeros((len(angles), 3, 3))
    stack[:, 0, 0], stack[:, 0, 1], stack[:, 1, 0], stack[:, 1, 1] = cos, -sin, sin, cos
    stack[:, 0, 2] = x - cos * x + sin * y + shifts_px[:, 0]
    stack[:, 1, 2] = y - sin * x - cos * y + shifts_px[:, 1]
    stack[:, 2, 2] = 1.0
    return stack
