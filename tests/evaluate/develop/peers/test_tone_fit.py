import cv2
import numpy as np
import pytest

from catchlight.core import InputError, srgb_decode, srgb_encode
from catchlight.evaluate.develop.peers.tone_fit import fit_tone
from catchlight.measure import psnr
from catchlight.measure.similarity.worst_block import block_psnr
from catchlight.simulate import night_city


def _truth(side: int = 256) -> np.ndarray:
    """Smooth coloured patches and texture over the whole range."""
    rng = np.random.default_rng(5)
    patches = cv2.resize(rng.uniform(0.01, 0.95, (8, 8, 3)).astype(np.float32), (side, side))
    texture = cv2.GaussianBlur(rng.standard_normal((side, side, 1), dtype=np.float32), (0, 0), 1.0)[..., None]
    return np.clip(patches * (1 + 0.3 * texture), 0, 1).astype(np.float32)


def _fitted(picture: np.ndarray, truth: np.ndarray) -> np.ndarray:
    everywhere = np.ones(truth.shape[:2], bool)
    return fit_tone(picture.astype(np.float32), truth, seen=everywhere).applied(picture.astype(np.float32))


def test_another_programs_colour_and_tone_are_undone() -> None:
    truth = _truth()
    matrix = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.1], [0.05, 0.2, 0.4]], np.float32)
    linear = truth @ matrix.T * 0.6 + 0.01
    assert psnr(_fitted(linear, truth), srgb_encode(truth)) > 60
    # A film-like curve that the matrix alone cannot follow.
    curved = srgb_decode((srgb_encode(truth) ** 1.15 * 0.9).astype(np.float32))
    assert psnr(_fitted(curved, truth), srgb_encode(truth)) > 40


def test_noise_is_not_fitted_away() -> None:
    truth = _truth()
    rng = np.random.default_rng(7)
    encoded = srgb_encode(truth)
    noisy = np.clip(encoded + rng.normal(0, 0.08, encoded.shape), 0, 1).astype(np.float32)
    before = psnr(noisy, encoded)
    after = psnr(_fitted(srgb_decode(noisy), truth), encoded)
    # Least squares against the noisy pixels themselves would win over a decibel by flattening the picture.
    assert after - before < 0.3


def test_a_ghost_stays_a_ghost() -> None:
    truth = _truth()
    encoded = srgb_encode(truth)
    ghost = encoded.copy()
    ghost[96:160, 96:160] = np.clip(ghost[96:160, 96:160] + np.array([0.25, -0.2, 0.1]), 0, 1)
    before = block_psnr(ghost, encoded).min()
    fitted = _fitted(srgb_decode(ghost), truth)
    assert abs(float(block_psnr(fitted, encoded).min() - before)) < 0.5
    # Elsewhere the picture is left alone: the ghost does not bend the fit.
    assert psnr(fitted[:90], encoded[:90]) > 45


def test_the_curve_never_falls_and_blur_is_not_undone() -> None:
    truth = night_city(height_px=192, width_px=192, seed=1).pixels
    blurred = cv2.GaussianBlur(truth, (0, 0), 1.5)
    fit = fit_tone(blurred, truth, seen=np.ones(truth.shape[:2], bool))
    assert (np.diff(fit.curves, axis=1) >= 0).all()
    before = psnr(srgb_encode(blurred), srgb_encode(truth))
    assert psnr(fit.applied(blurred), srgb_encode(truth)) - before < 0.5


def test_what_has_no_tone_is_refused() -> None:
    truth = _truth(128)
    with pytest.raises(InputError, match="different values"):
        fit_tone(np.zeros_like(truth), truth, seen=np.ones((128, 128), bool))
    with pytest.raises(InputError, match="64 blocks"):
        fit_tone(truth, truth, seen=np.zeros((128, 128), bool))
