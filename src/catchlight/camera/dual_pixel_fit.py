"""Dual-pixel slope and offset from measured disparities or from measured kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from catchlight.camera.dual_pixel import HALF_DISC_SLOPE, DualPixel
from catchlight.core.errors import ContractError

# Perfectly parted halves, measured, may come out a little above what is possible: twice what one per cent of error in
# the circle of confusion, or in the disparity, makes of it.
_ABOVE_HALF_DISCS = 1.02


@dataclass(frozen=True, slots=True, kw_only=True)
class DualPixelFit:
    """A dual pixel with what is known about how well it fits.

    Args:
        dual_pixel: slope, offset and corner ratio.
        slope_sd: standard error of the slope.
        offset_sd_px: standard error of the offset.
        residual_px: rms of what the line leaves.
    """

    dual_pixel: DualPixel
    slope_sd: float
    offset_sd_px: float
    residual_px: float


def kernel_disparity_px(left: Float[np.ndarray, "*n k k"], right: Float[np.ndarray, "*n k k"]) -> np.ndarray:
    """x(left) - x(right) of the centroids of two kernels, or of every pair of two stacks; float64.

    Raises:
        ContractError: shapes that differ, or a kernel whose sum is not > 0.
    """
    if left.shape != right.shape or left.ndim < 2:
        raise ContractError(f"left and right kernels share one shape; found {left.shape} and {right.shape}")
    columns = np.arange(left.shape[-1])

    def centroid(kernels: Float[np.ndarray, "*n k k"]) -> np.ndarray:
        profile = kernels.sum(axis=-2, dtype=np.float64)
        total = profile.sum(axis=-1)
        if not (total > 0).all():
            raise ContractError("a kernel's sum is > 0; found one that is not")
        return np.asarray(profile @ columns / total)

    return np.asarray(centroid(left) - centroid(right))


def fit_dual_pixel(
    coc_px: Float64[np.ndarray, "n"],
    disparity_px: Float64[np.ndarray, "n"],
    *,
    weight: Float64[np.ndarray, "n"] | None = None,
    field_radius: Float64[np.ndarray, "n"] | None = None,
) -> DualPixelFit:
    """The line through disparities against signed circles of confusion, by least squares.

    Args:
        coc_px: signed diameters; > 0 is nearer than the focus.
        disparity_px: x(left) - x(right).
        weight: how much each counts (1/variance up to a factor); None: all the same.
        field_radius: distance of each from the picture's centre over half the diagonal; given, the corner ratio is
            fitted too, otherwise it is 1.

    Raises:
        ContractError: fewer than three measurements (four with a field), no spread in defocus, NaN, or a slope that no
            dual pixel has: below 0, the views are swapped; above 0.424, circles of confusion of another unit.
    """
    unknowns = 2 if field_radius is None else 3
    weights = np.ones_like(coc_px) if weight is None else weight
    if len(coc_px) != len(disparity_px) or len(coc_px) != len(weights) or len(coc_px) <= unknowns:
        raise ContractError(f"a fit needs {unknowns + 1} pairs of defocus and disparity or more; found {len(coc_px)}")
    columns = [coc_px, np.ones_like(coc_px)]
    if field_radius is not None:
        columns.append(coc_px * field_radius**2)
    design = np.stack(columns, axis=1)
    if not (np.isfinite(design).all() and np.isfinite(disparity_px).all() and (weights >= 0).all()):
        raise ContractError("defocus, disparity and weights are finite, weights ≥ 0; found others")
    root = np.sqrt(weights)
    if np.linalg.matrix_rank(design * root[:, None]) < unknowns:
        raise ContractError("a slope needs measurements at different defocus (and field); found them all at one")
    solution = np.linalg.lstsq(design * root[:, None], disparity_px * root, rcond=None)[0]
    left_over = disparity_px - design @ solution
    variance = float(weights @ left_over**2) / (len(coc_px) - unknowns)
    spread = np.sqrt(np.diag(np.linalg.inv(design.T @ (design * weights[:, None]))) * variance)
    slope, offset = float(solution[0]), float(solution[1])
    if not slope > 0:
        raise ContractError(
            f"disparity grows as the object comes nearer; found a slope of {slope:.3f}: exchange left and right, "
            "or the sign of the defocus"
        )
    ratio = 1.0 if field_radius is None else 1 + float(solution[2]) / slope
    if slope <= _ABOVE_HALF_DISCS * HALF_DISC_SLOPE:
        slope = min(slope, HALF_DISC_SLOPE)
    return DualPixelFit(
        dual_pixel=DualPixel(slope=slope, offset_px=offset, corner_ratio=ratio),
        slope_sd=float(spread[0]),
        offset_sd_px=float(spread[1]),
        residual_px=float(np.sqrt(np.average(left_over**2, weights=weights))),
    )
