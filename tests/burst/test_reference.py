from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst import sharpness

Make = Callable[..., np.ndarray]


def _noisy(picture: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    return (picture + np.random.default_rng(seed).normal(0, sigma, picture.shape)).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.0, 0.02, 0.05])
def test_blur_lowers_the_score_whatever_the_noise(sigma: float, texture: Make) -> None:
    sharp = texture(160, 200)
    blurred = [sharp, *(cv2.GaussianBlur(sharp, (0, 0), s) for s in (0.7, 1.2, 2.0))]
    scores = [sharpness(_noisy(p, sigma, seed=k), noise_variance=sigma**2) for k, p in enumerate(blurred)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 1.3 * scores[1] > 0


def test_a_shaken_frame_is_less_sharp(texture: Make) -> None:
    sharp = texture(160, 200)
    smeared = cv2.filter2D(sharp, -1, np.full((1, 7), 1 / 7, np.float32))
    assert sharpness(smeared, noise_variance=0.0) < 0.8 * sharpness(sharp, noise_variance=0.0)


def test_noise_is_no_sharpness(texture: Make) -> None:
    flat = np.full((200, 200), 0.4, np.float32)
    textured = sharpness(texture(200, 200), noise_variance=0.0)
    for seed in range(4):
        assert sharpness(_noisy(flat, 0.05, seed), noise_variance=0.05**2) < 0.03 * textured
    assert sharpness(_noisy(flat, 0.05), noise_variance=0.0) > 0.5 * textured  # what it would be taken for


def test_exposure_makes_no_difference(texture: Make) -> None:
    picture = texture(120, 120)
    once = sharpness(picture, noise_variance=0.0)
    assert sharpness(picture * np.float32(0.25), noise_variance=0.0) == pytest.approx(once, rel=1e-4)


def test_black_or_tiny_pictures_score_nothing() -> None:
    assert sharpness(np.zeros((40, 40), np.float32), noise_variance=1e-4) == 0
    assert sharpness(np.ones((8, 8), np.float32), noise_variance=0.0) == 0
