"""The colours that one mosaic leaves out, from the other frames of a shaken burst."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import GREEN, ContractError, LinearMosaic
from catchlight.core.bands import for_bands
from catchlight.develop.denoise_dct import shrink_blocks

# The two estimates share most of their noise; their difference has about this part of the merged mosaic's (measured on
# simulated bursts, as the value that gives the best result at gains 0.3 to 16).
_NOISE_PART = 0.06
_LAMBDA = 2.0


def add_burst_detail(
    rgb: Float32[np.ndarray, "h w 3"], merged: LinearMosaic, *, in_place: bool = False
) -> Float32[np.ndarray, "h w 3"]:
    """Adds to a demosaiced picture what the burst knows better: shake moved other colours over every site.

    Demosaicing the merged mosaic guesses two of three colours from the neighbourhood. The mean of the frames, each
    interpolated on its own lattice, makes that guess at other places in every frame, so their errors average out. The
    difference of the two, `merged.detail`, is cleaned like any noisy picture (see `shrink_blocks`) and added.

    Args:
        rgb: the merged mosaic after noise removal and demosaicing.
        merged: the merge itself, with `detail` and `share`.
        in_place: write the result into `rgb`, which the caller gives up.

    Source: the observation that hand shake replaces demosaicing, Wronski et al. 2019, "Handheld multi-frame
    super-resolution", section 4; the way taken here is our own.
    """
    if merged.detail is None or merged.share is None:
        raise ContractError("detail comes from a merged, shaken burst; this mosaic has none")
    h, w = merged.shape
    if min(h, w) < 16:
        return rgb
    out = rgb if in_place else rgb.copy()
    green = merged.cfa.half_size_green(merged.values)
    variance = merged.noise.variance_map(np.maximum(cv2.blur(green, (3, 3)), 0), channel=GREEN)
    variance *= merged.share * np.float32(_NOISE_PART)
    variance += np.float32(1e-12)
    for c in range(3):
        plane = np.ascontiguousarray(merged.detail[..., c])
        clean = shrink_blocks(plane, variance, threshold=_LAMBDA, stride=8)
        for_bands(partial(_add, out[..., c], clean), h)
    return out


def _add(out: Float32[np.ndarray, "h w"], more: Float32[np.ndarray, "h w"], top: int, bottom: int) -> None:
    out[top:bottom] += more[top:bottom]
