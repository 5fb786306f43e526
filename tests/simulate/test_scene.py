import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.simulate import night_city


def test_a_town_is_dark_with_bright_windows_and_the_same_for_one_seed() -> None:
    town = night_city(height_px=300, width_px=400, seed=1)
    assert town.shape == (300, 400)
    assert float(np.median(town.pixels)) < 0.1
    assert town.pixels.max() > 0.6
    assert np.array_equal(town.pixels, night_city(height_px=300, width_px=400, seed=1).pixels)
    assert not np.array_equal(town.pixels, night_city(height_px=300, width_px=400, seed=2).pixels)


def test_a_tiny_scene_is_refused() -> None:
    with pytest.raises(ContractError, match="16×16"):
        night_city(height_px=8, width_px=400)
