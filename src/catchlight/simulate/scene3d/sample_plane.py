"""Draws a textured plane as a camera sees it, each row with a camera of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Float64
from numba import njit

from catchlight.core.bands import for_bands


def sample_plane(
    levels: Sequence[Float32[np.ndarray, "_rows _columns 4"]],
    card_from_row: Float64[np.ndarray, "h 3 3"],
    *,
    width_px: int,
    endless: bool,
) -> tuple[Float32[np.ndarray, "h w 4"], Float32[np.ndarray, "h w"]]:
    """Premultiplied colour and alpha, and the depth of the plane, at every pixel.

    Between texture pixels it is a cubic; where the texture is seen smaller than it is, it is read from the two pyramid
    levels around that size, so that nothing flickers.

    Args:
        levels: texture pyramid, colour times alpha and alpha.
        card_from_row: for every row the homography from picture (x, y, 1) to texture (u, v, 1) divided by depth: the
            third component of the product is 1 / depth in metres.
        width_px: of the picture.
        endless: continue the texture by its mirror images; else nothing is outside it.

    Returns:
        Colour and alpha, zero behind the camera; depth in metres, infinite there.

    Source: Williams 1983, "Pyramidal parametrics" (levels); Keys 1981, "Cubic convolution interpolation for digital
    image processing" (a = -1/2).
    """
    sizes = np.array([level.shape[:2] for level in levels])
    starts = np.concatenate([[0], np.cumsum(sizes[:, 0] * sizes[:, 1])])[:-1]
    # One flat list of pixels for all levels: the kernel takes no ragged arrays.
    flat = np.concatenate([level.reshape(-1, 4) for level in levels])
    h = len(card_from_row)
    out = np.zeros((h, width_px, 4), np.float32)
    depth = np.full((h, width_px), np.inf, np.float32)

    def work(top: int, bottom: int) -> None:
        _draw(flat, starts, sizes, card_from_row, endless, out, depth, top, bottom)

    for_bands(work, h, step=1, at_most=32)
    return out, depth


# no_type_check: the checker that wraps every function in tests would hand Numba its wrapper instead of the kernel.
@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _draw(flat, starts, sizes, card_from_row, endless, out, depth, top, bottom):
    last = len(starts) - 1
    height, width = sizes[0, 0], sizes[0, 1]
    cubic_u, cubic_v = np.empty(4, np.float32), np.empty(4, np.float32)
    for row in range(top, bottom):
        m = card_from_row[row]
        area = abs(np.linalg.det(m))
        y = row + 0.5
        for column in range(out.shape[1]):
            x = column + 0.5
            near = m[2, 0] * x + m[2, 1] * y + m[2, 2]
            if near <= 1e-9:
                continue
            u = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / near - 0.5
            v = (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / near - 0.5
            depth[row, column] = 1 / near
            if endless:
                u, v = _bounced(u, width - 1), _bounced(v, height - 1)
            elif u < -2 or v < -2 or u > width + 1 or v > height + 1:
                continue
            # Texture pixels per picture pixel: the determinant of the homography's derivative.
            zoom = 0.5 * np.log2(max(area / near**3, 1e-12))
            zoom = min(max(zoom, 0.0), float(last))
            low = min(int(zoom), last)
            share = zoom - low
            red, green, blue, cover = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for level in range(low, min(low + 2, last + 1)):
                weight = 1 - share if level == low else share
                if weight == 0:
                    continue
                scale = 1.0 / (1 << level)
                lu, lv = u * scale, v * scale
                iu, iv = int(np.floor(lu)), int(np.floor(lv))
                _weights(lu - iu, cubic_u)
                _weights(lv - iv, cubic_v)
                rows, columns = sizes[level, 0], sizes[level, 1]
                for j in range(4):
                    jj = iv + j - 1
                    if jj < 0 or jj >= rows:
                        if not endless:
                            continue
                        jj = -jj if jj < 0 else 2 * rows - 2 - jj
                    start, line = starts[level] + jj * columns, np.float32(weight * cubic_v[j])
                    for i in range(4):
                        ii = iu + i - 1
                        if ii < 0 or ii >= columns:
                            if not endless:
                                continue
                            ii = -ii if ii < 0 else 2 * columns - 2 - ii
                        tap = line * cubic_u[i]
                        at = start + ii
                        red += tap * flat[at, 0]
                        green += tap * flat[at, 1]
                        blue += tap * flat[at, 2]
                        cover += tap * flat[at, 3]
            # A cubic overshoots at edges; neither light nor cover can.
            if cover > 0:
                out[row, column, 0], out[row, column, 1] = max(red, np.float32(0)), max(green, np.float32(0))
                out[row, column, 2], out[row, column, 3] = max(blue, np.float32(0)), min(cover, np.float32(1))


@njit(cache=True, nogil=True)
@no_type_check
def _bounced(at, last):
    """`at` folded into 0…last by reflections."""
    at = abs(at) % (2 * last)
    return 2 * last - at if at > last else at


@njit(cache=True, nogil=True)
@no_type_check
def _weights(t, out):
    out[0] = ((-0.5 * t + 1.0) * t - 0.5) * t
    out[1] = (1.5 * t - 2.5) * t * t + 1.0
    out[2] = ((-1.5 * t + 2.0) * t + 0.5) * t
    out[3] = (0.5 * t - 0.5) * t * t
