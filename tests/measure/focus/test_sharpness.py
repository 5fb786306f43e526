import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from skimage.filters import sobel_h, sobel_v

from catchlight.core import ContractError
from catchlight.measure.focus.sharpness import SHARPNESS
from catchlight.measure.focus.sharpness_response import _daubechies_6

NAMES = sorted(SHARPNESS)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """Squares and discs on grey: 160×160, quiet along the border."""
    rng = np.random.default_rng(0)
    large = np.full((640, 640), 0.4, np.float32)
    for _ in range(60):
        x, y = (int(v) for v in rng.uniform(150, 490, 2))
        size, value = int(rng.uniform(10, 60)), float(rng.uniform(0.1, 0.9))
        if rng.random() < 0.5:
            cv2.circle(large, (x, y), size, value, -1)
        else:
            cv2.rectangle(large, (x - size, y - size), (x + size, y + size), value, -1)
    return cv2.resize(large, (160, 160), interpolation=cv2.INTER_AREA)


def _defocused(plane: np.ndarray, radius_px: float) -> np.ndarray:
    reach = math.ceil(radius_px) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius_px + 0.5 - np.hypot(x, y), 0, 1)
    return cv2.filter2D(plane, -1, (disc / disc.sum()).astype(np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_falls_with_defocus(scene: np.ndarray, name: str) -> None:
    values = [SHARPNESS[name](_defocused(scene, r)) for r in (0.5, 1, 1.5, 2, 3, 5, 8)]
    assert all(a > b > 0 for a, b in pairwise(values)), values


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shift", [(0, 7), (-11, 0), (5, -9)])
def test_a_shifted_scene_is_as_sharp(scene: np.ndarray, name: str, shift: tuple[int, int]) -> None:
    assert SHARPNESS[name](np.roll(scene, shift, (0, 1))) == pytest.approx(SHARPNESS[name](scene), rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turn", [lambda p: p[:, ::-1], lambda p: p[::-1], np.transpose])
def test_a_mirrored_scene_is_as_sharp(scene: np.ndarray, name: str, turn: object) -> None:
    # The wavelet's taps are not symmetric: the mirror image differs by a little.
    rel = 0.02 if name == "wavelet" else 1e-3
    turned = np.ascontiguousarray(turn(scene))  # type: ignore[operator]
    assert SHARPNESS[name](turned) == pytest.approx(SHARPNESS[name](scene), rel=rel)


@pytest.mark.parametrize("name", NAMES)
def test_exposure_scales_it_as_the_table_says(scene: np.ndarray, name: str) -> None:
    measure = SHARPNESS[name]
    factor = np.float32(0.25)
    expected = 0.25**measure.exposure_power * measure(scene)
    assert measure(factor * scene) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_pedestal_changes_only_what_divides_by_the_mean(scene: np.ndarray, name: str) -> None:
    measure = SHARPNESS[name]
    lifted = measure(scene + np.float32(0.5))
    if name == "normalised_variance":
        assert lifted == pytest.approx(measure(scene) * scene.mean() / (scene.mean() + 0.5), rel=1e-3)
    else:
        assert lifted == pytest.approx(measure(scene), rel=2e-3)


# One bright pixel of 1 in the middle of 20×20 black ones, summed by hand over its neighbourhood; then divided by the
# number of pixels inside the margin.
IMPULSE = {
    "tenengrad": (24, 1),  # Sobel across: 4 corners of 1, 2 sides of 2² = 12; down the same
    "brenner": (4, 1),
    "energy_of_gradient": (4, 1),
    "energy_of_laplacian": (400 + 4 * 16 + 4, 1),
    "modified_laplacian": (4 + 4, 1),
    "vollath_f4": (0, 2),
    "mid_frequency": (16, 2),
}


@pytest.mark.parametrize("name", sorted(IMPULSE))
def test_a_single_bright_pixel_by_hand(name: str) -> None:
    plane = np.zeros((20, 20), np.float32)
    plane[9, 10] = 1
    total, margin = IMPULSE[name]
    # Vollath's products are taken about the mean of 1/400, which leaves terms of that order.
    expected = pytest.approx(total / (20 - 2 * margin) ** 2, rel=1e-5, abs=2e-5 if name == "vollath_f4" else 0)
    assert SHARPNESS[name](plane) == expected


def test_the_variances_by_hand() -> None:
    plane = np.zeros((20, 20), np.float32)
    plane[:, 10:] = 0.8
    assert SHARPNESS["variance"](plane) == pytest.approx(0.16)
    assert SHARPNESS["normalised_variance"](plane) == pytest.approx(0.16 / 0.4)
    # The Laplacian is +0.8 and -0.8 in 2 of the 18 columns; the gradient's length is 4 · 0.8 in the same ones.
    assert SHARPNESS["laplacian_variance"](plane) == pytest.approx(0.64 * 2 / 18)
    assert SHARPNESS["tenengrad_variance"](plane) == pytest.approx(3.2**2 * (1 / 9) * (8 / 9))


def test_vollath_cancels_white_noise() -> None:
    noise = np.random.default_rng(1).normal(0.5, 0.1, (400, 400)).astype(np.float32)
    # Standard error of the mean of some 4 · 160,000 products of variance 0.01²: 5 σ.
    assert abs(SHARPNESS["vollath_f4"](noise)) < 5 * 0.01 * math.sqrt(4 / 160_000)
    assert SHARPNESS["energy_of_gradient"](noise) == pytest.approx(4 * 0.01, rel=0.02)


def test_the_wavelet_is_orthonormal_with_three_vanishing_moments() -> None:
    low, high = (taps.astype(np.float64) for taps in _daubechies_6())
    # PyWavelets' db3, the first two of its published taps.
    assert low[:2] == pytest.approx([0.3326705530, 0.8068915093], abs=1e-6)
    assert low @ low == pytest.approx(1, abs=1e-6)
    assert low[2:] @ low[:-2] == pytest.approx(0, abs=1e-6)
    assert low @ high == pytest.approx(0, abs=1e-6)
    for moment in range(3):
        assert np.arange(6.0) ** moment @ high == pytest.approx(0, abs=2e-5)


def test_agrees_with_scikit_image_and_opencv(scene: np.ndarray) -> None:
    inside = np.s_[1:-1, 1:-1]
    # scikit-image divides Sobel's weights by 4.
    squared = 16 * (sobel_h(scene) ** 2 + sobel_v(scene) ** 2)[inside]
    assert SHARPNESS["tenengrad"](scene) == pytest.approx(squared.mean(), rel=1e-4)
    laplacian = cv2.Laplacian(scene.astype(np.float64), cv2.CV_64F)[inside]
    assert SHARPNESS["laplacian_variance"](scene) == pytest.approx(laplacian.var(), rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_map_tells_the_sharp_half(scene: np.ndarray, name: str) -> None:
    half = scene.copy()
    half[:, 80:] = _defocused(scene, 4)[:, 80:]
    found = SHARPNESS[name].map(half)
    assert found.shape == half.shape
    assert found.dtype == np.float32
    sharp = SHARPNESS[name].map(scene)
    # Variances of the plane itself also count the outlines of blurred discs; the others lose most of their value.
    share = 0.9 if name in ("variance", "normalised_variance") else 0.6
    assert found[40:120, 90:120].sum() < share * sharp[40:120, 90:120].sum()
    np.testing.assert_allclose(found[:, :65], sharp[:, :65], rtol=1e-3, atol=1e-3 * sharp.max())


@pytest.mark.parametrize("name", ["laplacian_variance", "modified_laplacian", "normalised_variance"])
def test_one_window_of_the_map_is_the_measure_by_hand(scene: np.ndarray, name: str) -> None:
    measure = SHARPNESS[name]
    whole = measure.map(scene)
    y, x = np.unravel_index(int(np.argmax(whole[20:140, 20:140])), (120, 120))
    y, x = y + 20, x + 20
    box = measure.response(scene)[y - 4 : y + 5, x - 4 : x + 5].astype(np.float64)
    expected = {"mean": box.mean(), "variance": box.var()}.get(measure.summary, box.var() / max(box.mean(), 1e-6))
    assert whole[y, x] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("plane", "message"),
    [(np.zeros((9, 40), np.float32), "10×10"), (np.full((20, 20), np.nan, np.float32), "finite")],
)
def test_what_cannot_be_measured_is_refused(plane: np.ndarray, message: str) -> None:
    for measure in SHARPNESS.values():
        with pytest.raises(ContractError, match=message):
            measure(plane)
        with pytest.raises(ContractError, match=message):
            measure.map(plane)
    with pytest.raises(ContractError, match="odd"):
        SHARPNESS["brenner"].map(np.zeros((20, 20), np.float32), window_px=4)


def test_black_is_not_sharp() -> None:
    for measure in SHARPNESS.values():
        assert measure(np.zeros((20, 20), np.float32)) == 0
        assert not measure.map(np.zeros((20, 20), np.float32)).any()
