"""Bayer mosaic → RGB by gradient-weighted colour differences that know how much noise is left.

Along each row and column the missing colour is estimated in the manner of Hamilton and Adams; four directional means
of the colour difference (green minus red or blue) are then blended with weights that fall with the square of the local
gradient of that difference. No threshold decides between directions.

Source: Pekkucuksen & Altunbasak 2010, "Gradient based threshold free color filter array interpolation", eq. 2-8.
Deviations: 3×3 gradient windows and decaying directional means (both measured on Kodak24 and gb82, see
docs/decisions/0004-demosaic.md); red at blue and blue at red are weighted over the diagonals; the weights have a floor
set by the noise, so that in noise, where gradients say nothing, all directions are averaged alike.
"""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.core import CfaPattern
from catchlight.core.bands import for_bands

# Rows and columns of mosaic that one pixel of the result depends on, on each side.
HALO = 10
# Side of the square region that is interpolated at once: its work planes stay in a core's second-level cache.
_TILE = 128
# Directional mean of the colour difference, from the pixel itself outwards.
_F0, _F1, _F2, _F3, _F4 = 0.45, 0.33, 0.13, 0.06, 0.03
# Sum of nine absolute differences of two colour differences under noise of deviation 1, squared: a colour difference
# has variance 1.875, the difference of two independent ones 3.75, its mean size is sqrt(2/π) of the deviation.
_NOISE_FLOOR = (9.0 * (3.75 * 2.0 / np.pi) ** 0.5) ** 2


def interpolate_cfa(
    mosaic: Float32[np.ndarray, "h w"], cfa: CfaPattern, *, noise_variance: float = 0.0
) -> Float32[np.ndarray, "h w 3"]:
    """RGB at every photosite; measured samples are kept as they are.

    Args:
        mosaic: any scale, black 0; best white-balanced, since colour differences are assumed smooth.
        cfa: its pattern.
        noise_variance: typical variance of the noise left in `mosaic`, in its own units squared.
    """
    out = np.empty((*mosaic.shape, 3), np.float32)
    red_y, red_x = cfa.red_yx
    work = partial(_interpolate_rows, mosaic, out, red_y, red_x, noise_floor(noise_variance))
    for_bands(work, mosaic.shape[0], at_most=_TILE)
    return out


def noise_floor(noise_variance: float) -> np.float32:
    """What `interpolate_region` adds to a squared gradient, for noise of this variance."""
    return np.float32(max(noise_variance * _NOISE_FLOOR, 1e-9))


@njit(cache=True, nogil=True)
@no_type_check
def _interpolate_rows(mosaic, out, red_y, red_x, floor, top, bottom):
    width = mosaic.shape[1]
    work = np.empty((WORK_PLANES, _TILE + 2 * HALO, _TILE + 2 * HALO), np.float32)
    for left in range(0, width, _TILE):
        right = min(left + _TILE, width)
        interpolate_region(mosaic, top, bottom, left, right, red_y, red_x, floor, work)
        for y in range(bottom - top):
            for x in range(right - left):
                for c in range(3):
                    out[top + y, left + x, c] = work[c, y + HALO, x + HALO]


WORK_PLANES = 10


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def interpolate_region(mosaic, top, bottom, left, right, red_y, red_x, floor, work):
    """Interpolates mosaic[top:bottom, left:right] into work[0:3, HALO:, HALO:] (red, green, blue).

    `work` is float32[WORK_PLANES, ≥ rows + 2·HALO, ≥ columns + 2·HALO]; the mosaic is mirrored at its borders, and the
    region itself may reach beyond them.
    """
    height, width = mosaic.shape
    rows, columns = bottom - top + 2 * HALO, right - left + 2 * HALO
    red, green, blue, m, dh, dv, gh, gv, wh, wv = (
        work[0],
        work[1],
        work[2],
        work[3],
        work[4],
        work[5],
        work[6],
        work[7],
        work[8],
        work[9],
    )
    for y in range(rows):
        sy = top + y - HALO
        if sy < 0:
            sy = -sy
        if sy >= height:
            sy = 2 * height - 2 - sy
        sy = min(max(sy, 0), height - 1)
        for x in range(columns):
            sx = left + x - HALO
            if sx < 0:
                sx = -sx
            if sx >= width:
                sx = 2 * width - 2 - sx
            m[y, x] = mosaic[sy, min(max(sx, 0), width - 1)]
    # Parity of the region's own origin against the red site.
    py, px = (top - HALO - red_y) & 1, (left - HALO - red_x) & 1
    half, quarter = np.float32(0.5), np.float32(0.25)

    # Colour difference green - other along rows (dh) and columns (dv): sign + on green sites.
    for y in range(2, rows - 2):
        sign = np.float32(1.0) if (y + py) & 1 else np.float32(-1.0)
        if px & 1:
            sign = -sign
        for x in range(2, columns - 2):
            s = sign if x & 1 == 0 else -sign
            dh[y, x] = s * (
                m[y, x] - half * (m[y, x - 1] + m[y, x + 1] + m[y, x]) + quarter * (m[y, x - 2] + m[y, x + 2])
            )
            dv[y, x] = s * (
                m[y, x] - half * (m[y - 1, x] + m[y + 1, x] + m[y, x]) + quarter * (m[y - 2, x] + m[y + 2, x])
            )
    # Gradients of the differences, summed over three rows (gh, gv), then three columns (wh, wv).
    for y in range(3, rows - 3):
        for x in range(3, columns - 3):
            wh[y, x] = abs(dh[y, x - 1] - dh[y, x + 1])
            wv[y, x] = abs(dv[y - 1, x] - dv[y + 1, x])
    for y in range(4, rows - 4):
        for x in range(3, columns - 3):
            gh[y, x] = wh[y - 1, x] + wh[y, x] + wh[y + 1, x]
            gv[y, x] = wv[y - 1, x] + wv[y, x] + wv[y + 1, x]
    one = np.float32(1.0)
    for y in range(4, rows - 4):
        for x in range(4, columns - 4):
            a = gh[y, x - 1] + gh[y, x] + gh[y, x + 1]
            b = gv[y, x - 1] + gv[y, x] + gv[y, x + 1]
            wh[y, x] = one / (a * a + floor)
            wv[y, x] = one / (b * b + floor)
    # Blend of the four directional means; `gh` then holds the difference at red and blue sites.
    f0, f1, f2, f3, f4 = np.float32(_F0), np.float32(_F1), np.float32(_F2), np.float32(_F3), np.float32(_F4)
    for y in range(6, rows - 6):
        for x in range(6, columns - 6):
            north, south, west, east = wv[y - 2, x], wv[y + 2, x], wh[y, x - 2], wh[y, x + 2]
            d = north * (f0 * dv[y, x] + f1 * dv[y - 1, x] + f2 * dv[y - 2, x] + f3 * dv[y - 3, x] + f4 * dv[y - 4, x])
            d += south * (f0 * dv[y, x] + f1 * dv[y + 1, x] + f2 * dv[y + 2, x] + f3 * dv[y + 3, x] + f4 * dv[y + 4, x])
            d += west * (f0 * dh[y, x] + f1 * dh[y, x - 1] + f2 * dh[y, x - 2] + f3 * dh[y, x - 3] + f4 * dh[y, x - 4])
            d += east * (f0 * dh[y, x] + f1 * dh[y, x + 1] + f2 * dh[y, x + 2] + f3 * dh[y, x + 3] + f4 * dh[y, x + 4])
            gh[y, x] = d / (north + south + west + east)
    for y in range(6, rows - 6):
        for x in range(6, columns - 6):
            green[y, x] = m[y, x]
        for x in range(6 + ((y + py + px) & 1), columns - 6, 2):
            green[y, x] = m[y, x] + gh[y, x]
    # The other difference at red and blue sites, from the four diagonal neighbours; `gv` holds it.
    soft = np.float32(np.sqrt(floor) * 0.25) + np.float32(1e-3)
    for y in range(9, rows - 9):
        for x in range(9 + ((y + py + px + 1) & 1), columns - 9, 2):
            total = np.float32(0.0)
            value = np.float32(0.0)
            for k in range(4):
                dy = 1 if k & 1 else -1
                dx = 1 if k & 2 else -1
                near = gh[y + dy, x + dx]
                w = abs(green[y + dy, x + dx] - green[y, x]) + abs(
                    green[y + 2 * dy, x + 2 * dx] - green[y + dy, x + dx]
                )
                w += abs(near - gh[y - dy, x - dx]) + abs(near - gh[y + 3 * dy, x + 3 * dx])
                w = one / (w + soft)
                total += w
                value += w * near
            gv[y, x] = value / total
    # Red and blue: at their own sites measured, at each other's from gv, at green sites from the four neighbours.
    for y in range(HALO, rows - HALO):
        red_row = (y + py) & 1 == 0
        for x in range(HALO + ((y + py + px) & 1), columns - HALO, 2):
            if red_row:
                red[y, x] = m[y, x]
                blue[y, x] = green[y, x] - gv[y, x]
            else:
                blue[y, x] = m[y, x]
                red[y, x] = green[y, x] - gv[y, x]
        for x in range(HALO + ((y + py + px + 1) & 1), columns - HALO, 2):
            north, south, west, east = wv[y - 2, x], wv[y + 2, x], wh[y, x - 2], wh[y, x + 2]
            total = one / (north + south + west + east)
            # Left and right are the row's own colour (gh), above and below the other (gh there); gv is the reverse.
            row = (north * gv[y - 1, x] + south * gv[y + 1, x] + west * gh[y, x - 1] + east * gh[y, x + 1]) * total
            column = (north * gh[y - 1, x] + south * gh[y + 1, x] + west * gv[y, x - 1] + east * gv[y, x + 1]) * total
            if red_row:
                red[y, x] = m[y, x] - row
                blue[y, x] = m[y, x] - column
            else:
                blue[y, x] = m[y, x] - row
                red[y, x] = m[y, x] - column
