"""Mosaics are interpolated under a square root: an edge of 8 EV is one of 4 there, and noise is even."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.camera.cfa_interpolation import interpolate_cfa
from catchlight.core import GREEN, ContractError, LinearMosaic, NoiseModel
from catchlight.core.bands import for_bands

# A root without offset makes a step of noise about 0 infinitely steep; where a model has hardly any read noise, the
# offset is this many times the variance of one photon.
_LEAST_PHOTONS = 0.375
# Values at and below this are no samples (`warp.OUTSIDE`) and stay.
_NO_SAMPLE = np.float32(-1e29)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRoot:
    """The curve u ↦ sign(u) √|u|, u = value + offset, under which noise of a Poisson-Gaussian model is even.

    Args:
        offset: read over shot variance, plus 3/8 of the shot variance; > 0.
        variance: that of the noise under the curve, a quarter of the shot variance.

    Source: Anscombe's transform generalised, Murtagh et al. 1995, "Image restoration with noise suppression using a
    multiresolution support", equation 13.
    """

    offset: float
    variance: float

    def __post_init__(self) -> None:
        if not (self.offset > 0 and self.variance >= 0):
            raise ContractError(f"a noise root has an offset > 0 and a variance ≥ 0; found {self}")

    @classmethod
    def of(cls, noise: NoiseModel) -> NoiseRoot | None:
        """The curve for the green samples of a model; None where it has no shot noise."""
        shot, read = noise.shot[GREEN], noise.read[GREEN]
        return cls(offset=read / shot + _LEAST_PHOTONS * shot, variance=shot / 4) if shot > 0 else None

    def forward(self, values: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        """A new array of the values under the curve."""
        out = np.empty_like(values)
        for_bands(partial(_forward_rows, values, np.float32(self.offset), out), values.shape[0])
        return out

    def invert(self, picture: Float32[np.ndarray, "h w 3"]) -> None:
        """Undoes the curve in place: the caller owns the picture; what is no sample stays so."""
        for_bands(partial(_inverse_rows, picture, np.float32(self.offset)), picture.shape[0])


def under_root(mosaic: LinearMosaic) -> tuple[LinearMosaic, NoiseRoot] | None:
    """The mosaic with its values under the curve of its noise, for interpolation only; None without shot noise."""
    root = NoiseRoot.of(mosaic.noise)
    return None if root is None else (replace(mosaic, values=root.forward(mosaic.values)), root)


def interpolate_mosaic(mosaic: LinearMosaic) -> Float32[np.ndarray, "h w 3"]:
    """RGB at every photosite of a Bayer mosaic; measured samples are kept as they are (to rounding).

    In linear light what the interpolation makes of the bright side of an edge outshines the dark side, and the eye sees
    the dark side: on photos the encoded picture gains 0.4 dB (gain 8) to 2 dB (gain 1), on brackets 10 dB.
    """
    share = 1.0 if mosaic.share is None else float(np.median(mosaic.share))
    rooted = under_root(mosaic)
    if rooted is None:
        return interpolate_cfa(mosaic.values, mosaic.cfa, noise_variance=mosaic.typical_variance() * share)
    inner, root = rooted
    rgb = interpolate_cfa(inner.values, inner.cfa, noise_variance=root.variance * share)
    root.invert(rgb)
    return rgb


@njit(cache=True, nogil=True)
@no_type_check
def _forward_rows(values, offset, out, top, bottom):
    for y in range(top, bottom):
        for x in range(values.shape[1]):
            u = values[y, x] + offset
            out[y, x] = np.sqrt(u) if u >= 0 else -np.sqrt(-u)


@njit(cache=True, nogil=True)
@no_type_check
def _inverse_rows(picture, offset, top, bottom):
    for y in range(top, bottom):
        for x in range(picture.shape[1]):
            for c in range(3):
                v = picture[y, x, c]
                if v > _NO_SAMPLE:
                    picture[y, x, c] = v * abs(v) - offset
