"""Float pixels become integers of a file."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

from catchlight.core.bands import for_bands


def quantised(
    pixels: Float32[np.ndarray, "h w 3"], *, bits: int
) -> UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]:
    """Pixels clipped to 0…1 and rounded to 0…2^bits-1, in bands, without a full-size float copy.

    >>> quantised(np.full((1, 1, 3), 0.5, np.float32), bits=8)[0, 0].tolist()
    [128, 128, 128]
    """
    full = np.float32(2**bits - 1)
    result = np.empty(pixels.shape, np.uint8 if bits <= 8 else np.uint16)

    def quantise(top: int, bottom: int) -> None:
        band = np.clip(pixels[top:bottom], 0, 1)
        band *= full
        band += np.float32(0.5)
        result[top:bottom] = band  # truncation of the non-negative value + 0.5 rounds it

    for_bands(quantise, pixels.shape[0], at_most=64)
    return result
