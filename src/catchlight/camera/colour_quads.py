"""Noise of mosaics with large tiles, from four photosites of one colour that lie close together."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core.cfa import BLUE, GREEN, RED, CfaPattern
from catchlight.core.errors import ContractError

Site = tuple[int, int]
# a, b, c, d: the corners of a parallelogram, a opposite to d.
Quad = tuple[Site, Site, Site, Site]


def _square(y: int, x: int) -> Quad:
    return (y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)


# Sites of one tile; those of the next one follow on. None is used twice.
_XTRANS: dict[int, tuple[Quad, ...]] = {
    RED: (((0, 4), (1, 2), (1, 6), (2, 4)), ((3, 7), (4, 5), (4, 9), (5, 7))),
    GREEN: (_square(2, 2), _square(5, 2), _square(2, 5), _square(5, 5)),
    BLUE: (((3, 4), (4, 2), (4, 6), (5, 4)), ((0, 7), (1, 5), (1, 9), (2, 7))),
}
# Within a 3×3 block: its corners, and the middles of its edges.
_NONA: tuple[Quad, ...] = (((0, 0), (0, 2), (2, 0), (2, 2)), ((0, 1), (1, 0), (1, 2), (2, 1)))
# Rows and columns of tiles of a block of statistics: about 36 photosites of each side.
_TILES = {4: 9, 6: 6}


def quad_statistics(
    values: Float32[np.ndarray, "h w"], cfa: CfaPattern, *, colour: int
) -> tuple[Float64[np.ndarray, "blocks"], Float64[np.ndarray, "blocks"], int]:
    """Mean and noise variance of every block of a mosaic, in one colour, and how many independent samples each has.

    From (a - b - c + d) / 2 of parallelograms of one colour, which has the variance of one photosite and ignores
    slopes; in an X-Trans or Quad-Bayer mosaic they are far smaller than the distance from one tile to the next. Blocks
    with a photosite beyond 0.95 are left out: what is clipped has lost its noise.

    Args:
        values: black 0, white 1.
        cfa: X-Trans, Quad-Bayer or nona.
        colour: index.

    Raises:
        ContractError: another pattern.
    """
    side, (down, right) = cfa.side, cfa.origin
    corners = _quads(cfa, colour)
    # From the first whole tile on.
    values = values[-down % side :, -right % side :]
    # Some parallelograms reach into the next tile.
    beyond = max(max(site) for quad in corners for site in quad) + 1 - side
    rows, columns = (max((n - max(beyond, 0)) // side, 0) for n in values.shape)
    count = max(min(_TILES[side], rows, columns), 1)
    blocks = (rows // count, columns // count)
    mean, square = np.zeros(blocks), np.zeros(blocks)
    sound: Bool[np.ndarray, "rows columns"] = np.ones(blocks, np.bool_)
    for quad in corners:
        a, b, c, d = (values[y::side, x::side][: blocks[0] * count, : blocks[1] * count] for y, x in quad)
        shape = (blocks[0], count, blocks[1], count)
        mean += ((a + b + c + d) / 4).reshape(shape).mean(axis=(1, 3), dtype=np.float64)
        square += np.square((a - b - c + d) / 2).reshape(shape).mean(axis=(1, 3), dtype=np.float64)
        highest = np.maximum(np.maximum(a, b), np.maximum(c, d)).reshape(shape)
        sound &= highest.max(axis=(1, 3), initial=0.0) <= 0.95
    n = len(corners)
    return (mean / n)[sound], (square / n)[sound], n * count * count


def _quads(cfa: CfaPattern, colour: int) -> tuple[Quad, ...]:
    if cfa.name == "XTRANS":
        return _XTRANS[colour]
    kind = cfa.name[:4]
    if kind not in ("QUAD", "NONA"):
        raise ContractError(f"close parallelograms of one colour are those of large tiles; found {cfa.name}")
    # Blocks of one colour begin every 2 or 3 photosites.
    step = cfa.side // 2
    tile = CfaPattern(name=cfa.name).tile
    starts = [(y, x) for y in (0, step) for x in (0, step) if tile[y][x] == colour]
    inside = (_square(0, 0),) if kind == "QUAD" else _NONA
    return tuple(
        ((a[0] + y, a[1] + x), (b[0] + y, b[1] + x), (c[0] + y, c[1] + x), (d[0] + y, d[1] + x))
        for y, x in starts
        for a, b, c, d in inside
    )
