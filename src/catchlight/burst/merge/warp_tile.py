"""One square of the reference, seen in another mosaic: interpolated to three colours and resampled in two passes."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.camera.cfa_interpolation import HALO, WORK_PLANES, interpolate_region

# Value of samples that the other frame does not see.
OUTSIDE = np.float32(-1e30)
# The reference is walked through in squares of this side. The larger they are, the less of the frame is interpolated
# twice; the work planes of one still fit in a core's second-level cache.
TILE = 128
# The field of small shifts is linear inside aligned squares of this side (half a tile of the alignment).
PATCH = 32
# The frame's region that one square needs must fit in the work space, which bounds rotation and zoom (here about 20° or
# a third).
_REGION = 188
# Rows of the frame that one patch needs: 32 of them, zoomed and turned over a square's width, and the kernel's reach.
_PATCH_ROWS = 124
_TAPS, _DEGREE = 6, 4
# The first of the four planes that `_weave` makes of colours that are done, where their interpolation kept its own.
_WOVEN = 3


def lanczos_weights() -> Float32[np.ndarray, "3 2 4"]:
    """Polynomials for the six taps of a Lanczos kernel, as `warp_tile` wants them.

    For a place at the fraction f between two samples, with g = f - 1/2, the taps at -2 + i and 3 - i have the weights
    E(g²) ± g · O(g²); E and O have four coefficients each, lowest first. The weights sum to 1 as those of the
    normalised kernel do, and differ from it by less than 5e-6, at the samples
    themselves by less than 1e-7, so that a frame that is shifted by whole samples stays what it is.

    Source: Duchon 1979, "Lanczos filtering in one and two dimensions"; the fit is least squares at Chebyshev nodes.
    """
    # The middle between two samples is g = 0, a sample itself g = ± 1/2: there the kernel is met (nearly) exactly.
    g = np.append(0.5 * np.cos(np.pi * (np.arange(64) + 0.5) / 64), 0.5)
    weight = np.append(np.ones(64), 30.0)
    x = np.arange(-2, 4)[None, :] - (g[:, None] + 0.5)
    kernel = np.sinc(x) * np.sinc(x / 3)
    kernel /= kernel.sum(axis=1, keepdims=True)
    powers = (g[:, None] ** 2) ** np.arange(_DEGREE) * weight[:, None]
    out = np.empty((3, 2, _DEGREE), np.float32)
    for tap in range(3):
        even = 0.5 * (kernel[:, tap] + kernel[:, 5 - tap])
        odd = 0.5 * (kernel[:, tap] - kernel[:, 5 - tap])
        out[tap, 0] = np.linalg.lstsq(powers, even * weight, rcond=None)[0]
        out[tap, 1] = np.linalg.lstsq(powers * g[:, None], odd * weight, rcond=None)[0]
    return out


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


@njit(cache=True, nogil=True)
@no_type_check
def warp_space():
    """Work space of `warp_tile`; one for each thread."""
    side = _REGION + 2 * HALO
    planes = np.empty((WORK_PLANES, side, side), np.float32)
    between = np.empty((3, _PATCH_ROWS, TILE), np.float32)
    field = np.empty((4, TILE // PATCH, TILE), np.float32)
    weights = np.empty((_TAPS, TILE), np.float32)
    place = np.empty((2, TILE), np.float32)
    index = np.empty(TILE, np.int32)
    return planes, between, field, weights, place, index


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def warp_tile(values, affine, shifts, cell, red_y, red_x, floor, kernel, top, bottom, left, right, space, out, phase):
    """Fills out[:, : bottom - top, : right - left] with the frame at these places of the reference.

    An `out` of three planes gets red, green and blue of every place, one of a single plane the colour that the
    pattern has there, as if the reference's lattice had been laid over the frame: a third of the work.

    `OUTSIDE` where the frame does not reach. `top` and `left` are multiples of `PATCH`, no side is larger
    than `TILE`, `cell` is a multiple of 2 · PATCH. `phase`, uint16, gets for every 2×2 quad the place of the frame's
    lattice that its first site falls on, as (row, column) in 32nds of the 2×2 pattern's side: 32 · row + column.

    First every row of the frame is resampled along itself, at the columns where the reference's columns cross it; then
    these along the columns (Catmull & Smith 1980, "3-D transformations of images in scanline order").
    """
    height, width = values.shape
    planes, between, field, weights, place, index = space
    rows, n = bottom - top, right - left
    # Every patch: place (u, v) of its first row, and the step from row to row, at every column.
    lo_u, hi_u, lo_v, hi_v, lean = 1e9, -1e9, 1e9, -1e9, 0.0
    upright = True
    for patch in range((rows + PATCH - 1) // PATCH):
        y0 = top + patch * PATCH
        last = min(PATCH, bottom - y0) - 1
        for x0 in range(0, n, PATCH):
            end = min(PATCH, n - x0)
            a_u, a_v = _place(affine, shifts, cell, left + x0, y0)
            b_u, b_v = _place(affine, shifts, cell, left + x0 + PATCH - 1, y0)
            c_u, c_v = _place(affine, shifts, cell, left + x0, y0 + PATCH - 1)
            d_u, d_v = _place(affine, shifts, cell, left + x0 + PATCH - 1, y0 + PATCH - 1)
            part = 1.0 / (PATCH - 1)
            for x in range(end):
                f = x * part
                u, v = a_u + f * (b_u - a_u), a_v + f * (b_v - a_v)
                step_u = (c_u + f * (d_u - c_u) - u) * part
                step_v = (c_v + f * (d_v - c_v) - v) * part
                field[0, patch, x0 + x] = u - left
                field[1, patch, x0 + x] = v - top
                field[2, patch, x0 + x] = step_u
                field[3, patch, x0 + x] = step_v
                if x == 0 or x == end - 1:
                    far_u, far_v = u + last * step_u, v + last * step_v
                    lo_u, hi_u = min(lo_u, min(u, far_u)), max(hi_u, max(u, far_u))
                    lo_v, hi_v = min(lo_v, min(v, far_v)), max(hi_v, max(v, far_v))
                    lean = max(lean, abs(step_u))
                    upright = upright and step_v > 0.5
    # Region of the frame that is needed, with the kernel's reach (three mirrored samples beyond its border).
    reach = 4 + int(np.ceil(4 * 2 * lean))
    r0, r1 = max(int(np.floor(lo_v)) - 3, -3), min(int(np.floor(hi_v)) + 5, height + 3)
    c0, c1 = max(int(np.floor(lo_u)) - reach, -3), min(int(np.floor(hi_u)) + reach + 1, width + 3)
    if not upright or r1 - r0 < 6 or c1 - c0 < 6 or r1 - r0 > _REGION or c1 - c0 > _REGION:
        for c in range(out.shape[0]):
            for y in range(rows):
                for x in range(n):
                    out[c, y, x] = OUTSIDE
        phase[: rows // 2, : n // 2] = 0
        return
    interpolate_region(values, r0, r1, c0, c1, red_y, red_x, floor, planes)
    # Along a row, all lines of one colour have their own output; those of a mosaic one for each row of the pattern.
    mosaic = out.shape[0] == 1
    lines = 2 if mosaic else 3
    if mosaic:
        _weave(planes, r1 - r0, c1 - c0, red_y, red_x)
    all_seen = lo_u >= 0 and lo_v >= 0 and hi_u < width - 1 and hi_v < height - 1
    u, shift = place[0], place[1]
    for patch in range((rows + PATCH - 1) // PATCH):
        y0 = patch * PATCH
        y1 = min(y0 + PATCH, rows)
        u0, v0 = field[0, patch, :n], field[1, patch, :n]
        step_u, step_v = field[2, patch, :n], field[3, patch, :n]
        lo, hi = np.float32(1e9), np.float32(-1e9)
        for x in range(n):
            lo = min(lo, v0[x])
            hi = max(hi, v0[x] + np.float32(y1 - 1 - y0) * step_v[x])
        first = max(int(np.floor(lo)) + top - 2, r0)
        stop = min(int(np.floor(hi)) + top + 4, r1)
        if stop - first < 6 or stop - first > _PATCH_ROWS:
            for c in range(out.shape[0]):
                for y in range(y0, y1):
                    for x in range(n):
                        out[c, y, x] = OUTSIDE
            phase[y0 // 2 : y1 // 2, : n // 2] = 0
            continue
        # Along the frame's rows. Columns are counted from the region's third, where the kernel begins.
        for r in range(first, stop):
            here = np.float32(r - top)
            base = np.float32(left - c0)
            for x in range(n):
                u[x] = u0[x] + base + (here - v0[x]) * step_u[x] / step_v[x]
            _split(u, shift, index, n, 2, c1 - c0 - 4)
            _weigh(shift, weights, kernel, n)
            start = 0
            while start < n:
                end = _run(index, start, n, 1)
                k, m = index[start] + HALO - 2, end - start
                w0, w1, w2 = weights[0, start:end], weights[1, start:end], weights[2, start:end]
                w3, w4, w5 = weights[3, start:end], weights[4, start:end], weights[5, start:end]
                # A site and the samples around it are of other parity by turns: see `_weave`.
                turn = (start + k) & 1
                for c in range(lines):
                    even = _WOVEN + 2 * c + turn if mosaic else c
                    odd = _WOVEN + 2 * c + 1 - turn if mosaic else c
                    line = planes[even, r - r0 + HALO, k : k + m + 5]
                    other = planes[odd, r - r0 + HALO, k : k + m + 5]
                    target = between[c, r - first, start:end]
                    for x in range(m):
                        target[x] = (
                            w0[x] * line[x]
                            + w1[x] * other[x + 1]
                            + w2[x] * line[x + 2]
                            + w3[x] * other[x + 3]
                            + w4[x] * line[x + 4]
                            + w5[x] * other[x + 5]
                        )
                start = end
        # Along the columns.
        for y in range(y0, y1):
            down = np.float32(y - y0)
            base = np.float32(top - first)
            for x in range(n):
                u[x] = v0[x] + base + down * step_v[x]
            _split(u, shift, index, n, 2, stop - first - 4)
            _weigh(shift, weights, kernel, n)
            start = 0
            while start < n:
                end = _run(index, start, n, 0)
                k, m = index[start] - 2, end - start
                w0, w1, w2 = weights[0, start:end], weights[1, start:end], weights[2, start:end]
                w3, w4, w5 = weights[3, start:end], weights[4, start:end], weights[5, start:end]
                for c in range(out.shape[0]):
                    p = y & 1 if mosaic else c
                    l0, l1, l2 = (
                        between[p, k, start:end],
                        between[p, k + 1, start:end],
                        between[p, k + 2, start:end],
                    )
                    l3, l4, l5 = (
                        between[p, k + 3, start:end],
                        between[p, k + 4, start:end],
                        between[p, k + 5, start:end],
                    )
                    target = out[c, y, start:end]
                    for x in range(m):
                        target[x] = (
                            w0[x] * l0[x]
                            + w1[x] * l1[x]
                            + w2[x] * l2[x]
                            + w3[x] * l3[x]
                            + w4[x] * l4[x]
                            + w5[x] * l5[x]
                        )
                start = end
            if not all_seen:
                for x in range(n):
                    at_v = v0[x] + np.float32(top) + down * step_v[x]
                    at_u = u0[x] + np.float32(left) + down * step_u[x]
                    if at_u < -1 or at_v < -1 or at_u >= width or at_v >= height:
                        for c in range(out.shape[0]):
                            out[c, y, x] = OUTSIDE
            if y & 1 == 0:
                line = phase[y >> 1]
                # Bins are centred on multiples of a 16th of a sample.
                base_u, base_v = np.float32(left % 2 + 2048.0), np.float32(top % 2 + 2048.0)
                sixteen, half = np.float32(16.0), np.float32(0.5)
                for x in range(n):
                    index[x] = np.int32((u0[x] + down * step_u[x] + base_u) * sixteen + half) & np.int32(31)
                for x in range(n):
                    q = np.int32((v0[x] + down * step_v[x] + base_v) * sixteen + half) & np.int32(31)
                    index[x] |= q << np.int32(5)
                for x in range(n // 2):
                    line[x] = index[2 * x]


@njit(cache=True, nogil=True)
@no_type_check
def warp_rows(values, affine, shifts, cell, red_y, red_x, floor, kernel, top, bottom, left, right, out, phase):
    """`warp_tile` for as many tiles as lie in a strip of at most `TILE` rows.

    `out` (1 or 3 × rows × columns) and `phase` (one for each quad) begin at (top, left).
    """
    space = warp_space()
    tile = np.empty((out.shape[0], TILE, TILE), np.float32)
    tile_phase = np.empty((TILE // 2, TILE // 2), np.uint16)
    for begin in range(left, right, TILE):
        end = min(begin + TILE, right)
        warp_tile(
            values, affine, shifts, cell, red_y, red_x, floor, kernel, top, bottom, begin, end, space, tile, tile_phase
        )
        for c in range(out.shape[0]):
            for y in range(bottom - top):
                source, target = tile[c, y, : end - begin], out[c, y, begin - left : end - left]
                for x in range(end - begin):
                    target[x] = source[x]
        for y in range((bottom - top) // 2):
            for x in range((end - begin) // 2):
                phase[y, (begin - left) // 2 + x] = tile_phase[y, x]


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _weave(planes, rows, columns, red_y, red_x):
    """Mixes the colours of a region column by column, for sites that take one of two by turns.

    Plane `_WOVEN` + 2 p + q holds, for the row p of the pattern, the colour of its column q in even columns and that
    of the other in odd ones. A site in an even column finds its colour at even columns in q = 0 and at odd ones in
    q = 1; so does one in an odd column at odd columns in q = 0, and at even ones in q = 1. The taps of a kernel thus
    take the two planes by turns, whichever site they are for.
    """
    # A parity of 32 bits, as one of 64 would not fit the vectors of the samples.
    one, zero = np.int32(1), np.int32(0)
    for p in range(2):
        own = 0 if p == red_y else 2
        # Colours of the pattern's columns 0 and 1 in this row; green is 1.
        first = own if (red_x == 0) == (p == red_y) else 1
        second = own + 1 - first
        for q in range(2):
            at_even, at_odd = (first, second) if q == 0 else (second, first)
            for y in range(HALO, HALO + rows):
                a, b = planes[at_even, y, HALO : HALO + columns], planes[at_odd, y, HALO : HALO + columns]
                target = planes[_WOVEN + 2 * p + q, y, HALO : HALO + columns]
                for x in range(columns):
                    left, right = a[x], b[x]
                    target[x] = left if np.int32(x) & one == zero else right


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _place(affine, shifts, cell, x, y):
    """Index coordinates in the frame of the pixel (x, y) of the reference."""
    dx, dy = shift_at(shifts, cell, x + 0.5, y + 0.5)
    u = affine[0, 0] * (x + 0.5) + affine[0, 1] * (y + 0.5) + affine[0, 2] - 0.5 + dx
    v = affine[1, 0] * (x + 0.5) + affine[1, 1] * (y + 0.5) + affine[1, 2] - 0.5 + dy
    return u, v


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _split(place, shift, index, n, least, most):
    """Whole part of every place, held within least…most, and what is left of it, less a half."""
    for x in range(n):
        index[x] = np.int32(min(max(np.floor(place[x]), np.float32(least)), np.float32(most)))
    for x in range(n):
        shift[x] = place[x] - np.float32(index[x]) - np.float32(0.5)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _weigh(shift, weights, kernel, n):
    """The six weights at every place, from the polynomials of `lanczos_weights`."""
    for tap in range(3):
        a0, a1, a2, a3 = kernel[tap, 0, 0], kernel[tap, 0, 1], kernel[tap, 0, 2], kernel[tap, 0, 3]
        b0, b1, b2, b3 = kernel[tap, 1, 0], kernel[tap, 1, 1], kernel[tap, 1, 2], kernel[tap, 1, 3]
        near, far = weights[tap, :n], weights[5 - tap, :n]
        for x in range(n):
            g = shift[x]
            s = g * g
            near[x] = (a0 + s * (a1 + s * (a2 + s * a3))) + g * (b0 + s * (b1 + s * (b2 + s * b3)))
        for x in range(n):
            g = shift[x]
            s = g * g
            far[x] = (a0 + s * (a1 + s * (a2 + s * a3))) - g * (b0 + s * (b1 + s * (b2 + s * b3)))


@njit(cache=True, nogil=True)
@no_type_check
def _run(index, start, n, step):
    """End of the run from `start` on in which the index grows by `step` from place to place."""
    first = index[start] - step * start
    end = start + 1
    while end < n and index[end] - step * end == first:
        end += 1
    return end
