"""The statistics that natural pictures share: how a pixel and its neighbours spread about their local mean."""

from __future__ import annotations

from functools import cache
from math import lgamma

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError

# Patches of the two scales cover the same part of the picture. Source: Mittal et al. 2013, section II-C.
PATCH_PX = 96
FEATURES = 36
# A covariance of so few patches says nothing; below 2×2 of them the picture is refused.
SMALLEST_PX = 2 * PATCH_PX

# Source: Ruderman 1994 and Mittal et al. 2013, eq. 1 to 3: 7×7 window, C = 1 for values of 0…255.
_WINDOW_PX, _SIGMA_PX, _C, _PEAK = 7, 7 / 6, 1.0, 255.0
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
# A patch with so little local contrast (clipped sky, black) has no statistics but rounding; in units of 0…255.
_FLAT = 0.05


def natural_statistics(
    plane: Float32[np.ndarray, "h w"],
) -> tuple[Float64[np.ndarray, "patches 36"], Float64[np.ndarray, "patches"]]:
    """Features of every 96×96 patch that has any contrast, and the mean local contrast of each.

    The picture is normalised by its local mean and deviation; an asymmetric generalised Gaussian is fitted by its
    moments to the result (2 numbers) and to the products of neighbours in four directions (4 numbers each), at full
    and at half size: 36 numbers. The patches tile the middle of the picture; what is left at its border is not used.

    Args:
        plane: encoded luma, nominally 0…1.

    Returns:
        One row of features a patch, and the patches' mean local deviation (values of 0…255), from top left row by row.

    Raises:
        ContractError: smaller than 192×192, or NaN or infinity.

    Source: Mittal, Soundararajan and Bovik 2013, "Making a 'completely blind' image quality analyzer", eq. 1 to 11.
    """
    h, w = plane.shape
    if min(h, w) < SMALLEST_PX:
        raise ContractError(f"natural statistics need at least {SMALLEST_PX}×{SMALLEST_PX} px; found {h}×{w}")
    rows, columns = h // PATCH_PX, w // PATCH_PX
    top, left = (h - rows * PATCH_PX) // 2, (w - columns * PATCH_PX) // 2
    middle = plane[top : top + rows * PATCH_PX, left : left + columns * PATCH_PX] * np.float32(_PEAK)
    if not np.isfinite(middle).all():
        raise ContractError("natural statistics need finite numbers; found NaN or infinity")
    half = cv2.resize(middle, (middle.shape[1] // 2, middle.shape[0] // 2), interpolation=cv2.INTER_AREA)
    full_features, contrast = _features(middle, PATCH_PX)
    half_features, _ = _features(half, PATCH_PX // 2)
    features = np.concatenate([full_features, half_features], axis=1)
    usable = (contrast > _FLAT) & np.isfinite(features).all(axis=1)
    return features[usable], contrast[usable]


def _features(
    picture: Float32[np.ndarray, "h w"], size: int
) -> tuple[Float64[np.ndarray, "patches 18"], Float64[np.ndarray, "patches"]]:
    mean = _local_mean(picture)
    deviation = np.sqrt(np.abs(_local_mean(picture * picture) - mean * mean))
    normal = (picture - mean) / (deviation + np.float32(_C))
    shape, below, above, _ = _fit(_patches(normal, size))
    columns = [shape, (below + above) / 2]
    for down, across in _NEIGHBOURS:
        product = normal * np.roll(normal, (-down, -across), (0, 1))
        shape, below, above, offset = _fit(_patches(product, size))
        columns += [shape, offset, below, above]
    return np.stack(columns, axis=1), _patches(deviation, size).mean(axis=1, dtype=np.float64)


def _local_mean(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    smooth: Float32[np.ndarray, "h w"] = cv2.GaussianBlur(
        plane, (_WINDOW_PX, _WINDOW_PX), _SIGMA_PX, borderType=cv2.BORDER_REPLICATE
    )
    return smooth


def _patches(plane: Float32[np.ndarray, "h w"], size: int) -> Float32[np.ndarray, "patches pixels"]:
    h, w = plane.shape
    tiles = plane.reshape(h // size, size, w // size, size).swapaxes(1, 2)
    return tiles.reshape(-1, size * size)


@cache
def _shapes() -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Shapes 0.2…10 and ρ(shape) = Γ(2/a)² / (Γ(1/a) Γ(3/a)), which rises with the shape."""
    shapes = np.arange(0.2, 10.0005, 0.001)
    ratios = [np.exp(2 * lgamma(2 / a) - lgamma(1 / a) - lgamma(3 / a)) for a in shapes]
    return shapes, np.array(ratios)


def _fit(
    values: Float32[np.ndarray, "patches pixels"],
) -> tuple[
    Float64[np.ndarray, "patches"],
    Float64[np.ndarray, "patches"],
    Float64[np.ndarray, "patches"],
    Float64[np.ndarray, "patches"],
]:
    """Shape, left and right scale and mean of an asymmetric generalised Gaussian, by its moments.

    Source: Lasmar, Stitou and Berthoumieu 2009, "Multiscale skewed heavy-tailed model for texture analysis", sec. 2.
    """
    squares = np.square(values, dtype=np.float64)
    negative = values < 0
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.sqrt(np.sum(squares, axis=1, where=negative) / negative.sum(axis=1))
        positive = values > 0
        right = np.sqrt(np.sum(squares, axis=1, where=positive) / positive.sum(axis=1))
        skew = left / right
        spread = np.abs(values).mean(axis=1, dtype=np.float64) ** 2 / squares.mean(axis=1)
        ratio = spread * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shapes, ratios = _shapes()
    shape = np.interp(ratio, ratios, shapes)
    log_gamma = np.array([[lgamma(k / a) for k in (1, 2, 3)] for a in np.where(np.isfinite(shape), shape, 1.0)])
    scale = np.exp((log_gamma[:, 0] - log_gamma[:, 2]) / 2)
    below, above = left * scale, right * scale
    offset = (above - below) * np.exp(log_gamma[:, 1] - log_gamma[:, 0])
    return shape, below, above, offset
