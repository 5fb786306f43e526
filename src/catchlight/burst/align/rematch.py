"""A wide search for tiles that the global motion and a few pixels around it do not explain: parallax, large objects."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float32
from numba import njit

from catchlight.core.bands import for_bands

# How far is searched, in pixels of the level's picture.
REACH_PX = 14
# What a match as far away as the reach must explain more of the signal than one close by: of the many equal matches of
# a fence or a row of windows the one nearest to what the neighbourhood does is taken.
_FAR_PRICE = 0.08


def rematch_tiles(
    reference: Float32[np.ndarray, "h w"],
    moved: Float32[np.ndarray, "h w"],
    starts: Float32[np.ndarray, "rows columns 2"],
    lost: Bool[np.ndarray, "rows columns"],
    *,
    factor: float,
    tile: int,
    window: int,
) -> Float32[np.ndarray, "rows columns 2"]:
    """Shifts where lost tiles match best within ±14 px of this level about their start; the others keep theirs.

    Args:
        reference: a level of the reference, blurred by σ = 1.
        moved: the other frame under the global motion, blurred alike.
        starts: in pixels of the finest level.
        lost: tiles to search for.
        factor: pixels of the finest level for each of this one.
        tile: side of a tile, in pixels of the finest level.
        window: side of a window, in pixels of this level.

    Squared differences of every second sample (the blur leaves nothing between them), windows' means taken off.
    """
    found = starts.copy()
    work = partial(_rematch_rows, reference, moved, starts, lost, found, float(factor), tile, window // 2)
    for_bands(work, starts.shape[0], step=1, at_most=1)
    return found


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _rematch_rows(a, b, starts, lost, found, factor, tile, half, top, bottom):
    height, width = a.shape
    columns = starts.shape[1]
    for row in range(top, bottom):
        for column in range(columns):
            if not lost[row, column]:
                continue
            cy = min(int((row + 0.5) * tile / factor), height - 1)
            cx = min(int((column + 0.5) * tile / factor), width - 1)
            y0, y1 = max(0, cy - half), min(height, cy + half)
            x0, x1 = max(0, cx - half), min(width, cx + half)
            if y1 - y0 < 8 or x1 - x0 < 8:
                continue
            total, square, count = np.float32(0.0), np.float32(0.0), 0
            for y in range(y0, y1, 2):
                for x in range(x0, x1, 2):
                    total += a[y, x]
                    square += a[y, x] * a[y, x]
                    count += 1
            spread = square / count - (total / count) ** 2
            sx = int(np.round(starts[row, column, 0] / factor))
            sy = int(np.round(starts[row, column, 1] / factor))
            best, bx, by = np.float32(np.inf), 0, 0
            for dy in range(-REACH_PX, REACH_PX + 1):
                if y0 + sy + dy < 0 or y1 + sy + dy > height:
                    continue
                for dx in range(-REACH_PX, REACH_PX + 1):
                    if x0 + sx + dx < 0 or x1 + sx + dx > width:
                        continue
                    s1, s2 = np.float32(0.0), np.float32(0.0)
                    for y in range(y0, y1, 2):
                        mine = a[y, x0:x1]
                        theirs = b[y + sy + dy, x0 + sx + dx : x1 + sx + dx]
                        for x in range(0, x1 - x0, 2):
                            e = theirs[x] - mine[x]
                            s1 += e
                            s2 += e * e
                    far = np.sqrt(np.float32(dx * dx + dy * dy)) / np.float32(REACH_PX)
                    cost = s2 / count - (s1 / count) ** 2 + np.float32(_FAR_PRICE) * far * spread
                    if cost < best:
                        best, bx, by = cost, dx, dy
            if best < np.inf:
                found[row, column, 0] = (sx + bx) * factor
                found[row, column, 1] = (sy + by) * factor
