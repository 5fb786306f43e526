"""A frame that waits for its second look: half the memory of floats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt16

from catchlight.burst.alignment import Alignment
from catchlight.core import CfaPattern, ContractError, LinearMosaic, NoiseModel
from catchlight.core.bands import for_bands

# Room below black for noise, as a share of the range of codes; the rest goes up to the frame's own clip.
_BELOW = 0.125
_CODES = 65535.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldFrame:
    """A linear mosaic in 16-bit codes, with what is needed to compare it with an estimate of the scene.

    The steps are at most 1/50000 of the frame's range, far below the noise of any sensor.

    Args:
        codes: value = (code - zero) · step.
        zero: code of black.
        step: linear light for each code.
        cfa: pattern of the mosaic.
        alignment: `frame_from_reference`.
        noise: variance = shot · value + read, in linear light.
        full: values at or above this say nothing, for red, green and blue: the frame is full there, the reference is
            not. Infinite for a frame that is full no sooner than the reference.
    """

    codes: UInt16[np.ndarray, "h w"]
    zero: float
    step: float
    cfa: CfaPattern
    alignment: Alignment
    noise: NoiseModel
    full: tuple[float, float, float]

    @classmethod
    def of(cls, mosaic: LinearMosaic, alignment: Alignment, *, clips: bool = False) -> HeldFrame:
        """Keeps a mosaic; values beyond its clip are held at the highest code.

        With `clips` the scene is brighter in places than the frame could tell, whatever its exposure.
        """
        top = max(mosaic.gains) * mosaic.exposure
        if not top > 0:
            raise ContractError(f"a frame's range is > 0; found {top}")
        step = top / (_CODES * (1 - _BELOW))
        zero = _CODES * _BELOW
        codes = np.empty(mosaic.shape, np.uint16)

        def encode(top: int, bottom: int) -> None:
            band = mosaic.values[top:bottom] * np.float32(1 / step)
            band += np.float32(zero + 0.5)
            codes[top:bottom] = np.clip(band, 0, _CODES, out=band)

        for_bands(encode, mosaic.shape[0])
        limit = np.inf if mosaic.exposure > 0.98 and not clips else 0.97 * mosaic.exposure
        red, green, blue = (limit * g for g in mosaic.gains)
        return cls(
            codes=codes,
            zero=zero,
            step=step,
            cfa=mosaic.cfa,
            alignment=alignment,
            noise=mosaic.noise,
            full=(red, green, blue),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in photosites."""
        h, w = self.codes.shape
        return h, w

    def values(self) -> Float32[np.ndarray, "h w"]:
        """Linear light at every photosite."""
        return (self.codes.astype(np.float32) - np.float32(self.zero)) * np.float32(self.step)
