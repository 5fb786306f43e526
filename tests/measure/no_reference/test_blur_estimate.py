import math

import cv2
import numpy as np
import pytest
from scipy.special import erf

from catchlight.core import ContractError
from catchlight.measure.no_reference.blur_estimate import BlurEstimate, estimate_blur
from catchlight.measure.no_reference.edge_blur import edge_blur


def _step(sigma_px: float, *, angle_deg: float = 17.0, size: int = 160) -> np.ndarray:
    """A step from 0.2 to 0.8, blurred by a Gaussian and sampled exactly at the pixel centres."""
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    across = x * math.cos(math.radians(angle_deg)) + y * math.sin(math.radians(angle_deg))
    return (0.5 + 0.3 * erf(across / math.sqrt(2) / sigma_px)).astype(np.float32)


def _shapes(sigma_px: float, *, seed: int = 0, size: int = 256) -> np.ndarray:
    """Random polygons with the blur of a Gaussian: drawn four times as large, blurred there, then sampled."""
    rng = np.random.default_rng(seed)
    large = np.full((4 * size, 4 * size), 0.3, np.float32)
    for _ in range(14):
        middle = rng.uniform(0.1, 0.9, 2) * 4 * size
        angles = np.sort(rng.uniform(0, 2 * math.pi, 5))
        corners = middle + rng.uniform(100, 200) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        cv2.fillPoly(large, [corners.astype(np.int32)], float(rng.uniform(0.05, 0.9)))
    # Means of 4×4 have a variance of 15/12 fine pixels, which the Gaussian must leave out.
    fine = math.sqrt((4 * sigma_px) ** 2 - 15 / 12)
    return cv2.resize(cv2.GaussianBlur(large, (0, 0), fine), (size, size), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("sigma_px", [0.5, 0.7, 1.0, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("angle_deg", [0.0, 17.0, 45.0, 80.0])
def test_every_point_of_a_blurred_step_tells_its_blur(sigma_px: float, angle_deg: float) -> None:
    points = edge_blur(_step(sigma_px, angle_deg=angle_deg, size=128))
    assert len(points.sigma_px) > 60
    # At half a pixel three samples carry the whole peak, and the sampling begins to alias.
    np.testing.assert_allclose(points.sigma_px, sigma_px, rtol=0.05 if sigma_px < 1 else 0.005)
    np.testing.assert_allclose(points.contrast, 0.6, rtol=0.01)


def test_the_points_lie_on_the_edge() -> None:
    points = edge_blur(_step(1.0))
    angle = math.radians(17)
    off = (points.x_px - 80) * math.cos(angle) + (points.y_px - 80) * math.sin(angle)
    assert np.abs(off).max() < 0.75


@pytest.mark.parametrize("sigma_px", [0.5, 1.0, 2.0])
def test_noise_scatters_the_points_as_predicted(sigma_px: float) -> None:
    plane = _step(sigma_px, size=400)
    points = edge_blur(plane + np.random.default_rng(1).normal(0, 0.01, plane.shape).astype(np.float32))
    assert points.noise == pytest.approx(0.01, rel=0.05)
    # Some 370 points, neighbours correlated over about 2 px: 5 % on a deviation, so 25 % is beyond five of these.
    assert points.variance_px2.std() == pytest.approx(np.sqrt(np.mean(points.doubt_px2**2)), rel=0.25)
    assert points.variance_px2.mean() == pytest.approx(sigma_px**2, rel=0.05)


def test_a_line_is_not_taken_for_an_edge() -> None:
    plane = np.full((128, 128), 0.3, np.float32)
    plane[:, 60:62] = 0.8
    assert len(edge_blur(cv2.GaussianBlur(plane, (0, 0), 1.0)).sigma_px) == 0


def test_a_clipped_edge_is_left_out() -> None:
    bright = np.minimum(1.6 * _step(2.0), 1).astype(np.float32)
    assert bright.max() == 1
    assert len(edge_blur(bright).sigma_px) == 0


@pytest.mark.parametrize("sigma_px", [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_finds_the_blur_of_a_scene(sigma_px: float, noise: float) -> None:
    plane = _shapes(sigma_px)
    plane = plane + np.random.default_rng(2).normal(0, noise, plane.shape).astype(np.float32)
    found = estimate_blur(plane)
    assert found.reason == ""
    assert found.sigma_px == pytest.approx(sigma_px, rel=0.08 if noise == 0 else 0.15)
    assert found.low_px < sigma_px < found.high_px


@pytest.mark.parametrize("radius_px", [2.0, 4.0, 7.0])
def test_a_disc_reads_as_the_gaussian_with_its_steepest_gradient(radius_px: float) -> None:
    y, x = np.mgrid[-9:10, -9:10]
    disc = np.clip(radius_px + 0.5 - np.hypot(x, y), 0, 1)
    found = estimate_blur(cv2.filter2D(_shapes(0.5), -1, (disc / disc.sum()).astype(np.float32)))
    # Through a disc an edge's gradient is half an ellipse, 2/(πr) high; that of a Gaussian is 1/(σ√(2π)).
    assert found.sigma_px == pytest.approx(math.hypot(math.sqrt(math.pi / 8) * radius_px, 0.5), rel=0.1)


def test_exposure_and_orientation_do_not_matter() -> None:
    plane = _shapes(1.5, seed=3)
    here = estimate_blur(plane)
    assert here.sigma_px is not None
    for other in (plane * np.float32(0.2), plane[::-1], plane[:, ::-1], plane.T):
        there = estimate_blur(np.ascontiguousarray(other))
        assert there.sigma_px == pytest.approx(here.sigma_px, rel=0.02)
    assert estimate_blur(plane) == here


def test_the_sharp_subject_counts_and_the_median_tells_of_the_background() -> None:
    plane = _shapes(4.0, seed=4)
    plane[:, :128] = _shapes(1.0, seed=5)[:, :128]
    found = estimate_blur(plane)
    assert found.sigma_px == pytest.approx(1.0, rel=0.2)
    assert found.median_px > found.sigma_px


@pytest.mark.parametrize(
    "plane",
    [
        np.full((200, 200), 0.5, np.float32),
        np.zeros((200, 200), np.float32),
        np.random.default_rng(6).normal(0.5, 0.1, (200, 200)).astype(np.float32),
        np.tile(np.linspace(0.1, 0.9, 200, dtype=np.float32), (200, 1)),
        _step(1.0, size=40),
        np.zeros((1, 1), np.float32),
        np.zeros((31, 400), np.float32),
    ],
    ids=["grey", "black", "noise", "ramp", "one short edge", "one pixel", "a strip"],
)
def test_says_why_it_cannot_tell(plane: np.ndarray) -> None:
    found = estimate_blur(plane)
    assert (found.sigma_px, found.low_px, found.high_px, found.median_px) == (None, None, None, None)
    assert "needed" in found.reason


def test_numbers_that_are_none_are_refused() -> None:
    bad = np.full((64, 64), np.nan, np.float32)
    with pytest.raises(ContractError, match="finite"):
        estimate_blur(bad)
    with pytest.raises(ContractError, match="finite"):
        edge_blur(bad)
    with pytest.raises(ContractError, match="32×32"):
        edge_blur(np.zeros((31, 31), np.float32))
    with pytest.raises(ContractError, match="reason"):
        BlurEstimate(sigma_px=None, low_px=None, high_px=None, median_px=None, edges=0, reason="")
