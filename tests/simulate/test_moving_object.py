import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.simulate import MovingObject, sky_lantern, textured_disc


@pytest.mark.parametrize("made", [textured_disc(diameter_px=40), sky_lantern(height_px=60)], ids=["disc", "lantern"])
def test_drawn_objects_fade_out_and_have_texture(made: tuple[np.ndarray, np.ndarray]) -> None:
    colour, alpha = made
    moving = MovingObject(colour=colour, alpha=alpha)
    assert moving.alpha.max() == 1
    assert 0.2 < float(moving.alpha.mean()) < 0.9
    assert ((alpha > 0.05) & (alpha < 0.95)).any()
    assert colour[alpha == 1].std(axis=0).max() > 0.05


def test_a_hard_border_is_refused() -> None:
    with pytest.raises(ContractError, match="0 along the border"):
        MovingObject(colour=np.zeros((9, 9, 3), np.float32), alpha=np.ones((9, 9), np.float32))


def test_colours_out_of_range_are_refused() -> None:
    with pytest.raises(ContractError, match=r"colour lies in 0…1"):
        MovingObject(colour=np.full((9, 9, 3), 2, np.float32), alpha=np.zeros((9, 9), np.float32))
