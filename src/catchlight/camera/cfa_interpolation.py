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

from typing import no_type_check

import cv2
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
    h, w = mosaic.shape
    out = np.empty((h, w, 3), np.float32)
    floor = noise_floor(noise_variance)

    def interpolate(top: int, bottom: int) -> None:
        planes = np.empty((3, bottom - top, w), np.float32)
        interpolate_rows(mosaic, planes, *cfa.red_yx, floor, top, bottom, top)
        cv2.merge(list(planes), dst=out[top:bottom])

    for_bands(interpolate, h, at_most=_TILE)
    return out


def noise_floor(noise_variance: float) -> np.float32:
    """What `interpolate_region` adds to a squared gradient, for noise of this variance."""
    return np.float32(max(noise_variance * _NOISE_FLOOR, 1e-9))


@njit(cache=True, nogil=True)
@no_type_check
def interpolate_rows(mosaic, out, red_y, red_x, floor, top, bottom, first):
    """Rows top…bottom of a mosaic, at most 128, as three planes; `out` begins with the row `first`."""
    width = mosaic.shape[1]
    work = np.empty((WORK_PLANES, _TILE + 2 * HALO, _TILE + 2 * HALO), np.float32)
    for left in range(0, width, _TILE):
        right = min(left + _TILE, width)
        interpolate_region(mosaic, top, bottom, left, right, red_y, red_x, floor, work)
        for c in range(3):
            for y in range(bottom - top):
                source, target = work[c, y + HALO, HALO : HALO + right - left], out[c, top - first + y, left:right]
                for x in range(right - left):
                    target[x] = source[x]


WORK_PLANES = 8


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def interpolate_region(mosaic, top, bottom, left, right, red_y, red_x, floor, work):
    """Interpolates mosaic[top:bottom, left:right] into work[0:3, HALO:, HALO:] (red, green, blue).

    `work` is float32[WORK_PLANES, ≥ rows + 2·HALO, ≥ columns + 2·HALO]; the mosaic is mirrored at its borders, and the
    region itself may reach beyond them.
    """
    height, width = mosaic.shape
    rows, columns = bottom - top + 2 * HALO, right - left + 2 * HALO
    # Red and blue take the place of the two differences, which nobody asks for any more then.
    dh, green, dv = work[0], work[1], work[2]
    m, gh, gv, wh, wv = work[3], work[4], work[5], work[6], work[7]
    red, blue = dh, dv
    # The loops over a row have one output each and slices that begin at 0, which lets the compiler make vectors of
    # them. For the same reason every row is worked through whole, and what belongs to the other kind of site dropped.
    inside = left >= HALO and right + HALO <= width
    for y in range(rows):
        sy = top + y - HALO
        if sy < 0:
            sy = -sy
        if sy >= height:
            sy = 2 * height - 2 - sy
        sy = min(max(sy, 0), height - 1)
        if inside:
            line, here = mosaic[sy, left - HALO : right + HALO], m[y, :columns]
            for x in range(columns):
                here[x] = line[x]
            continue
        for x in range(columns):
            sx = left + x - HALO
            if sx < 0:
                sx = -sx
            if sx >= width:
                sx = 2 * width - 2 - sx
            m[y, x] = mosaic[sy, min(max(sx, 0), width - 1)]
    # Parity of the region's own origin against the red site.
    py, px = (top - HALO - red_y) & 1, (left - HALO - red_x) & 1
    half, quarter, zero, one = np.float32(0.5), np.float32(0.25), np.float32(0.0), np.float32(1.0)
    # 1 at green sites and -1 at the others, in rows whose first site is not green, and in the others.
    kind = np.empty((2, columns), np.float32)
    for x in range(columns):
        kind[0, x] = -one if x & 1 == 0 else one
        kind[1, x] = -kind[0, x]

    # Colour difference green - other along rows (dh) and columns (dv): sign + on green sites.
    n = columns - 4
    for y in range(2, rows - 2):
        sign, c, out = kind[(y + py + px) & 1, 2:columns], m[y, :columns], dh[y, 2:columns]
        for x in range(n):
            out[x] = sign[x] * (half * (c[x + 2] - c[x + 1] - c[x + 3]) + quarter * (c[x] + c[x + 4]))
        c, out = m[y, 2:columns], dv[y, 2:columns]
        n1, n2, s1, s2 = m[y - 1, 2:columns], m[y - 2, 2:columns], m[y + 1, 2:columns], m[y + 2, 2:columns]
        for x in range(n):
            out[x] = sign[x] * (half * (c[x] - n1[x] - s1[x]) + quarter * (n2[x] + s2[x]))
    # Gradients of the differences, summed over three rows (gh, gv), then three columns (wh, wv).
    n = columns - 6
    for y in range(3, rows - 3):
        d, out = dh[y, 2:columns], wh[y, 3:columns]
        for x in range(n):
            out[x] = abs(d[x] - d[x + 2])
        n1, s1, out = dv[y - 1, 3:columns], dv[y + 1, 3:columns], wv[y, 3:columns]
        for x in range(n):
            out[x] = abs(n1[x] - s1[x])
    for y in range(4, rows - 4):
        n1, c, s1, out = wh[y - 1, 3:columns], wh[y, 3:columns], wh[y + 1, 3:columns], gh[y, 3:columns]
        for x in range(n):
            out[x] = n1[x] + c[x] + s1[x]
        n1, c, s1, out = wv[y - 1, 3:columns], wv[y, 3:columns], wv[y + 1, 3:columns], gv[y, 3:columns]
        for x in range(n):
            out[x] = n1[x] + c[x] + s1[x]
    n = columns - 8
    for y in range(4, rows - 4):
        c, out = gh[y, 3:columns], wh[y, 4:columns]
        for x in range(n):
            a = c[x] + c[x + 1] + c[x + 2]
            out[x] = one / (a * a + floor)
        c, out = gv[y, 3:columns], wv[y, 4:columns]
        for x in range(n):
            a = c[x] + c[x + 1] + c[x + 2]
            out[x] = one / (a * a + floor)
    # Blend of the four directional means; `gh` then holds the difference at red and blue sites.
    f0, f1, f2, f3, f4 = np.float32(_F0), np.float32(_F1), np.float32(_F2), np.float32(_F3), np.float32(_F4)
    n = columns - 12
    for y in range(6, rows - 6):
        out = gh[y, 6:columns]
        c, n1, n2, n3, n4 = (
            dv[y, 6:columns],
            dv[y - 1, 6:columns],
            dv[y - 2, 6:columns],
            dv[y - 3, 6:columns],
            dv[y - 4, 6:columns],
        )
        s1, s2, s3, s4 = dv[y + 1, 6:columns], dv[y + 2, 6:columns], dv[y + 3, 6:columns], dv[y + 4, 6:columns]
        up, down, across = wv[y - 2, 6:columns], wv[y + 2, 6:columns], wh[y, 4:columns]
        for x in range(n):
            out[x] = up[x] * (f0 * c[x] + f1 * n1[x] + f2 * n2[x] + f3 * n3[x] + f4 * n4[x]) + down[x] * (
                f0 * c[x] + f1 * s1[x] + f2 * s2[x] + f3 * s3[x] + f4 * s4[x]
            )
        c = dh[y, 2:columns]
        for x in range(n):
            d = across[x] * (f0 * c[x + 4] + f1 * c[x + 3] + f2 * c[x + 2] + f3 * c[x + 1] + f4 * c[x])
            d += across[x + 4] * (f0 * c[x + 4] + f1 * c[x + 5] + f2 * c[x + 6] + f3 * c[x + 7] + f4 * c[x + 8])
            out[x] = (out[x] + d) / (up[x] + down[x] + across[x] + across[x + 4])
        sign, c, d, out = kind[(y + py + px) & 1, 6:columns], m[y, 6:columns], gh[y, 6:columns], green[y, 6:columns]
        for x in range(n):
            out[x] = c[x] + (d[x] if sign[x] < zero else zero)
    # The other difference at red and blue sites, from the four diagonal neighbours; `gv` holds it.
    soft = np.float32(np.sqrt(floor) * 0.25) + np.float32(1e-3)
    n = columns - 18
    for y in range(9, rows - 9):
        g0, g1, g, g3, g4 = (
            green[y - 2, 7:columns],
            green[y - 1, 8:columns],
            green[y, 9:columns],
            green[y + 1, 8:columns],
            green[y + 2, 7:columns],
        )
        near0, near1, far0, far1 = (
            gh[y - 1, 8:columns],
            gh[y + 1, 8:columns],
            gh[y - 3, 6:columns],
            gh[y + 3, 6:columns],
        )
        out = gv[y, 9:columns]
        for x in range(n):
            a, b, c, d = near0[x], near0[x + 2], near1[x], near1[x + 2]
            ad, bc = abs(a - d), abs(b - c)
            wa = one / (abs(g1[x] - g[x]) + abs(g0[x] - g1[x]) + ad + abs(a - far0[x]) + soft)
            wb = one / (abs(g1[x + 2] - g[x]) + abs(g0[x + 4] - g1[x + 2]) + bc + abs(b - far0[x + 6]) + soft)
            wc = one / (abs(g3[x] - g[x]) + abs(g4[x] - g3[x]) + bc + abs(c - far1[x]) + soft)
            wd = one / (abs(g3[x + 2] - g[x]) + abs(g4[x + 4] - g3[x + 2]) + ad + abs(d - far1[x + 6]) + soft)
            out[x] = (wa * a + wb * b + wc * c + wd * d) / (wa + wb + wc + wd)
    # Red and blue: at their own sites measured, at each other's from gv, at green sites from the four neighbours.
    n = columns - 2 * HALO
    for y in range(HALO, rows - HALO):
        sign, c, whole = kind[(y + py + px) & 1, HALO:columns], m[y, HALO:columns], green[y, HALO:columns]
        up, down, across = wv[y - 2, HALO:columns], wv[y + 2, HALO:columns], wh[y, HALO - 2 : columns]
        # Left and right are the row's own colour (gh), above and below the other (gh there); gv is the reverse.
        red_row = (y + py) & 1 == 0
        v_up, v_down, g = gv[y - 1, HALO:columns], gv[y + 1, HALO:columns], gh[y, HALO - 1 : columns]
        out = red[y, HALO:columns] if red_row else blue[y, HALO:columns]
        for x in range(n):
            d = up[x] * v_up[x] + down[x] * v_down[x] + across[x] * g[x] + across[x + 4] * g[x + 2]
            d /= up[x] + down[x] + across[x] + across[x + 4]
            out[x] = c[x] - (d if sign[x] > zero else zero)
        g_up, g_down, v = gh[y - 1, HALO:columns], gh[y + 1, HALO:columns], gv[y, HALO - 1 : columns]
        out = blue[y, HALO:columns] if red_row else red[y, HALO:columns]
        for x in range(n):
            d = up[x] * g_up[x] + down[x] * g_down[x] + across[x] * v[x] + across[x + 4] * v[x + 2]
            d /= up[x] + down[x] + across[x] + across[x + 4]
            out[x] = c[x] - d if sign[x] > zero else whole[x] - v[x + 1]
