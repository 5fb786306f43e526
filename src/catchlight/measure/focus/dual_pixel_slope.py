"""The slope of a dual pixel from pictures at known defocus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.dual_pixel_fit import DualPixelFit, fit_dual_pixel
from catchlight.core.errors import ContractError
from catchlight.measure.focus.dual_pixel_disparity import disparity_between

Patch = Float32[np.ndarray, "_ _"]

# Each round leaves at most a third of the slope's error; eight leave less than a thousandth.
_ROUNDS = 8
_CLOSE_ENOUGH = 1e-3
# Patches below this confidence are left out: there, another match is about as good as the best.
_LEAST_CONFIDENCE = 0.3


def measure_dual_pixel(
    pairs: Sequence[tuple[Patch, Patch]],
    coc_px: Float64[np.ndarray, "n"],
    *,
    field_radius: Float64[np.ndarray, "n"] | None = None,
    largest_px: float = 16.0,
) -> DualPixelFit:
    """Slope and offset from left and right views of textured patches whose circles of confusion are known.

    How far apart two views look depends on the shape of their kernels, and that on the slope; so the disparities are
    measured again with every fitted slope until it stays.

    Args:
        pairs: left and right view of each patch.
        coc_px: signed circle of confusion of each; > 0 is nearer than the focus.
        field_radius: distance of each from the picture's centre over half the diagonal; given, the corner ratio is
            fitted too.
        largest_px: largest disparity to look for.

    Raises:
        ContractError: as many defocus values as patches are not there, too few patches with texture, or a line that no
            dual pixel has.
    """
    if len(pairs) != len(coc_px):
        raise ContractError(f"every patch has a circle of confusion; found {len(pairs)} and {len(coc_px)}")
    dual_pixel = DualPixel()
    fit = None
    for _ in range(_ROUNDS):
        found = [disparity_between(a, b, largest_px=largest_px, dual_pixel=dual_pixel) for a, b in pairs]
        confidence = np.array([f.confidence for f in found])
        good = confidence >= _LEAST_CONFIDENCE
        if good.sum() < 4:
            raise ContractError(
                f"a slope needs four patches with texture that both views show; found {int(good.sum())} of {len(pairs)}"
            )
        fit = fit_dual_pixel(
            coc_px[good],
            np.array([f.px for f in found])[good],
            weight=confidence[good],
            field_radius=None if field_radius is None else field_radius[good],
        )
        change = abs(fit.dual_pixel.slope / dual_pixel.slope - 1)
        # The kernels are those of the middle: the field enters through the line alone.
        dual_pixel = DualPixel(slope=fit.dual_pixel.slope, offset_px=fit.dual_pixel.offset_px)
        if change < _CLOSE_ENOUGH:
            break
    assert fit is not None
    return fit
