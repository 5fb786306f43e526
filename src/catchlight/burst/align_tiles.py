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
        moved = _moved(b, a, small)
        solved = np.empty_like(shifts)
        work = partial(_solve_rows, a, moved, shifts, solved, confidence, factor, np.float32(sigma))
        for_bands(work, rows, step=1, at_most=2)
        shifts = np.stack([cv2.medianBlur(np.ascontiguousarray(solved[..., k]), 3) for k in range(2)], axis=-1)
    # The shifts were found in the reference's directions; the frame's own are turned by the global motion.
    smooth = cv2.GaussianBlur(shifts, (0, 0), 0.7) @ affine[:, :2].T.astype(np.float32)
    return Alignment(
        affine=affine,
        shifts=np.clip(smooth, -_MOST_PX, _MOST_PX) * np.float32(2.0),
        confidence=confidence,
        cell_px=2 * _TILE,
        correlation=correlation,
    )


def _moved(
    frame: Float32[np.ndarray, "h w"], reference: Float32[np.ndarray, "h w"], affine: Float64[np.ndarray, "2 3"]
) -> Float32[np.ndarray, "h w"]:
    """The frame under the global motion; the reference where the frame does not reach, which asks for no shift.

    Not OpenCV's warp: that rounds places to 1/32 px, which is more than the alignment's own error.
    """
    out = np.empty_like(frame)
    for_bands(partial(_move_rows, frame, reference, affine, out), frame.shape[0])
    return out


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _cubic(f):
    """Weights of the samples at -1…2 for the place f between 0 and 1 (Keys 1981, a = -1/2)."""
    half, one, three, five = np.float32(0.5), np.float32(1.0), np.float32(3.0), np.float32(5.0)
    g = one - f
    return (
        -half * f * g * g,
        one + half * f * f * (three * f - five),
        half * f * (one + f + three * f * g),
        -half * f * f * g,
    )


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _move_rows(frame, reference, affine, out, top, bottom):
    height, width = frame.shape
    for y in range(top, bottom):
        u0 = affine[0, 0] * 0.5 + affine[0, 1] * (y + 0.5) + affine[0, 2] - 0.5
        v0 = affine[1, 0] * 0.5 + affine[1, 1] * (y + 0.5) + affine[1, 2] - 0.5
        for x in range(width):
            u, v = u0 + affine[0, 0] * x, v0 + affine[1, 0] * x
            iu, iv = int(np.floor(u)), int(np.floor(v))
            if iu < 1 or iv < 1 or iu >= width - 2 or iv >= height - 2:
                out[y, x] = reference[y, x]
                continue
            p, q, r, s = _cubic(np.float32(u - iu))
            total = np.float32(0.0)
            down = _cubic(np.float32(v - iv))
            for j in range(4):
                line = frame[iv - 1 + j]
                total += down[j] * (p * line[iu - 1] + q * line[iu] + r * line[iu + 1] + s * line[iu + 2])
            out[y, x] = total


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


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _solve_rows(a, b, shifts, solved, confidence, factor, sigma, top, bottom):
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
            weight = prior * 8 * np.pi * (1.0 + chance / max(smaller, 0.1 * chance))
            dx, dy = np.float64(sx), np.float64(sy)
            best_x, best_y, best = 0.0, 0.0, np.inf
            for step in range(_ITERATIONS + 1):
                cost, bx, by = _residual(a, b, y0, y1, x0, x1, dx, dy)
                if abs(dx - sx) > 4.0 or abs(dy - sy) > 4.0:
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
                    best_x, best_y = 0.0, 0.0
            dx, dy = best_x, best_y
            solved[row, column, 0] = dx * factor
            solved[row, column, 1] = dy * factor
            confidence[row, column] = max(smaller, 0.0) / (max(smaller, 0.0) + weight)
