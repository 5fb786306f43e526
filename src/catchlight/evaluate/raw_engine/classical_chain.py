"""Catchlight's own chain without an engine: noise off the mosaic, demosaic, colours cleaned."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.camera import interpolate_mosaic
from catchlight.core import LinearMosaic
from catchlight.develop import chroma_noise, clean_chroma, denoise_mosaic

Picture = Float32[np.ndarray, "h w 3"]
CHAIN = "catchlight chain"


def classical_chain(mosaic: LinearMosaic) -> Picture:
    """Linear, white-balanced camera RGB of a frame or a merge, as `develop` makes it at its usual strength.

    The refinement from the single frames of a shaken burst is no part of it.
    """
    return clean_chroma(interpolate_mosaic(denoise_mosaic(mosaic)), chroma_noise(mosaic))
