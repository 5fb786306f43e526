"""Alignment that bands of flicker do not pull: the motion of the lamp's bands is not that of the camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32
from scipy.ndimage import gaussian_filter1d

from catchlight.burst.align import align
from catchlight.burst.alignment import Alignment

# Rows' light is smoothed over this share of the height, the width of the narrowest band's tenth (see `flicker`).
_SMOOTH = 1 / 120
# Rows darker than this share of the mean row are brightened no more: they hold mostly noise.
_DARKEST = 0.05

Pyramid = Sequence[Float32[np.ndarray, "_ _"]]


def align_without_rows(reference: Pyramid, frame: Pyramid, *, noise_variance: float) -> Alignment:
    """Aligns two grey pyramids after every row of both is made as bright as the others.

    What whole rows share is lost for the match: flicker, and a little of the picture. Meant as a first step where bands
    are seen: with the bands told and evened out, align the pictures themselves.

    Args:
        reference: grey pyramid, linear, finest level first.
        frame: the other, of the same shapes.
        noise_variance: of the finest level.

    Returns:
        `frame_from_reference` of the finest level, as `align` gives it.
    """
    return align(_flat(reference), _flat(frame), noise_variance=noise_variance)


def _flat(pyramid: Pyramid) -> list[Float32[np.ndarray, "_ _"]]:
    flat = []
    for level in pyramid:
        rows = level.mean(axis=1, dtype=np.float64)
        mean = max(float(rows.mean()), 1e-9)
        smooth = gaussian_filter1d(rows, max(_SMOOTH * len(rows), 1.0), mode="nearest")
        flat.append(level * (mean / np.maximum(smooth, _DARKEST * mean)).astype(np.float32)[:, None])
    return flat
