import colour
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catchlight.core import ColourSpace, adaptation, convert, matrix, srgb_decode, srgb_encode
from catchlight.core.colour import WHITE_D50, WHITE_D65, xyz_from_xy

RGB = [
    (ColourSpace.SRGB, "sRGB"),
    (ColourSpace.DISPLAY_P3, "Display P3"),
    (ColourSpace.REC2020, "ITU-R BT.2020"),
]
FIXED = [space for space in ColourSpace if space is not ColourSpace.CAMERA]


@pytest.mark.parametrize(("space", "name"), RGB)
def test_matrices_are_those_of_colour_science(space: ColourSpace, name: str) -> None:
    theirs = colour.RGB_COLOURSPACES[name]
    derived = colour.normalised_primary_matrix(theirs.primaries, np.array(WHITE_D65))
    np.testing.assert_allclose(matrix(ColourSpace.XYZ_D65, space), derived, atol=1e-9)
    # The standards print four digits.
    np.testing.assert_allclose(matrix(ColourSpace.XYZ_D65, space), theirs.matrix_RGB_to_XYZ, atol=2e-4)


@pytest.mark.parametrize(("space", "name"), RGB)
def test_d50_is_reached_with_bradford(space: ColourSpace, name: str) -> None:
    cat = colour.adaptation.matrix_chromatic_adaptation_VonKries(
        xyz_from_xy(WHITE_D65), xyz_from_xy(WHITE_D50), transform="Bradford"
    )
    theirs = cat @ colour.normalised_primary_matrix(colour.RGB_COLOURSPACES[name].primaries, np.array(WHITE_D65))
    np.testing.assert_allclose(matrix(ColourSpace.XYZ_D50, space), theirs, atol=2e-6)


@pytest.mark.parametrize(("space", "name"), RGB)
@pytest.mark.parametrize(("other", "other_name"), RGB)
def test_between_rgb_spaces(space: ColourSpace, name: str, other: ColourSpace, other_name: str) -> None:
    theirs = colour.matrix_RGB_to_RGB(colour.RGB_COLOURSPACES[name], colour.RGB_COLOURSPACES[other_name])
    np.testing.assert_allclose(matrix(other, space), theirs, atol=3e-4)


@pytest.mark.parametrize("source", FIXED)
@pytest.mark.parametrize("target", FIXED)
def test_matrices_invert_each_other_and_white_stays_white(source: ColourSpace, target: ColourSpace) -> None:
    there, back = matrix(target, source), matrix(source, target)
    np.testing.assert_allclose(back @ there, np.eye(3), atol=1e-12)
    white = xyz_from_xy(source.white) if source.primaries is None else np.ones(3)
    expected = xyz_from_xy(target.white) if target.primaries is None else np.ones(3)
    np.testing.assert_allclose(there @ white, expected, atol=1e-12)


chromaticities = st.tuples(st.floats(0.25, 0.45), st.floats(0.25, 0.45))


@given(chromaticities, chromaticities)
def test_adaptation_moves_one_white_to_the_other(a: tuple[float, float], b: tuple[float, float]) -> None:
    np.testing.assert_allclose(adaptation(a, b) @ xyz_from_xy(a), xyz_from_xy(b), atol=1e-9)
    np.testing.assert_allclose(adaptation(b, a) @ adaptation(a, b), np.eye(3), atol=1e-9)


def test_camera_rgb_has_no_fixed_matrix() -> None:
    with pytest.raises(ValueError, match="camera RGB"):
        matrix(ColourSpace.SRGB, ColourSpace.CAMERA)


@given(hnp.arrays(np.float32, (3, 3), elements=st.floats(-2, 4, width=32)))
def test_convert_is_the_matrix_on_the_last_axis(pixels: np.ndarray) -> None:
    before = pixels.copy()
    found = convert(pixels, target=ColourSpace.REC2020, source=ColourSpace.SRGB)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, pixels @ matrix(ColourSpace.REC2020, ColourSpace.SRGB).T, atol=1e-5)
    assert np.array_equal(pixels, before)
    assert convert(pixels, target=ColourSpace.SRGB, source=ColourSpace.SRGB) is pixels


def test_the_curve_is_that_of_colour_science() -> None:
    linear = np.linspace(0, 1, 2001)
    # colour-science prints its threshold with four digits, where the two branches differ by 1e-7.
    np.testing.assert_allclose(srgb_encode(linear), colour.cctf_encoding(linear, "sRGB"), atol=1e-6)
    np.testing.assert_allclose(srgb_decode(linear), colour.cctf_decoding(linear, "sRGB"), atol=1e-6)


@given(hnp.arrays(np.float64, 16, elements=st.floats(-8, 8)))
def test_the_curve_round_trips_and_is_odd(linear: np.ndarray) -> None:
    np.testing.assert_allclose(srgb_decode(srgb_encode(linear)), linear, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(srgb_encode(-linear), -srgb_encode(linear))


@given(hnp.arrays(np.float32, 16, elements=st.floats(0, 1, width=32)))
def test_the_curve_keeps_single_precision_and_order(linear: np.ndarray) -> None:
    encoded = srgb_encode(linear)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(srgb_decode(encoded), linear, atol=2e-6)
    ascending = np.argsort(linear, kind="stable")
    assert (np.diff(encoded[ascending]) >= -1e-7).all()
