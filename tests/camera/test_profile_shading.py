import numpy as np
import pytest

from catchlight.camera.profile import Defects, Shading, load_builtin
from catchlight.core import ContractError

Grid = tuple[tuple[float, ...], ...]


def grid_of(rows: int, columns: int, slope_y: float, slope_x: float) -> Grid:
    """A plane 1 + slope·(place from 0 to 1), at the centres of the cells."""
    return tuple(
        tuple(1 + slope_y * (y + 0.5) / rows + slope_x * (x + 0.5) / columns for x in range(columns))
        for y in range(rows)
    )


def test_a_plane_is_followed_to_the_very_edge() -> None:
    shading = Shading(red=grid_of(4, 5, 1.0, 0.0), green=grid_of(4, 5, 0.0, 1.0), blue=grid_of(4, 5, 0.5, 0.5))
    gains = shading.gains(30, 41)
    y, x = (np.arange(30)[:, None] + 0.5) / 30, (np.arange(41)[None] + 0.5) / 41
    np.testing.assert_allclose(gains[..., 0], 1 + y + 0 * x, rtol=1e-5)
    np.testing.assert_allclose(gains[..., 1], 1 + x + 0 * y, rtol=1e-5)
    np.testing.assert_allclose(gains[..., 2], 1 + 0.5 * (x + y), rtol=1e-5)


def test_at_the_centres_of_the_cells_the_gains_are_the_grid() -> None:
    shading = load_builtin("imx708").shading
    assert shading is not None
    gains = shading.gains(6 * 5, 8 * 7)
    np.testing.assert_allclose(gains[2::5, 3::7], shading.grid, rtol=1e-5)
    # A phone lens is brightest in the middle, and its gains in the corners are more than twice as high.
    assert gains[15, 28].max() < 1.1
    assert gains[0, 0].min() > 2


@pytest.mark.parametrize(
    "wrong",
    [
        ((1.0, 1.0), (1.0, 0.0)),
        ((1.0, 1.0), (1.0, float("nan"))),
        ((1.0, 1.0), (1.0,)),
        ((1.0, 1.0),),
        ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)),
    ],
)
def test_grids_that_do_not_fit_are_refused(wrong: Grid) -> None:
    good = ((1.0, 1.0), (1.0, 1.0))
    with pytest.raises(ContractError, match="shading"):
        Shading(red=good, green=wrong, blue=good)


def test_defects_become_a_mask_of_the_part_that_is_there() -> None:
    defects = Defects(x=(3, 0, 9), y=(1, 0, 2))
    mask = defects.mask(3, 5)
    assert sorted(map(tuple, np.argwhere(mask).tolist())) == [(0, 0), (1, 3)]
    assert len(defects) == 3
    with pytest.raises(ContractError, match="as many"):
        Defects(x=(1,), y=())
    with pytest.raises(ContractError, match="≥ 0"):
        Defects(x=(-1,), y=(0,))
