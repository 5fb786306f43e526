"""The blur that stands for all others: how its width and its sharpness belong together."""

from __future__ import annotations

import math

# exp(-2π²σ²f²) = 1/2.
_SIGMA_TIMES_MTF50 = math.sqrt(math.log(2) / 2) / math.pi


def gaussian_mtf50(sigma_px: float) -> float:
    """Frequency in cycles per pixel at which a Gaussian blur of this σ leaves half of the contrast; and the reverse.

    The product of the two is a constant, so the same call gives σ in pixels for a frequency.

    >>> round(gaussian_mtf50(0.5), 4), round(gaussian_mtf50(gaussian_mtf50(0.5)), 4)
    (0.3748, 0.5)
    """
    return _SIGMA_TIMES_MTF50 / sigma_px
