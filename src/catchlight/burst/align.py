"""Alignment of one frame with the reference: the whole, then the tiles."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.burst.align_global import estimate_rigid
from catchlight.burst.align_tiles import refine_tiles
from catchlight.burst.alignment import Alignment

Pyramid = list[Float32[np.ndarray, "_ _"]]


def align(reference: Pyramid, frame: Pyramid, *, noise_variance: float) -> Alignment:
    """Global shift and rotation, refined by tiles.

    Args:
        reference: grey pyramid of the reference, as `grey_pyramid` makes it.
        frame: that of the other frame.
        noise_variance: variance of the noise in the finest grey picture.
    """
    affine, correlation = estimate_rigid(reference[0], frame[0], scale=2.0)
    return refine_tiles(reference, frame, affine, noise_sigma=float(np.sqrt(noise_variance)), correlation=correlation)
