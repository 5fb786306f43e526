"""The colour of the light on a scene, and what a camera sees of it."""

from __future__ import annotations

from catchlight.core.camera_colour import CameraColour, Triple
from catchlight.core.colour import Chromaticity, xyz_from_xy
from catchlight.core.errors import ContractError


def white_xy(cct_k: float) -> Chromaticity:
    """CIE xy of a black body of 1667 to 25000 K.

    Source: Kim et al. 2006, US patent 7024034 B2 (cubic splines of the Planckian locus).

    >>> [round(v, 3) for v in white_xy(2856.0)]
    [0.447, 0.408]
    """
    if not 1667 <= cct_k <= 25000:
        raise ContractError(f"a colour temperature lies in 1667…25000 K; found {cct_k}")
    t = 1000 / cct_k
    if cct_k <= 4000:
        x = ((-0.2661239 * t - 0.2343589) * t + 0.8776956) * t + 0.179910
    else:
        x = ((-3.0258469 * t + 2.1070379) * t + 0.2226347) * t + 0.240390
    if cct_k <= 2222:
        y = ((-1.1063814 * x - 1.34811020) * x + 2.18555832) * x - 0.20219683
    elif cct_k <= 4000:
        y = ((-0.9549476 * x - 1.37418593) * x + 2.09137015) * x - 0.16748867
    else:
        y = ((3.0817580 * x - 5.87338670) * x + 3.75112997) * x - 0.37001483
    return x, y


def neutral_under(colour: CameraColour, *, cct_k: float) -> Triple:
    """Camera RGB of a white surface under a black body of `cct_k`, green 1; (1, 1, 1) for a camera without matrices."""
    white = white_xy(cct_k)
    camera = colour.camera_from_xyz(white)
    if camera is None:
        return 1.0, 1.0, 1.0
    red, green, blue = (float(v) for v in camera @ xyz_from_xy(white))
    return red / green, 1.0, blue / green
