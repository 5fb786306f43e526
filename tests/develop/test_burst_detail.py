import cv2
import numpy as np
import pytest

from catchlight.camera import interpolate_cfa
from catchlight.core import CfaPattern, ContractError, LinearMosaic, NoiseModel
from catchlight.develop import add_burst_detail

RGGB = CfaPattern(name="RGGB")
NOISE = NoiseModel.same(shot=1e-4, read=1e-6)


def _colourful(seed: int = 0) -> np.ndarray:
    """Fine structure that differs from colour to colour, which no single mosaic can tell."""
    rng = np.random.default_rng(seed)
    planes = [cv2.GaussianBlur(rng.standard_normal((96, 112)).astype(np.float32), (0, 0), 1.0) for _ in range(3)]
    return np.stack([0.4 + 0.3 * p for p in planes], axis=-1).astype(np.float32)


def _merged(truth: np.ndarray, detail: np.ndarray | None) -> LinearMosaic:
    values = np.empty(truth.shape[:2], np.float32)
    for site, colour in enumerate(RGGB.sites):
        values[site >> 1 :: 2, site & 1 :: 2] = truth[site >> 1 :: 2, site & 1 :: 2, colour]
    share = np.full((truth.shape[0] // 2, truth.shape[1] // 2), 0.125, np.float32)
    return LinearMosaic(values=values, cfa=RGGB, gains=(1.0, 1.0, 1.0), noise=NOISE, share=share, detail=detail)


def test_clear_detail_is_added_whole() -> None:
    truth = _colourful()
    bare = _merged(truth, None)
    single = interpolate_cfa(bare.values, RGGB)
    result = add_burst_detail(single, _merged(truth, truth - single))
    before, after = np.square(single - truth).mean(), np.square(result - truth).mean()
    assert after < 0.02 * before


def test_pure_noise_is_not_added() -> None:
    flat = np.full((96, 112, 3), 0.3, np.float32)
    sigma = float(np.sqrt(0.06 * 0.125 * NOISE.variance(0.3, channel=1)))
    noise = np.random.default_rng(1).normal(0, sigma, flat.shape).astype(np.float32)
    result = add_burst_detail(flat, _merged(flat, noise))
    assert np.std(result) < 0.2 * sigma


def test_inputs_stay_and_in_place_writes() -> None:
    truth = _colourful(2)
    single = interpolate_cfa(_merged(truth, None).values, RGGB)
    kept = single.copy()
    merged = _merged(truth, truth - single)
    result = add_burst_detail(single, merged)
    np.testing.assert_array_equal(single, kept)
    assert add_burst_detail(single, merged, in_place=True) is single
    np.testing.assert_array_equal(single, result)


def test_a_single_frame_has_none() -> None:
    with pytest.raises(ContractError, match="shaken burst"):
        add_burst_detail(_colourful(), _merged(_colourful(), None))
