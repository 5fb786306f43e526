"""Levels that a file with few bits has lost, told from the places at which its numbers change."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from catchlight.measure.sfr.edge_samples import EdgeSamples
from catchlight.measure.sfr.unrounded import unrounded

RNG = np.random.default_rng(3)
ACROSS = RNG.uniform(-20, 20, 8000)


def rounded(light: np.ndarray, noise: float = 0.0) -> EdgeSamples:
    light = light + noise * RNG.standard_normal(light.shape)
    return EdgeSamples(x=ACROSS, y=ACROSS, value=np.rint(light * 255) / 255)


@pytest.mark.parametrize("sigma_px", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("levels", [(0.2013, 0.7988), (0.101, 0.903), (0.7491, 0.2507)])
def test_levels_of_a_gaussian_edge_come_back(sigma_px: float, levels: tuple[float, float]) -> None:
    low, high = levels
    samples = rounded(low + (high - low) * ndtr(ACROSS / sigma_px))
    found = unrounded(samples, ACROSS, sigma_px=sigma_px, rising=high > low)
    far = 6 * sigma_px
    assert float(found.value[far < ACROSS].mean()) * 255 == pytest.approx(high * 255, abs=0.2)
    assert float(found.value[-far > ACROSS].mean()) * 255 == pytest.approx(low * 255, abs=0.2)
    middle = np.abs(ACROSS) < sigma_px
    np.testing.assert_array_equal(found.value[middle], samples.value[middle])


def test_nothing_is_done_where_it_cannot_be_told() -> None:
    step = 0.2 + 0.6 * ndtr(ACROSS)
    noisy = rounded(step, noise=0.01)
    assert unrounded(noisy, ACROSS, sigma_px=1.0, rising=True) is noisy
    sharpened = rounded(step + 0.3 * (ndtr(ACROSS) - ndtr(ACROSS / 2)))
    assert unrounded(sharpened, ACROSS, sigma_px=0.8, rising=True) is sharpened
    floats = EdgeSamples(x=ACROSS, y=ACROSS, value=step)
    assert unrounded(floats, ACROSS, sigma_px=1.0, rising=True) is floats
    # A uniform disc has an end, a Gaussian has none.
    share = np.clip(ACROSS / 3, -1, 1)
    disc = rounded(0.2 + 0.6 * (0.5 + (share * np.sqrt(1 - share**2) + np.arcsin(share)) / np.pi))
    changed = unrounded(disc, ACROSS, sigma_px=1.5, rising=True)
    assert float(np.abs(changed.value - disc.value).max()) * 255 < 0.6
