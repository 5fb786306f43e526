"""One slanted edge whose modulation transfer is known exactly."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError
from catchlight.simulate.charts.blurred_step import blurred_step


def edge_roi(
    *,
    height: int = 100,
    width: int = 64,
    angle_deg: float = 5.0,
    sigma_px: float = 0.7,
    low: float = 0.2,
    high: float = 0.8,
    offset_px: float = 0.0,
    aperture_px: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
) -> Float32[np.ndarray, "h w"]:
    """A Gaussian-blurred step through the middle of a region of interest, in linear light.

    With `aperture_px` 0 the samples are points and the transfer is exp(-2π²σ²f²) with f in cycles per pixel along
    the normal; see `edge_mtf`.

    Args:
        height: rows.
        width: columns.
        angle_deg: slant of the edge from the vertical, clockwise as seen; 90 is a horizontal edge.
        sigma_px: standard deviation of the blur along the normal.
        low: light on the left (at 90°: above).
        high: light on the right (at 90°: below).
        offset_px: distance of the edge from the region's centre along its normal, towards the bright side.
        aperture_px: side of the square photosite.
        noise: standard deviation of additive white noise.
        seed: of the noise.

    Raises:
        ContractError: an empty region or a negative blur or noise.
    """
    if min(height, width) < 1 or sigma_px < 0 or noise < 0:
        raise ContractError("a region has at least one pixel, blur and noise are ≥ 0; found others")
    # An edge that leans clockwise from the vertical runs along (sin, -cos) upwards; its normal to the right:
    angle = math.radians(angle_deg)
    normal = (math.cos(angle), math.sin(angle))
    y, x = np.mgrid[:height, :width].astype(np.float64) + 0.5
    distance = (x - width / 2) * normal[0] + (y - height / 2) * normal[1] - offset_px
    step = blurred_step(distance, sigma_px=sigma_px, normal=normal, aperture_px=aperture_px)
    light = low + (high - low) * step
    if noise > 0:
        light = light + noise * np.random.default_rng((seed, height, width)).standard_normal(light.shape)
    return light.astype(np.float32)


def edge_mtf(
    frequency_cy_px: Float64[np.ndarray, "*n"],
    *,
    sigma_px: float,
    aperture_px: float = 0.0,
    normal: tuple[float, float] = (1.0, 0.0),
) -> Float64[np.ndarray, "*n"]:
    """Modulation transfer of such an edge along its normal.

    Args:
        frequency_cy_px: cycles per pixel.
        sigma_px: standard deviation of the blur.
        aperture_px: side of the square photosite.
        normal: unit normal of the edge.

    >>> edge_mtf(np.array([0.0, 0.25]), sigma_px=0.7).round(4).tolist()
    [1.0, 0.5463]
    """
    gauss = np.exp(-2 * (np.pi * sigma_px * frequency_cy_px) ** 2)
    across = np.sinc(aperture_px * normal[0] * frequency_cy_px)
    return gauss * across * np.sinc(aperture_px * normal[1] * frequency_cy_px)
