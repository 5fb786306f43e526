import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.simulate import sample_tile
from catchlight.simulate.hand_shake import rigid


def _wave(height: int, width: int, transform: np.ndarray | None = None) -> np.ndarray:
    """A band-limited scene as a formula, so that any resampling has an exact answer."""
    y, x = np.mgrid[:height, :width] + 0.5
    if transform is not None:
        x, y = (row[0] * x + row[1] * y + row[2] for row in transform)
    planes = [0.5 + 0.4 * np.sin(2 * np.pi * (x * (0.05 + 0.04 * c) + y * 0.11)) for c in range(3)]
    return np.stack(planes, axis=-1).astype(np.float32)


def test_identity_returns_the_source() -> None:
    source = np.random.default_rng(0).random((40, 50, 3), np.float32)
    for channel in range(3):
        out = sample_tile(source, np.eye(2, 3), tile=np.full((2, 2), channel, np.int64), window=(0, 0, 40, 50))
        np.testing.assert_allclose(out, source[..., channel], atol=1e-6)


def test_a_turned_scene_matches_its_formula() -> None:
    transform = rigid(about=(60.0, 50.0), shift_px=(30.3, 28.7), angle_deg=7.0)
    out = sample_tile(_wave(170, 180), transform, tile=np.full((2, 2), 1, np.int64), window=(0, 0, 100, 120))
    expected = _wave(100, 120, transform)[..., 1]
    assert np.abs(out - expected).max() < 4e-3


def test_the_tile_picks_one_channel_a_photosite_whatever_the_window() -> None:
    source = _wave(60, 60)
    tile = np.array([[0, 1], [1, 2]], np.int64)
    whole = sample_tile(source, np.eye(2, 3), tile=tile, window=(0, 0, 60, 60))
    np.testing.assert_allclose(whole[1::2, 0::2], source[1::2, 0::2, 1], atol=1e-6)
    np.testing.assert_allclose(whole[1::2, 1::2], source[1::2, 1::2, 2], atol=1e-6)
    part = sample_tile(source, np.eye(2, 3), tile=tile, window=(13, 7, 31, 40))
    assert np.array_equal(part, whole[13:31, 7:40])


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ContractError, match="window"):
        sample_tile(_wave(20, 20), np.eye(2, 3), tile=np.zeros((2, 2), np.int64), window=(5, 5, 5, 9))
