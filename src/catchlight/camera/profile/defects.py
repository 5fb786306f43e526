"""Photosites that do not tell the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Defects:
    """Coordinates of hot, dead or stuck photosites of one camera.

    Args:
        x: columns, 0 is the leftmost.
        y: rows, 0 is the top one; as many as columns.

    Raises:
        ContractError: different lengths or a negative coordinate.
    """

    x: tuple[int, ...]
    y: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ContractError(f"defects have as many x as y; found {len(self.x)} and {len(self.y)}")
        # No sensor has a side of 2^20 photosites.
        if not all(0 <= v < 2**20 for v in (*self.x, *self.y)):
            raise ContractError("coordinates of defects are ≥ 0 and below 2^20")

    def __len__(self) -> int:
        return len(self.x)

    def mask(self, height: int, width: int) -> Bool[np.ndarray, "h w"]:
        """True at every defect; those outside the frame are left out (a crop, or another mode)."""
        found = np.zeros((height, width), np.bool_)
        x, y = np.array(self.x, np.intp), np.array(self.y, np.intp)
        inside = (x < width) & (y < height)
        found[y[inside], x[inside]] = True
        return found
