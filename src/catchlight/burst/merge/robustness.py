"""How far each place of a frame may be trusted: what differs by more than noise is not the same thing."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.bands import for_bands

# Squared difference from the reference, in units of the noise variance of one frame, up to which a sample is taken
# whole: the mean of eight frames that are all off by d has error 0.77 d² + 0.125 σ², which at d = σ is no more than the
# σ² of one frame.
_FREE = 0.4
# Beyond this many variances nothing is taken at all.
_CUT = 6.0
# Chance alone rarely moves the four statistics below by more than this.
_POINT_SLACK, _FINE_SLACK, _MEAN_SLACK, _WIDE_SLACK = 3.0, 0.45, 3.5, 3.5
_FINE, _WIDE = 5, 13
# Rows and columns of quads that a weight depends on, on each side.
_HALO = _WIDE // 2 + 1
# Scaled difference that marks a place which the other frame does not see.
UNSEEN = np.float32(2e3)
_UNSEEN_SQUARE = np.float32(1e6)


def trust(
    scaled: Float32[np.ndarray, "planes rows columns"], *, correlated: bool = False
) -> Float32[np.ndarray, "rows columns"]:
    """Weight 0…1 of every 2×2 quad of a frame, where 1 is that of the reference itself.

    Four statistics of the difference, each against what the noise of two frames alone would give: its mean square in a
    quad (misplaced points and edges) and over 5×5 quads (misplaced texture), and the square of its mean over 5×5 and
    over 13×13 quads for each plane (another brightness or colour, seen far below the noise; the widest counts twice,
    being the surest). The largest excess over chance is taken for the squared bias d² and the weight falls as 1/d², the
    inverse of what the sample would add to the error. The least weight of each 3×3 quads is kept, so that the rim of a
    moving object goes with it.

    Args:
        scaled: difference from the reference at the quad for every plane (four photosites of a mosaic, or red, green
            and blue), divided by the deviation of such a difference over √2; UNSEEN where the frame does not see it.
        correlated: the noise of neighbours is not independent (JPEG, demosaiced): the expected size of all
            statistics is then read from the quiet places of the frame itself.

    Source: the aim is that of Wronski et al. 2019, "Handheld multi-frame super-resolution", section 5.2; the statistics
    are plain tests of variance and mean.
    """
    planes, rows, columns = scaled.shape
    square = np.empty((rows, columns), np.float32)

    def mean_square(top: int, bottom: int) -> None:
        band = np.square(scaled[0, top:bottom])
        for plane in range(1, planes):
            band += np.square(scaled[plane, top:bottom])
        band *= np.float32(1.0 / planes)
        np.minimum(band, _UNSEEN_SQUARE, out=square[top:bottom])

    for_bands(mean_square, rows)
    # Resampling between samples averages noise: what the difference has in quiet places tells how much of it is left.
    expected = _quiet_level(square, 1.0, 2.2) if not correlated else _quiet_level(square, 0.3, 4.0)
    near_unit, wide_unit = 2.0 / _FINE**2, 2.0 / _WIDE**2
    if correlated:
        near_unit, wide_unit = _quiet_means(scaled, near_unit, wide_unit)
    raw_weight = np.empty((rows, columns), np.float32)

    def weigh(top: int, bottom: int) -> None:
        start, stop = max(top - _HALO, 0), min(bottom + _HALO, rows)
        inner = slice(top - start, bottom - start)
        # What is not seen is left out itself (below), but must not speak for its neighbours.
        unseen = square[start:stop] >= _UNSEEN_SQUARE
        hidden = bool(unseen.any())
        level = np.where(unseen, np.float32(0), square[start:stop]) if hidden else square[start:stop]
        fine = cv2.blur(level, (_FINE, _FINE))[inner]
        near = np.zeros_like(fine)
        wide = np.zeros_like(fine)
        for plane in range(planes):
            band = np.where(unseen, np.float32(0), scaled[plane, start:stop]) if hidden else scaled[plane, start:stop]
            near += np.square(cv2.blur(band, (_FINE, _FINE))[inner])
            wide += np.square(cv2.blur(band, (_WIDE, _WIDE))[inner])
        bias = np.maximum(fine - np.float32(expected * (1 + _FINE_SLACK)), 0)
        np.maximum(bias, square[top:bottom] - np.float32(expected * (1 + _POINT_SLACK)), out=bias)
        np.maximum(bias, near / np.float32(planes) - np.float32(near_unit * (1 + _MEAN_SLACK)), out=bias)
        np.maximum(bias, (wide / np.float32(planes) - np.float32(wide_unit * (1 + _WIDE_SLACK))) * 2, out=bias)
        weight = np.minimum(np.float32(_FREE) / np.maximum(bias, np.float32(1e-6)), np.float32(1.0))
        weight[bias > _CUT] = 0
        weight[unseen[inner]] = 0
        raw_weight[top:bottom] = weight

    for_bands(weigh, rows, at_most=64)
    weight = cv2.erode(raw_weight, np.ones((3, 3), np.uint8))
    return cv2.blur(weight, (3, 3))


def _quiet_level(square: Float32[np.ndarray, "_ _"], least: float, most: float) -> float:
    """Expected mean square of the difference: the level of the quieter places."""
    small = cv2.resize(square, _reduced(square, 6), interpolation=cv2.INTER_AREA)
    seen = small[small < _UNSEEN_SQUARE / 36]
    if seen.size < 16:
        return 2.0
    # Means of 144 squares scatter by 12 %; their 30th percentile lies 6 % below the level.
    return float(np.clip(np.percentile(seen, 30) * 1.06, least, most))


def _reduced(picture: Float32[np.ndarray, "_ _"], by: int) -> tuple[int, int]:
    """Width and height of a picture reduced `by` times, at least one pixel."""
    return max(picture.shape[1] // by, 1), max(picture.shape[0] // by, 1)


def _quiet_means(
    scaled: Float32[np.ndarray, "planes rows columns"], near_unit: float, wide_unit: float
) -> tuple[float, float]:
    """Expected squared means over both windows, from the quieter places; never below those of white noise."""
    units = []
    for size, unit in ((_FINE, near_unit), (_WIDE, wide_unit)):
        small = [np.square(cv2.resize(plane, _reduced(plane, size), interpolation=cv2.INTER_AREA)) for plane in scaled]
        level = np.mean(small, axis=0)
        seen = level[level < 1e3]
        # The 30th percentile of a mean of three squares lies at 0.47 of its expected value.
        found = float(np.percentile(seen, 30)) / 0.47 if seen.size >= 16 else unit
        units.append(min(max(found, unit), 12 * unit))
    return units[0], units[1]
