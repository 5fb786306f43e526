import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from catchlight.develop.bilateral_grid import BilateralGrid, bilateral_grid


def _base(grid: BilateralGrid, guide: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[0 : guide.shape[0], 0 : guide.shape[1]] + 0.5
    level = (guide - grid.low_ev) * grid.steps_per_ev
    within = np.clip(level, 0, grid.base_ev.shape[2] - 1)
    places = np.stack([rows / grid.node_cells[0], columns / grid.node_cells[1], within])
    base = map_coordinates(grid.base_ev.astype(np.float64), places, order=1, mode="nearest")
    return base + (level - within) / grid.steps_per_ev


def _slow(guide: np.ndarray, at: tuple[int, int], sigma_px: float, sigma_ev: float) -> float:
    """The bilateral filter by its definition, at one place."""
    y, x = np.mgrid[0 : guide.shape[0], 0 : guide.shape[1]]
    weight = np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * sigma_px**2))
    weight = weight * np.exp(-((guide - guide[at]) ** 2) / (2 * sigma_ev**2))
    return float((weight * guide).sum() / weight.sum())


def test_agrees_with_the_bilateral_filter() -> None:
    rng = np.random.default_rng(0)
    guide = -3 + np.cumsum(rng.normal(0, 0.05, (120, 160)), axis=1) + 2.0 * (np.arange(120) > 70)[:, None]
    guide = guide.astype(np.float32)
    base = _base(bilateral_grid(guide), guide)
    for at in ((30, 40), (60, 100), (69, 80), (75, 120), (110, 20)):
        # The grid's own cells widen both kernels a little: 120 / 20 cells a node and a quarter of an EV a level.
        assert base[at] == pytest.approx(_slow(guide, at, 6.4, 0.42), abs=0.06)


def test_even_surfaces_and_steps_keep_their_level() -> None:
    guide = np.full((80, 100), -5.0, np.float32)
    guide[:, 50:] = -1.3
    base = _base(bilateral_grid(guide), guide)
    assert np.abs(base - guide).max() < 0.01


def test_a_brightness_that_is_nowhere_near_stands_for_itself() -> None:
    guide = np.full((80, 100), -5.0, np.float32)
    grid = bilateral_grid(guide)
    guide[0, 0] = 2.5
    wide = bilateral_grid(guide)
    assert _base(wide, np.full_like(guide, 1.0))[40:, 50:] == pytest.approx(1.0, abs=0.01)
    # Beyond the levels it keeps its distance from the last one.
    far = _base(grid, np.full_like(guide, 2.0))
    assert far == pytest.approx(_base(grid, np.full_like(guide, 1.0)) + 1.0, abs=1e-5)
    # What differs little is taken for texture of the surface.
    assert _base(grid, np.full_like(guide, -4.6)) == pytest.approx(-5.0, abs=0.02)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (31, 7)])
def test_any_size_and_any_brightness(shape: tuple[int, int]) -> None:
    guide = np.random.default_rng(1).uniform(-20, 10, shape).astype(np.float32)
    grid = bilateral_grid(guide)
    assert np.isfinite(grid.base_ev).all()
    assert min(grid.base_ev.shape) >= 2
    assert grid.base_ev.min() >= guide.min() - 1.6
    assert grid.base_ev.max() <= guide.max() + 0.8
