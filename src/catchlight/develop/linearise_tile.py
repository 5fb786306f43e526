"""Linearising and defect repair for filter arrays other than Bayer's."""

from __future__ import annotations

from functools import cache
from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Int64, UInt16
from numba import njit

from catchlight.core import CfaPattern
from catchlight.core.bands import for_bands
from catchlight.core.cfa_neighbours import same_colour_neighbours

# Where the light around a point of light is looked up: three photosites away, as in a Bayer mosaic, or a little nearer
# or further where another colour lies there.
_AROUND, _LEAST_AROUND = 3.0, 2.5


def linearise_tile(
    mosaic: UInt16[np.ndarray, "h w"],
    cfa: CfaPattern,
    *,
    black: Float32[np.ndarray, "4"],
    scale: Float32[np.ndarray, "3 4"],
    shot: Float32[np.ndarray, "3"],
    read: Float32[np.ndarray, "3"],
    sigmas: float,
    spread: float,
    beside: float,
    repair_defects: bool,
) -> Float32[np.ndarray, "h w"]:
    """(dn - black) · scale of a mosaic of any filters, with hot and dead photosites replaced.

    A photosite is defective when it lies beyond all its eight nearest neighbours of the same colour by more than noise
    and spread explain, and the four photosites beside it do not rise towards it.

    Args:
        mosaic: digital numbers.
        cfa: its filters.
        black: of even and odd rows and columns, row by row.
        scale: of each colour at each of those four places.
        shot: of each colour, in the units of the result.
        read: of each colour, in the units of the result.
        sigmas: deviations beyond all neighbours from which on a photosite is defective ...
        spread: ... and beyond this multiple of the spread among them.
        beside: part of its excess by which some photosite beside a real point of light rises at least.
        repair_defects: False to linearise alone.
    """
    # Without filters the tile is one site, but black may differ in two directions.
    pattern_side = cfa.side
    side = max(pattern_side, 2)
    place = [(y, x) for y in range(side) for x in range(side)]
    colour = np.array([cfa.colour_at(y, x) for y, x in place])
    phase = np.array([(y & 1) * 2 + (x & 1) for y, x in place])
    near = same_colour_neighbours(cfa)[[(y % pattern_side) * pattern_side + x % pattern_side for y, x in place]]
    values = np.empty(mosaic.shape, np.float32)
    black_site, scale_site = black[phase], scale[colour, phase]
    shot_site, read_site, away = shot[colour], read[colour], _surroundings(cfa, side)

    def work(top: int, bottom: int) -> None:
        _linearise_rows(
            mosaic, values, side, black_site, scale_site, shot_site, read_site, near, away,
            np.float32(sigmas), np.float32(spread), np.float32(beside), repair_defects, top, bottom,
        )  # fmt: skip

    for_bands(work, mosaic.shape[0])
    return values


@cache
def _surroundings(cfa: CfaPattern, side: int) -> Int64[np.ndarray, "sites 4 2"]:
    """For each site and each of the four photosites beside it: the step to one of that colour behind a spot's end."""
    steps = [(y, x) for y in range(-5, 6) for x in range(-5, 6) if np.hypot(y, x) >= _LEAST_AROUND]
    found = []
    for y in range(side):
        for x in range(side):
            for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                colour = cfa.colour_at(y + dy, x + dx)
                same = [s for s in steps if cfa.colour_at(y + s[0], x + s[1]) == colour]
                found.append(min(same, key=lambda s: np.hypot(s[0] - _AROUND * dy, s[1] - _AROUND * dx)))
    result: Int64[np.ndarray, "sites 4 2"] = np.array(found, np.int64).reshape(-1, 4, 2)
    return result


@njit(cache=True, nogil=True)
@no_type_check
def _linearise_rows(
    mosaic, values, side, black, scale, shot, read, near, away, sigmas, spread_share, beside, repair, top, bottom
):
    height, width = mosaic.shape
    around = np.empty(8, np.uint16)
    for y in range(top, bottom):
        base = (y % side) * side
        column = 0
        for x in range(width):
            site = base + column
            column = column + 1 if column + 1 < side else 0
            v = mosaic[y, x]
            b, s = black[site], scale[site]
            values[y, x] = (np.float32(v) - b) * s
            if not repair:
                continue
            low, high, count = np.uint16(65535), np.uint16(0), 0
            for k in range(8):
                ny, nx = y + near[site, k, 0], x + near[site, k, 1]
                if ny < 0 or nx < 0 or ny >= height or nx >= width:
                    continue
                n = mosaic[ny, nx]
                around[count] = n
                count += 1
                low, high = min(low, n), max(high, n)
                # Most samples lie between neighbours: nothing to look at.
                if low <= v <= high:
                    break
            if low <= v <= high or count < 3:
                continue
            level = (np.float32(high if v > high else low) - b) * s
            excess = (np.float32(v) - b) * s - level
            sigma = np.sqrt(max(level, np.float32(0.0)) * shot[site] + read[site])
            spread = np.float32(high - low) * s
            if abs(excess) <= sigmas * sigma + spread_share * max(spread - np.float32(3.0) * sigma, np.float32(0.0)):
                continue
            # A real point of light is wider than one photosite: some photosite beside it rises towards it as well.
            rise = np.float32(0.0)
            for k in range(4):
                dy, dx = (2 * k - 1, 0) if k < 2 else (0, 2 * k - 5)
                ny, nx = y + dy, x + dx
                fy, fx = y + away[site, k, 0], x + away[site, k, 1]
                if min(min(ny, nx), min(fy, fx)) < 0 or max(ny, fy) >= height or max(nx, fx) >= width:
                    continue
                other = (ny % side) * side + nx % side
                step = (np.float32(mosaic[ny, nx]) - np.float32(mosaic[fy, fx])) * scale[other]
                rise = max(rise, step if excess > 0 else -step)
            if rise > beside * abs(excess):
                continue
            ordered = np.sort(around[:count])
            middle = (np.float32(ordered[(count - 1) // 2]) + np.float32(ordered[count // 2])) * np.float32(0.5)
            values[y, x] = (middle - b) * s
