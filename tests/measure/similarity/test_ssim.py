import numpy as np
import pytest
from skimage.metrics import structural_similarity

from catchlight.core import ContractError
from catchlight.measure import ssim


def _scene(h: int, w: int) -> np.ndarray:
    y, x = np.mgrid[:h, :w] / 17.0
    waves = np.stack([np.sin(x * (1 + c)) * np.cos(y) for c in range(3)], axis=-1)
    return (0.5 + 0.4 * waves).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.0, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("colour", [False, True])
def test_agrees_with_scikit_image(sigma: float, colour: bool) -> None:
    truth = _scene(64, 81) if colour else np.ascontiguousarray(_scene(64, 81)[..., 0])
    noise = np.random.default_rng(1).normal(0, 1, truth.shape).astype(np.float32)
    candidate = truth + np.float32(sigma) * noise
    expected = structural_similarity(
        candidate,
        truth,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=2 if colour else None,
    )
    assert ssim(candidate, truth) == pytest.approx(expected, abs=1e-4)


def test_blur_scores_below_a_shift_of_brightness() -> None:
    truth = _scene(64, 64)
    flat = np.full_like(truth, truth.mean())
    assert ssim(flat, truth) < ssim(truth + np.float32(0.05), truth) < 1


def test_a_picture_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(ContractError, match="at least 11×11"):
        ssim(np.zeros((10, 64), np.float32), np.zeros((10, 64), np.float32))
