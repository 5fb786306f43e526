import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError
from catchlight.evaluate import mean_ci95

_values = st.lists(st.floats(-100, 100), min_size=2, max_size=80)


@pytest.mark.parametrize("count", [2, 3, 7, 30, 31, 32, 45, 120])
def test_it_is_students_interval(count: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(count).normal(5, 2, count)
    mean, half = mean_ci95(values.tolist())
    low, high = stats.t.interval(0.95, count - 1, loc=values.mean(), scale=stats.sem(values))
    assert half is not None
    assert mean == pytest.approx(values.mean())
    assert half == pytest.approx((high - low) / 2, rel=1e-3)


@given(values=_values, shift=st.floats(-50, 50), scale=st.floats(0.1, 10))
def test_it_follows_shift_and_scale(values: list[float], shift: float, scale: float) -> None:
    mean, half = mean_ci95(values)
    moved_mean, moved_half = mean_ci95([scale * v + shift for v in values])
    assert half is not None
    assert moved_half is not None
    assert math.isclose(moved_mean, scale * mean + shift, abs_tol=1e-8)
    assert math.isclose(moved_half, scale * half, rel_tol=1e-6, abs_tol=1e-8)


def test_one_value_has_no_spread_and_none_has_no_mean() -> None:
    assert mean_ci95([4.0]) == (4.0, None)
    with pytest.raises(ContractError):
        mean_ci95([])
