"""Lens shading: how much darker the picture is away from its brightest place, colour by colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError

Grid = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shading:
    """Gains that flatten a flat field, on a coarse grid over the frame, one grid a colour.

    The frame is divided into rows × columns equal cells, and each number stands for the centre of its cell. Between the
    centres gains are bilinear; outside the outermost centres they go on in a straight line.

    Args:
        red: gains of red, row by row from the top left; finite and > 0, near 1 where the lens is brightest.
        green: the same of green.
        blue: the same of blue.

    Raises:
        ContractError: grids of different or uneven size, smaller than 2×2, or a gain out of range.
    """

    red: Grid
    green: Grid
    blue: Grid

    def __post_init__(self) -> None:
        grids = (self.red, self.green, self.blue)
        sizes = {(len(grid), *{len(row) for row in grid}) for grid in grids}
        if len(sizes) != 1 or any(len(size) != 2 or min(size) < 2 for size in sizes):
            raise ContractError("the shading grids of red, green and blue have one size of at least 2×2 and even rows")
        # More than 64 times is no shading but a black frame.
        if not all(
            math.isfinite(v) and 0 < v < 64 for g in (self.red, self.green, self.blue) for row in g for v in row
        ):
            raise ContractError("shading gains are finite numbers between 0 and 64")

    @property
    def grid(self) -> Float64[np.ndarray, "rows columns 3"]:
        """All gains as one array."""
        return np.stack([np.array(grid, np.float64) for grid in (self.red, self.green, self.blue)], axis=-1)

    def gains(self, height: int, width: int) -> Float32[np.ndarray, "h w 3"]:
        """The gain of every pixel; a flat field times it is flat, a simulated scene divided by it is shaded."""
        grid = self.grid
        rows, columns = (_weights(size, n) for size, n in zip((height, width), grid.shape[:2], strict=True))
        planes = [rows @ grid[..., c].astype(np.float32) @ columns.T for c in range(3)]
        return np.stack(planes, axis=-1)


def _weights(pixels: int, cells: int) -> Float32[np.ndarray, "pixels cells"]:
    """How much each cell counts at each pixel along one axis."""
    at = (np.arange(pixels) + 0.5) * cells / pixels - 0.5
    left = np.clip(np.floor(at).astype(np.intp), 0, cells - 2)
    share = (at - left).astype(np.float32)
    weights = np.zeros((pixels, cells), np.float32)
    weights[np.arange(pixels), left] = 1 - share
    weights[np.arange(pixels), left + 1] = share
    return weights
