"""Colour filter arrays beyond Bayer: Quad-Bayer, nona, X-Trans, none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core.cfa import GREEN, BayerName, CfaPattern
from catchlight.core.errors import ContractError
from catchlight.core.noise_model import NoiseModel

CfaName = Literal[
    "RGGB", "BGGR", "GRBG", "GBRG",
    "QUAD_RGGB", "QUAD_BGGR", "QUAD_GRBG", "QUAD_GBRG",
    "NONA_RGGB", "NONA_BGGR", "NONA_GRBG", "NONA_GBRG",
    "XTRANS", "MONO",
]  # fmt: skip

# Source: Fujifilm's description of the X-Pro1 (2012): every row and every column of the 6×6 tile holds all three
# colours, and 20 of its 36 sites are green. Where the tile begins differs from camera to camera.
_XTRANS = ("GBGGRG", "RGRBGB", "GBGGRG", "GRGGBG", "BGBRGR", "GRGGBG")
_SIDE = {"QUAD": 2, "NONA": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class CfaLayout:
    """A periodic tile of colour filters, read from the top-left photosite of the mosaic.

    Args:
        name: a Bayer tile; QUAD_ or NONA_ and a Bayer tile whose every photosite is 2×2 or 3×3 of one colour; XTRANS
            (6×6); MONO, which counts as green everywhere.

    Raises:
        ContractError: an unknown name.

    >>> CfaLayout(name="QUAD_RGGB").tile
    ((0, 0, 1, 1), (0, 0, 1, 1), (1, 1, 2, 2), (1, 1, 2, 2))
    >>> CfaLayout(name="MONO").bayer is None
    True
    """

    name: CfaName

    def __post_init__(self) -> None:
        if self.name not in get_args(CfaName):
            raise ContractError(f"a colour filter is one of {', '.join(get_args(CfaName))}; found {self.name!r}")

    @property
    def tile(self) -> tuple[tuple[int, ...], ...]:
        """Colour index of each site of the smallest tile, row by row: 0 red, 1 green, 2 blue."""
        if self.name == "MONO":
            return ((GREEN,),)
        if self.name == "XTRANS":
            return tuple(tuple("RGB".index(letter) for letter in row) for row in _XTRANS)
        side = _SIDE.get(self.name[:4], 1)
        four = CfaPattern(name=cast(BayerName, self.name[-4:])).indices
        return tuple(tuple(int(v) for v in row) for row in four.repeat(side, axis=0).repeat(side, axis=1))

    @property
    def indices(self) -> UInt8[np.ndarray, "rows columns"]:
        """The tile as an array."""
        return np.array(self.tile, np.uint8)

    @property
    def bayer(self) -> CfaPattern | None:
        """The core's Bayer pattern, or None for any other layout."""
        return CfaPattern(name=cast(BayerName, self.name)) if self.name in get_args(BayerName) else None

    def colour_at(self, row: int, column: int) -> int:
        """Colour index of the photosite at (row, column) of the mosaic."""
        tile = self.tile
        return tile[row % len(tile)][column % len(tile[0])]

    def colour_map(self, height: int, width: int) -> UInt8[np.ndarray, "h w"]:
        """Colour index of every photosite."""
        tile = self.indices
        repeats = (-(-height // tile.shape[0]), -(-width // tile.shape[1]))
        return np.ascontiguousarray(np.tile(tile, repeats)[:height, :width])

    def sample(self, rgb: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
        """The mosaic that this layout sees of a picture in camera RGB, of any size."""
        mosaic = np.empty(rgb.shape[:2], np.float32)
        tile = self.indices
        rows, columns = tile.shape
        for row in range(rows):
            for column in range(columns):
                mosaic[row::rows, column::columns] = rgb[row::rows, column::columns, tile[row, column]]
        return mosaic


def bin_quad(
    mosaic: Float32[np.ndarray, "h w"], layout: CfaLayout, *, how: Literal["mean", "sum"] = "mean"
) -> tuple[Float32[np.ndarray, "rows columns"], CfaPattern]:
    """The Bayer mosaic of a sensor's binned mode: every block of one colour becomes one photosite.

    Args:
        mosaic: a QUAD_ or NONA_ mosaic whose sides are multiples of its tile's.
        layout: its layout.
        how: the mean of the block (white stays where it is), or the sum (white is as many times as high).

    Raises:
        ContractError: another layout, or sides that cut a tile.
    """
    side, bayer = _binning(layout)
    h, w = mosaic.shape
    if h % (2 * side) or w % (2 * side) or not h or not w:
        raise ContractError(f"a {layout.name} mosaic has sides that are multiples of {2 * side}; found {h}×{w}")
    total = mosaic.reshape(h // side, side, w // side, side).sum(axis=(1, 3), dtype=np.float32)
    return (total / np.float32(side * side) if how == "mean" else total), bayer


def binned_noise(noise: NoiseModel, layout: CfaLayout, *, how: Literal["mean", "sum"] = "mean") -> NoiseModel:
    """The noise of a binned photosite, on the scale of `bin_quad`'s result.

    The mean of n photosites has 1/n of both variances. Their sum has n times the variance at n times the signal: shot
    stays, read grows n times.
    """
    count = _binning(layout)[0] ** 2
    mean = noise.averaged(float(count))
    return mean if how == "mean" else mean.scaled(float(count))


def _binning(layout: CfaLayout) -> tuple[int, CfaPattern]:
    if layout.name[:4] not in _SIDE:
        raise ContractError(f"binning needs a QUAD_ or NONA_ layout; found {layout.name}")
    return _SIDE[layout.name[:4]], CfaPattern(name=cast(BayerName, layout.name[-4:]))
