from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.regress import HeldFrame
from catchlight.burst.regress.residual import UNKNOWN, residual_rows
from catchlight.core import CfaName, CfaPattern, NoiseModel

H, W = 32, 46
Motion = Callable[..., Alignment]
Held = Callable[..., HeldFrame]


def _keys(distance: np.ndarray) -> np.ndarray:
    """Equation 15 of Keys 1981, "Cubic convolution interpolation for digital image processing" (a = -1/2)."""
    s = np.abs(distance)
    near = 1.5 * s**3 - 2.5 * s**2 + 1
    far = -0.5 * s**3 + 2.5 * s**2 - 4 * s + 2
    return np.where(s < 1, near, np.where(s < 2, far, 0.0))


def _slow(frame: HeldFrame, estimate: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prediction of every photosite, one by one, and the estimate's place (x, y) for it."""
    affine = np.vstack([frame.alignment.affine, [0, 0, 1]])
    affine[:2, 2] += frame.alignment.shifts[0, 0]
    back = np.linalg.inv(affine)
    rows, columns, _ = estimate.shape
    predicted, xs, ys = (np.zeros((H, W)) for _ in range(3))
    for v in range(H):
        for u in range(W):
            x, y = (back @ [u + 0.5, v + 0.5, 1])[:2] * scale - 0.5
            xs[v, u], ys[v, u] = x, y
            i, j = int(np.floor(x)) + np.arange(-1, 3), int(np.floor(y)) + np.arange(-1, 3)
            around = estimate[np.clip(j, 0, rows - 1)][:, np.clip(i, 0, columns - 1), frame.cfa.colour_at(v, u)]
            predicted[v, u] = _keys(j - y) @ around @ _keys(i - x)
    return predicted, xs, ys


@pytest.mark.parametrize("name", ["GRBG", "XTRANS", "QUAD_RGGB", "MONO"])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_sample_less_prediction_as_written_out_slowly(motion: Motion, held: Held, name: CfaName, scale: float) -> None:
    rng = np.random.default_rng(1)
    alignment = motion(H, W, angle_deg=4.0, zoom=1.03, shift_px=(1.7, -3.2), field=np.full((1, 1, 2), (0.3, -0.4)))
    frame = held(rng.random((H, W, 3)), CfaPattern(name=name, origin=(1, 2)), alignment)
    noise = NoiseModel(shot=(0.01, 0.02, 0.03), read=(0.1, 0.2, 0.3))
    frame = replace(frame, noise=noise, full=(np.inf, 0.9, np.inf))
    estimate = rng.random((round(H * scale), round(W * scale), 3)).astype(np.float32)
    contrast = rng.random(estimate.shape[:2]).astype(np.float32)
    predicted, x, y = _slow(frame, estimate, scale)
    found, variance, spread = residual_rows(frame, estimate, contrast, first_row=0, scale=scale, rows=(0, H))
    colours, values = frame.cfa.colour_map(H, W), frame.values()
    outside = (x < -0.5) | (y < -0.5) | (x > estimate.shape[1] - 0.5) | (y > estimate.shape[0] - 0.5)
    unknown = outside | (values >= np.array(frame.full)[colours])
    assert 0.05 < unknown.mean() < 0.6
    assert ((found == UNKNOWN) == unknown).all()
    known = ~unknown
    np.testing.assert_allclose(found[known], (values - predicted)[known], atol=1e-5)
    expected = np.array(noise.shot)[colours] * np.maximum(predicted, 0) + np.array(noise.read)[colours]
    np.testing.assert_allclose(variance[known], expected[known], rtol=1e-5)
    rows, columns = contrast.shape
    at = np.clip(np.floor(y), 0, rows - 1).astype(int), np.clip(np.floor(x), 0, columns - 1).astype(int)
    tie = np.minimum(np.abs(x - np.round(x)), np.abs(y - np.round(y))) < 1e-6
    sure = known & ~tie
    assert np.array_equal(spread[sure], contrast[at][sure])


def test_some_rows_of_frame_and_estimate(motion: Motion, held: Held) -> None:
    rng = np.random.default_rng(2)
    frame = held(rng.random((H, W, 3)), CfaPattern(name="XTRANS"), motion(H, W, angle_deg=2.0, shift_px=(0.4, 1.2)))
    estimate = rng.random((2 * H, 2 * W, 3)).astype(np.float32)
    contrast = estimate[..., 1].copy()
    whole = residual_rows(frame, estimate, contrast, first_row=0, scale=2.0, rows=(0, H))
    part = residual_rows(frame, estimate[10:56], contrast[10:56], first_row=10, scale=2.0, rows=(12, 20))
    for a, b in zip(whole, part, strict=True):
        np.testing.assert_allclose(b, a[12:20], atol=1e-5)


def test_the_scene_itself_leaves_nothing_over(motion: Motion, held: Held) -> None:
    """What is predicted from a smooth scene is what a moved frame of it shows."""
    h, w = 64, 96
    alignment = motion(h, w, angle_deg=1.5, shift_px=(2.3, -1.1))

    def scene(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.stack([0.5 + 0.3 * np.sin(x / a) * np.cos(y / b) for a, b in ((9, 7), (8, 11), (12, 6))], axis=-1)

    y, x = np.mgrid[:h, :w] + 0.5
    back = np.linalg.inv(np.vstack([alignment.affine, [0, 0, 1]]))
    seen_x, seen_y = (back[k, 0] * x + back[k, 1] * y + back[k, 2] for k in (0, 1))
    frame = held(scene(seen_x, seen_y), CfaPattern(name="BGGR"), alignment)
    estimate = scene(x, y).astype(np.float32)
    found, _, _ = residual_rows(frame, estimate, estimate[..., 1].copy(), first_row=0, scale=1.0, rows=(0, h))
    inner = (seen_x > 2) & (seen_y > 2) & (seen_x < w - 2) & (seen_y < h - 2)
    # Cubic convolution's error is of third order: some h³/6 of the third derivative, 0.3 / 6³.
    assert np.abs(found[inner]).max() < 0.3 / 6**3
