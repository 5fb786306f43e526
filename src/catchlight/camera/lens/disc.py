"""The blur of an ideal lens out of focus: a disc, or one seen through half of the aperture."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError

# Larger kernels belong to no photo (a tenth of a 12 MP frame's width) but to a unit mistaken for another.
_LARGEST_PX = 1001.0


def disc_kernel(
    diameter_px: float, *, steepness: float = 0.0, centre_px: tuple[float, float] = (0.0, 0.0)
) -> Float32[np.ndarray, "k k"]:
    """The image of a point spread over a disc, integrated exactly over every pixel.

    The disc's light is weighted by 1 + clip(steepness·x/R, -1, 1): 0 is the whole aperture, 1 a linear ramp that is
    dark at the left rim, infinity the right half alone; negative values mirror it.

    Args:
        diameter_px: diameter of the circle of confusion, ≥ 0; within the middle pixel the kernel is a point.
        steepness: slope of the weight across the radius.
        centre_px: (x, y) by which the disc lies right of and below the middle of the kernel.

    Returns:
        A point spread function (for convolution, not correlation): sum 1, odd size, symmetric window.

    Raises:
        ContractError: a diameter below 0, over 1001 px or not finite; NaN steepness; a centre that is not finite.

    Source: the integral of a disc over a quadrant is elementary; every pixel is the mixed difference of four of them.

    >>> (disc_kernel(2.0) * 1000).round().tolist()
    [[25.0, 145.0, 25.0], [145.0, 318.0, 145.0], [25.0, 145.0, 25.0]]
    """
    if not 0 <= diameter_px <= _LARGEST_PX:
        raise ContractError(f"a circle of confusion is 0…{_LARGEST_PX:.0f} px wide; found {diameter_px}")
    if math.isnan(steepness) or not all(math.isfinite(c) and abs(c) <= _LARGEST_PX for c in centre_px):
        raise ContractError(f"steepness and centre are numbers of a kernel's size; found {steepness} and {centre_px}")
    # Below a hundredth of a pixel a disc is a point, and what differences of its area would lose in digits is saved.
    radius = max(diameter_px, 0.01) / 2
    reach = max(0, math.ceil(radius + max(abs(centre_px[0]), abs(centre_px[1])) - 0.5))
    edges = np.arange(-reach, reach + 2) - 0.5
    integral = _quadrant(
        edges - centre_px[0], edges - centre_px[1], radius, abs(steepness), math.copysign(1, steepness)
    )
    kernel = np.diff(np.diff(integral, axis=0), axis=1)
    kernel = np.maximum(kernel, 0.0)
    result: Float32[np.ndarray, "k k"] = (kernel / kernel.sum()).astype(np.float32)
    return result


def _quadrant(
    x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"], radius: float, steepness: float, side: float
) -> Float64[np.ndarray, "n n"]:
    """Integral of the weighted disc over (-∞, x] × [0, y], up to terms of y alone, which differences along x lose."""
    inside_x, inside_y = np.clip(np.abs(x), 0, radius), np.clip(y, -radius, radius)
    area = _strip(inside_x, inside_y, radius)
    whole: Float64[np.ndarray, "n n"] = np.sign(x)[None, :] * area
    if steepness == 0:
        return whole
    knee = radius / steepness if steepness > 1 else radius
    ramp = _moment(np.minimum(inside_x, knee), inside_y, radius) * (steepness / radius) if knee > 0 else 0.0
    beyond = area - _strip(np.minimum(inside_x, knee), inside_y, radius)
    return whole + side * (ramp + beyond)


def _strip(x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"], radius: float) -> Float64[np.ndarray, "n n"]:
    """∫ from 0 to y of min(x, √(R² - u²)) du, for 0 ≤ x ≤ R: y down, x across."""
    turn = np.sqrt(np.maximum(radius**2 - x**2, 0))

    def segment(at: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
        return (at * np.sqrt(np.maximum(radius**2 - at**2, 0)) + radius**2 * np.arcsin(at / radius)) / 2

    height = np.abs(y)[:, None]
    curved = (x * turn - segment(turn))[None, :] + segment(np.abs(y))[:, None]
    result: Float64[np.ndarray, "n n"] = np.sign(y)[:, None] * np.where(height <= turn, x * height, curved)
    return result


def _moment(x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"], radius: float) -> Float64[np.ndarray, "n n"]:
    """∫ from 0 to y of min(x², R² - u²)/2 du, for 0 ≤ x ≤ R."""
    turn = np.sqrt(np.maximum(radius**2 - x**2, 0))

    def segment(at: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
        return radius**2 * at - at**3 / 3

    height = np.abs(y)[:, None]
    curved = (x**2 * turn - segment(turn))[None, :] + segment(np.abs(y))[:, None]
    result: Float64[np.ndarray, "n n"] = np.sign(y)[:, None] * np.where(height <= turn, x**2 * height, curved) / 2
    return result
