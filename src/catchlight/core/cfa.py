"""The colour filter array: which colour each photosite sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core.errors import ContractError

BayerName = Literal["RGGB", "BGGR", "GRBG", "GBRG"]
CfaName = Literal[
    "RGGB", "BGGR", "GRBG", "GBRG",
    "QUAD_RGGB", "QUAD_BGGR", "QUAD_GRBG", "QUAD_GBRG",
    "NONA_RGGB", "NONA_BGGR", "NONA_GRBG", "NONA_GBRG",
    "XTRANS", "MONO",
]  # fmt: skip
RED, GREEN, BLUE = 0, 1, 2
_LETTERS = "RGB"
Tile = tuple[tuple[int, ...], ...]

# Source: Fujifilm's description of the X-Pro1 (2012): every row and every column of the 6×6 tile holds all three
# colours, and 20 of its 36 sites are green. Where the tile begins differs from camera to camera.
_XTRANS = ("GBGGRG", "RGRBGB", "GBGGRG", "GRGGBG", "BGBRGR", "GRGGBG")
_SIDE = {"QUAD": 2, "NONA": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class CfaPattern:
    """A periodic tile of colour filters, read row by row from the top-left photosite of the mosaic.

    Args:
        name: a Bayer tile; QUAD_ or NONA_ and a Bayer tile whose every photosite is 2×2 or 3×3 of one colour; XTRANS
            (6×6); MONO, which counts as green everywhere.
        origin: row and column of the tile at the mosaic's first photosite. Kept as the least one that gives the same
            colours, under the name that belongs to it, so that patterns are equal exactly if their colours are.

    Raises:
        ContractError: an unknown name, or an origin that is not two numbers.

    >>> CfaPattern(name="GRBG").colour_at(0, 1)
    0
    >>> CfaPattern(name="RGGB").shifted(rows=1, columns=0).name
    'GBRG'
    >>> CfaPattern(name="QUAD_RGGB").tile
    ((0, 0, 1, 1), (0, 0, 1, 1), (1, 1, 2, 2), (1, 1, 2, 2))
    >>> CfaPattern(name="QUAD_RGGB", origin=(3, 0))
    CfaPattern(name='QUAD_GBRG', origin=(1, 0))
    """

    name: CfaName
    origin: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if self.name not in get_args(CfaName):
            raise ContractError(f"a colour filter is one of {', '.join(get_args(CfaName))}; found {self.name!r}")
        if len(self.origin) != 2:
            raise ContractError(f"an origin is a row and a column of the tile; found {self.origin}")
        name, origin = _least(self.name, *self.origin)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "origin", origin)

    @classmethod
    def from_indices(cls, indices: object) -> CfaPattern:
        """The pattern whose table of colour indices (0 red, 1 green, 2 blue) is `indices`, rows×columns.

        The table may hold the tile several times.

        Raises:
            ContractError: the table is not one of a known pattern.
        """
        table = np.asarray(indices)
        for pattern in _every() if table.ndim == 2 and table.size else ():
            repeats, rest = np.divmod(table.shape, pattern.indices.shape)
            if not rest.any() and np.array_equal(np.tile(pattern.indices, repeats), table):
                return pattern
        raise ContractError(
            "a filter array is RGGB, BGGR, GRBG or GBRG, each of their colours once, 2×2 or 3×3 times, X-Trans, or one "
            f"without colours; found {table.tolist()}"
        )

    @property
    def tile(self) -> Tile:
        """Colour index of each site of the smallest tile, row by row: 0 red, 1 green, 2 blue."""
        return _tile(self.name, self.origin)

    @property
    def indices(self) -> UInt8[np.ndarray, "rows columns"]:
        """The tile as an array."""
        return np.array(self.tile, np.uint8)

    @property
    def side(self) -> int:
        """Height and width of the tile: 1, 2, 4 or 6."""
        return len(self.tile)

    @property
    def is_bayer(self) -> bool:
        """Whether the tile is one of the four 2×2 Bayer tiles."""
        return self.name in get_args(BayerName)

    @property
    def sites(self) -> tuple[int, int, int, int]:
        """The four indices of a Bayer tile, row by row.

        Raises:
            ContractError: another pattern.
        """
        a, b, c, d = (_LETTERS.index(c) for c in self._bayer_name())
        return a, b, c, d

    @property
    def red_yx(self) -> tuple[int, int]:
        """Row and column (0 or 1) of the red photosite inside a Bayer tile.

        Raises:
            ContractError: another pattern.
        """
        return divmod(self._bayer_name().index("R"), 2)

    @property
    def planes(self) -> tuple[tuple[int, tuple[slice, slice]], ...]:
        """Colour index and index expression of the interleaved planes of a mosaic, one for each site, row by row.

        >>> colour, plane = CfaPattern(name="GRBG").planes[1]
        >>> colour, np.arange(16).reshape(4, 4)[plane].tolist()
        (0, [[1, 3], [9, 11]])
        """
        side = self.side
        return tuple(
            (colour, (slice(y, None, side), slice(x, None, side)))
            for y, row in enumerate(self.tile)
            for x, colour in enumerate(row)
        )

    def colour_at(self, row: int, column: int) -> int:
        """Colour index of the photosite at (row, column) of the mosaic."""
        tile = self.tile
        return tile[row % len(tile)][column % len(tile)]

    def colour_map(self, height: int, width: int) -> UInt8[np.ndarray, "h w"]:
        """Colour index of every photosite of a mosaic."""
        side = self.side
        repeats = (-(-height // side), -(-width // side))
        return np.ascontiguousarray(np.tile(self.indices, repeats)[:height, :width])

    def sample(self, rgb: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
        """The mosaic that this pattern sees of a picture in camera RGB, of any size."""
        mosaic = np.empty(rgb.shape[:2], np.float32)
        for colour, plane in self.planes:
            mosaic[plane] = rgb[(*plane, colour)]
        return mosaic

    def half_size_green(self, mosaic: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "rows columns"]:
        """Mean of the two green samples of every 2×2 quad of a Bayer mosaic of even size.

        Raises:
            ContractError: another pattern.
        """
        self._bayer_name()
        first, second = (mosaic[plane] for colour, plane in self.planes if colour == GREEN)
        return (first + second) * np.float32(0.5)

    def shifted(self, *, rows: int, columns: int) -> CfaPattern:
        """The pattern of the same mosaic after its first `rows` rows and `columns` columns are cut off."""
        return CfaPattern(name=self.name, origin=(self.origin[0] + rows, self.origin[1] + columns))

    def _bayer_name(self) -> str:
        if not self.is_bayer:
            raise ContractError(f"this needs a Bayer mosaic: {', '.join(get_args(BayerName))}; found {self.name}")
        return self.name


def _least(name: CfaName, row: int, column: int) -> tuple[CfaName, tuple[int, int]]:
    if name == "MONO":
        return name, (0, 0)
    if name == "XTRANS":
        # Three rows and three columns on, the tile is itself again.
        turns = row % 6 // 3
        return name, (row % 3, (column - 3 * turns) % 6)
    side = _SIDE.get(name[:4], 1)
    four, (down, right) = name[-4:], (row // side % 2, column // side % 2)
    moved = "".join(four[(y ^ down) * 2 + (x ^ right)] for y in (0, 1) for x in (0, 1))
    return cast(CfaName, name[:-4] + moved), (row % side, column % side)


@cache
def _tile(name: CfaName, origin: tuple[int, int]) -> Tile:
    if name == "MONO":
        return ((GREEN,),)
    if name == "XTRANS":
        whole = np.array([[_LETTERS.index(letter) for letter in row] for row in _XTRANS])
    else:
        side = _SIDE.get(name[:4], 1)
        four = np.array([_LETTERS.index(letter) for letter in name[-4:]]).reshape(2, 2)
        whole = four.repeat(side, axis=0).repeat(side, axis=1)
    rolled = np.roll(whole, (-origin[0], -origin[1]), (0, 1))
    return tuple(tuple(int(v) for v in row) for row in rolled)


@cache
def _every() -> tuple[CfaPattern, ...]:
    """Every pattern there is, the smallest tiles first."""
    found = {CfaPattern(name=name, origin=(y, x)) for name in get_args(CfaName) for y in range(6) for x in range(6)}
    return tuple(sorted(found, key=lambda p: (p.side, p.name, p.origin)))
