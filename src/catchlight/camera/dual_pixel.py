"""Dual pixels: two views of the scene through the left and the right part of the aperture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Float32

from catchlight.camera.lens.disc import disc_kernel
from catchlight.core.errors import ContractError

Values = TypeVar("Values", float, Float[np.ndarray, "..."])

# Disparity of two half discs over their diameter: each half's centroid lies 4/(3π) radii from the middle.
HALF_DISC_SLOPE = 4 / (3 * math.pi)
# The same of two full linear ramps, 1 ± x/R.
RAMP_SLOPE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class DualPixel:
    """How far the two views of a dual-pixel sensor are apart: x(left) - x(right), > 0 for what is nearer than focus.

    disparity_px = slope · (1 + (corner_ratio - 1)·r²) · coc_px + offset_px, with the signed circle of confusion and the
    distance r from the picture's centre over half its diagonal. A real Pixel 4 has 0.232 in the middle and 0.20 in the
    corners (centroids over four standard deviations of the kernels that Xin et al. calibrated), its simulated kernels
    0.233.

    Args:
        slope: pixels of disparity per pixel of the circle of confusion; 4/(3π) = 0.424 where each photodiode sees its
            half of the aperture and nothing else, 0.25 where its sensitivity is a ramp from rim to rim.
        offset_px: disparity of what is in focus; 0 in an ideal camera.
        corner_ratio: slope in the corners over that in the middle.

    Raises:
        ContractError: a slope outside 0…4/(3π) anywhere in the picture, or a number that is not finite.

    Source: the ramp: the kernels of a Pixel 4 of Xin et al. 2021, "Defocus map estimation and deblurring from a single
    dual-pixel image", and of Ghanekar et al. 2024, "Passive snapshot coded aperture dual-pixel RGB-D imaging".
    """

    slope: float = RAMP_SLOPE
    offset_px: float = 0.0
    corner_ratio: float = 1.0

    def __post_init__(self) -> None:
        highest = self.slope * max(self.corner_ratio, 1.0)
        if not (self.slope > 0 and self.corner_ratio > 0 and highest <= HALF_DISC_SLOPE + 1e-9):
            raise ContractError(
                f"a dual pixel's slope is above 0 and at most 4/(3π) = {HALF_DISC_SLOPE:.4f} px per px all over the "
                f"picture; found {self.slope} with a corner ratio of {self.corner_ratio}"
            )
        if not math.isfinite(self.offset_px):
            raise ContractError(f"a dual pixel's offset is finite; found {self.offset_px} px")

    def slope_at(self, field_radius: float = 0.0) -> float:
        """Pixels of disparity per pixel of the circle of confusion at r (0 the middle, 1 the corners)."""
        return self.slope * (1 + (self.corner_ratio - 1) * field_radius**2)

    def disparity_px(self, coc_px: Values, *, field_radius: float = 0.0) -> Values:
        """x(left) - x(right) for signed circles of confusion; arrays keep their float type."""
        return coc_px * self.slope_at(field_radius) + self.offset_px

    def coc_px(self, disparity_px: Values, *, field_radius: float = 0.0) -> Values:
        """Signed circles of confusion that show these disparities; arrays keep their float type."""
        return (disparity_px - self.offset_px) / self.slope_at(field_radius)

    def steepness_at(self, field_radius: float = 0.0) -> float:
        """Steepness of the clipped ramp across the aperture that has this slope; at most 1 is a plain ramp."""
        return ramp_steepness(self.slope_at(field_radius))


def ramp_slope(steepness: float) -> float:
    """Disparity over diameter for sensitivities 1 ± clip(steepness·x/R, -1, 1) across the aperture.

    >>> ramp_slope(1.0), round(ramp_slope(math.inf), 4)
    (0.25, 0.4244)
    """
    if not steepness >= 0:
        raise ContractError(f"a ramp's steepness is ≥ 0; found {steepness}")
    if steepness <= 1:
        return steepness / 4
    # The mean of x·clip(k·x, -1, 1) over the unit disc; the ramp ends at a = 1/k.
    a = 1 / steepness
    rest = math.sqrt(1 - a * a)
    ramp = steepness * (math.asin(a) - a * rest * (1 - 2 * a * a)) / 8 if a > 1e-4 else a * a / 3
    return 4 / math.pi * (ramp + rest**3 / 3)


def ramp_steepness(slope: float) -> float:
    """The inverse of `ramp_slope`; infinity at 4/(3π) and up to a millionth below it."""
    if not 0 <= slope <= HALF_DISC_SLOPE + 1e-9:
        raise ContractError(f"a dual pixel's slope is 0…4/(3π) = {HALF_DISC_SLOPE:.4f}; found {slope}")
    if slope <= RAMP_SLOPE:
        return 4 * slope
    if slope > HALF_DISC_SLOPE - 1e-6:
        return math.inf
    low, high = 1.0, 1e4
    for _ in range(80):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if ramp_slope(middle) < slope else (low, middle)
    return math.sqrt(low * high)


def dual_pixel_kernels(
    dual_pixel: DualPixel, coc_px: float, *, field_radius: float = 0.0
) -> tuple[Float32[np.ndarray, "k k"], Float32[np.ndarray, "k k"]]:
    """Point spread functions of the left and the right view at a signed circle of confusion.

    Each sums to 1. Their centroids are exactly the disparity apart, in focus and below a pixel too: what sampling by
    whole pixels takes from it is given back by linear interpolation. Without an offset their mean is the whole
    aperture's disc. For convolution (`cv2.filter2D` correlates: flip both axes for it).

    Raises:
        ContractError: a circle of confusion that is no number or over 1001 px.
    """
    steepness = math.copysign(dual_pixel.steepness_at(field_radius), coc_px)
    shift = dual_pixel.offset_px / 2
    wanted = (dual_pixel.slope_at(field_radius) * coc_px + dual_pixel.offset_px) / 2
    left = disc_kernel(abs(coc_px), steepness=steepness, centre_px=(shift, 0.0))
    shifted = _with_centroid(left, wanted)
    # The right view is the left one's mirror image, offset included.
    return shifted, np.ascontiguousarray(shifted[:, ::-1])


def _with_centroid(kernel: Float32[np.ndarray, "k k"], wanted_px: float) -> Float32[np.ndarray, "n n"]:
    """The kernel with its centroid along x moved to `wanted_px` by linear interpolation, in a window that holds it."""
    reach = len(kernel) // 2
    found = float(kernel.sum(axis=0, dtype=np.float64) @ np.arange(-reach, reach + 1))
    missing = wanted_px - found
    if abs(missing) < 1e-6:
        return kernel
    wide = np.pad(kernel.astype(np.float64), 1 + int(abs(missing)))
    whole = math.floor(missing)
    part = missing - whole
    moved = (1 - part) * np.roll(wide, whole, axis=1) + part * np.roll(wide, whole + 1, axis=1)
    return (moved / moved.sum()).astype(np.float32)
