"""The lights that people photograph by, and how likely each is, as one camera sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core import CameraColour
from catchlight.core.colour import Chromaticity, xyz_from_xy

# Candles and sodium lamps to open shade, in mired; LED and fluorescent lamps lie above the locus (greenish), hardly
# any light lies far below it. Lamps are the rule at night, hence the middle at 4200 K.
_WARMEST_MIRED, _COLDEST_MIRED, _MIDDLE_MIRED, _SPREAD_MIRED = 526.0, 111.0, 240.0, 180.0
_DUV_FROM, _DUV_TO, _DUV_MIDDLE, _DUV_SPREAD = -0.006, 0.024, 0.004, 0.010
_TEMPERATURES, _OFFSETS = 28, 9
# A light without any blue would ask for an endless gain.
_LEAST = 0.02


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlausibleLights:
    """A grid of lights.

    Args:
        log_neutral: log of (red / green, blue / green) that the camera sees on a white surface.
        log_prior: log of how likely each light is, up to a constant.
    """

    log_neutral: Float64[np.ndarray, "n 2"]
    log_prior: Float64[np.ndarray, "n"]


def plausible_lights(colour: CameraColour) -> PlausibleLights | None:
    """Lights near the black-body locus through the camera's matrices; None for a camera without any."""
    if colour.matrix_1 is None and colour.matrix_2 is None:
        return None
    logs: list[tuple[float, float]] = []
    prior: list[float] = []
    for mired in np.linspace(_COLDEST_MIRED, _WARMEST_MIRED, _TEMPERATURES):
        for duv in np.linspace(_DUV_FROM, _DUV_TO, _OFFSETS):
            white = light_xy(1e6 / float(mired), duv=float(duv))
            camera = colour.camera_from_xyz(white)
            assert camera is not None
            red, green, blue = (float(v) for v in camera @ xyz_from_xy(white))
            if not green > 0:
                continue
            logs.append((float(np.log(max(red / green, _LEAST))), float(np.log(max(blue / green, _LEAST)))))
            temperature, offset = (mired - _MIDDLE_MIRED) / _SPREAD_MIRED, (duv - _DUV_MIDDLE) / _DUV_SPREAD
            prior.append(float(-0.5 * (temperature**2 + offset**2)))
    return PlausibleLights(log_neutral=np.array(logs), log_prior=np.array(prior)) if logs else None


def light_xy(cct_k: float, *, duv: float = 0.0) -> Chromaticity:
    """CIE xy of a light of 1000…15000 K that lies `duv` above the black-body locus (CIE 1960 uv; > 0 is greenish).

    Source: Krystek 1985, "An algorithm to calculate correlated colour temperature", eqs. 5 and 6.

    >>> [round(v, 3) for v in light_xy(2856.0)]
    [0.448, 0.408]
    """
    u, v = _locus_uv(cct_k)
    before, after = _locus_uv(cct_k * 0.999), _locus_uv(cct_k * 1.001)
    along = np.hypot(after[0] - before[0], after[1] - before[1])
    # The normal that points to larger v, where green lies.
    u += duv * (after[1] - before[1]) / along
    v += duv * (before[0] - after[0]) / along
    scale = 2 * u - 8 * v + 4
    return float(3 * u / scale), float(2 * v / scale)


def _locus_uv(cct_k: float) -> tuple[float, float]:
    t = cct_k
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    return u, v
