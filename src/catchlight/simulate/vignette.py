"""Fewer photons in the corners."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32


def vignette(shape: tuple[int, int], *, corner_light: float) -> Float32[np.ndarray, "h w"]:
    """Light at every pixel as a share of that on the axis, by the cos⁴ law.

    Args:
        shape: height and width in pixels; the axis is in the middle.
        corner_light: the share in the corners, over 0 and up to 1.

    Source: Kingslake 1992, "Optics in Photography", chapter 6 (cos⁴ law of illumination).
    """
    h, w = shape
    y, x = (np.arange(side) + 0.5 - side / 2 for side in (h, w))
    # cos⁴ = 1 / (1 + tan²)²: tan² grows with the square of the distance and gives `corner_light` at the corner.
    tan2_corner = corner_light**-0.5 - 1
    tan2 = tan2_corner * (y[:, None] ** 2 + x**2) / ((h / 2) ** 2 + (w / 2) ** 2)
    falloff: Float32[np.ndarray, "h w"] = (1 / (1 + tan2) ** 2).astype(np.float32)
    return falloff
