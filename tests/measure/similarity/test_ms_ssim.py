import numpy as np
import pytest
from skimage.metrics import structural_similarity

from catchlight.core import ContractError
from catchlight.measure.similarity.ms_ssim import ms_ssim
from catchlight.measure.similarity.ssim import ssim

# Wang, Simoncelli and Bovik 2003, section 3.2.
WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]


def _scene(h: int, w: int, *, seed: int = 0) -> np.ndarray:
    # Random fields of several scales, so that every level of the pyramid has something to lose.
    rng = np.random.default_rng(seed)
    total = np.zeros((h, w))
    for cell in (1, 4, 16):
        coarse = rng.standard_normal((-(-h // cell), -(-w // cell)))
        total += np.kron(coarse, np.ones((cell, cell)))[:h, :w]
    return (0.5 + 0.12 * total).astype(np.float32)


def _independent(a: np.ndarray, b: np.ndarray) -> float:
    """The same by scikit-image: its SSIM with a huge K1 is contrast × structure alone."""
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    a, b = a.astype(np.float64), b.astype(np.float64)
    result = 1.0
    for scale, weight in enumerate(WEIGHTS):
        if scale:
            h, w = a.shape
            a, b = (np.pad(p, ((0, h % 2), (0, w % 2)), mode="symmetric") for p in (a, b))
            h, w = a.shape
            a, b = (p.reshape(h // 2, 2, w // 2, 2).mean(axis=(1, 3)) for p in (a, b))
        result *= structural_similarity(a, b, K1=1e6 if scale < 4 else 0.01, **options) ** weight
    return result


@pytest.mark.parametrize("shape", [(192, 176), (201, 167)])
@pytest.mark.parametrize("sigma", [0.02, 0.2])
def test_agrees_with_scikit_image_scale_by_scale(shape: tuple[int, int], sigma: float) -> None:
    truth = _scene(*shape)
    noise = np.random.default_rng(1).normal(0, sigma, shape).astype(np.float32)
    assert ms_ssim(truth + noise, truth) == pytest.approx(_independent(truth + noise, truth), abs=2e-4)


def test_colour_is_the_mean_of_the_channels() -> None:
    truth = np.stack([_scene(170, 170, seed=s) for s in range(3)], axis=-1)
    candidate = truth + np.random.default_rng(2).normal(0, 0.1, truth.shape).astype(np.float32)
    each = [ms_ssim(np.ascontiguousarray(candidate[..., c]), np.ascontiguousarray(truth[..., c])) for c in range(3)]
    assert ms_ssim(candidate, truth) == pytest.approx(np.mean(each), abs=1e-6)


def test_fine_noise_costs_less_than_at_one_scale() -> None:
    # What the paper is for: pixel noise averages out at the scales that people look at.
    truth = _scene(192, 192)
    noisy = truth + np.random.default_rng(3).normal(0, 0.15, truth.shape).astype(np.float32)
    assert ssim(noisy, truth) < ms_ssim(noisy, truth) < 1
    assert ms_ssim(truth, truth) == pytest.approx(1, abs=1e-6)


def test_the_opposite_scores_zero() -> None:
    truth = _scene(192, 192)
    assert ms_ssim(1 - truth, truth) == 0


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        (np.zeros((160, 200), np.float32), "161×161"),
        (np.full((170, 170), np.nan, np.float32), "finite"),
    ],
)
def test_what_cannot_be_compared_is_refused(candidate: np.ndarray, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        ms_ssim(candidate, np.zeros_like(candidate))
