import cv2
import numpy as np
import pytest
from scipy.signal import convolve2d

from catchlight.core import ContractError
from catchlight.measure.similarity.gmsd import gmsd


def _scene(h: int, w: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    blocks = np.kron(rng.random((-(-h // 12), -(-w // 12))), np.ones((12, 12)))[:h, :w]
    return (blocks + 0.05 * rng.standard_normal((h, w))).astype(np.float32)


def _slow(candidate: np.ndarray, truth: np.ndarray) -> float:
    """Line by line from the paper, on values of 0…255 in double precision."""

    def gradient(picture: np.ndarray) -> np.ndarray:
        full = 255 * picture.astype(np.float64)
        half = convolve2d(full, np.full((2, 2), 0.25), mode="valid")[::2, ::2]
        kernel = np.array([[1, 0, -1]] * 3) / 3
        return np.hypot(convolve2d(half, kernel, mode="valid"), convolve2d(half, kernel.T, mode="valid"))

    a, b = gradient(candidate), gradient(truth)
    return float(np.std((2 * a * b + 170) / (a**2 + b**2 + 170)))


@pytest.mark.parametrize("shape", [(64, 80), (65, 51)])
@pytest.mark.parametrize("sigma", [0.01, 0.1])
def test_agrees_with_a_slow_reference(shape: tuple[int, int], sigma: float) -> None:
    truth = _scene(*shape)
    candidate = truth + np.random.default_rng(1).normal(0, sigma, shape).astype(np.float32)
    assert gmsd(candidate, truth) == pytest.approx(_slow(candidate, truth), abs=1e-5)


def test_two_lost_edges_by_hand() -> None:
    truth = np.zeros((80, 80), np.float32)
    truth[:, 20:32] = 1
    candidate = truth.copy()
    truth[:, 48:60] = 1
    # Halved, 38 columns count. A step of 1 has a Prewitt gradient of 1 in the 2 columns beside it, so 4 of the 38 lose
    # theirs: their similarity is c / (1 + c), all others have 1.
    c, share = 170 / 255**2, 4 / 38
    assert gmsd(candidate, truth) == pytest.approx((1 - c / (1 + c)) * np.sqrt(share * (1 - share)), abs=1e-6)


def test_grows_with_blur_and_is_nothing_for_a_shift_of_brightness() -> None:
    blocks = np.random.default_rng(0).random((8, 8))
    truth = np.kron(blocks, np.ones((12, 12))).astype(np.float32)
    scores = [gmsd(cv2.GaussianBlur(truth, (0, 0), s), truth) for s in (0.5, 1.0, 2.0)]
    assert 0 < scores[0] < scores[1] < scores[2]
    assert gmsd(truth, truth) == pytest.approx(0, abs=1e-6)
    assert gmsd(truth + np.float32(0.05), truth) == pytest.approx(0, abs=1e-4)


def test_colour_is_judged_by_its_luma() -> None:
    plane = _scene(64, 64)
    grey = np.repeat(plane[..., None], 3, axis=2)
    noisy = plane + np.random.default_rng(4).normal(0, 0.05, plane.shape).astype(np.float32)
    assert gmsd(np.repeat(noisy[..., None], 3, axis=2), grey) == pytest.approx(gmsd(noisy, plane), abs=1e-6)


@pytest.mark.parametrize(
    ("candidate", "truth", "message"),
    [
        (np.zeros((7, 20), np.float32), np.zeros((7, 20), np.float32), "8×8"),
        (np.full((9, 9), np.inf, np.float32), np.zeros((9, 9), np.float32), "finite"),
        (np.zeros((9, 9, 2), np.float32), np.zeros((9, 9, 2), np.float32), "h×w×3"),
    ],
)
def test_what_cannot_be_compared_is_refused(candidate: np.ndarray, truth: np.ndarray, message: str) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(ContractError, match=message):
        gmsd(candidate, truth)
