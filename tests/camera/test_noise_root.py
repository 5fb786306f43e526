from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.camera import interpolate_cfa
from catchlight.camera.noise_root import NoiseRoot, interpolate_mosaic, under_root
from catchlight.core import CfaPattern, ContractError, LinearMosaic, NoiseModel

NOISE = NoiseModel.same(shot=1e-3, read=1e-6)


def _mosaic(rgb: np.ndarray, noise: NoiseModel = NOISE) -> LinearMosaic:
    cfa = CfaPattern(name="RGGB")
    return LinearMosaic(values=cfa.sample(rgb.astype(np.float32)), cfa=cfa, gains=(1.0, 1.0, 1.0), noise=noise)


def test_noise_under_the_root_is_even() -> None:
    rng = np.random.default_rng(0)
    root = NoiseRoot.of(NOISE)
    assert root is not None
    for level in (0.0, 1e-3, 1e-2, 0.3, 4.0):
        signal = rng.poisson(level / 1e-3, (400, 400)) * 1e-3 + rng.normal(0, 1e-3, (400, 400))
        spread = float(root.forward(signal.astype(np.float32)).var())
        # Below two photons the steepest part of the root is too steep by up to a quarter of the deviation.
        assert spread == pytest.approx(root.variance, rel=0.6 if level < 1e-2 else 0.04)


def test_it_is_undone_and_leaves_what_is_no_sample() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(-0.1, 9, (16, 18)).astype(np.float32)
    root = NoiseRoot(offset=0.01, variance=1e-4)
    picture = np.repeat(root.forward(values)[..., None], 3, axis=2)
    picture[3, 4] = -1e30
    root.invert(picture)
    assert (picture[3, 4] == -1e30).all()
    picture[3, 4] = values[3, 4]
    np.testing.assert_allclose(picture[..., 1], values, rtol=1e-5, atol=1e-6)


def test_beside_bright_places_dark_ones_keep_their_colour() -> None:
    """Spots of 9 EV in range: what the interpolation makes of the bright ones must not colour the dark."""
    rng = np.random.default_rng(4)
    spots = cv2.GaussianBlur(rng.standard_normal((96, 96)).astype(np.float32), (0, 0), 1.5)
    light = np.exp(spots / spots.std() * 1.6 - 2)
    rgb = light[..., None] * np.array([1.0, 0.9, 0.8])
    mosaic = _mosaic(rgb)
    dark = light < np.quantile(light, 0.25)

    def error(found: np.ndarray) -> float:
        return float(np.abs(np.log(np.maximum(found[dark], 1e-4) / rgb[dark])).mean())

    assert error(interpolate_mosaic(mosaic)) < 0.6 * error(interpolate_cfa(mosaic.values, mosaic.cfa))


def test_measured_samples_stay_and_a_model_without_photons_is_linear() -> None:
    rgb = np.random.default_rng(2).uniform(0, 5, (32, 32, 3))
    mosaic = _mosaic(rgb)
    found = interpolate_mosaic(mosaic)
    np.testing.assert_allclose(mosaic.cfa.sample(found), mosaic.values, rtol=1e-5, atol=1e-5)
    plain = replace(mosaic, noise=NoiseModel.same(shot=0.0, read=1e-6))
    assert under_root(plain) is None
    want = interpolate_cfa(mosaic.values, mosaic.cfa, noise_variance=1e-6)
    np.testing.assert_array_equal(interpolate_mosaic(plain), want)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ContractError, match="offset > 0"):
        NoiseRoot(offset=0.0, variance=1.0)
