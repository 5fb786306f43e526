import math

import numpy as np
import pytest

from catchlight.measure.noise.rounding import rounding_ripple


def _by_summing(mean: float, variance: float) -> float:
    """Variance of a rounded Gaussian: its probabilities at every whole number, added up."""
    steps = np.arange(-12, 14)
    sigma = math.sqrt(variance)
    below = np.array([0.5 * math.erfc((mean - (n + 0.5)) / (sigma * math.sqrt(2))) for n in range(-13, 14)])
    share = np.diff(below)
    level = float((steps * share).sum())
    return float((np.square(steps - level) * share).sum())


@pytest.mark.parametrize("sigma", [0.25, 0.35, 0.5, 0.67, 1.0])
@pytest.mark.parametrize("mean", [0.0, 0.1, 0.3, 0.5, 0.77])
def test_the_ripple_is_that_of_the_sum(sigma: float, mean: float) -> None:
    found = rounding_ripple(np.array([mean], np.float32), np.array([sigma**2], np.float32))[0]
    assert sigma**2 + 1 / 12 + found == pytest.approx(_by_summing(mean, sigma**2), abs=2e-4)
