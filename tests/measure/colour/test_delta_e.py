import colour
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ColourSpace, ContractError, Frame
from catchlight.measure.colour.cielab import lab_from_frame, lab_from_rgb, lab_from_xyz
from catchlight.measure.colour.delta_e import colour_error, delta_e_76, delta_e_94, delta_e_2000

# L, a, b of two colours and their ΔE00: Sharma, Wu and Dalal 2005, table 1, all 34 pairs.
SHARMA = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def _random_lab(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform((0, -110, -110), (100, 110, 110), (count, 3))


def test_ciede2000_has_the_published_values() -> None:
    first, second, published = SHARMA[:, :3], SHARMA[:, 3:6], SHARMA[:, 6]
    np.testing.assert_allclose(delta_e_2000(first, second), published, atol=5.1e-5)
    np.testing.assert_allclose(delta_e_2000(second, first), published, atol=5.1e-5)


def test_every_formula_agrees_with_colour_science() -> None:
    a, b = _random_lab(4000, 1), _random_lab(4000, 2)
    near = a + 0.05 * (b - a)
    for other in (b, near):
        np.testing.assert_allclose(delta_e_2000(a, other), colour.delta_E(a, other, "CIE 2000"), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(delta_e_76(a, other), colour.delta_E(a, other, "CIE 1976"), rtol=1e-12)
        # colour-science takes its first colour as the reference.
        np.testing.assert_allclose(delta_e_94(other, a), colour.delta_E(a, other, "CIE 1994"), rtol=1e-9, atol=1e-9)


def test_the_shape_and_type_are_kept() -> None:
    a = _random_lab(12, 3).reshape(3, 4, 3).astype(np.float32)
    for formula in (delta_e_76, delta_e_94, delta_e_2000):
        assert formula(a, a[::-1]).shape == (3, 4)
        assert formula(a, a[::-1]).dtype == np.float32
        assert not formula(a, a).any()


@pytest.mark.parametrize(("white", "xy"), [("D65", (0.3127, 0.3290)), ("D50", (0.34567, 0.35850))])
def test_lab_agrees_with_colour_science(white: str, xy: tuple[float, float]) -> None:
    # Down to 1e-5, where the linear part begins.
    xyz = np.random.default_rng(4).random((2000, 3)) ** 6
    np.testing.assert_allclose(lab_from_xyz(xyz, white=white), colour.XYZ_to_Lab(xyz, xy), atol=1e-9)


def test_the_primaries_have_their_known_lab_values() -> None:
    # Of sRGB under D65, as tabulated by Lindbloom's colour calculator (two decimals, its own rounding of the matrix).
    known = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86], [100, 0, 0]]
    rgb = np.vstack([np.eye(3), np.ones(3)])
    np.testing.assert_allclose(lab_from_rgb(rgb), known, atol=0.02)


@given(grey=st.floats(0.0, 1.5))
def test_grey_has_no_colour_under_either_white(grey: float) -> None:
    for white in ("D65", "D50"):
        lab = lab_from_rgb(np.full((1, 3), grey), white=white)
        assert np.abs(lab[:, 1:]).max() < 1e-6


def test_frames_are_compared_in_their_own_space_and_curve() -> None:
    pixels = np.random.default_rng(5).random((70, 40, 3), np.float32)
    truth = Frame(pixels=pixels)
    same = truth.in_space(ColourSpace.REC2020, "srgb")
    assert colour_error(same, truth).worst < 0.01
    np.testing.assert_allclose(lab_from_frame(same), lab_from_frame(truth), atol=0.02)


def test_the_statistics_are_those_of_the_pixels() -> None:
    truth = Frame(pixels=np.full((100, 30, 3), 0.18, np.float32))
    wrong = truth.pixels.copy()
    wrong[:10] *= np.float32(2.0)
    found = colour_error(Frame(pixels=wrong), truth)
    one = float(delta_e_2000(lab_from_rgb(np.full((1, 3), 0.36)), lab_from_rgb(np.full((1, 3), 0.18)))[0])
    assert found.median == pytest.approx(0, abs=1e-4)
    assert found.p95 == pytest.approx(one, abs=1e-3)
    assert found.worst == pytest.approx(one, abs=1e-3)
    assert found.mean == pytest.approx(one / 10, abs=1e-3)
    assert colour_error(Frame(pixels=wrong), truth, formula="76").worst == pytest.approx(66.52 - 49.50, abs=0.05)


def test_what_cannot_be_compared_is_refused() -> None:
    small, large = (Frame(pixels=np.zeros((n, 8, 3), np.float32)) for n in (8, 9))
    with pytest.raises(ContractError, match="one shape"):
        colour_error(small, large)
    camera = Frame(pixels=small.pixels, space=ColourSpace.CAMERA)
    with pytest.raises(ContractError, match="camera RGB"):
        colour_error(camera, small)
