"""How bright light of any colour is."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from catchlight.core.colour import ColourSpace, matrix


def luminance(linear: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape"]:
    """CIE Y of linear sRGB (0.2126 R + 0.7152 G + 0.0722 B), white 1; same float type.

    Source: IEC 61966-2-1:1999, by the primaries of ITU-R BT.709.

    >>> luminance(np.eye(3)).round(4).tolist()
    [0.2126, 0.7152, 0.0722]
    """
    weights = matrix(ColourSpace.XYZ_D65, ColourSpace.SRGB)[1]
    return np.asarray(linear @ weights.astype(linear.dtype))
