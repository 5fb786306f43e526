"""Alignment of one frame with the reference: the whole, then the tiles."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.burst.align.equal_exposure import as_bright, equally_exposed
from catchlight.burst.align.global_motion import MIN_CORRELATION, estimate_affine
from catchlight.burst.align.tiles import refine_tiles
from catchlight.burst.alignment import Alignment

Pyramid = list[Float32[np.ndarray, "_ _"]]


def align(
    reference: Pyramid, frame: Pyramid, *, noise_variance: float, full: tuple[float, float] | None = None
) -> Alignment:
    """Global motion (shift and rotation, zoom and shear where needed), refined by tiles.

    Args:
        reference: grey pyramid of the reference, as `grey_pyramid` makes it.
        frame: that of the other frame, brought to about the reference's brightness.
        noise_variance: variance of the noise in the finest grey picture.
        full: values of a full photosite of the reference and of the frame, for frames of other exposures: what is full
            in either is full in both then. None: both are full at the same value.

    Finds shifts up to a quarter of the picture, rotations to 12°, zooms from 0.86 to 1.16, layers that move against
    each other by up to about 48 px, the shear and the wobble of a rolling shutter. `catchlight.burst.align_verdict`
    tells whether the frames belong together.
    """
    still, moved = reference, frame
    if full is not None:
        still, moved = equally_exposed(reference, frame, full)
    affine, correlation = estimate_affine(still[0], moved[0], scale=2.0, noise_variance=noise_variance)
    if correlation >= MIN_CORRELATION:
        moved = as_bright(still, moved, affine)
    return refine_tiles(still, moved, affine, noise_sigma=float(np.sqrt(noise_variance)), correlation=correlation)
