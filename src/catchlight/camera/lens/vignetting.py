"""How much darker a lens draws the corners than the middle."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.thin_lens import image_distance_mm
from catchlight.core.errors import ContractError


def illumination(
    lens: Lens, square_radius: Float64[np.ndarray, "..."], *, half_diagonal_mm: float, focus_d: float = 0.0
) -> Float64[np.ndarray, "..."]:
    """Light at r² (r over half the diagonal) over that in the middle: natural fall-off times the polynomial.

    The natural part is cos^p of the angle to the axis behind the lens, tan = r·(half diagonal)/(image distance).

    Raises:
        ContractError: a half diagonal that is not > 0, or focus nearer than the focal length.

    Source: the cosine's fourth power: Born & Wolf, "Principles of optics", 4.8.3.
    """
    if not (math.isfinite(half_diagonal_mm) and half_diagonal_mm > 0):
        raise ContractError(f"half the sensor's diagonal is > 0 mm; found {half_diagonal_mm}")
    square_tangent = square_radius * (half_diagonal_mm / image_distance_mm(lens, focus_d)) ** 2
    natural = (1 + square_tangent) ** (-lens.cos_power / 2)
    polynomial = np.polyval((*reversed(lens.vignetting), 1.0), square_radius)
    result: Float64[np.ndarray, "..."] = natural * polynomial
    return result


def vignetting_map(
    lens: Lens, *, height: int, width: int, pixel_pitch_um: float, focus_d: float = 0.0
) -> Float32[np.ndarray, "{height} {width}"]:
    """`illumination` of every pixel of a sensor whose middle is the lens's axis; multiply linear light by it.

    Raises:
        ContractError: no size, a pitch that is not > 0, or focus nearer than the focal length.
    """
    if height < 1 or width < 1:
        raise ContractError(f"a picture has a size; found {height}×{width}")
    half_px = math.hypot(height, width) / 2
    x = (np.arange(width) + 0.5 - width / 2) / half_px
    y = (np.arange(height) + 0.5 - height / 2) / half_px
    light = illumination(
        lens,
        y[:, None] ** 2 + x[None, :] ** 2,
        half_diagonal_mm=half_px * pixel_pitch_um / 1000,
        focus_d=focus_d,
    )
    return light.astype(np.float32)
