import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core.camera_colour import cct_k_from_xy
from catchlight.core.colour import WHITE_D65
from catchlight.develop.low_light_white import degree_of_adaptation, shown_white, tint
from catchlight.develop.plausible_lights import light_xy


def test_the_eye_adapts_in_full_in_daylight_and_in_part_at_night() -> None:
    assert degree_of_adaptation(2000.0) == pytest.approx(1.0, abs=1e-3)
    # CIECAM02 with the dark surround's F = 0.8: 0.8 · (1 − exp(−42 / 92) / 3.6).
    assert degree_of_adaptation(1e-6) == pytest.approx(0.6592, abs=1e-4)


@given(st.floats(1e-6, 1e4), st.floats(1e-6, 1e4))
def test_more_light_means_more_adaptation(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0.6 < degree_of_adaptation(low) <= degree_of_adaptation(high) <= 1


def test_a_tungsten_lamp_stays_warm_at_night_only() -> None:
    lamp = light_xy(2700.0)
    night = cct_k_from_xy(shown_white(lamp, luminance_cd_m2=0.3))
    assert 4200 < night < 5200
    assert cct_k_from_xy(shown_white(lamp, luminance_cd_m2=3000.0)) > 6450
    assert night < cct_k_from_xy(shown_white(lamp, luminance_cd_m2=0.3, warmth=0.5)) < 6450
    assert shown_white(lamp, luminance_cd_m2=0.3, warmth=0.0) == WHITE_D65
    assert shown_white(light_xy(8000.0), luminance_cd_m2=0.3) == WHITE_D65


def test_the_green_of_a_lamp_is_not_kept() -> None:
    plain, green = (shown_white(light_xy(3500.0, duv=d), luminance_cd_m2=0.3) for d in (0.0, 0.015))
    assert green == pytest.approx(plain, abs=0.008)  # by McCamy's formula a greenish light reads a little warmer


def test_tint_keeps_luminance_and_turns_white_warm() -> None:
    assert tint(WHITE_D65) == pytest.approx(np.eye(3), abs=1e-9)
    white = tint(light_xy(4500.0)) @ np.ones(3)
    assert float(white @ np.array([0.2126, 0.7152, 0.0722])) == pytest.approx(1.0, abs=1e-3)
    assert white[0] > 1.1 > 0.8 > white[2]
