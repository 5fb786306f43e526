"""A first, soft picture of a mosaic with any filters: what each colour's samples say around every place."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.camera import interpolate_cfa
from catchlight.camera.sensor.binning import bin_quad
from catchlight.core import LinearMosaic

# Deviation of the Gaussian, in photosites: wide enough that the colours' lattices no longer show in their means
# (measured on photos through an X-Trans sensor); one colour alone needs next to none.
_SIGMA_PX, _SIGMA_MONO_PX = 2.5, 1.0
# Blocks of one colour, photosites on a side.
_BLOCK = {"QUAD": 2, "NONA": 3}


def coarse_colours(mosaic: LinearMosaic) -> Float32[np.ndarray, "h w 3"]:
    """All three colours at every place, without detail of the size of a photosite.

    Blocks of one colour are binned to a Bayer mosaic, which is interpolated and enlarged; elsewhere by normalised
    convolution (Knutsson & Westin 1993) of each colour's samples.
    """
    cfa, (h, w) = mosaic.cfa, mosaic.shape
    block = _BLOCK.get(cfa.name[:4], 1)
    if block > 1 and cfa.origin == (0, 0):
        side = 2 * block
        # The last rows and columns may not fill a tile.
        whole = mosaic.values[: h // side * side, : w // side * side]
        binned, bayer = bin_quad(whole, cfa)
        variance = mosaic.typical_variance() / block**2
        small = interpolate_cfa(binned, bayer, noise_variance=variance)
        rgb = cv2.resize(small, whole.shape[::-1], interpolation=cv2.INTER_CUBIC)
        return np.pad(rgb, ((0, h - rgb.shape[0]), (0, w - rgb.shape[1]), (0, 0)), mode="edge")
    sigma = _SIGMA_MONO_PX if cfa.name == "MONO" else _SIGMA_PX * block
    colours = cfa.colour_map(h, w)
    out = np.empty((h, w, 3), np.float32)
    for c in range(3):
        mask = (colours == c).astype(np.float32)
        if not mask.any():
            continue
        out[..., c] = cv2.GaussianBlur(mosaic.values * mask, (0, 0), sigma)
        out[..., c] /= cv2.GaussianBlur(mask, (0, 0), sigma)
    if cfa.name == "MONO":
        out[..., 0] = out[..., 2] = out[..., 1]
    return out
