import math

import numpy as np
import pytest

from catchlight.core import CameraColour
from catchlight.core.camera_colour import cct_k_from_xy
from catchlight.develop.plausible_lights import light_xy, plausible_lights

# D65 by Bradford-free sRGB primaries: a camera that sees linear sRGB.
SRGB_FROM_XYZ = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))


def _uv(xy: tuple[float, float]) -> np.ndarray:
    scale = -2 * xy[0] + 12 * xy[1] + 3
    return np.array([4 * xy[0], 6 * xy[1]]) / scale


@pytest.mark.parametrize("cct_k", [1900.0, 2856.0, 4000.0, 6504.0, 9000.0])
def test_the_locus_agrees_with_colour_science(cct_k: float) -> None:
    colour = pytest.importorskip("colour")
    assert _uv(light_xy(cct_k)) == pytest.approx(colour.CCT_to_uv([cct_k, 0.0], method="Robertson 1968"), abs=4e-4)
    assert cct_k_from_xy(light_xy(cct_k)) == pytest.approx(cct_k, rel=0.03)


@pytest.mark.parametrize("cct_k", [2000.0, 4000.0, 8000.0])
def test_greenish_lights_lie_above_the_locus_at_their_distance(cct_k: float) -> None:
    plain, green = _uv(light_xy(cct_k)), _uv(light_xy(cct_k, duv=0.01))
    assert math.dist(plain, green) == pytest.approx(0.01, rel=1e-3)
    assert green[1] > plain[1]
    along = _uv(light_xy(cct_k * 1.001)) - plain
    assert abs(float(along @ (green - plain))) < 0.01 * float(np.linalg.norm(along)) * 0.01


def test_lights_as_a_camera_sees_them() -> None:
    lights = plausible_lights(CameraColour(matrix_2=SRGB_FROM_XYZ))
    assert lights is not None
    best = lights.log_neutral[np.argmax(lights.log_prior)]
    assert best[0] > 0.2 > best[1]  # to sRGB the likeliest light, about 4200 K, is reddish
    daylight = np.abs(lights.log_neutral).sum(axis=1).min()
    assert daylight < 0.1
    assert plausible_lights(CameraColour()) is None
