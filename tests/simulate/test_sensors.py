import numpy as np
import pytest

from catchlight.camera.profile import builtin_profiles, load_builtin
from catchlight.core import ColourSpace, ContractError
from catchlight.core.colour import xyz_from_xy
from catchlight.simulate import IMX477, SENSORS, SensorProfile, neutral_under, white_xy

WITH_MATRICES = [name for name in builtin_profiles() if load_builtin(name).sensor.colour.matrix_1]


def test_most_cameras_have_matrices() -> None:
    assert len(WITH_MATRICES) >= 10


@pytest.mark.parametrize("name", WITH_MATRICES)
@pytest.mark.parametrize("cct_k", [2856.0, 4000.0, 6500.0])
def test_the_neutral_leads_back_to_the_white_it_came_from(name: str, cct_k: float) -> None:
    colour = load_builtin(name).sensor.colour
    neutral = neutral_under(colour, cct_k=cct_k)
    assert colour.white_xy(neutral) == pytest.approx(white_xy(cct_k), abs=2e-3)
    # Silicon behind colour filters: green is strongest under every light here, blue gains as the light gets bluer.
    assert max(neutral) == 1.0
    assert neutral[2] < neutral_under(colour, cct_k=cct_k + 500)[2]


@pytest.mark.parametrize("name", WITH_MATRICES)
def test_matrices_keep_greys_grey_and_skin_recognisable(name: str) -> None:
    colour = load_builtin(name).sensor.colour
    rgb = colour.rgb_from_camera(ColourSpace.SRGB, neutral_under(colour, cct_k=5000.0))
    np.testing.assert_allclose(rgb.sum(axis=1), 1, atol=1e-3)
    # A colour matrix of a real camera separates the channels: diagonal over 1, the rest mostly negative.
    assert (np.diag(rgb) > 1).all()
    assert np.linalg.cond(rgb) < 8


def test_full_wells_are_those_of_the_data_sheets() -> None:
    wells = {name: 1 / load_builtin(name).sensor.noise_at(1.0).shot[1] for name in builtin_profiles()}
    assert 7_000 < wells["imx477"] < 9_000
    assert 8_000 < wells["imx708"] < 11_000
    assert 140_000 < wells["sony_a7s2"] < 190_000
    assert 30_000 < wells["nikon_d850"] < 60_000
    # OmniVision states 4,300 electrons.
    assert 3_400 < wells["ov5647"] < 5_000


def test_the_usual_sensors_are_those_of_their_profiles() -> None:
    assert list(SENSORS) == ["IMX477", "IMX708", "ILCE-7SM2", "NIKON D850", "burst protocol"]
    assert SENSORS["IMX477"] is load_builtin("imx477").sensor
    # As stated by libcamera: slope² / (65535 - black) on its 16-bit scale.
    assert IMX477.noise.at(1.0).shot == pytest.approx(2.767**2 / 61439, rel=1e-12)
    assert (IMX477.bits, IMX477.black_dn, IMX477.white_dn, IMX477.cfa) == (12, 256.0, 4095.0, "RGGB")


def test_a_sensor_without_filters_has_one_plane() -> None:
    mono = load_builtin("imx296_mono").sensor
    assert (mono.cfa, mono.pattern.tile) == ("MONO", ((1,),))


def test_white_of_illuminant_d65_is_neutral_for_its_own_matrix() -> None:
    colour = IMX477.colour
    camera = np.array(colour.matrix_2) @ xyz_from_xy((0.3127, 0.3290))
    # The tuning file's neutral at 6504 K, interpolated: R/G 0.3083, B/G 0.7171.
    np.testing.assert_allclose(camera / camera[1], [0.3083, 1, 0.7171], atol=1e-3)


def test_levels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ContractError, match="12 bits"):
        SensorProfile(name="x", bits=12, black_dn=256.0, white_dn=5000.0, cfa="RGGB", noise=IMX477.noise, source="none")
