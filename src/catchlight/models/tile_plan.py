"""Tiles of one size that overlap, so that a network sees what it needs and memory stays flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Shaped

from catchlight.core import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One tile: the part of the picture that it decides, and the larger part that is looked at for it.

    Args:
        top: first row that is kept.
        bottom: row after the last that is kept.
        left: first column that is kept.
        right: column after the last that is kept.
        halo: samples that the source begins before `top` and `left`, beyond the picture's border where need be.
        height: rows of the source.
        width: columns of the source.
    """

    top: int
    bottom: int
    left: int
    right: int
    halo: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if not (0 <= self.top < self.bottom and 0 <= self.left < self.right and self.halo >= 0):
            raise ContractError(f"a tile keeps rows and columns of the picture and has a halo >= 0; found {self}")
        if self.height < self.bottom - self.top + self.halo or self.width < self.right - self.left + self.halo:
            raise ContractError(f"a tile's source holds what it keeps and the halo; found {self}")

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that the tile decides."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def inside(self) -> tuple[slice, slice]:
        """The same rows and columns within the tile."""
        rows, columns = self.bottom - self.top, self.right - self.left
        return slice(self.halo, self.halo + rows), slice(self.halo, self.halo + columns)

    def cut(self, picture: Shaped[np.ndarray, "h w *channels"]) -> Shaped[np.ndarray, "th tw *channels"]:
        """The source: a view inside the picture, reflected at its border without repeating the outermost sample.

        Reflection about a sample's centre moves every sample by an even number, which keeps a 2×2 filter pattern.
        """
        top, left = self.top - self.halo, self.left - self.halo
        bottom, right = top + self.height, left + self.width
        h, w = picture.shape[:2]
        cut: Shaped[np.ndarray, "th tw *channels"] = picture[max(top, 0) : bottom, max(left, 0) : right]
        if top >= 0 and left >= 0 and bottom <= h and right <= w:
            return cut
        return picture[_reflected(top, bottom, h)[:, None], _reflected(left, right, w)[None, :]]


def plan_tiles(height: int, width: int, *, tile: int, halo: int, multiple: int) -> tuple[Tile, ...]:
    """Tiles that together keep every sample of a picture exactly once, row by row.

    All have one size, so that a session plans its memory once; what they keep differs by `multiple` at most.

    Args:
        height: of the picture, >= 1.
        width: of the picture, >= 1.
        tile: largest side of a tile, halo included.
        halo: samples that are seen on every side beyond what is kept, a multiple of `multiple`.
        multiple: what the sides and the beginning of every tile are multiples of (a network's coarsest grid).

    Raises:
        ContractError: no picture, or a tile that keeps nothing.

    >>> [(t.top, t.bottom, t.height) for t in plan_tiles(100, 8, tile=64, halo=8, multiple=4)]
    [(0, 32, 52), (32, 64, 52), (64, 100, 52)]
    """
    if height < 1 or width < 1:
        raise ContractError(f"tiles are planned for a picture of 1×1 at least; found {width}×{height}")
    if multiple < 1 or halo < 0 or halo % multiple:
        raise ContractError(f"a halo is a multiple >= 0 of {multiple}; found {halo}")
    if tile < 2 * halo + multiple:
        raise ContractError(
            f"a tile of {tile} keeps nothing with a halo of {halo}; make it {2 * halo + multiple} or more"
        )
    rows, high = _spans(height, tile - 2 * halo, multiple)
    columns, wide = _spans(width, tile - 2 * halo, multiple)
    return tuple(
        Tile(
            top=top, bottom=bottom, left=left, right=right, halo=halo, height=high + 2 * halo, width=wide + 2 * halo
        )
        for top, bottom in rows
        for left, right in columns
    )  # fmt: skip


def _spans(size: int, largest: int, multiple: int) -> tuple[list[tuple[int, int]], int]:
    """Ranges that cover 0…size, and the length that holds each of them."""
    units = -(-size // multiple)
    count = -(-units // (largest // multiple))
    starts = [i * units // count * multiple for i in range(count)]
    return list(zip(starts, [*starts[1:], size], strict=True)), -(-units // count) * multiple


def _reflected(start: int, stop: int, size: int) -> Int[np.ndarray, "n"]:
    """Indices start…stop brought into 0…size - 1 by reflection about the outermost samples, as often as it takes."""
    if size == 1:
        return np.zeros(stop - start, np.int64)
    there_and_back = 2 * (size - 1)
    place = np.arange(start, stop, dtype=np.int64) % there_and_back
    return np.minimum(place, there_and_back - place)
