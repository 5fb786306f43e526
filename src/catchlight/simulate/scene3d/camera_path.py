"""Where the camera is and where it looks, at any time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError
from catchlight.simulate.catmull_rom import catmull_rom


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CameraPath:
    """A smooth path through poses at equal steps of time; straight on beyond its ends.

    Args:
        positions_m: place of the camera in the world (x right, y down, z forward at the start).
        turns_rad: rotation vectors, camera to world; their components are what is interpolated.
        step_s: time from one pose to the next; the first is at 0.

    Raises:
        ContractError: different lengths, no pose, or a step that is not > 0.
    """

    positions_m: Float64[np.ndarray, "n 3"]
    turns_rad: Float64[np.ndarray, "n 3"]
    step_s: float = 1.0

    def __post_init__(self) -> None:
        if self.positions_m.shape != self.turns_rad.shape or len(self.positions_m) < 1:
            raise ContractError(
                "a path has as many positions as turns, one at least; "
                f"found {len(self.positions_m)} and {len(self.turns_rad)}"
            )
        if not self.step_s > 0:
            raise ContractError(f"the time from pose to pose is > 0 s; found {self.step_s}")

    @classmethod
    def still(cls) -> CameraPath:
        """A camera at the origin that looks along z."""
        return cls(positions_m=np.zeros((1, 3)), turns_rad=np.zeros((1, 3)))

    @classmethod
    def wander(
        cls, *, seed: int, duration_s: float, reach_m: float, turn_deg: float, step_s: float = 0.25
    ) -> CameraPath:
        """A random path that begins at the origin and stays within a distance and an angle of it.

        Args:
            seed: of the path.
            duration_s: how long it lasts.
            reach_m: largest distance along any axis.
            turn_deg: largest turn about any axis.
            step_s: time between the random poses: how soon the camera changes its mind.
        """
        rng = np.random.default_rng([seed, 3])
        poses = max(int(np.ceil(duration_s / step_s)) + 1, 2)
        walk = np.cumsum(np.cumsum(rng.standard_normal((poses, 6)), axis=0), axis=0)
        walk -= walk[0]
        walk /= np.abs(walk).max(axis=0)
        return cls(positions_m=walk[:, :3] * reach_m, turns_rad=walk[:, 3:] * np.radians(turn_deg), step_s=step_s)

    def at(self, times_s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n 4 4"]:
        """world_from_camera at every time."""
        poses = catmull_rom(np.concatenate([self.positions_m, self.turns_rad], axis=1), times_s / self.step_s)
        world_from_camera = np.zeros((len(times_s), 4, 4))
        for matrix, pose in zip(world_from_camera, poses, strict=True):
            matrix[:3, :3] = cv2.Rodrigues(pose[3:])[0]
            matrix[:3, 3] = pose[:3]
            matrix[3, 3] = 1.0
        return world_from_camera


def quaternion_from_rotation(rotation: Float64[np.ndarray, "3 3"]) -> tuple[float, float, float, float]:
    """(x, y, z, w) of a rotation, w ≥ 0, as the TUM trajectory format writes it.

    Source: Shepperd 1978, "Quaternion from rotation matrix" (the largest component first, so that nothing cancels).

    >>> quaternion_from_rotation(np.diag([1.0, -1.0, -1.0]))
    (1.0, 0.0, 0.0, 0.0)
    """
    trace = float(np.trace(rotation))
    sizes = [rotation[0, 0], rotation[1, 1], rotation[2, 2], trace]
    largest = int(np.argmax(sizes))
    if largest == 3:
        w = 1 + trace
        x, y, z = (rotation[(k + 2) % 3, (k + 1) % 3] - rotation[(k + 1) % 3, (k + 2) % 3] for k in range(3))
    else:
        i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
        parts = [0.0, 0.0, 0.0]
        parts[i] = 1 + 2 * rotation[i, i] - trace
        parts[j] = rotation[j, i] + rotation[i, j]
        parts[k] = rotation[k, i] + rotation[i, k]
        x, y, z = parts
        w = rotation[k, j] - rotation[j, k]
    q = np.array([x, y, z, w], float)
    q *= (1 if w >= 0 else -1) / np.linalg.norm(q)
    q += 0.0  # no negative zeros
    return float(q[0]), float(q[1]), float(q[2]), float(q[3])
