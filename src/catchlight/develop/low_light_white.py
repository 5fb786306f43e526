"""Warm lamps in the dark: the eye adapts to them in part only, and a photo that hides them looks like an office."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from catchlight.core import ColourSpace
from catchlight.core.camera_colour import cct_k_from_xy
from catchlight.core.colour import WHITE_D65, Chromaticity, adaptation, matrix
from catchlight.develop.plausible_lights import light_xy

# Surround factor F of the model: 1 with an average surround, 0.8 with a dark one (CIE 159:2004, table 1). In between
# from the mean luminance of a lit street at night to that of a room in daylight (light values 3 and 9).
_F_DARK, _F_AVERAGE, _DARK_CD_M2, _AVERAGE_CD_M2 = 0.8, 1.0, 1.0, 64.0
_NEUTRAL_CCT_K = 6504.0


def degree_of_adaptation(luminance_cd_m2: float) -> float:
    """How far an eye in surroundings of this mean luminance takes the light for white, 0…1.

    Source: CIE 159:2004 (CIECAM02), D = F · (1 − exp((−L − 42) / 92) / 3.6).

    >>> [round(degree_of_adaptation(l), 2) for l in (0.1, 1.0, 64.0, 1000.0)]
    [0.66, 0.66, 0.91, 1.0]
    """
    bright = math.log(max(luminance_cd_m2, 1e-6) / _DARK_CD_M2) / math.log(_AVERAGE_CD_M2 / _DARK_CD_M2)
    factor = _F_DARK + (_F_AVERAGE - _F_DARK) * min(max(bright, 0.0), 1.0)
    return factor * (1 - math.exp((-luminance_cd_m2 - 42) / 92) / 3.6)


def shown_white(scene_white: Chromaticity, *, luminance_cd_m2: float, warmth: float = 1.0) -> Chromaticity:
    """Chromaticity in which white surfaces of a dim scene under a warm light are shown; D65 under any other light.

    Only warmth is kept: the green of fluorescent lamps and LEDs goes.

    Args:
        scene_white: of the light.
        luminance_cd_m2: mean of the scene.
        warmth: share of what the eye would keep, 0…1.
    """
    cct_k = cct_k_from_xy(scene_white)
    kept = warmth * (1 - degree_of_adaptation(luminance_cd_m2))
    if cct_k >= _NEUTRAL_CCT_K or kept <= 0:
        return WHITE_D65
    lamp, neutral = light_xy(cct_k), light_xy(_NEUTRAL_CCT_K)
    return WHITE_D65[0] + kept * (lamp[0] - neutral[0]), WHITE_D65[1] + kept * (lamp[1] - neutral[1])


def tint(white: Chromaticity) -> Float64[np.ndarray, "3 3"]:
    """Linear sRGB → linear sRGB that shows white as `white`, as bright as before."""
    xyz = matrix(ColourSpace.XYZ_D65, ColourSpace.SRGB)
    result: Float64[np.ndarray, "3 3"] = np.linalg.solve(xyz, adaptation(WHITE_D65, white) @ xyz)
    return result
