import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import CameraColour, ColourSpace, ContractError, adaptation, matrix
from catchlight.core.camera_colour import ILLUMINANT_CCT_K, cct_k_from_xy
from catchlight.core.colour import xyz_from_xy

# The DNG matrices of a Nikon D850 and of a Sony ILCE-7SM2, XYZ → camera under A and D65.
NIKON_A = ((1.1369, -0.3951, -0.0843), (-0.6773, 1.6257, 0.3324), (-0.1532, 0.2763, 0.9507))
NIKON_D65 = ((0.7982, -0.2105, -0.1060), (-0.6392, 1.3903, 0.1995), (-0.2383, 0.3440, 0.6688))
BOTH = CameraColour(matrix_1=NIKON_A, matrix_2=NIKON_D65, illuminant_1=17, illuminant_2=21)
TARGETS = [ColourSpace.SRGB, ColourSpace.DISPLAY_P3, ColourSpace.REC2020, ColourSpace.XYZ_D65, ColourSpace.XYZ_D50]
neutrals = st.tuples(st.floats(0.3, 0.9), st.just(1.0), st.floats(0.3, 0.9))
# Whites between candle light and open shade, near the locus of daylight.
whites = st.tuples(st.floats(0.29, 0.48), st.floats(0.30, 0.42))


def _neutral(white: tuple[float, float], colour: CameraColour) -> tuple[float, float, float]:
    camera = colour.camera_from_xyz(white) @ xyz_from_xy(white)
    return float(camera[0] / camera[1]), 1.0, float(camera[2] / camera[1])


@pytest.mark.parametrize("target", TARGETS)
@given(neutral=neutrals)
def test_white_stays_white_in_every_space(target: ColourSpace, neutral: tuple[float, float, float]) -> None:
    white = xyz_from_xy(target.white) if target.primaries is None else np.ones(3)
    np.testing.assert_allclose(BOTH.rgb_from_camera(target, neutral) @ np.ones(3), white, atol=1e-9)


def test_the_interpolation_ends_at_each_matrix() -> None:
    warm, cool = (0.49, 0.42), (0.27, 0.28)
    assert cct_k_from_xy(warm) < 2850
    assert cct_k_from_xy(cool) > 6500
    np.testing.assert_array_equal(BOTH.camera_from_xyz(warm), NIKON_A)
    np.testing.assert_array_equal(BOTH.camera_from_xyz(cool), NIKON_D65)


def test_the_interpolation_is_linear_in_mired_and_symmetric_in_the_order_of_the_matrices() -> None:
    white = (0.3457, 0.3585)  # 5000 K
    share = (1 / cct_k_from_xy(white) - 1 / 2850) / (1 / 6500 - 1 / 2850)
    expected = (1 - share) * np.array(NIKON_A) + share * np.array(NIKON_D65)
    np.testing.assert_allclose(BOTH.camera_from_xyz(white), expected)
    swapped = CameraColour(matrix_1=NIKON_D65, matrix_2=NIKON_A, illuminant_1=21, illuminant_2=17)
    np.testing.assert_allclose(swapped.camera_from_xyz(white), expected)


def test_one_matrix_is_used_as_it_is() -> None:
    for only in (CameraColour(matrix_1=NIKON_A), CameraColour(matrix_2=NIKON_A)):
        np.testing.assert_array_equal(only.camera_from_xyz((0.35, 0.36)), NIKON_A)
    same = CameraColour(matrix_1=NIKON_A, matrix_2=NIKON_D65, illuminant_1=21, illuminant_2=21)
    np.testing.assert_array_equal(same.camera_from_xyz((0.35, 0.36)), NIKON_D65)


@given(whites)
def test_the_white_of_a_neutral_is_the_light_that_made_it(white: tuple[float, float]) -> None:
    np.testing.assert_allclose(BOTH.white_xy(_neutral(white, BOTH)), white, atol=2e-5)


def test_the_white_of_a_real_neutral_solved_by_bisection() -> None:
    """The fixed point found in another way: the share in mired for which matrix and light agree, by halving."""
    neutral = np.array([0.52, 1.0, 0.71])

    def light(share: float) -> tuple[float, float]:
        xyz = np.linalg.solve((1 - share) * np.array(NIKON_A) + share * np.array(NIKON_D65), neutral)
        return float(xyz[0] / xyz.sum()), float(xyz[1] / xyz.sum())

    def excess(share: float) -> float:
        return (1 / cct_k_from_xy(light(share)) - 1 / 2850) / (1 / 6500 - 1 / 2850) - share

    low, high = 0.0, 1.0
    assert excess(low) > 0 > excess(high)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    np.testing.assert_allclose(BOTH.white_xy((0.52, 1.0, 0.71)), light(low), atol=1e-6)


def test_a_camera_whose_filters_are_srgb_develops_to_itself() -> None:
    xyz_to_srgb = np.linalg.inv(matrix(ColourSpace.XYZ_D65, ColourSpace.SRGB))
    colour = CameraColour(neutral=(1.0, 1.0, 1.0), matrix_2=tuple(map(tuple, xyz_to_srgb.tolist())))
    np.testing.assert_allclose(colour.rgb_from_camera(ColourSpace.SRGB), np.eye(3), atol=1e-9)
    p3 = matrix(ColourSpace.DISPLAY_P3, ColourSpace.SRGB)
    np.testing.assert_allclose(colour.rgb_from_camera(ColourSpace.DISPLAY_P3), p3, atol=1e-9)
    np.testing.assert_allclose(CameraColour().rgb_from_camera(ColourSpace.DISPLAY_P3), p3, atol=1e-12)


def test_a_coloured_surface_is_developed_as_the_specification_says() -> None:
    """XYZ of a surface under the scene's light → camera → balanced → matrix, against Bradford alone."""
    white = (0.38, 0.38)
    surface_xyz = np.array([0.3, 0.25, 0.1])
    neutral = _neutral(white, BOTH)
    camera_white = BOTH.camera_from_xyz(white) @ xyz_from_xy(white)
    balanced = (BOTH.camera_from_xyz(white) @ surface_xyz) / camera_white
    found = BOTH.rgb_from_camera(ColourSpace.XYZ_D50, neutral) @ balanced
    np.testing.assert_allclose(found, adaptation(white, ColourSpace.XYZ_D50.white) @ surface_xyz, atol=1e-4)


@given(neutrals)
def test_white_balance_makes_the_neutral_grey_with_the_least_gain_one(neutral: tuple[float, float, float]) -> None:
    gains = CameraColour(neutral=neutral).white_balance()
    products = [g * n for g, n in zip(gains, neutral, strict=True)]
    assert products == pytest.approx([products[0]] * 3)
    assert min(gains) == 1.0
    assert CameraColour().white_balance() == (1.0, 1.0, 1.0)


def test_colour_temperatures_of_known_lights() -> None:
    assert cct_k_from_xy((0.44758, 0.40745)) == pytest.approx(2856, abs=15)
    assert cct_k_from_xy((0.31271, 0.32902)) == pytest.approx(6504, abs=15)
    assert all(1500 <= k <= 25000 for k in ILLUMINANT_CCT_K.values())


@pytest.mark.parametrize("neutral", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (float("nan"), 1.0, 1.0)])
def test_an_impossible_neutral_is_refused(neutral: tuple[float, float, float]) -> None:
    with pytest.raises(ContractError, match="neutral"):
        CameraColour(neutral=neutral)


def test_a_singular_matrix_is_refused() -> None:
    row = (0.5, 0.2, 0.1)
    with pytest.raises(ContractError, match="invertible"):
        CameraColour(matrix_1=(row, row, row))


def test_there_is_no_way_into_camera_rgb() -> None:
    with pytest.raises(ValueError, match="camera RGB"):
        BOTH.rgb_from_camera(ColourSpace.CAMERA, (0.5, 1.0, 0.7))
