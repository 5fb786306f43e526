"""What a frame saw beyond what an estimate of the scene predicts for it."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.cubic import cubic_weights
from catchlight.burst.regress.held_frame import HeldFrame
from catchlight.burst.regress.places import PIECE, in_reference, inverse_of
from catchlight.core.bands import for_bands

# Value of a sample that is clipped, or whose place lies outside the estimate.
UNKNOWN = np.float32(1e9)

Plane = Float32[np.ndarray, "rows columns"]


def local_range(estimate: Float32[np.ndarray, "height width 3"]) -> Float32[np.ndarray, "height width"]:
    """Largest less smallest green within 5×5 pixels."""
    green = np.ascontiguousarray(estimate[..., 1])
    around = np.ones((5, 5), np.uint8)
    return cv2.dilate(green, around) - cv2.erode(green, around)


def residual_rows(
    frame: HeldFrame,
    estimate: Float32[np.ndarray, "height width 3"],
    contrast: Float32[np.ndarray, "height width"],
    *,
    first_row: int,
    scale: float,
    rows: tuple[int, int],
) -> tuple[Plane, Plane, Plane]:
    """Sample minus prediction for some rows of a frame, the variance expected of it, and the contrast around it.

    Args:
        frame: the frame.
        estimate: rows of the estimate from `first_row` on.
        contrast: local range of the estimate, at its own pixels.
        first_row: row of the whole estimate that `estimate` begins with.
        scale: pixels of the estimate for each of the frame.
        rows: first and last + 1 row of the frame.
    """
    top, bottom = rows
    shape = (bottom - top, frame.shape[1])
    found, variance, spread = np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.float32)
    work = partial(
        _residual_rows, frame.codes, np.float32(frame.zero), np.float32(frame.step), frame.cfa.indices,
        np.array(frame.full, np.float32), np.array(frame.noise.shot, np.float32),
        np.array(frame.noise.read, np.float32), estimate, contrast, first_row, float(scale),
        inverse_of(frame.alignment), frame.alignment.shifts, frame.alignment.cell_px, top, found, variance, spread,
    )  # fmt: skip
    for_bands(work, shape[0], at_most=64)
    return found, variance, spread


@njit(cache=True, nogil=True)
@no_type_check
def _at_rim(estimate, ix, iy, fx, fy, c):
    """The estimate between (ix, iy) and the next pixel, continued beyond its rim by the pixels there."""
    across, down = cubic_weights(fx), cubic_weights(fy)
    total = np.float32(0.0)
    for j in range(4):
        y = min(max(iy - 1 + j, 0), estimate.shape[0] - 1)
        for i in range(4):
            x = min(max(ix - 1 + i, 0), estimate.shape[1] - 1)
            total += down[j] * across[i] * estimate[y, x, c]
    return total


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _residual_rows(
    codes, zero, step, tile, full, shot, read, estimate, contrast, first_row, scale, inverse, shifts, cell, origin,
    found, variance, spread, top, bottom,
):  # fmt: skip
    height, width = estimate.shape[0], estimate.shape[1]
    columns = codes.shape[1]
    tile_rows, tile_columns = tile.shape
    low, none, half = np.float32(0.0), np.float32(0.0), 0.5
    for row in range(top, bottom):
        v = origin + row
        line = tile[v % tile_rows]
        site = 0
        x1, y1 = in_reference(inverse, shifts, cell, 0.5, v + 0.5)
        x1, y1 = x1 * scale - 0.5, y1 * scale - 0.5 - first_row
        for start in range(0, columns, PIECE):
            x0, y0 = x1, y1
            x1, y1 = in_reference(inverse, shifts, cell, start + PIECE + 0.5, v + 0.5)
            x1, y1 = x1 * scale - 0.5, y1 * scale - 0.5 - first_row
            step_x, step_y = (x1 - x0) / PIECE, (y1 - y0) / PIECE
            for u in range(start, min(start + PIECE, columns)):
                c = line[site]
                site = site + 1 if site + 1 < tile_columns else 0
                value = (np.float32(codes[v, u]) - zero) * step
                x, y = x0 + (u - start) * step_x, y0 + (u - start) * step_y
                ix, iy = int(np.floor(x)), int(np.floor(y))
                if value >= full[c] or ix < 1 or iy < 1 or ix >= width - 2 or iy >= height - 2:
                    if value >= full[c] or x < -half or y < -half or x > width - half or y > height - half:
                        found[row, u], variance[row, u], spread[row, u] = UNKNOWN, read[c], none
                    else:
                        total = _at_rim(estimate, ix, iy, np.float32(x - ix), np.float32(y - iy), c)
                        found[row, u] = value - total
                        variance[row, u] = shot[c] * max(total, low) + read[c]
                        spread[row, u] = contrast[max(iy, 0), max(ix, 0)]
                    continue
                p, q, r, s = cubic_weights(np.float32(x - ix))
                a, b, d, e = cubic_weights(np.float32(y - iy))
                total = a * (
                    p * estimate[iy - 1, ix - 1, c] + q * estimate[iy - 1, ix, c] + r * estimate[iy - 1, ix + 1, c]
                    + s * estimate[iy - 1, ix + 2, c]
                )  # fmt: skip
                total += b * (
                    p * estimate[iy, ix - 1, c] + q * estimate[iy, ix, c] + r * estimate[iy, ix + 1, c]
                    + s * estimate[iy, ix + 2, c]
                )  # fmt: skip
                total += d * (
                    p * estimate[iy + 1, ix - 1, c] + q * estimate[iy + 1, ix, c] + r * estimate[iy + 1, ix + 1, c]
                    + s * estimate[iy + 1, ix + 2, c]
                )  # fmt: skip
                total += e * (
                    p * estimate[iy + 2, ix - 1, c] + q * estimate[iy + 2, ix, c] + r * estimate[iy + 2, ix + 1, c]
                    + s * estimate[iy + 2, ix + 2, c]
                )  # fmt: skip
                found[row, u] = value - total
                variance[row, u] = shot[c] * max(total, low) + read[c]
                spread[row, u] = contrast[iy, ix]
