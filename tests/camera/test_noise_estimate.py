import cv2
import numpy as np
import pytest

from catchlight.camera import estimate_mosaic_noise, estimate_rgb_noise
from catchlight.core import CfaName, CfaPattern, NoiseModel

MODEL = NoiseModel(shot=(1.5e-3, 1.0e-3, 2.0e-3), read=(2e-5, 1e-5, 4e-5))


def _noisy(clean: np.ndarray, colour: np.ndarray, model: NoiseModel, seed: int = 0) -> np.ndarray:
    variance = np.array(model.shot)[colour] * clean + np.array(model.read)[colour]
    noise = np.random.default_rng(seed).standard_normal(clean.shape) * np.sqrt(variance)
    return (clean + noise).astype(np.float32)


def _mosaic(clean: np.ndarray, name: CfaName, model: NoiseModel = MODEL) -> tuple[np.ndarray, CfaPattern]:
    cfa = CfaPattern(name=name, origin=(1, 3))
    return _noisy(clean, cfa.colour_map(*clean.shape).astype(int), model), cfa


def _smooth(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return 0.01 + 0.6 * (x / width) ** 2 + 0.1 * y / height


def _variances(model: NoiseModel, channel: int) -> list[float]:
    return [model.variance(level, channel=channel) for level in (0.05, 0.2, 0.5)]


@pytest.mark.parametrize("name", ["RGGB", "BGGR", "GRBG", "GBRG", "XTRANS", "QUAD_RGGB", "NONA_GBRG", "MONO"])
def test_a_smooth_scene_tells_the_noise_of_each_colour(name: CfaName) -> None:
    values, cfa = _mosaic(_smooth(512, 640), name)
    before = values.copy()
    found = estimate_mosaic_noise(values, cfa)
    for c in range(3):
        expected = _variances(MODEL, 1 if name == "MONO" else c)
        # X-Trans has half as many red and blue samples as Bayer.
        assert _variances(found, c) == pytest.approx(expected, rel=0.15 if name == "XTRANS" else 0.10)
    assert np.array_equal(values, before)
    assert found.domain == "normalised"


@pytest.mark.parametrize("name", ["RGGB", "XTRANS", "QUAD_RGGB", "NONA_GBRG", "MONO"])
def test_texture_does_not_pass_for_noise(name: CfaName) -> None:
    rng = np.random.default_rng(3)
    light = _smooth(512, 640)
    bricks = cv2.GaussianBlur(rng.uniform(-0.3, 0.3, light.shape), (0, 0), 0.8)
    light[:, 200:420] *= 1 + bricks[:, 200:420]
    values, cfa = _mosaic(light, name)
    found = estimate_mosaic_noise(values, cfa)
    for c in range(3):
        expected = _variances(MODEL, 1 if name == "MONO" else c)
        assert _variances(found, c) == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("name", ["RGGB", "XTRANS", "QUAD_RGGB"])
def test_slopes_and_clipped_places_do_not_count(name: CfaName) -> None:
    light = np.clip(_smooth(512, 640) * 2.2, 0, 1)
    values, cfa = _mosaic(light, name)
    found = estimate_mosaic_noise(np.minimum(values, np.float32(1)), cfa)
    for c in range(3):
        assert _variances(found, c) == pytest.approx(_variances(MODEL, c), rel=0.15)


def test_a_lens_cap_tells_the_read_noise() -> None:
    values, cfa = _mosaic(np.zeros((256, 256)), "GRBG")
    found = estimate_mosaic_noise(values, cfa)
    for c in range(3):
        assert found.variance(0.0, channel=c) == pytest.approx(MODEL.read[c], rel=0.12)


def test_rgb_pictures() -> None:
    light = np.repeat(_smooth(400, 480)[..., None], 3, axis=2)
    pixels = _noisy(light, np.broadcast_to(np.arange(3), light.shape), MODEL)
    found = estimate_rgb_noise(pixels)
    for c in range(3):
        assert _variances(found, c) == pytest.approx(_variances(MODEL, c), rel=0.10)


@pytest.mark.parametrize("name", ["RGGB", "XTRANS", "NONA_RGGB", "MONO"])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_no_noise_at_all_is_at_least_rounding(value: float, name: CfaName) -> None:
    found = estimate_mosaic_noise(np.full((64, 64), value, np.float32), CfaPattern(name=name))
    assert all(0 < r < 1e-5 for r in found.read)
    assert all(0 <= s < 1e-3 for s in found.shot)


@pytest.mark.parametrize("name", ["RGGB", "XTRANS", "QUAD_RGGB", "NONA_GBRG", "MONO"])
@pytest.mark.parametrize("side", [16, 18, 20, 30])
def test_the_smallest_mosaic_still_gets_a_model(name: CfaName, side: int) -> None:
    values, cfa = _mosaic(_smooth(side, side), name)
    assert all(r > 0 for r in estimate_mosaic_noise(values, cfa).read)
