"""Least-squares shift of every tile at one level, started from the best of what its neighbours say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float32
from numba import njit

from catchlight.core.bands import for_bands

_ITERATIONS = 4
# How far a tile is expected to move against where it starts, one deviation, in pixels of the level's picture.
_PRIOR_PX = 1.0
# A step further than this from the start has left the slope that it came down.
_REACH_PX = 4.0
# Neighbours that say the same within this (pixels of the level) are one opinion.
_ALIKE_PX = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TileSolution:
    """Shifts of all tiles, and how well each is known.

    Args:
        shifts: (dx, dy) in pixels of the finest level.
        precision: (xx, xy, yy) of the inverse covariance of what the pictures say about the shift, per squared pixel of
            the finest level; noise, texture and what the shift leaves unexplained are in it.
        information: that precision times the shift which the pictures alone ask for, the start's pull taken out.
        cost: mean squared difference of the tile's windows under the shift, their means taken off.
        signal: variance of the reference's window about a plane, beyond that of its noise.
        certainty: 0…1, share of the shift along the tile's weakest direction that the pictures decide, not the start.
    """

    shifts: Float32[np.ndarray, "rows columns 2"]
    precision: Float32[np.ndarray, "rows columns 3"]
    information: Float32[np.ndarray, "rows columns 2"]
    cost: Float32[np.ndarray, "rows columns"]
    signal: Float32[np.ndarray, "rows columns"]
    certainty: Float32[np.ndarray, "rows columns"]


def solve_tiles(
    reference: Float32[np.ndarray, "h w"],
    moved: Float32[np.ndarray, "h w"],
    starts: Float32[np.ndarray, "rows columns 2"],
    *,
    factor: float,
    tile: int,
    window: int,
    noise_sigma: float,
    wanted: Bool[np.ndarray, "rows columns"] | None = None,
) -> TileSolution:
    """Lucas-Kanade with a prior for every tile.

    Args:
        reference: a level of the reference, blurred by σ = 1.
        moved: the other frame under the global motion, blurred alike.
        starts: in pixels of the finest level.
        factor: pixels of the finest level for each of this one.
        tile: side of a tile, in pixels of the finest level.
        window: side of a window, in pixels of this level.
        noise_sigma: deviation of the noise in one of the pictures.
        wanted: tiles to solve for, the others stay 0; None: all.

    Each tile minimises Σ (moved(p + d) - reference(p))² / 2σ² + |d - d₀|² / 2s², where d₀ is the start: its own, or
    that of a neighbour which fits better, or none. Without texture the tile keeps it. Source: Baker & Matthews 2004,
    "Lucas-Kanade 20 years on", section 3.2 (inverse composition) and 5.1 (priors); neighbours as in Barnes et al. 2009,
    "PatchMatch", section 3.2 (propagation).
    """
    rows, columns, _ = starts.shape
    found = np.zeros((rows, columns, 10), np.float32)
    todo = np.ones((rows, columns), np.bool_) if wanted is None else wanted
    work = partial(
        _solve_rows, reference, moved, starts, todo, found, float(factor), tile, window // 2, np.float32(noise_sigma)
    )
    for_bands(work, rows, step=1, at_most=2)
    return TileSolution(
        shifts=np.ascontiguousarray(found[..., :2]),
        precision=np.ascontiguousarray(found[..., 2:5]),
        information=np.ascontiguousarray(found[..., 8:10]),
        cost=np.ascontiguousarray(found[..., 5]),
        signal=np.ascontiguousarray(found[..., 6]),
        certainty=np.ascontiguousarray(found[..., 7]),
    )


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _residual(a, b, y0, y1, x0, x1, dx, dy):
    """Mean squared difference of a window at the shift (dx, dy), and its products with the reference's gradients.

    The window's mean difference is taken off: a change of brightness is not motion. Infinite where the shifted window
    leaves the picture.
    """
    height, width = a.shape
    ix, iy = int(np.floor(dx)), int(np.floor(dy))
    x0, x1 = max(x0, -ix), min(x1, width - 1 - ix)
    y0, y1 = max(y0, -iy), min(y1, height - 1 - iy)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return np.inf, 0.0, 0.0
    fx, fy = np.float32(dx - ix), np.float32(dy - iy)
    w11 = fx * fy
    w01, w10 = fx - w11, fy - w11
    w00 = np.float32(1.0) - fx - w10
    square, bx, by, mean = np.float64(0.0), np.float64(0.0), np.float64(0.0), np.float64(0.0)
    gsx, gsy = np.float64(0.0), np.float64(0.0)
    half = np.float32(0.5)
    n = x1 - x0
    for y in range(y0, y1):
        above, here, below = a[y - 1, x0 : x1 + 1], a[y, x0 - 1 : x1 + 1], a[y + 1, x0 : x1 + 1]
        upper, lower = b[y + iy, x0 + ix : x1 + ix + 1], b[y + iy + 1, x0 + ix : x1 + ix + 1]
        s0, s1, s2 = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        s3, s4, s5 = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for x in range(n):
            e = w00 * upper[x] + w01 * upper[x + 1] + w10 * lower[x] + w11 * lower[x + 1] - here[x + 1]
            gx = half * (here[x + 2] - here[x])
            gy = half * (below[x] - above[x])
            s0 += e * e
            s1 += e
            s2 += gx * e
            s3 += gy * e
            s4 += gx
            s5 += gy
        square += s0
        mean += s1
        bx += s2
        by += s3
        gsx += s4
        gsy += s5
    count = n * (y1 - y0)
    mean /= count
    return square / count - mean * mean, bx - mean * gsx, by - mean * gsy


@njit(cache=True, nogil=True)
@no_type_check
def _best_start(a, b, y0, y1, x0, x1, starts, row, column, factor):
    """The start, of the tile's own, its neighbours' and none, that leaves the least difference; own when all agree."""
    rows, columns = starts.shape[0], starts.shape[1]
    own_x, own_y = starts[row, column, 0] / factor, starts[row, column, 1] / factor
    tried_x, tried_y = np.empty(10, np.float64), np.empty(10, np.float64)
    tried_x[0], tried_y[0] = own_x, own_y
    count = 1
    for k in range(9):
        if k == 4:
            x, y = 0.0, 0.0
        else:
            r, c = row + k // 3 - 1, column + k % 3 - 1
            if r < 0 or c < 0 or r >= rows or c >= columns:
                continue
            x, y = starts[r, c, 0] / factor, starts[r, c, 1] / factor
        new = True
        for i in range(count):
            if abs(tried_x[i] - x) + abs(tried_y[i] - y) < _ALIKE_PX:
                new = False
                break
        if new:
            tried_x[count], tried_y[count] = x, y
            count += 1
    if count == 1:
        return own_x, own_y
    best, at = np.inf, 0
    for i in range(count):
        cost, _, _ = _residual(a, b, y0, y1, x0, x1, tried_x[i], tried_y[i])
        if cost < best:
            best, at = cost, i
    return tried_x[at], tried_y[at]


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _solve_rows(a, b, starts, todo, found, factor, tile, half, sigma, top, bottom):
    height, width = a.shape
    columns = starts.shape[1]
    prior = np.float32(sigma * sigma / (_PRIOR_PX * _PRIOR_PX))
    for row in range(top, bottom):
        for column in range(columns):
            if not todo[row, column]:
                continue
            # Window around the tile's centre, clipped to the picture.
            cy = int((row + 0.5) * tile / factor)
            cx = int((column + 0.5) * tile / factor)
            cy, cx = min(cy, height - 1), min(cx, width - 1)
            y0, y1 = max(1, cy - half), min(height - 1, cy + half)
            x0, x1 = max(1, cx - half), min(width - 1, cx + half)
            if y1 - y0 < 8 or x1 - x0 < 8:
                continue
            hxx, hxy, hyy = np.float64(0.0), np.float64(0.0), np.float64(0.0)
            level, square = np.float64(0.0), np.float64(0.0)
            tilt_x, tilt_y = np.float64(0.0), np.float64(0.0)
            middle_x, middle_y = np.float32(0.5 * (x0 + x1 - 1)), 0.5 * (y0 + y1 - 1)
            for y in range(y0, y1):
                sxx, sxy, syy = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                s1, s2, sx1 = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                for x in range(x0, x1):
                    gx = np.float32(0.5) * (a[y, x + 1] - a[y, x - 1])
                    gy = np.float32(0.5) * (a[y + 1, x] - a[y - 1, x])
                    sxx += gx * gx
                    sxy += gx * gy
                    syy += gy * gy
                    s1 += a[y, x]
                    s2 += a[y, x] * a[y, x]
                    sx1 += (np.float32(x) - middle_x) * a[y, x]
                hxx += sxx
                hxy += sxy
                hyy += syy
                level += s1
                square += s2
                tilt_x += sx1
                tilt_y += (y - middle_y) * s1
            # The blurred noise has gradients of its own; they say nothing about motion. (Var of a central difference
            # after a unit blur: σ² · (1 - ρ₂)/2, ρ₂ = e⁻¹.)
            count = (y1 - y0) * (x1 - x0)
            chance = count * sigma * sigma * 0.316
            hxx, hyy = max(hxx - chance, 0.0) + chance * 0.1, max(hyy - chance, 0.0) + chance * 0.1
            most = 0.98 * np.sqrt(hxx * hyy)
            hxy = min(max(hxy, -most), most)
            # The difference of two frames has twice the noise of one, and neighbouring blurred samples share theirs by
            # about 4π. What noise adds to the gradients does not point anywhere but enters the step all the same: the
            # weaker the texture along its weakest direction, the more the prior counts, else bare tiles would stray.
            smaller = 0.5 * (hxx + hyy) - np.sqrt(0.25 * (hxx - hyy) ** 2 + hxy * hxy)
            spoilt = 1.0 + chance / max(smaller, 0.1 * chance)
            weight = prior * 8 * np.pi * spoilt
            sx, sy = _best_start(a, b, y0, y1, x0, x1, starts, row, column, factor)
            dx, dy = np.float64(sx), np.float64(sy)
            best_x, best_y, best = 0.0, 0.0, np.inf
            for step in range(_ITERATIONS + 1):
                cost, bx, by = _residual(a, b, y0, y1, x0, x1, dx, dy)
                if abs(dx - sx) > _REACH_PX or abs(dy - sy) > _REACH_PX:
                    break
                if cost < best:
                    best_x, best_y, best = dx, dy, cost
                if step == _ITERATIONS:
                    break
                bx += weight * (dx - sx)
                by += weight * (dy - sy)
                axx, ayy = hxx + weight, hyy + weight
                det = axx * ayy - hxy * hxy
                if det <= 1e-12:
                    break
                ux = (ayy * bx - hxy * by) / det
                uy = (axx * by - hxy * bx) / det
                dx -= ux
                dy -= uy
                if abs(ux) + abs(uy) < 0.01:
                    break
            # A shift must explain the frame better than the global motion alone: a large object that moves near by,
            # seen by the coarse levels, would else drag the tiles around it along.
            if abs(best_x) + abs(best_y) > 0.05:
                cost, _, _ = _residual(a, b, y0, y1, x0, x1, 0.0, 0.0)
                if cost <= best:
                    best_x, best_y, best = 0.0, 0.0, cost
            if best == np.inf:
                best = np.float64(1.0)
            # Whatever is left over, noise or not, is what the shift is uncertain by.
            left = 4 * np.pi * max(best, 2 * sigma * sigma) * spoilt * factor * factor
            found[row, column, 0] = best_x * factor
            found[row, column, 1] = best_y * factor
            found[row, column, 2] = hxx / left
            found[row, column, 3] = hxy / left
            found[row, column, 4] = hyy / left
            # (H + w) d = H d* + w d₀ at the minimum, where d* is what the pictures alone ask for.
            ix = (hxx + weight) * best_x + hxy * best_y - weight * sx
            iy = hxy * best_x + (hyy + weight) * best_y - weight * sy
            found[row, column, 8] = ix * factor / left
            found[row, column, 9] = iy * factor / left
            found[row, column, 5] = best
            # Light that falls off evenly over the window looks alike in any two pictures: not counted. (The variance of
            # n places side by side is (n² - 1)/12.)
            wide, high = ((x1 - x0) ** 2 - 1) / 12.0, ((y1 - y0) ** 2 - 1) / 12.0
            spread = square / count - (level / count) ** 2
            spread -= (tilt_x / count) ** 2 / wide + (tilt_y / count) ** 2 / high
            found[row, column, 6] = max(spread - sigma * sigma, 0.0)
            found[row, column, 7] = max(smaller, 0.0) / (max(smaller, 0.0) + weight)
