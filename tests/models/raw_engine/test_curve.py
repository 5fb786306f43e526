"""The curve of the noise: it can be undone, ends at 0 and 1, and makes noise even."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError, NoiseModel
from catchlight.models.raw_engine import EngineCurve


@given(offset=st.floats(1e-6, 10.0), value=st.floats(-0.5, 4.0))
def test_what_is_seen_comes_back(offset: float, value: float) -> None:
    curve = EngineCurve(offset=offset)
    light = np.array([value], np.float32)
    assert abs(float(curve.inverse(curve.forward(light))[0]) - float(light[0])) < 2e-5 * (1 + abs(value))


@pytest.mark.parametrize("offset", [1e-5, 1e-2, 3.0, math.inf])
def test_black_and_white_stay(offset: float) -> None:
    seen = EngineCurve(offset=offset).forward(np.array([0.0, 1.0], np.float32))
    np.testing.assert_allclose(seen, [0, 1], atol=1e-5)


@pytest.mark.parametrize("level", [0.03, 0.2, 0.9])
def test_noise_is_as_even_as_is_said(level: float) -> None:
    noise = NoiseModel.same(shot=1e-3, read=9e-6)
    rng = np.random.default_rng(3)
    values = level + np.sqrt(noise.variance(level, channel=1)) * rng.standard_normal(200_000)
    curve = EngineCurve.of(noise)
    found = float(curve.forward(values.astype(np.float32)).std())
    # 200,000 samples: 0.5 % at three deviations; the curve bends within the noise of the darkest.
    assert found == pytest.approx(curve.deviation(noise)[1], rel=0.03)


def test_read_noise_alone_needs_no_curve() -> None:
    noise = NoiseModel.same(shot=0.0, read=4e-4)
    curve = EngineCurve.of(noise)
    values = np.array([-0.1, 0.4], np.float32)
    np.testing.assert_array_equal(curve.forward(values), values)
    assert curve.deviation(noise) == pytest.approx((0.02, 0.02, 0.02))


def test_an_offset_is_positive() -> None:
    with pytest.raises(ContractError, match="offset"):
        EngineCurve(offset=0.0)
