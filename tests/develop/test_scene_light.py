import pytest

from catchlight.core import Metadata
from catchlight.develop.scene_light import luminance_of_one_cd_m2


def test_sunlit_grey_is_as_bright_as_it_should_be() -> None:
    """The sunny-16 rule: ISO 100, 1/100 s, f/16 shows a sunlit mid-grey (about 4000 cd/m²) at 0.18."""
    one = luminance_of_one_cd_m2(Metadata(exposure_s=1 / 100, iso=100.0, aperture_f=16.0))
    assert one is not None
    assert 2500 < 0.18 * one < 5000


def test_unknown_exposure_is_unknown_light() -> None:
    assert luminance_of_one_cd_m2(None) is None
    assert luminance_of_one_cd_m2(Metadata(iso=100.0)) is None
    known, guessed = (luminance_of_one_cd_m2(Metadata(exposure_s=0.1, iso=100.0, aperture_f=f)) for f in (2.8, None))
    assert known == pytest.approx(guessed)
