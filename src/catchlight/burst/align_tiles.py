"""Small local shifts that are left after the global motion: lens, parallax, rolling shutter."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32, Float64
from numba import njit

from catchlight.burst.alignment import Alignment
from catchlight.core.bands import for_bands

# Tile side and window side in pixels of the half-size grey picture; windows overlap, so that the field is smooth.
_TILE, _WINDOW = 32, 48
_ITERATIONS = 4
# How far a tile is expected to move against the global motion, one deviation, in pixels of the level's picture.
_PRIOR_PX = 1.0
# More than this against the global motion is taken for a failure (another object, repeated texture).
_MOST_PX = 12.0


def refine_tiles(
    reference: list[Float32[np.ndarray, "_ _"]],
    frame: list[Float32[np.ndarray, "_ _"]],
    affine: Float64[np.ndarray, "2 3"],
    *,
    noise_sigma: float,
    correlation: float = 1.0,
) -> Alignment:
    """Local shifts by Lucas-Kanade with a prior, from the coarsest level of two pyramids to the finest.

    Args:
        reference: grey pyramid, finest first (the finest is the half-size picture), each level half the one before.
        frame: the same of the other frame.
        affine: global `frame_from_reference` in full-size pixels, centres at 0.5.
        noise_sigma: deviation of the noise in the finest grey pictures.
        correlation: passed on.

    Each tile minimises Σ (frame(warp(p) + d) - reference(p))² / 2σ² + |d - d₀|² / 2s², where d₀ is the coarser
    level's answer: without texture the tile keeps it. Source: Baker & Matthews 2004, "Lucas-Kanade 20 years on",
    section 3.2 (inverse composition) and 5.1 (priors).
    """
    rows = -(-reference[0].shape[0] // _TILE)
    columns = -(-reference[0].shape[1] // _TILE)
    shifts = np.zeros((rows, columns, 2), np.float32)  # in pixels of the finest level
    confidence = np.zeros((rows, columns), np.float32)
    # A window is at most a quarter of the picture, or it would see all motions at once.
    side = min(reference[0].shape)
    levels = [k for k in range(len(reference)) if k == 0 or 4 * (_WINDOW + 8) * 2**k <= side]
    for level in reversed(levels):
        factor = 2.0**level
        a = cv2.GaussianBlur(reference[level], (0, 0), 1.0)
        b = cv2.GaussianBlur(frame[level], (0, 0), 1.0)
        # The blur with σ = 1 averages about 4π samples, and each level's quartering halves the deviation.
        sigma = max(noise_sigma / factor / np.sqrt(4 * np.pi), 1e-5)
        scale = 1.0 / (2.0 * factor)
        small = affine.copy()
        small[:, 2] *= scale
        solved = np.empty_like(shifts)
        work = partial(_solve_rows, a, b, small, shifts, solved, confidence, factor, np.float32(sigma))
        for_bands(work, rows, step=1, at_most=2)
        shifts = np.stack([cv2.medianBlur(np.ascontiguousarray(solved[..., k]), 3) for k in range(2)], axis=-1)
    smooth = cv2.GaussianBlur(shifts, (0, 0), 0.7)
    return Alignment(
        affine=affine,
        shifts=np.clip(smooth, -_MOST_PX, _MOST_PX) * np.float32(2.0),
        confidence=confidence,
        cell_px=2 * _TILE,
        correlation=correlation,
    )


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _residual(a, b, affine, y0, y1, x0, x1, dx, dy):
    """Mean squared difference of a window at the shift (dx, dy), its products with the gradients, and samples seen.

    The window's mean difference is taken off: a change of brightness is not motion.
    """
    height, width = a.shape
    square, bx, by, mean = np.float64(0.0), np.float64(0.0), np.float64(0.0), np.float64(0.0)
    gsx, gsy, n = np.float64(0.0), np.float64(0.0), 0
    for y in range(y0, y1):
        u = affine[0, 0] * (x0 + 0.5) + affine[0, 1] * (y + 0.5) + affine[0, 2] - 0.5 + dx
        v = affine[1, 0] * (x0 + 0.5) + affine[1, 1] * (y + 0.5) + affine[1, 2] - 0.5 + dy
        for x in range(x0, x1):
            iu, iv = int(np.floor(u)), int(np.floor(v))
            if iu >= 0 and iv >= 0 and iu < width - 1 and iv < height - 1:
                fu, fv = np.float32(u - iu), np.float32(v - iv)
                upper = b[iv, iu] + fu * (b[iv, iu + 1] - b[iv, iu])
                lower = b[iv + 1, iu] + fu * (b[iv + 1, iu + 1] - b[iv + 1, iu])
                e = upper + fv * (lower - upper) - a[y, x]
                gx = np.float32(0.5) * (a[y, x + 1] - a[y, x - 1])
                gy = np.float32(0.5) * (a[y + 1, x] - a[y - 1, x])
                bx += gx * e
                by += gy * e
                gsx += gx
                gsy += gy
                mean += e
                square += e * e
                n += 1
            u += affine[0, 0]
            v += affine[1, 0]
    if n == 0:
        return np.inf, 0.0, 0.0, 0
    mean /= n
    return square / n - mean * mean, bx - mean * gsx, by - mean * gsy, n


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _solve_rows(a, b, affine, shifts, solved, confidence, factor, sigma, top, bottom):
    height, width = a.shape
    columns = shifts.shape[1]
    half = _WINDOW // 2 if factor < 2 else _WINDOW // 2 + 4
    prior = np.float32(sigma * sigma / (_PRIOR_PX * _PRIOR_PX))
    for row in range(top, bottom):
        for column in range(columns):
            # Window around the tile's centre, clipped to the picture.
            cy = int((row + 0.5) * _TILE / factor)
            cx = int((column + 0.5) * _TILE / factor)
            cy, cx = min(cy, height - 1), min(cx, width - 1)
            y0, y1 = max(1, cy - half), min(height - 1, cy + half)
            x0, x1 = max(1, cx - half), min(width - 1, cx + half)
            sx = shifts[row, column, 0] / factor
            sy = shifts[row, column, 1] / factor
            solved[row, column, 0] = 0.0
            solved[row, column, 1] = 0.0
            confidence[row, column] = 0.0
            if y1 - y0 < 8 or x1 - x0 < 8:
                continue
            hxx, hxy, hyy = np.float64(0.0), np.float64(0.0), np.float64(0.0)
            for y in range(y0, y1):
                for x in range(x0, x1):
                    gx = np.float32(0.5) * (a[y, x + 1] - a[y, x - 1])
                    gy = np.float32(0.5) * (a[y + 1, x] - a[y - 1, x])
                    hxx += gx * gx
                    hxy += gx * gy
                    hyy += gy * gy
            # The blurred noise has gradients of its own; they say nothing about motion. (Var of a central difference
            # after a unit blur: σ² · (1 - ρ₂)/2, ρ₂ = e⁻¹.)
            count = (y1 - y0) * (x1 - x0)
            chance = count * sigma * sigma * 0.316
            hxx, hyy = max(hxx - chance, 0.0) + chance * 0.1, max(hyy - chance, 0.0) + chance * 0.1
            # The difference of two frames has twice the noise of one, and neighbouring blurred samples share theirs by
            # about 4π. What noise adds to the gradients does not point anywhere but enters the step all the same: the
            # weaker the texture along its weakest direction, the more the prior counts, else bare tiles would stray.
            smaller = 0.5 * (hxx + hyy) - np.sqrt(0.25 * (hxx - hyy) ** 2 + hxy * hxy)
            weight = prior * 25.2 * (1.0 + chance / max(smaller, 0.1 * chance))
            dx, dy = np.float64(sx), np.float64(sy)
            best_x, best_y, best = 0.0, 0.0, np.inf
            for step in range(_ITERATIONS + 1):
                cost, bx, by, n = _residual(a, b, affine, y0, y1, x0, x1, dx, dy)
                if n * 2 < count or abs(dx - sx) > 4.0 or abs(dy - sy) > 4.0:
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
                cost, _, _, n = _residual(a, b, affine, y0, y1, x0, x1, 0.0, 0.0)
                if n * 2 >= count and cost <= best:
                    best_x, best_y = 0.0, 0.0
            dx, dy = best_x, best_y
            solved[row, column, 0] = dx * factor
            solved[row, column, 1] = dy * factor
            confidence[row, column] = max(smaller, 0.0) / (max(smaller, 0.0) + weight)
