"""White balance from the picture itself, for files that do not say what was white."""

from __future__ import annotations

import math

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core import CameraColour
from catchlight.develop.plausible_lights import plausible_lights

# Minkowski norm: between the mean (1: grey world) and the maximum (∞: white patch).
_NORM = 20
# Gains of red and blue against green stay within what black bodies of 2500–7500 K ask of real sensors (measured on the
# 52 spectral sensitivities published by the Academy's rawtoaces: 0.59…4.15). For cameras without matrices.
_GAIN_RANGE = (0.6, 4.2)
# A cell counts when no channel is close to clipping in any of its pixels and the brightest is well above black.
_CLIPPED, _DARK_OF_BRIGHT = 0.92, 0.03
# Cells along the longer side: enough to leave lamps and white things whole, few enough to average the noise.
_CELLS_LONG_SIDE = 256
# The whitest part of the cells, and the part that each channel's maximum may leave out as noise.
_WHITEST, _OUTLIERS = 1.0, 0.1
# What the cues' mean is off by when all agree, as log ratios: green against magenta, and warm against cool (red over
# blue). On the tuning half of the photos, values from half to twice these give the same error within 5 %.
_ERROR_GREEN, _ERROR_WARM = 0.05, 0.12


def auto_white_balance(
    rgb: Float32[np.ndarray, "h w 3"], colour: CameraColour | None = None
) -> tuple[float, float, float]:
    """Gains for red, green, blue (the smallest is 1) that make the light of the scene white.

    Three cues look at what is bright, each in its own way: a high Minkowski norm, the maximum of each channel, and the
    whitest cells. Their mean is drawn to the lights that exist, the further the less the cues agree.

    Args:
        rgb: linear camera RGB before any white balance, black 0, sensor clip 1; any size, a half-size picture will do.
        colour: the camera's matrices, which tell what lights look like to it; None takes the cues as they are.

    Returns:
        Gains kept within what light sources ask of sensors; (1, 1, 1) when hardly a pixel can be judged.

    Source: Finlayson & Trezzi 2004, "Shades of gray and color constancy" (the norm; p = 20 instead of 6, clipped and
    dark cells left out); Brainard & Freeman 1997, "Bayesian color constancy" (the posterior mean over lights).

    >>> auto_white_balance(np.full((8, 8, 3), (0.2, 0.4, 0.25), np.float32))
    (2.0, 1.0, 1.6)
    """
    cells, usable = _cells(rgb)
    if usable.sum() < max(16, usable.size // 1000):
        return 1.0, 1.0, 1.0
    cues = _cues(np.maximum(cells[usable], 0).astype(np.float64))
    mean = cues.mean(axis=0)
    lights = None if colour is None else plausible_lights(colour)
    if lights is None:
        low, high = (-math.log(g) for g in reversed(_GAIN_RANGE))
        red, blue = np.clip(mean, low, high)
    else:
        off = cues - mean
        off_green, off_warm = off.sum(axis=1) / 2, off[:, 0] - off[:, 1]
        from_mean = lights.log_neutral - mean
        green, warm = from_mean.sum(axis=1) / 2, from_mean[:, 0] - from_mean[:, 1]
        score = lights.log_prior - green**2 / (2 * (_ERROR_GREEN**2 + np.mean(off_green**2)))
        score -= warm**2 / (2 * (_ERROR_WARM**2 + np.mean(off_warm**2)))
        share = np.exp(score - score.max())
        red, blue = (share / share.sum()) @ lights.log_neutral
    gains = np.exp(-np.array([red, 0.0, blue]))
    gains /= gains.min()
    # Rounded: the sixth decimal of a gain only differs between machines.
    return round(float(gains[0]), 5), round(float(gains[1]), 5), round(float(gains[2]), 5)


def _cells(rgb: Float32[np.ndarray, "h w 3"]) -> tuple[Float32[np.ndarray, "r c 3"], Bool[np.ndarray, "r c"]]:
    """Means of square cells, and which of them can be judged."""
    h, w, _ = rgb.shape
    side = max(1, -(-max(h, w) // _CELLS_LONG_SIDE))
    size = (max(1, w // side), max(1, h // side))
    cells = rgb if side == 1 else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    clipped = (rgb.max(axis=2) >= _CLIPPED).astype(np.float32)
    usable = (clipped if side == 1 else cv2.resize(clipped, size, interpolation=cv2.INTER_AREA)) < 0.01
    brightest = cells.max(axis=2)
    if usable.any():
        usable &= brightest > _DARK_OF_BRIGHT * np.percentile(brightest[usable], 99)
    return cells, usable


def _cues(cells: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "3 2"]:
    """Logarithms of (red / green, blue / green) of the light, by three rules."""
    norm = np.mean((cells / cells.max()) ** _NORM, axis=0) ** (1 / _NORM)
    highest = np.percentile(cells, 100 - _OUTLIERS, axis=0)
    whitest = norm
    for _ in range(3):
        white = (cells / np.maximum(whitest, 1e-9)).min(axis=1)
        whitest = cells[white >= np.percentile(white, 100 - _WHITEST)].mean(axis=0)
    logs = np.log(np.maximum(np.stack([norm, highest, whitest]), 1e-6 * cells.max()))
    result: Float64[np.ndarray, "3 2"] = logs[:, ::2] - logs[:, 1:2]
    return result
