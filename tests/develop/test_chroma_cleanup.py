import importlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.core import CfaPattern, ContractError, LinearMosaic, NoiseModel
from catchlight.develop.chroma_cleanup import chroma_noise, clean_chroma

# The package may export the function under another name than the module's.
MODULE = importlib.import_module("catchlight.develop.chroma_cleanup")


def _luma(rgb: np.ndarray) -> np.ndarray:
    return (rgb[..., 0] + 2 * rgb[..., 1] + rgb[..., 2]) / 4


def _chroma(rgb: np.ndarray) -> np.ndarray:
    return rgb[..., ::2] - _luma(rgb)[..., None]


def _blotches(shape: tuple[int, int], scale_px: float, seed: int) -> np.ndarray:
    """Colour that changes over `scale_px`, deviation 1, without brightness."""
    rng = np.random.default_rng(seed)
    red, blue = (cv2.GaussianBlur(rng.normal(0, 1, shape), (0, 0), scale_px) for _ in range(2))
    red, blue = red / red.std(), blue / blue.std()
    return np.stack([red, -(red + blue) / 2, blue], axis=-1)


def test_blotches_go_and_brightness_stays() -> None:
    shape, sigma = (160, 200), 0.02
    flat = np.full((*shape, 3), 0.1)
    for scale_px in (1.0, 3.0, 8.0):
        # As strong as noise removal leaves them: a twentieth of a photosite's noise.
        noisy = (flat + 0.05 * sigma * _blotches(shape, scale_px, 1)).astype(np.float32)
        clean = clean_chroma(noisy, sigma**2)
        assert _chroma(clean).std() < 0.45 * _chroma(noisy).std(), scale_px
        assert np.abs(_luma(clean) - _luma(noisy)).max() < 1e-6


def test_colours_of_things_stay() -> None:
    """Leaves and red lamps of a few pixels, ten times above the noise, keep their colour and their edges."""
    shape, sigma = (160, 200), 0.01
    picture = np.full((*shape, 3), 0.05)
    picture[40:48, 30:150] = (0.04, 0.12, 0.03)
    picture[90:96, 60:66] = (0.4, 0.05, 0.05)
    picture[120:, 100:] = (0.1, 0.05, 0.02)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8).astype(np.float32)
    noisy = (picture + 0.05 * sigma * _blotches(shape, 3.0, 2)).astype(np.float32)
    clean = clean_chroma(noisy, sigma**2)
    error = [float(np.sqrt(np.mean((_chroma(p) - _chroma(picture)) ** 2))) for p in (noisy, clean)]
    assert error[1] < 0.9 * error[0]
    lamp = _chroma(clean)[93, 63] / _chroma(picture)[93, 63]
    assert lamp == pytest.approx(np.ones(2), abs=0.03)
    assert _chroma(clean)[44, 90] == pytest.approx(_chroma(picture)[44, 90], rel=0.08)


def test_a_map_of_the_noise_is_followed() -> None:
    shape = (128, 256)
    noisy = (0.1 + 0.001 * _blotches(shape, 3.0, 3)).astype(np.float32)
    variance = np.zeros((4, 8), np.float32)
    variance[:, 4:] = 0.02**2
    before, after = _chroma(noisy), _chroma(clean_chroma(noisy, variance + np.float32(1e-12)))
    assert after[:, :80].std() > 0.95 * before[:, :80].std()
    assert after[:, 180:].std() < 0.4 * before[:, 180:].std()


def test_the_noise_of_a_mosaic_is_that_of_its_model_and_merge() -> None:
    values = np.full((64, 96), 0.1, np.float32)
    values[:, 48:] = 0.4
    share = np.full((32, 48), 0.5, np.float32)
    share[16:] = 0.125
    noise = NoiseModel(shot=(9.0, 1e-3, 9.0), read=(9.0, 1e-5, 9.0))
    mosaic = LinearMosaic(values=values, cfa=CfaPattern(name="RGGB"), gains=(1.0, 1.0, 1.0), noise=noise, share=share)
    variance = chroma_noise(mosaic)
    assert variance.shape == (8, 12)
    assert variance[0, 0] == pytest.approx(0.5 * (1e-3 * 0.1 + 1e-5), rel=1e-4)
    assert variance[-1, -1] == pytest.approx(0.125 * (1e-3 * 0.4 + 1e-5), rel=1e-4)
    assert chroma_noise(replace(mosaic, share=None))[0, 0] == pytest.approx(1e-3 * 0.1 + 1e-5, rel=1e-4)


def test_low_noise_is_left_alone() -> None:
    picture = np.random.default_rng(4).uniform(0.1, 0.5, (80, 90, 3)).astype(np.float32)
    assert clean_chroma(picture, 1e-7) is picture
    assert clean_chroma(picture, 1e-2, strength=0.0) is picture
    small = picture[:40]
    assert clean_chroma(small, 1e-2) is small


@pytest.mark.parametrize("shape", [(64, 64), (65, 97), (130, 71)])
def test_any_size_in_place_or_not_in_any_bands(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.random.default_rng(5).uniform(-0.02, 0.2, (*shape, 3)).astype(np.float32)
    before = picture.copy()
    clean = clean_chroma(picture, 1e-3)
    assert np.array_equal(picture, before)
    assert clean.shape == picture.shape
    monkeypatch.setattr(MODULE, "for_bands", lambda work, height, **_: work(0, height))
    assert np.array_equal(clean_chroma(picture, 1e-3), clean)
    assert clean_chroma(picture, 1e-3, in_place=True) is picture
    assert np.array_equal(picture, clean)


def test_refuses_what_is_no_variance() -> None:
    picture = np.full((64, 64, 3), 0.1, np.float32)
    with pytest.raises(ContractError, match="finite and ≥ 0"):
        clean_chroma(picture, -1.0)
    with pytest.raises(ContractError, match="finite and ≥ 0"):
        clean_chroma(picture, float("nan"))
    with pytest.raises(ContractError, match="0…4"):
        clean_chroma(picture, 1e-3, strength=5.0)
