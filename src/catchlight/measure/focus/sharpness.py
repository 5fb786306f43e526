"""Sharpness measures: one number, or one map, that is largest where a picture is in focus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError
from catchlight.measure.focus.sharpness_response import (
    brenner_response,
    gradient_response,
    intensity,
    laplacian_4,
    laplacian_energy_response,
    mid_frequency_response,
    modified_laplacian_response,
    sobel_magnitude,
    tenengrad_response,
    vollath_response,
    wavelet_response,
)

Summary = Literal["mean", "variance", "variance over mean"]
Response = Callable[[Float32[np.ndarray, "h w"]], Float32[np.ndarray, "h w"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharpnessMeasure:
    """One way to tell how sharp a picture is; call it with a plane of at least 10×10 px.

    All are unchanged by a shift of the scene, and larger for the sharper of two pictures of one scene, exposure and
    noise; values of different measures or scenes do not compare.

    Args:
        response: what is computed at every pixel; same size.
        summary: what is taken of it over the picture: mean, variance, or variance divided by the picture's mean.
        margin_px: pixels along the border whose response reaches over it; they do not count.
        exposure_power: p, where k times the light gives kᵖ times the value.
        source: paper.
    """

    response: Response
    summary: Summary
    margin_px: int
    exposure_power: int
    source: str

    def __call__(self, plane: Float32[np.ndarray, "h w"]) -> float:
        """The measure of a whole plane, ≥ 0 (Vollath's F4 may be slightly negative where there is only noise).

        Raises:
            ContractError: smaller than 10×10, or NaN or infinity.
        """
        _check(plane)
        inside = (slice(self.margin_px, -self.margin_px or None),) * 2
        response = self.response(plane)[inside].astype(np.float64)
        if self.summary == "mean":
            return float(response.mean())
        variance = float(response.var())
        if self.summary == "variance":
            return variance
        mean = float(plane.mean(dtype=np.float64))
        return variance / mean if mean > 0 else 0.0

    def map(self, plane: Float32[np.ndarray, "h w"], *, window_px: int = 9) -> Float32[np.ndarray, "h w"]:
        """The measure in a square window around every pixel, same size; at the border the plane is mirrored.

        Raises:
            ContractError: an even window, or as for the whole plane.
        """
        _check(plane)
        if window_px < 1 or window_px % 2 == 0:
            raise ContractError(f"a window has an odd side in px; found {window_px}")
        response = self.response(plane)
        mean = _box(response, window_px)
        if self.summary == "mean":
            return mean
        # About the overall mean, so that the difference of squares keeps its digits.
        centred = response - response.mean()
        variance = np.maximum(_box(centred * centred, window_px) - np.square(_box(centred, window_px)), np.float32(0))
        if self.summary == "variance":
            return variance
        return np.where(mean > 0, variance / np.maximum(mean, np.float32(1e-6)), np.float32(0))


SHARPNESS: Mapping[str, SharpnessMeasure] = MappingProxyType(
    {
        "tenengrad": SharpnessMeasure(
            response=tenengrad_response,
            summary="mean",
            margin_px=1,
            exposure_power=2,
            source="Tenenbaum 1970, thesis, Stanford; Krotkov 1987, Focusing, eq. 4, without a threshold",
        ),
        "tenengrad_variance": SharpnessMeasure(
            response=sobel_magnitude,
            summary="variance",
            margin_px=1,
            exposure_power=2,
            source="Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy, eq. 5",
        ),
        "brenner": SharpnessMeasure(
            response=brenner_response,
            summary="mean",
            margin_px=1,
            exposure_power=2,
            source="Brenner et al. 1976, An automated microscope for cytologic research; here along both axes",
        ),
        "energy_of_gradient": SharpnessMeasure(
            response=gradient_response,
            summary="mean",
            margin_px=1,
            exposure_power=2,
            source="Subbarao, Choi and Nikzad 1993, Focusing techniques, section 3",
        ),
        "energy_of_laplacian": SharpnessMeasure(
            response=laplacian_energy_response,
            summary="mean",
            margin_px=1,
            exposure_power=2,
            source="Subbarao, Choi and Nikzad 1993, Focusing techniques, section 3",
        ),
        "laplacian_variance": SharpnessMeasure(
            response=laplacian_4,
            summary="variance",
            margin_px=1,
            exposure_power=2,
            source="Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy, eq. 7, kernel without 1/6",
        ),
        "modified_laplacian": SharpnessMeasure(
            response=modified_laplacian_response,
            summary="mean",
            margin_px=1,
            exposure_power=1,
            source="Nayar and Nakagawa 1994, Shape from focus, eq. 8 and 9, step 1, without a threshold",
        ),
        "variance": SharpnessMeasure(
            response=intensity,
            summary="variance",
            margin_px=0,
            exposure_power=2,
            source="Groen, Young and Ligthart 1985, A comparison of different focus functions, F10",
        ),
        "normalised_variance": SharpnessMeasure(
            response=intensity,
            summary="variance over mean",
            margin_px=0,
            exposure_power=1,
            source="Groen, Young and Ligthart 1985, A comparison of different focus functions, F11",
        ),
        "vollath_f4": SharpnessMeasure(
            response=vollath_response,
            summary="mean",
            margin_px=2,
            exposure_power=2,
            source="Vollath 1987, Automatic focusing by correlative methods, F4; here along both axes",
        ),
        "wavelet": SharpnessMeasure(
            response=wavelet_response,
            summary="mean",
            margin_px=4,
            exposure_power=1,
            source="Yang and Nelson 2003, Wavelet-based autofocusing, W1: Daubechies' 6 taps, here not decimated",
        ),
        "mid_frequency": SharpnessMeasure(
            response=mid_frequency_response,
            summary="mean",
            margin_px=2,
            exposure_power=2,
            source="Lee, Kumar, Cho, Lee and Kim 2008, Enhanced autofocus algorithm using robust focus measure",
        ),
    }
)


def _check(plane: Float32[np.ndarray, "h w"]) -> None:
    # The wavelet's six taps reach furthest, and need a pixel inside their margin.
    if plane.ndim != 2 or min(plane.shape) < 10:
        raise ContractError(f"sharpness is of a plane of at least 10×10 px; found {plane.shape}")
    if not np.isfinite(plane).all():
        raise ContractError("sharpness needs finite numbers; found NaN or infinity")


def _box(plane: Float32[np.ndarray, "h w"], window_px: int) -> Float32[np.ndarray, "h w"]:
    mean: Float32[np.ndarray, "h w"] = cv2.blur(plane, (window_px, window_px), borderType=cv2.BORDER_REFLECT)
    return mean
