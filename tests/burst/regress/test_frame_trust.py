from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.regress import HeldFrame
from catchlight.burst.regress.frame_trust import frame_trust, frame_trust_of
from catchlight.burst.regress.residual import UNKNOWN
from catchlight.core import CfaPattern

H, W = 96, 128


def _plane(value: float) -> np.ndarray:
    return np.full((H, W), value, np.float32)


@pytest.mark.parametrize("sigma", [0.002, 0.05])
def test_noise_is_trusted_and_what_moved_is_not(sigma: float) -> None:
    rng = np.random.default_rng(0)
    residual = (rng.standard_normal((H, W)) * sigma).astype(np.float32)
    residual[40:64, 60:90] += np.float32(6 * sigma)
    weight = frame_trust(residual, _plane(sigma**2), _plane(0.0), share=0.0)
    assert weight.shape == (H, W)
    assert weight[40:64, 60:90].max() == 0
    elsewhere = np.ones((H, W), bool)
    elsewhere[20:84, 40:110] = False
    assert weight[elsewhere].mean() > 0.9


def test_detail_that_the_estimate_lacks_is_let_pass() -> None:
    rng = np.random.default_rng(1)
    residual = (rng.standard_normal((H, W)) * 0.02).astype(np.float32)
    around = _plane(0.0)
    around[:, W // 2 :] = 0.25
    weight = frame_trust(residual, _plane(1e-6), around, share=0.0, detail=0.12)
    assert weight[:, : W // 2 - 20].max() == 0
    assert weight[:, W // 2 + 20 :].mean() > 0.9


def test_what_is_not_seen_has_no_weight_and_does_not_speak_for_its_neighbours() -> None:
    residual = (np.random.default_rng(2).standard_normal((H, W)) * 0.01).astype(np.float32)
    seen = frame_trust(residual, _plane(1e-4), _plane(0.0), share=0.0)
    residual[30:50, 30:50] = UNKNOWN
    weight = frame_trust(residual, _plane(1e-4), _plane(0.0), share=0.0)
    assert weight[30:50, 30:50].max() == 0
    far = np.ones((H, W), bool)
    far[24:56, 24:56] = False
    np.testing.assert_allclose(weight[far], seen[far], atol=0.3)
    assert weight[far].mean() > 0.9


def test_a_frame_without_noise_or_contrast_is_judged_all_the_same() -> None:
    residual = _plane(0.0)
    residual[:20] = UNKNOWN
    weight = frame_trust(residual, _plane(0.0), _plane(0.0), share=0.0)
    assert weight[:20].max() == 0
    assert weight[28:].min() == 1
    residual[60:70, 60:70] = 0.01
    assert frame_trust(residual, _plane(0.0), _plane(0.0), share=0.0)[60:70, 60:70].max() == 0


def test_weights_lie_where_the_reference_shows_it(
    motion: Callable[..., Alignment], held: Callable[..., HeldFrame], texture: Callable[..., np.ndarray]
) -> None:
    grey = cv2.GaussianBlur(texture(H, W), (0, 0), 1.5)
    estimate = np.stack([grey] * 3, axis=-1)
    alignment = motion(H, W, shift_px=(8.0, -6.0))
    seen = cv2.warpAffine(estimate, np.array([[1.0, 0, 8], [0, 1, -6]]), (W, H))
    # An object over the reference's x 50…70, y 40…60.
    seen[34:54, 58:78] = 1.0 - seen[34:54, 58:78]
    frame = held(seen, CfaPattern(name="RGGB"), alignment, sigma=0.01)
    weight = frame_trust_of(frame, estimate, share=0.1)
    assert weight.shape == (H // 2, W // 2)
    assert weight[22:28, 27:33].max() < 0.02
    # The frame does not reach the reference's first rows and last columns.
    assert weight[:2].max() == 0
    assert weight[:, -3:].max() == 0
    assert weight[32:-4, 4:20].mean() > 0.9
