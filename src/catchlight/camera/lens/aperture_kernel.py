"""The blur that rays draw through an aperture of any shape."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError


def aperture_kernel(transmission: Float64[np.ndarray, "n n"], coc_px: float) -> Float32[np.ndarray, "k k"]:
    """The pupil's picture, `coc_px` wide, integrated over every pixel; turned by half a turn behind the focus.

    Args:
        transmission: light that each cell of the pupil lets through, ≥ 0, over -1…1 along both axes.
        coc_px: signed diameter of the whole pupil's blur; > 0 for objects nearer than the focus.

    Returns:
        A point spread function, for convolution: sum 1, odd size.

    Raises:
        ContractError: a dark pupil, a blur that is not finite or over 1001 px.
    """
    if not abs(coc_px) <= 1001:
        raise ContractError(f"a circle of confusion is up to 1001 px wide; found {coc_px}")
    total = float(transmission.sum())
    if not (total > 0 and transmission.min() >= 0):
        raise ContractError("a pupil passes some light and no cell less than none; found otherwise")
    seen = transmission if coc_px >= 0 else transmission[::-1, ::-1]
    radius = max(abs(coc_px), 0.01) / 2
    reach = max(0, math.ceil(radius - 0.5))
    edges = (np.arange(-reach, reach + 2) - 0.5) / radius
    # The integral up to every cell's edge is linear in between: reading it at the pixels' edges is exact.
    integral = np.pad(np.cumsum(np.cumsum(seen, axis=0), axis=1), ((1, 0), (1, 0)))
    at = np.clip((edges + 1) / 2 * len(seen), 0, len(seen))
    low = np.minimum(at.astype(int), len(seen) - 1)
    part = at - low
    rows = integral[low] * (1 - part)[:, None] + integral[low + 1] * part[:, None]
    both = rows[:, low] * (1 - part) + rows[:, low + 1] * part
    kernel = np.maximum(np.diff(np.diff(both, axis=0), axis=1), 0)
    result: Float32[np.ndarray, "k k"] = (kernel / kernel.sum()).astype(np.float32)
    return result
