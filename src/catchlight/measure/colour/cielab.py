"""CIE L*a*b*: colours as people tell them apart."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float

from catchlight.core.colour import ColourSpace, convert, xyz_from_xy
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame

LabWhite = Literal["D65", "D50"]
_SPACES = {"D65": ColourSpace.XYZ_D65, "D50": ColourSpace.XYZ_D50}
# The intersection of the cube root with its tangent, as exact fractions (CIE 15:2018, section 8.2.1).
_EPSILON, _SLOPE = (6 / 29) ** 3, (29 / 6) ** 2 / 3


def lab_from_xyz(xyz: Float[np.ndarray, "*shape 3"], *, white: LabWhite = "D65") -> Float[np.ndarray, "*shape 3"]:
    """L*a*b* of CIE XYZ relative to a white of Y = 1.

    Args:
        xyz: tristimulus values; a perfect white has Y = 1. Negative values (noise, gamut) go through the linear part.
        white: the reference white that `xyz` is under; no adaptation happens here.

    Returns:
        L* 0…100 for a surface, a* (green to red), b* (blue to yellow); same shape and float type.

    Source: CIE 15:2018, section 8.2.1.1, eq. 8.3 to 8.8.

    >>> float(lab_from_xyz(np.array([0.95047, 1.0, 1.08883]) * 0.184187)[0].round(2))
    50.0
    """
    ratio = xyz / xyz_from_xy(_SPACES[white].white).astype(xyz.dtype)
    bent = np.where(ratio > _EPSILON, np.cbrt(ratio), _SLOPE * ratio + 4 / 29).astype(xyz.dtype)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_from_rgb(
    linear: Float[np.ndarray, "*shape 3"], *, space: ColourSpace = ColourSpace.SRGB, white: LabWhite = "D65"
) -> Float[np.ndarray, "*shape 3"]:
    """L*a*b* of linear RGB, diffuse white 1; adapted with Bradford when the space's white is another.

    Raises:
        ContractError: camera RGB, which has no fixed place among the colours.
    """
    if space is ColourSpace.CAMERA:
        raise ContractError("L*a*b* needs a colour space with known primaries; found camera RGB; convert it first")
    return lab_from_xyz(convert(linear, target=_SPACES[white], source=space), white=white)


def lab_from_frame(frame: Frame, *, white: LabWhite = "D65") -> Float[np.ndarray, "h w 3"]:
    """L*a*b* of every pixel of a frame of any colour space and transfer curve; its value 1 is the white.

    Raises:
        ContractError: as `lab_from_rgb`.
    """
    return lab_from_rgb(frame.to_linear(), space=frame.space, white=white)
