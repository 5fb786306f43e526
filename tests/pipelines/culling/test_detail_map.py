"""Detail falls with blur, not with exposure or noise, and tells its direction."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.pipelines.culling.detail_map import detail_map

Scene = Callable[..., np.ndarray]


def test_detail_falls_with_every_blur(scene: Scene) -> None:
    totals = [float(detail_map(scene(1, blur_px=blur)).total.mean()) for blur in (0.6, 0.8, 1.2, 2.0, 4.0)]
    assert totals == sorted(totals, reverse=True) and totals[-1] < 0.05 * totals[0]


def test_exposure_cancels(scene: Scene) -> None:
    grey = scene(1)
    full, half = detail_map(grey), detail_map(grey * np.float32(0.5))
    np.testing.assert_allclose(half.total, full.total, rtol=0.02, atol=1e-4)
    np.testing.assert_allclose(half.coarse, full.coarse, rtol=0.02, atol=1e-4)


def test_noise_adds_little(scene: Scene) -> None:
    rng = np.random.default_rng(0)
    clean = scene(1, blur_px=2.0)
    noisy = clean + 0.03 * rng.standard_normal(clean.shape).astype(np.float32)
    sharp, soft, grainy = (float(detail_map(p).total.mean()) for p in (scene(1), clean, noisy))
    # A plain energy of the Laplacian calls the noisy blurred picture the sharper one.
    plain = [float(np.square(cv2.Laplacian(p, cv2.CV_32F)).mean()) for p in (scene(1, blur_px=1.2), noisy)]
    assert plain[1] > plain[0]
    assert abs(grainy - soft) < 0.25 * (sharp - soft)


def test_white_noise_alone_has_no_detail() -> None:
    rng = np.random.default_rng(1)
    noise = 0.5 + 0.02 * rng.standard_normal((480, 640)).astype(np.float32)
    found = detail_map(noise)
    # Energy of unit white noise: Gaussian of σ 1 leaves spectrum e^{-f²}; four second differences of it, summed, are
    # 0.4 of the variance; what is left after the subtraction is a small part of 0.4 · 0.02² / 0.5².
    assert float(found.total.mean()) < 0.15 * 0.4 * 0.02**2 / 0.5**2


def test_motion_sideways_takes_detail_along_x(scene: Scene) -> None:
    still, moved = detail_map(scene(1)), detail_map(scene(1, motion_px=9))
    kept = moved.fine.sum(axis=(1, 2)) / still.fine.sum(axis=(1, 2))
    assert kept.argmin() == 0 and kept[0] < 0.3 * kept[1]


@pytest.mark.parametrize("shape", [(32, 32), (32, 900), (700, 33), (100, 101)])
def test_any_shape_from_32_px_on(shape: tuple[int, int]) -> None:
    found = detail_map(np.random.default_rng(2).random(shape).astype(np.float32))
    assert found.fine.shape[0] == 4 and min(found.level.shape) >= 1
    assert np.isfinite(found.total).all() and (found.total >= 0).all()


def test_smaller_is_refused() -> None:
    with pytest.raises(ContractError, match="32×32"):
        detail_map(np.zeros((31, 100), np.float32))
