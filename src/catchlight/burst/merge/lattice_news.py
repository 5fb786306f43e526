"""How much of a scene the frames of a shaken burst see that one mosaic does not."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.burst.alignment import Alignment


def lattice_news(alignment: Alignment) -> Float32[np.ndarray, "rows columns"]:
    """How far a frame's colour lattice lies from the reference's at every tile: 0 coincides, 1 half a sample or more.

    A frame that is shifted by whole 2×2 tiles sees the same colours at the same places and tells nothing new.
    """
    vectors = alignment.at_tiles().vectors
    apart = vectors - 2 * np.round(vectors / 2)
    return np.minimum(np.hypot(apart[..., 0], apart[..., 1]) * np.float32(2), np.float32(1))
