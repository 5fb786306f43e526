"""White balance from the picture itself, for files that do not say what was white."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

# Minkowski norm: between the mean (1: grey world) and the maximum (∞: white patch).
_NORM = 6
# Gains of red and blue against green stay within what black bodies of 2500–7500 K ask of real sensors (measured on the
# 52 spectral sensitivities published by the Academy's rawtoaces: 0.59…4.15).
_GAIN_RANGE = (0.6, 4.2)
# A pixel counts when no channel is close to clipping and the brightest is well above black.
_CLIPPED, _DARK_OF_BRIGHT = 0.9, 0.05
_PIXELS_WANTED = 250_000


def auto_white_balance(rgb: Float32[np.ndarray, "h w 3"]) -> tuple[float, float, float]:
    """Gains for red, green, blue (the smallest is 1) that make the shades-of-grey average neutral.

    Args:
        rgb: linear camera RGB before any white balance, black 0, sensor clip 1; any size, a half-size picture will do.

    Returns:
        Gains kept within what light sources ask of sensors; (1, 1, 1) when hardly a pixel can be judged.

    Source: Finlayson & Trezzi 2004, "Shades of gray and color constancy", p = 6. Deviation: clipped and dark
    pixels are left out, and the gains are limited.

    >>> auto_white_balance(np.full((8, 8, 3), (0.2, 0.4, 0.25), np.float32))
    (2.0, 1.0, 1.6)
    """
    h, w, _ = rgb.shape
    step = max(1, int((h * w / _PIXELS_WANTED) ** 0.5))
    samples = rgb[::step, ::step].reshape(-1, 3)
    brightest = samples.max(axis=1)
    usable = brightest < _CLIPPED
    if usable.any():
        usable &= brightest > _DARK_OF_BRIGHT * np.percentile(brightest[usable], 99)
    if usable.sum() < max(16, len(samples) // 1000):
        return 1.0, 1.0, 1.0
    chosen = np.maximum(samples[usable], 0).astype(np.float64)
    light = np.mean((chosen / chosen.max()) ** _NORM, axis=0) ** (1 / _NORM)
    red, blue = (float(np.clip(light[1] / max(light[c], 1e-6), *_GAIN_RANGE)) for c in (0, 2))
    least = min(red, 1.0, blue)
    # Rounded: the sixth decimal of a gain only differs between machines.
    return round(red / least, 5), round(1.0 / least, 5), round(blue / least, 5)
