"""Another frame as it would look in the reference's geometry."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.alignment import Alignment
from catchlight.camera.cfa_interpolation import HALO, WORK_PLANES, interpolate_region, noise_floor
from catchlight.core import ContractError, LinearMosaic
from catchlight.core.bands import for_bands

# Value of samples that the other frame does not see.
OUTSIDE = np.float32(-1e30)
# The reference is walked through in squares of this side; the frame's region that one of them needs must fit in the
# work space, which bounds rotation and zoom (here about 20° or a quarter).
_TILE, _REGION = 64, 112
_PHASES, _TAPS = 128, 6


def warp_mosaic(
    frame: LinearMosaic,
    alignment: Alignment,
    *,
    noise_variance: float = 0.0,
    out: Float32[np.ndarray, "h w 3"] | None = None,
) -> Float32[np.ndarray, "h w 3"]:
    """All three colours of `frame` at every place of the reference; `OUTSIDE` in all of them where unseen.

    The frame is interpolated to three colours first (so the shift need not be a multiple of the pattern), tile by tile,
    then resampled with a six-tap Lanczos kernel (Duchon 1979).

    Args:
        frame: the other frame.
        alignment: `frame_from_reference`.
        noise_variance: typical variance of the frame's noise, for the colour interpolation.
        out: written into and returned, when given.
    """
    if alignment.cell_px % _TILE:
        raise ContractError(f"tiles of an alignment are multiples of {_TILE} px; found {alignment.cell_px}")
    if out is None:
        out = np.empty((*frame.shape, 3), np.float32)
    red_y, red_x = frame.cfa.red_yx
    work = partial(
        _warp_rows, frame.values, out, alignment.affine, alignment.shifts, alignment.cell_px, red_y, red_x,
        noise_floor(noise_variance), lanczos_table(),
    )  # fmt: skip
    for_bands(work, frame.shape[0], step=_TILE, at_most=_TILE)
    return out


def lanczos_table() -> Float32[np.ndarray, "phases 6"]:
    """Weights of the samples at -2…3 around a place, for shifts 0, 1/128, … 1; each row sums to 1."""
    shift = np.arange(_PHASES + 1)[:, None] / _PHASES
    x = np.arange(-2, 4)[None, :] - shift
    table = np.sinc(x) * np.sinc(x / 3) * (np.abs(x) < 3)
    normalised: Float32[np.ndarray, "phases 6"] = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def shift_at(shifts, cell, x, y):
    """(dx, dy) of the tile field at the place (x, y), bilinear between the tiles' centres."""
    rows, columns = shifts.shape[0], shifts.shape[1]
    gx = min(max(x / cell - 0.5, 0.0), columns - 1.0)
    gy = min(max(y / cell - 0.5, 0.0), rows - 1.0)
    ix, iy = min(int(gx), max(columns - 2, 0)), min(int(gy), max(rows - 2, 0))
    jx, jy = min(ix + 1, columns - 1), min(iy + 1, rows - 1)
    fx, fy = np.float32(gx - ix), np.float32(gy - iy)
    one = np.float32(1.0)
    dx = (one - fy) * ((one - fx) * shifts[iy, ix, 0] + fx * shifts[iy, jx, 0])
    dx += fy * ((one - fx) * shifts[jy, ix, 0] + fx * shifts[jy, jx, 0])
    dy = (one - fy) * ((one - fx) * shifts[iy, ix, 1] + fx * shifts[iy, jx, 1])
    dy += fy * ((one - fx) * shifts[jy, ix, 1] + fx * shifts[jy, jx, 1])
    return dx, dy


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _warp_rows(values, out, affine, shifts, cell, red_y, red_x, floor, table, top, bottom):
    height, width = values.shape
    side = _REGION + 2 * HALO
    work = np.empty((WORK_PLANES, side, side), np.float32)
    wx, wy = np.empty((_TAPS, _TILE), np.float32), np.empty((_TAPS, _TILE), np.float32)
    at_u, at_v, seen = np.empty(_TILE, np.int64), np.empty(_TILE, np.int64), np.empty(_TILE, np.bool_)
    total = np.empty(_TILE, np.float32)
    px = np.empty((_TILE, _TILE), np.float32)
    py = np.empty((_TILE, _TILE), np.float32)
    for left in range(0, width, _TILE):
        right = min(left + _TILE, width)
        lo_x, hi_x, lo_y, hi_y = np.float32(1e9), np.float32(-1e9), np.float32(1e9), np.float32(-1e9)
        # The field is linear between the tiles' centres, which lie in the middle of these squares: two places for each
        # half of a row tell all others.
        for y in range(bottom - top):
            for half in range(2):
                x0, x1 = half * (_TILE // 2), min((half + 1) * (_TILE // 2), right - left)
                if x0 >= x1:
                    continue
                place_y, place_x = top + y + 0.5, left + x0 + 0.5
                du, dv = shift_at(shifts, cell, place_x, place_y)
                far_u, far_v = shift_at(shifts, cell, place_x + (_TILE // 2 - 1), place_y)
                step_u = np.float32(affine[0, 0]) + (far_u - du) * np.float32(1.0 / (_TILE // 2 - 1))
                step_v = np.float32(affine[1, 0]) + (far_v - dv) * np.float32(1.0 / (_TILE // 2 - 1))
                u = np.float32(affine[0, 0] * place_x + affine[0, 1] * place_y + affine[0, 2] - 0.5) + du
                v = np.float32(affine[1, 0] * place_x + affine[1, 1] * place_y + affine[1, 2] - 0.5) + dv
                for x in range(x1 - x0):
                    px[y, x0 + x] = u + np.float32(x) * step_u
                    py[y, x0 + x] = v + np.float32(x) * step_v
                end = x1 - 1
                lo_x = min(lo_x, min(px[y, x0], px[y, end]))
                hi_x = max(hi_x, max(px[y, x0], px[y, end]))
                lo_y = min(lo_y, min(py[y, x0], py[y, end]))
                hi_y = max(hi_y, max(py[y, x0], py[y, end]))
        # Region of the frame that is needed, with the kernel's reach (three mirrored samples beyond its border).
        r0, r1 = max(int(np.floor(lo_y)) - 2, -3), min(int(np.floor(hi_y)) + 4, height + 3)
        c0, c1 = max(int(np.floor(lo_x)) - 2, -3), min(int(np.floor(hi_x)) + 4, width + 3)
        if r1 - r0 < 6 or c1 - c0 < 6 or r1 - r0 > _REGION or c1 - c0 > _REGION:
            for y in range(top, bottom):
                for x in range(left, right):
                    for c in range(3):
                        out[y, x, c] = OUTSIDE
            continue
        interpolate_region(values, r0, r1, c0, c1, red_y, red_x, floor, work)
        for y in range(bottom - top):
            for x in range(right - left):
                u, v = px[y, x], py[y, x]
                iu, iv = int(np.floor(u)), int(np.floor(v))
                at_u[x], at_v[x] = iu, iv
                seen[x] = iu >= -1 and iv >= -1 and iu < width and iv < height
                phase_u = int((u - iu) * np.float32(_PHASES) + np.float32(0.5))
                phase_v = int((v - iv) * np.float32(_PHASES) + np.float32(0.5))
                for i in range(_TAPS):
                    wx[i, x] = table[phase_u, i]
                    wy[i, x] = table[phase_v, i]
            # Runs of places whose samples lie side by side in the frame are resampled together, as vectors.
            start = 0
            while start < right - left:
                stop = start + 1
                while (
                    stop < right - left
                    and seen[stop] == seen[start]
                    and at_v[stop] == at_v[start]
                    and at_u[stop] - stop == at_u[start] - start
                ):
                    stop += 1
                if not seen[start]:
                    for x in range(start, stop):
                        for c in range(3):
                            out[top + y, left + x, c] = OUTSIDE
                    start = stop
                    continue
                oy, ox = at_v[start] - r0 + HALO - 2, at_u[start] - start - c0 + HALO - 2
                n = stop - start
                w0, w1, w2 = wx[0, start:stop], wx[1, start:stop], wx[2, start:stop]
                w3, w4, w5 = wx[3, start:stop], wx[4, start:stop], wx[5, start:stop]
                for c in range(3):
                    for x in range(n):
                        total[x] = np.float32(0.0)
                    for j in range(_TAPS):
                        line = work[c, oy + j, ox + start : ox + stop + _TAPS - 1]
                        down = wy[j, start:stop]
                        for x in range(n):
                            part = w0[x] * line[x] + w1[x] * line[x + 1] + w2[x] * line[x + 2]
                            part += w3[x] * line[x + 3] + w4[x] * line[x + 4] + w5[x] * line[x + 5]
                            total[x] += down[x] * part
                    for x in range(n):
                        out[top + y, left + start + x, c] = total[x]
                start = stop


def warp_rgb(frame: Float32[np.ndarray, "h w 3"], alignment: Alignment) -> Float32[np.ndarray, "h w 3"]:
    """An RGB frame in the reference's geometry, six-tap Lanczos; `OUTSIDE` in all channels where unseen."""
    out = np.empty_like(frame)
    work = partial(_warp_rgb_rows, frame, out, alignment.affine, alignment.shifts, alignment.cell_px, lanczos_table())
    for_bands(work, frame.shape[0], at_most=_TILE)
    return out


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _warp_rgb_rows(frame, out, affine, shifts, cell, table, top, bottom):
    height, width = frame.shape[0], frame.shape[1]
    for y in range(top, bottom):
        for x in range(width):
            dx, dy = shift_at(shifts, cell, x + 0.5, y + 0.5)
            u = np.float32(affine[0, 0] * (x + 0.5) + affine[0, 1] * (y + 0.5) + affine[0, 2] - 0.5) + dx
            v = np.float32(affine[1, 0] * (x + 0.5) + affine[1, 1] * (y + 0.5) + affine[1, 2] - 0.5) + dy
            iu, iv = int(np.floor(u)), int(np.floor(v))
            if iu < -1 or iv < -1 or iu > width - 1 or iv > height - 1:
                for c in range(3):
                    out[y, x, c] = OUTSIDE
                continue
            wx = table[int((u - iu) * np.float32(_PHASES) + np.float32(0.5))]
            wy = table[int((v - iv) * np.float32(_PHASES) + np.float32(0.5))]
            red, green, blue = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            for j in range(_TAPS):
                r = min(max(iv - 2 + j, 0), height - 1)
                for i in range(_TAPS):
                    k = min(max(iu - 2 + i, 0), width - 1)
                    w = wy[j] * wx[i]
                    red += w * frame[r, k, 0]
                    green += w * frame[r, k, 1]
                    blue += w * frame[r, k, 2]
            out[y, x, 0] = red
            out[y, x, 1] = green
            out[y, x, 2] = blue
