"""How much fine detail each part of a picture holds, less what noise pretends."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import ContractError

# Tiles along the longer side, about: a face in a portrait, and more than a hand moves between frames.
TILES = 16
# The four directions of second differences: along x, y, and the two diagonals (down right, up right).
DIRECTIONS_DEG = (0, 90, 45, 135)
_KERNELS = tuple(
    np.array(k, np.float32) / np.float32(n)
    for k, n in (
        ([[0, 0, 0], [1, -2, 1], [0, 0, 0]], 1),
        ([[0, 1, 0], [0, -2, 0], [0, 1, 0]], 1),
        # Neighbours along a diagonal lie √2 apart, which doubles a second difference.
        ([[1, 0, 0], [0, -2, 0], [0, 0, 1]], 2),
        ([[0, 0, 1], [0, -2, 0], [1, 0, 0]], 2),
    )
)
_SMOOTH_PX = 1.0
# Noise is what the flattest tenth of the blocks of one brightness hold. In white noise the tenth percentile of such a
# block's energy is this part of the mean: 0.77 at full, 0.57 at half size, where it has a quarter of the samples
# (simulated).
_BLOCK_PX, _QUANTILE = 16, 0.10
_BIAS, _HALF_BIAS = 0.77, 0.57
# Brightness in at most this many steps, of at least this many blocks.
_STEPS, _FEWEST_BLOCKS = 10, 8
# The level that detail is related to is never taken for less: 8 bits round away what lies below.
_LEAST_LEVEL = np.float32(0.02)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetailMap:
    """Energies of a grey picture tile by tile, relative to the tile's squared level, so that exposure cancels.

    Args:
        fine: of second differences in the directions of `DIRECTIONS_DEG`, at the picture's own size.
        coarse: their sum over all directions at half size.
        level: mean of each tile, 0…1.
    """

    fine: Float32[np.ndarray, "4 rows columns"]
    coarse: Float32[np.ndarray, "rows columns"]
    level: Float32[np.ndarray, "rows columns"]

    @property
    def total(self) -> Float32[np.ndarray, "rows columns"]:
        """Fine detail of all directions together."""
        return self.fine.sum(axis=0)


def detail_map(grey: Float32[np.ndarray, "h w"]) -> DetailMap:
    """The detail of a grey picture, encoded or the square root of light, white 1.

    What the flattest blocks of each brightness hold is taken for noise and subtracted: that of dark parts is stronger
    once encoded, and JPEG takes the finest of it away, so that no single figure would do. A picture that is busy
    everywhere loses about the same share whether sharp or not.

    Raises:
        ContractError: smaller than 32×32.

    Source: Pertuz et al. 2013, "Analysis of focus measure operators for shape-from-focus", energy of Laplacian, here by
    direction; noise by brightness in the spirit of Foi et al. 2008, section 3.
    """
    h, w = grey.shape
    if min(h, w) < 32:
        raise ContractError(f"detail is told from at least 32×32 px; found {h}×{w}")
    blocks = max(1, round(max(h, w) / (TILES * _BLOCK_PX)))
    side = blocks * _BLOCK_PX
    rows, columns = h // side, w // side
    while rows < 1 or columns < 1:  # a narrow strip
        blocks -= 1
        side = blocks * _BLOCK_PX
        rows, columns = h // side, w // side
    grey = np.ascontiguousarray(grey[: rows * side, : columns * side])
    size, tiles = (columns * blocks, rows * blocks), (columns, rows)
    level = _mean(grey, size)
    scale = 1 / np.square(np.maximum(_mean(level, tiles), _LEAST_LEVEL))

    def detail(smooth: Float32[np.ndarray, "_ _"], kernel: Float32[np.ndarray, "3 3"], bias: float) -> np.ndarray:
        response = cv2.filter2D(smooth, -1, kernel)
        energy = _mean(cv2.multiply(response, response), size)
        return np.maximum(_mean(energy - _noise(energy, level, bias), tiles), np.float32(0)) * scale

    smooth = cv2.GaussianBlur(grey, (0, 0), _SMOOTH_PX)
    half = cv2.GaussianBlur(cv2.pyrDown(grey), (0, 0), _SMOOTH_PX)
    return DetailMap(
        fine=np.stack([detail(smooth, kernel, _BIAS) for kernel in _KERNELS]),
        coarse=np.stack([detail(half, kernel, _HALF_BIAS) for kernel in _KERNELS]).sum(axis=0),
        level=_mean(level, tiles),
    )


def _mean(plane: Float32[np.ndarray, "h w"], size: tuple[int, int]) -> Float32[np.ndarray, "_ _"]:
    mean: Float32[np.ndarray, "_ _"] = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return mean


def _noise(
    energy: Float32[np.ndarray, "rows columns"], level: Float32[np.ndarray, "rows columns"], bias: float
) -> Float32[np.ndarray, "rows columns"]:
    """The energy of the noise at every block, by its brightness."""
    order = np.argsort(level, axis=None, kind="stable")
    # Steps of equally many blocks, so that a change of exposure changes nothing.
    steps = np.array_split(order, max(min(_STEPS, order.size // _FEWEST_BLOCKS), 1))
    middles = [float(level.ravel()[chosen].mean()) for chosen in steps]
    floors = [float(np.quantile(energy.ravel()[chosen], _QUANTILE)) / bias for chosen in steps]
    return np.interp(level, middles, floors).astype(np.float32)
