"""Colours for values, from dark and cold to bright and warm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8

# Brightness rises throughout, so the order shows with any colour vision and in a grey print.
_STOPS = np.array(
    [(0x5B, 0x3A, 0x8C), (0xA8, 0x3F, 0x86), (0xDE, 0x5B, 0x5C), (0xF5, 0x9B, 0x4A), (0xFB, 0xDF, 0x7C)], np.float64
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourRamp:
    """A range of values, drawn from violet (low) to yellow (high).

    Args:
        low: value that gets the first colour.
        high: value that gets the last one.
    """

    low: float
    high: float

    def colours(self, values: Float64[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape 3"]:
        """8-bit sRGB for each value; values beyond the range get its ends."""
        span = max(self.high - self.low, 1e-12)
        at = np.clip((values - self.low) / span, 0, 1) * (len(_STOPS) - 1)
        planes = [np.interp(at, np.arange(len(_STOPS)), _STOPS[:, c]) for c in range(3)]
        return np.stack(planes, axis=-1).round().astype(np.uint8)

    def hex(self, value: float) -> str:
        """The colour of one value as #rrggbb.

        >>> ColourRamp(low=0.0, high=1.0).hex(1.0)
        '#fbdf7c'
        """
        return "#" + "".join(f"{c:02x}" for c in self.colours(np.array(float(value))))
