"""The colour filter array: which colour each photosite sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core.errors import ContractError

BayerName = Literal["RGGB", "BGGR", "GRBG", "GBRG"]
RED, GREEN, BLUE = 0, 1, 2
_LETTERS = "RGB"


@dataclass(frozen=True, slots=True, kw_only=True)
class CfaPattern:
    """A 2×2 Bayer tile, read row by row from the top-left photosite of the mosaic.

    Args:
        name: one of RGGB, BGGR, GRBG, GBRG.

    >>> CfaPattern(name="GRBG").colour_at(0, 1)
    0
    >>> CfaPattern(name="RGGB").shifted(rows=1, columns=0).name
    'GBRG'
    """

    name: BayerName

    def __post_init__(self) -> None:
        if self.name not in ("RGGB", "BGGR", "GRBG", "GBRG"):
            raise ContractError(f"a Bayer pattern is RGGB, BGGR, GRBG or GBRG; found {self.name!r}")

    @classmethod
    def from_indices(cls, indices: object) -> CfaPattern:
        """The pattern whose 2×2 table of colour indices (0 red, 1 green, 2 blue) is `indices`."""
        flat = [int(i) for i in np.asarray(indices).ravel()]
        name = "".join(_LETTERS[i] if 0 <= i < 3 else "?" for i in flat)
        return cls(name=name)  # type: ignore[arg-type]

    @property
    def indices(self) -> UInt8[np.ndarray, "2 2"]:
        """Colour index of each site of the tile: 0 red, 1 green, 2 blue."""
        return np.array([_LETTERS.index(c) for c in self.name], np.uint8).reshape(2, 2)

    @property
    def sites(self) -> tuple[int, int, int, int]:
        """The same four indices as a tuple, row by row."""
        a, b, c, d = (_LETTERS.index(c) for c in self.name)
        return a, b, c, d

    @property
    def red_yx(self) -> tuple[int, int]:
        """Row and column (0 or 1) of the red photosite inside the tile."""
        return divmod(self.name.index("R"), 2)

    def colour_at(self, row: int, column: int) -> int:
        """Colour index of the photosite at (row, column) of the mosaic."""
        return self.sites[(row & 1) * 2 + (column & 1)]

    @property
    def planes(self) -> tuple[tuple[int, tuple[slice, slice]], ...]:
        """Colour index and index expression of the four interleaved planes of a mosaic, row by row.

        >>> colour, plane = CfaPattern(name="GRBG").planes[1]
        >>> colour, np.arange(16).reshape(4, 4)[plane].tolist()
        (0, [[1, 3], [9, 11]])
        """
        a, b, c, d = (
            (colour, (slice(site >> 1, None, 2), slice(site & 1, None, 2))) for site, colour in enumerate(self.sites)
        )
        return a, b, c, d

    def sample(self, rgb: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
        """The mosaic that this pattern sees of an RGB picture of even size."""
        mosaic = np.empty(rgb.shape[:2], np.float32)
        for colour, plane in self.planes:
            mosaic[plane] = rgb[(*plane, colour)]
        return mosaic

    def half_size_green(self, mosaic: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "rows columns"]:
        """Mean of the two green samples of every 2×2 quad."""
        first, second = (mosaic[plane] for colour, plane in self.planes if colour == GREEN)
        return (first + second) * np.float32(0.5)

    def shifted(self, *, rows: int, columns: int) -> CfaPattern:
        """The pattern of the same mosaic after its first `rows` rows and `columns` columns are cut off."""
        return CfaPattern.from_indices(np.roll(self.indices, (-rows, -columns), (0, 1)))
