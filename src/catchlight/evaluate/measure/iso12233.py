"""The slanted-edge method as the standard prints it, to stand beside ours."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64

Window = Literal["hamming", "tukey"]

_BINS_PER_PX = 4


def iso12233_mtf50(
    roi: Float32[np.ndarray, "h w"], *, window: Window = "hamming", bin_correction: bool = False
) -> float | None:
    """MTF50 in cycles per pixel along the normal of one upright edge; None when there is no crossing.

    Row-wise centroids of the derivative under a window, a straight line through them, pixels projected along it into
    quarter-pixel bins, central difference, window, discrete Fourier transform, the derivative's own response divided
    out, frequency along the normal.

    Args:
        roi: linear light, a nearly vertical edge through the middle.
        window: over the line spread function: Hamming (2017 and before) or Tukey 0.5 (2023).
        bin_correction: also divides by the response of the bins, which the standard does not.

    Source: ISO 12233:2017 annex D and ISO 12233:2023 section 7; the derivative's response as in Burns 2000,
    "Slanted-edge MTF for digital camera and scanner analysis".
    """
    h, w = roi.shape
    plane = roi.astype(np.float64)
    slope = np.gradient(plane, axis=1)
    slope[:, [0, -1]] = 0
    columns = np.arange(w) + 0.5
    centre = np.full(h, w / 2)
    line = np.zeros(2)
    rows = np.arange(h) + 0.5
    for _ in range(3):
        weight = np.stack([_hamming(columns - c, w) for c in centre]) * slope
        total = weight.sum(axis=1)
        good = np.abs(total) > 1e-12
        found = (weight[good] * columns).sum(axis=1) / total[good]
        line = np.polyfit(rows[good], found, 1)
        centre = np.polyval(line, rows)
    distance = columns[None, :] - centre[:, None]
    place = np.floor((distance + w / 2) * _BINS_PER_PX).astype(np.int64).ravel()
    inside = (place >= 0) & (place < w * _BINS_PER_PX)
    count = np.bincount(place[inside], minlength=w * _BINS_PER_PX).astype(np.float64)
    total_light = np.bincount(place[inside], plane.ravel()[inside], minlength=w * _BINS_PER_PX)
    filled = count > 0
    bins = np.arange(len(count))
    spread = np.interp(bins, bins[filled], total_light[filled] / count[filled])
    line_spread = np.zeros_like(spread)
    line_spread[1:-1] = (spread[2:] - spread[:-2]) / 2
    peak = float((bins * np.abs(line_spread)).sum() / np.abs(line_spread).sum())
    offset = bins - peak
    shape = _hamming(offset, len(bins)) if window == "hamming" else _tukey(offset, len(bins))
    transform = np.abs(np.fft.rfft(line_spread * shape))
    modulation = transform / transform[0]
    per_row = np.arange(len(modulation)) * _BINS_PER_PX / len(bins)
    correction = np.sinc(2 * per_row / _BINS_PER_PX)
    if bin_correction:
        correction = correction * np.sinc(per_row / _BINS_PER_PX)
    modulation = modulation / np.maximum(correction, 0.1)
    along_normal = per_row / math.cos(math.atan(float(line[0])))
    below = np.flatnonzero(modulation < 0.5)
    if not below.size or below[0] == 0:
        return None
    i = int(below[0])
    share = (modulation[i - 1] - 0.5) / (modulation[i - 1] - modulation[i])
    return float(along_normal[i - 1] + share * (along_normal[i] - along_normal[i - 1]))


def _hamming(offset: Float64[np.ndarray, "n"], length: int) -> Float64[np.ndarray, "n"]:
    inside = np.abs(offset) <= length / 2
    return np.where(inside, 0.54 + 0.46 * np.cos(2 * np.pi * offset / length), 0.0)


def _tukey(offset: Float64[np.ndarray, "n"], length: int) -> Float64[np.ndarray, "n"]:
    share = np.abs(offset) / (length / 2)
    taper = 0.5 * (1 + np.cos(np.pi * (share - 0.5) / 0.5))
    return np.where(share <= 0.5, 1.0, np.where(share < 1, taper, 0.0))
