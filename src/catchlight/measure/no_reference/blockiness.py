"""How much the 8×8 blocks of JPEG compression show in a picture."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError

_BLOCK = 8
# Steps beyond this (8 of 255) are the picture's own edges; counted in full they would drown the blocks' faint ones.
_MOST_STEP = 8 / 255
# A picture without any steps has no blocks; this (a fiftieth of an 8-bit step) keeps the ratio at 1 there.
_LEAST_STEP = 0.02 / 255


def blockiness(encoded: Float32[np.ndarray, "h w"]) -> float:
    """Mean step across the borders of 8×8 blocks over the mean step elsewhere; about 1 in a picture without blocks.

    The grid is looked for at every offset, as a picture may have been cut after it was compressed. Rows and columns are
    judged apart and the lower figure counts: a real grid shows in both, a pattern of the scene rarely does.

    Args:
        encoded: brightness as stored (encoded, not linear: blocks are made there), nominally 0…1; at least 24×24.

    Raises:
        ContractError: a smaller picture.

    Source: after Wang, Bovik and Evan 2000, "Blind measurement of blocking artifacts in images", and Wang, Sheikh and
    Bovik 2002, "No-reference perceptual quality assessment of JPEG compressed images", eq. 1 and 2 (their B over their
    A), here with steps limited so that edges of the scene do not count for more.
    """
    h, w = encoded.shape
    if min(h, w) < 3 * _BLOCK:
        raise ContractError(f"blockiness needs at least {3 * _BLOCK}×{3 * _BLOCK} pixels; found {h}×{w}")
    return min(_ratio(encoded, axis=1), _ratio(encoded, axis=0))


def _ratio(encoded: Float32[np.ndarray, "h w"], *, axis: int) -> float:
    steps = np.minimum(np.abs(np.diff(encoded, axis=axis)), np.float32(_MOST_STEP))
    profile = steps.mean(axis=1 - axis, dtype=np.float64)
    mean = np.array([profile[offset::_BLOCK].mean() for offset in range(_BLOCK)])
    at = int(mean.argmax())
    # The neighbours of a block's border are within blocks; the other seven together are the picture's own steps.
    others = float(np.delete(mean, at).mean())
    return float((mean[at] + _LEAST_STEP) / (others + _LEAST_STEP))
