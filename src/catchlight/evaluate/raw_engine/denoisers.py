"""Noise removal as it is usually done after demosaicing: non-local means, wavelets, bilateral filter."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import CameraColour, LinearMosaic, srgb_encode
from catchlight.develop import render_linear
from catchlight.models.raw_engine.curve import EngineCurve

Picture = Float32[np.ndarray, "h w 3"]
Name = Literal["none", "NLM", "wavelet", "bilateral"]
Domain = Literal["sRGB", "root"]
# Non-local means: patches of 5×5 px, looked for within 6 px, as scikit-image's documentation has it.
_PATCH_PX, _SEARCH_PX = 5, 6
# Demosaicing has smoothed the noise, and the finest details show about two thirds of it.
_SMOOTHED = 1.5
# Of db2 and sym4 the former is better by 0.1 to 1 dB at gains 1 and 16; Haar leaves blocks.
_WAVELET = "db2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denoising:
    """One way to remove noise from a demosaiced picture.

    Args:
        name: the filter.
        domain: works on the encoded sRGB picture, or on camera RGB under the root of its noise model, where noise is
            even, before the colour matrix mixes it.
        strength: of NLM h, of wavelets the noise, of the bilateral filter its reach in values; in units of the noise
            that is estimated in the picture.
        reach_px: of the bilateral filter.
    """

    name: Name
    domain: Domain = "sRGB"
    strength: float = 0.0
    reach_px: float = 0.0

    @property
    def text(self) -> str:
        """What tables and the cache call it."""
        if self.name == "none":
            return "none"
        reach = f", {self.reach_px:g} px" if self.name == "bilateral" else ""
        return f"{self.name} {self.strength:g}{reach}, {self.domain}"


def denoisings(*, quick: bool) -> tuple[Denoising, ...]:
    """The grid that is searched for each gain; without scikit-image the bilateral filter alone."""
    domains: tuple[Domain, ...] = ("root",) if quick else ("sRGB", "root")
    nlm = (1.2,) if quick else (0.5, 0.8, 1.2, 1.7, 2.4, 3.4)
    wavelet = (1.5,) if quick else (1.0, 1.5, 2.0, 3.0, 4.5)
    bilateral = ((6.0, 4.0),) if quick else tuple((s, r) for s in (3.0, 5.0, 8.0, 12.0) for r in (2.0, 4.0, 6.0, 9.0))
    found = [Denoising(name="none")]
    for domain in domains:
        if _restoration() is not None:
            found += [Denoising(name="NLM", domain=domain, strength=s) for s in nlm]
            found += [Denoising(name="wavelet", domain=domain, strength=s) for s in wavelet]
        found += [Denoising(name="bilateral", domain=domain, strength=s, reach_px=r) for s, r in bilateral]
    return tuple(found)


def has_scikit_image() -> bool:
    """Whether the extra `bench` is there."""
    return _restoration() is not None


def encoded(rgb: Picture, mosaic: LinearMosaic, colour: CameraColour) -> Picture:
    """Encoded sRGB 0…1 of white-balanced camera RGB."""
    return srgb_encode(np.clip(render_linear(rgb, wb=mosaic.gains, colour=colour).pixels, 0, 1))


def denoised(rgb: Picture, way: Denoising, mosaic: LinearMosaic, colour: CameraColour) -> Picture:
    """Encoded sRGB of white-balanced camera RGB, its noise removed.

    Args:
        rgb: demosaiced.
        way: filter, domain, strength.
        mosaic: what it was demosaiced from: gives white balance and noise model.
        colour: of the camera.
    """
    if way.name == "none":
        return encoded(rgb, mosaic, colour)
    if way.domain == "sRGB":
        return _filtered(encoded(rgb, mosaic, colour), way)
    curve = EngineCurve.of(mosaic.noise)
    return encoded(curve.inverse(_filtered(curve.forward(rgb), way)), mosaic, colour)


def _filtered(picture: Picture, way: Denoising) -> Picture:
    sigma = noise_deviation(picture)
    if sigma <= 0:  # a picture without noise
        return picture
    return _FILTERS[way.name](np.ascontiguousarray(picture), way, sigma)


def noise_deviation(picture: Picture) -> float:
    """Standard deviation of the noise, from the finest diagonal Haar details; mean over the channels.

    Source: Donoho & Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage" (median of the absolute details).
    """
    h, w = (side // 2 * 2 for side in picture.shape[:2])
    p = picture[:h, :w]
    detail = (p[::2, ::2] - p[1::2, ::2] - p[::2, 1::2] + p[1::2, 1::2]) / 2
    # 0.6745 is the median of |z| for normal z.
    return float(np.mean(np.median(np.abs(detail), axis=(0, 1))) / 0.6745)


def _nlm(picture: Picture, way: Denoising, sigma: float) -> Picture:
    found = _restoration().denoise_nl_means(
        picture, patch_size=_PATCH_PX, patch_distance=_SEARCH_PX, h=way.strength * sigma, sigma=_SMOOTHED * sigma,
        fast_mode=True, channel_axis=-1,
    )  # fmt: skip
    return np.asarray(found, np.float32)


def _wavelet(picture: Picture, way: Denoising, sigma: float) -> Picture:
    with warnings.catch_warnings():
        # Of levels that small pictures have no room for.
        warnings.simplefilter("ignore")
        # In YCbCr of its own; sigma is meant for the picture as given.
        found = _restoration().denoise_wavelet(
            np.clip(picture, 0, 1), sigma=way.strength * sigma, wavelet=_WAVELET, mode="soft", method="BayesShrink",
            convert2ycbcr=True, rescale_sigma=True, channel_axis=-1,
        )  # fmt: skip
    return np.asarray(found, np.float32)


def _bilateral(picture: Picture, way: Denoising, sigma: float) -> Picture:
    return np.asarray(cv2.bilateralFilter(picture, -1, way.strength * sigma, way.reach_px), np.float32)


_FILTERS: dict[Name, Callable[[Picture, Denoising, float], Picture]] = {
    "NLM": _nlm,
    "wavelet": _wavelet,
    "bilateral": _bilateral,
}


@cache
def _restoration() -> Any:
    """The part of scikit-image; None without the extra `bench`."""
    try:
        from skimage import restoration
    except ImportError:
        return None
    return restoration
