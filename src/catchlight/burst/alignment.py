"""Where each place of the reference is found in another frame of the burst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core import ContractError, Flow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """An affine motion of the whole frame plus a smooth field of small local shifts, `frame_from_reference`.

    Coordinates are pixels of the full-size frame, centres at 0.5: the reference's place p is seen in the frame at
    affine[:, :2] @ p + affine[:, 2] + shift(p), where shift is interpolated between the tiles' centres.

    Args:
        affine: 2×3 matrix.
        shifts: (dx, dy) in pixels at the centre of every tile.
        confidence: 0 to 1 for every tile: how far its own pictures decide the shift along the direction that they know
            least (0: the global motion and the neighbours do), times the share of what they show that the shift
            explains (0: the frame shows something else there, or nothing).
        cell_px: side of a tile.
        correlation: correlation coefficient of the two frames under the global motion, -1…1; noise lowers it, and
            broad light and shade alone make it high.
        agreement: share of what the reference shows in its tiles that the frame shows too under the whole motion, what
            noise takes not counted: near 1 for one scene, 0 or less for two; tiles count by how well they can be told.
            None where too little is seen over the noise to tell. `align_verdict` decides by it.
    """

    affine: Float64[np.ndarray, "2 3"]
    shifts: Float32[np.ndarray, "rows columns 2"]
    confidence: Float32[np.ndarray, "rows columns"]
    cell_px: int
    correlation: float = 1.0
    agreement: float | None = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.affine).all() and np.isfinite(self.shifts).all()):
            raise ContractError("an alignment is finite")

    @classmethod
    def identity(cls, shape: tuple[int, int], cell_px: int = 64) -> Alignment:
        """No motion at all, for a frame of `shape`."""
        rows, columns = -(-shape[0] // cell_px), -(-shape[1] // cell_px)
        return cls(
            affine=np.eye(2, 3),
            shifts=np.zeros((rows, columns, 2), np.float32),
            confidence=np.ones((rows, columns), np.float32),
            cell_px=cell_px,
        )

    @property
    def rotation_deg(self) -> float:
        """Rotation of the affine part in degrees."""
        return float(np.degrees(np.arctan2(self.affine[1, 0], self.affine[0, 0])))

    def at_tiles(self) -> Flow:
        """The whole motion (affine and shifts) at the tiles' centres, for pictures and tests."""
        rows, columns = self.confidence.shape
        y, x = np.mgrid[:rows, :columns].astype(np.float64) * self.cell_px + self.cell_px / 2
        place = np.stack([x, y], axis=-1)
        moved = place @ self.affine[:, :2].T + self.affine[:, 2] + self.shifts
        return Flow(vectors=(moved - place).astype(np.float32), confidence=self.confidence)
