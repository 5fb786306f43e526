"""The one grey plane that metrics look at."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError

# Source: ITU-R BT.601-7, section 2.5.1; what MATLAB's rgb2gray uses, on which GMSD and NIQE were published.
_BT601 = np.array([0.299, 0.587, 0.114], np.float32)


def luma(picture: Float32[np.ndarray, "h w *c"]) -> Float32[np.ndarray, "h w"]:
    """Luma of an encoded RGB picture, by the weights of BT.601; a plane is returned as it is.

    Raises:
        ContractError: neither h×w nor h×w×3.

    >>> float(luma(np.ones((1, 1, 3), np.float32))[0, 0])
    1.0
    """
    if picture.ndim == 2:
        return picture
    if picture.ndim != 3 or picture.shape[2] != 3:
        raise ContractError(f"luma is of a plane or an RGB picture, h×w or h×w×3; found {picture.shape}")
    return picture @ _BT601
