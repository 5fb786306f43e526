"""Motion that bands of flicker do not pull: the bands move with the lamp, not with the camera."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import gaussian_filter1d

from catchlight.burst.align.global_motion import estimate_affine

# Rows' light is smoothed over this share of the height, the width of the narrowest band's tenth (see `flicker`).
_SMOOTH = 1 / 120
# Rows darker than this share of the mean row are brightened no more: they hold mostly noise.
_DARKEST = 0.05


def affine_without_rows(
    reference: Float32[np.ndarray, "h w"], frame: Float32[np.ndarray, "h w"], *, noise_variance: float
) -> tuple[Float64[np.ndarray, "2 3"], float]:
    """Global motion of two grey pictures after every row of both is made as bright as the others.

    What whole rows share is lost for the match: flicker, and a little of the picture. Meant as a first step where bands
    are seen: with the bands told and evened out, align the pictures themselves.

    Args:
        reference: half-size grey picture, linear.
        frame: the other, of the same size.
        noise_variance: of one of its pixels.

    Returns:
        `frame_from_reference` in pixels of the mosaic, centres at 0.5, and the correlation it reaches.
    """
    return estimate_affine(_flat(reference), _flat(frame), scale=2.0, noise_variance=noise_variance)


def _flat(picture: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    rows = picture.mean(axis=1, dtype=np.float64)
    mean = max(float(rows.mean()), 1e-9)
    smooth = gaussian_filter1d(rows, max(_SMOOTH * len(rows), 1.0), mode="nearest")
    return picture * (mean / np.maximum(smooth, _DARKEST * mean)).astype(np.float32)[:, None]
