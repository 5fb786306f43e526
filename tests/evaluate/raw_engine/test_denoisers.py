import numpy as np
import pytest

from catchlight.core import CameraColour, CfaPattern, LinearMosaic, NoiseModel
from catchlight.evaluate.raw_engine import denoisers
from catchlight.evaluate.raw_engine.denoisers import Denoising, denoised, denoisings, encoded, noise_deviation

MOSAIC = LinearMosaic(
    values=np.full((64, 64), 0.2, np.float32),
    cfa=CfaPattern(name="RGGB"),
    gains=(1.0, 1.0, 1.0),
    noise=NoiseModel.same(shot=4e-3, read=1e-5),
)
FLAT = np.full((64, 64, 3), 0.2, np.float32)
NOISY = FLAT + np.random.default_rng(1).normal(0, 0.028, FLAT.shape).astype(np.float32)


def test_the_estimate_finds_the_deviation_and_ignores_a_ramp() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None, :, None] + np.zeros((256, 1, 3), np.float32)
    noise = np.random.default_rng(2).normal(0, 0.05, ramp.shape).astype(np.float32)
    # Standard error of a median of 16384 absolute normals, three times: 1.17/√(3·16384) of it; four of these.
    assert noise_deviation(ramp + noise) == pytest.approx(0.05, rel=0.022)
    assert noise_deviation(ramp) < 1e-6


def test_every_way_of_the_grid_keeps_the_level_and_lessens_noise() -> None:
    pytest.importorskip("skimage")
    clean = encoded(FLAT, MOSAIC, CameraColour())
    before = (encoded(NOISY, MOSAIC, CameraColour()) - clean).std()
    found = {}
    for way in denoisings(quick=False):
        picture = denoised(NOISY, way, MOSAIC, CameraColour())
        assert picture.dtype == np.float32 and picture.shape == FLAT.shape
        assert abs(float((picture - clean).mean())) < 0.01, way.text
        found[way.text] = float((picture - clean).std() / before)
    assert len(found) == len(denoisings(quick=False))  # names are their own
    assert found.pop("none") == pytest.approx(1)
    assert max(found.values()) < 0.95
    assert {way.name for way in denoisings(quick=True)} == {"none", "NLM", "wavelet", "bilateral"}


def test_without_scikit_image_the_bilateral_filter_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoisers, "_restoration", lambda: None)
    assert {way.name for way in denoisings(quick=False)} == {"none", "bilateral"}
    assert not denoisers.has_scikit_image()


def test_a_picture_without_noise_stays() -> None:
    way = Denoising(name="bilateral", strength=5.0, reach_px=3.0)
    np.testing.assert_array_equal(denoised(FLAT, way, MOSAIC, CameraColour()), encoded(FLAT, MOSAIC, CameraColour()))
