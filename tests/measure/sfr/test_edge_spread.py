"""The spline through an edge's samples against edges whose spectrum is known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from catchlight.core.errors import ContractError
from catchlight.measure.sfr.edge_samples import EdgeLine, samples_beside, wrapped_deg
from catchlight.measure.sfr.edge_spread import FREQUENCIES_CY_PX, fit_edge_spread
from catchlight.measure.sfr.frequency_response import FrequencyResponse, overshoot
from catchlight.measure.sfr.step_fit import fit_step

LOW, HIGH = 0.2, 0.8


def edge(
    angle_deg: float,
    sigma_px: float,
    *,
    noise: float = 0.0,
    seed: int = 0,
    height: int = 100,
    width: int = 64,
    x0: float = 0.3,
    bend: float = 0.0,
) -> np.ndarray:
    line = EdgeLine(x=width / 2 + x0, y=height / 2, angle_deg=angle_deg, bend=bend)
    y, x = np.mgrid[:height, :width] + 0.5
    plane = LOW + (HIGH - LOW) * ndtr(line.across(x, y) / sigma_px)
    if noise:
        plane = plane + np.random.default_rng(seed).normal(0, noise, plane.shape)
    return plane.astype(np.float32)


def response(plane: np.ndarray, angle_deg: float, sigma_px: float) -> tuple[FrequencyResponse, float]:
    h, w = plane.shape
    start = EdgeLine(x=w / 2, y=h / 2, angle_deg=angle_deg + 0.7)
    samples = samples_beside(plane, start, half_length_px=60.0, half_width_px=24.0)
    fit = fit_step(samples, start)
    across = fit.line.across(samples.x, samples.y)
    spread = fit_edge_spread(
        across, samples.value, contrast=fit.contrast, sigma_px=fit.sigma_px, noise=max(fit.residual, 1e-7)
    )
    return FrequencyResponse.of(spread), fit.line.angle_deg


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    angle_deg=st.floats(2, 10).map(lambda a: a) | st.floats(-10, -2),
    sigma_px=st.floats(0.35, 3.0),
    x0=st.floats(-2, 2),
)
def test_analytic_edges_are_measured_to_a_thousandth(angle_deg: float, sigma_px: float, x0: float) -> None:
    found, angle = response(edge(angle_deg, sigma_px, x0=x0), angle_deg, sigma_px)
    assert angle == pytest.approx(angle_deg, abs=1e-3)
    crossing = found.crossing(0.5)
    assert crossing is not None
    assert crossing[0] == pytest.approx(math.sqrt(math.log(2) / 2) / (math.pi * sigma_px), rel=1e-3)
    # The whole curve, not one point of it: the Gaussian's own transform.
    truth = np.exp(-2 * (np.pi * FREQUENCIES_CY_PX * sigma_px) ** 2)
    assert np.abs(found.modulation - truth).max() < 2e-3


def test_standard_error_is_honest() -> None:
    """The scatter over 60 noisy edges lies within its 99.9 % interval (χ², 59 degrees) of what is stated."""
    sigma_px, deviations = 1.0, []
    truth = math.sqrt(math.log(2) / 2) / (math.pi * sigma_px)
    for seed in range(60):
        found, _ = response(edge(5.0, sigma_px, noise=0.03, seed=seed), 5.0, sigma_px)
        crossing = found.crossing(0.5)
        assert crossing is not None
        deviations.append((crossing[0] - truth) / crossing[1])
    # The prior takes some scatter away, so the lower bound is loose.
    assert 0.5 < float(np.std(deviations)) < 1.33
    assert abs(float(np.mean(deviations))) < 3.3 / math.sqrt(60) + 0.1


def test_noise_of_three_percent_moves_mtf50_by_less_than_two_and_a_half() -> None:
    rng = np.random.default_rng(4)
    errors = []
    for seed in range(60):
        angle, sigma = float(rng.uniform(2, 10)), float(np.exp(rng.uniform(math.log(0.35), math.log(3))))
        found, _ = response(edge(angle, sigma, noise=0.03, seed=seed), angle, sigma)
        crossing = found.crossing(0.5)
        assert crossing is not None
        errors.append(crossing[0] * math.pi * sigma / math.sqrt(math.log(2) / 2) - 1)
    assert float(np.std(errors)) < 0.025


def test_a_bent_edge_is_followed() -> None:
    plane = edge(5.0, 0.8, bend=2e-4, height=200)
    start = EdgeLine(x=32.0, y=100.0, angle_deg=5.0)
    samples = samples_beside(plane, start, half_length_px=90.0, half_width_px=20.0)
    fit = fit_step(samples, start, bent=True)
    assert fit.line.bend == pytest.approx(2e-4, rel=0.01)
    assert fit.sigma_px == pytest.approx(0.8, rel=0.01)


def test_half_the_pixels_give_the_same_response() -> None:
    """A Bayer plane is a quarter of the pixels: the response is that of the lens, not of the sampling."""
    plane = edge(6.0, 0.9, height=160, width=96)
    sites = np.zeros(plane.shape, bool)
    sites[::2, 1::2] = True
    line = EdgeLine(x=48.3, y=80.0, angle_deg=6.0)
    curves = []
    for mask in (None, sites):
        samples = samples_beside(plane, line, half_length_px=78.0, half_width_px=30.0, mask=mask)
        across = line.across(samples.x, samples.y)
        curves.append(fit_edge_spread(across, samples.value, contrast=0.6, sigma_px=0.9, noise=1e-6))
    whole, quarter = (FrequencyResponse.of(c).modulation for c in curves)
    assert np.abs(whole - quarter).max() < 3e-3


def test_overshoot_of_a_sharpened_edge() -> None:
    across = np.linspace(-20, 20, 4001)
    sharp = ndtr(across) + 0.5 * (ndtr(across) - ndtr(across / 2))
    spread = fit_edge_spread(across, sharp, contrast=1.0, sigma_px=1.0, noise=1e-6)
    above, below = overshoot(spread, sigma_px=1.0)
    assert above == pytest.approx(float(sharp.max() - 1), abs=1e-3)
    assert below == pytest.approx(above, abs=1e-3)
    plain = fit_edge_spread(across, ndtr(across), contrast=1.0, sigma_px=1.0, noise=1e-6)
    assert overshoot(plain, sigma_px=1.0) == pytest.approx((0.0, 0.0), abs=1e-4)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ContractError, match="64 samples"):
        fit_edge_spread(np.zeros(10), np.zeros(10), contrast=1.0, sigma_px=1.0, noise=0.1)


@given(st.floats(-1000, 1000))
def test_wrapped_is_the_same_line(angle_deg: float) -> None:
    wrapped = wrapped_deg(angle_deg)
    assert -90 < wrapped <= 90
    assert math.isclose(math.cos(2 * math.radians(wrapped)), math.cos(2 * math.radians(angle_deg)), abs_tol=1e-9)


def test_moving_along_an_edge_stays_on_it() -> None:
    line = EdgeLine(x=10.0, y=20.0, angle_deg=30.0, bend=1e-3)
    moved = line.moved(7.0)
    x, y = np.array([moved.x]), np.array([moved.y])
    assert float(line.across(x, y)[0]) == pytest.approx(0.0, abs=1e-3)
    assert float(line.along(x, y)[0]) == pytest.approx(7.0, abs=0.05)
