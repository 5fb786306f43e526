"""What rounding to whole numbers does to the variance of noise."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

# The second harmonic is below 1e-3 of a squared step wherever noise is wider than a quarter step; the third never
# matters.
_HARMONICS = 3
# Noise wider than this many squared steps is rounded as if every fraction were as likely: the first harmonic is below
# 2e-4.
WIDE_DN2 = 0.45


def rounding_ripple(
    mean_dn: Float32[np.ndarray, "*n"], variance_dn2: Float32[np.ndarray, "*n"]
) -> Float32[np.ndarray, "*n"]:
    """How much the variance of rounded Gaussian noise differs from its own plus 1/12, by where its mean lies.

    A dark frame whose every photosite has the mean 64.0 and noise of 0.3 steps shows hardly any variance, one at 64.5
    much more. Scenes have every fraction and are right on average; flat fields and darks are not.

    Args:
        mean_dn: mean in steps.
        variance_dn2: variance before rounding, in squared steps.

    Source: Widrow and Kollár 2008, "Quantization Noise", chapter 5 (moments of a quantised Gaussian variable).

    >>> still = np.zeros(1, np.float32)
    >>> round(float(rounding_ripple(still, still + np.float32(0.16))[0]), 4)
    -0.0315
    """
    ripple = np.zeros(mean_dn.shape, np.float32)
    offset = np.zeros(mean_dn.shape, np.float32)
    for k in range(1, _HARMONICS + 1):
        phase = np.float32(2 * np.pi * k) * (mean_dn - np.floor(mean_dn))
        size = np.exp(np.float32(-2 * np.pi**2 * k * k) * variance_dn2) * np.float32((-1) ** k)
        ripple += size * np.cos(phase) * (np.float32(4) * variance_dn2 + np.float32(1 / (np.pi * k) ** 2))
        offset += size * np.sin(phase) * np.float32(1 / (np.pi * k))
    result: Float32[np.ndarray, "*n"] = ripple - np.square(offset)
    return result
