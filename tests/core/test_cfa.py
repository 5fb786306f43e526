import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import BLUE, GREEN, RED, BayerName, CfaPattern, ContractError

NAMES: tuple[BayerName, ...] = ("RGGB", "BGGR", "GRBG", "GBRG")
names = st.sampled_from(NAMES)
offsets = st.integers(-9, 9)


@given(names, st.integers(0, 9), st.integers(0, 9), st.integers(0, 7), st.integers(0, 7))
def test_a_cut_moves_every_colour_with_it(name: BayerName, rows: int, columns: int, y: int, x: int) -> None:
    pattern = CfaPattern(name=name)
    cut = pattern.shifted(rows=rows, columns=columns)
    assert cut.colour_at(y, x) == pattern.colour_at(y + rows, x + columns)


@given(names, offsets, offsets, offsets, offsets)
def test_cuts_add_up(name: BayerName, a: int, b: int, c: int, d: int) -> None:
    pattern = CfaPattern(name=name)
    assert pattern.shifted(rows=a, columns=b).shifted(rows=c, columns=d) == pattern.shifted(rows=a + c, columns=b + d)
    assert pattern.shifted(rows=a, columns=b).shifted(rows=-a, columns=-b) == pattern


@pytest.mark.parametrize("name", NAMES)
def test_the_views_of_a_tile_agree(name: BayerName) -> None:
    pattern = CfaPattern(name=name)
    assert pattern.indices.ravel().tolist() == list(pattern.sites)
    assert sorted(pattern.sites) == [RED, GREEN, GREEN, BLUE]
    assert pattern.indices[pattern.red_yx] == RED
    assert [pattern.colour_at(y, x) for y in (0, 1) for x in (0, 1)] == list(pattern.sites)
    assert CfaPattern.from_indices(pattern.indices) == pattern


@pytest.mark.usefixtures("as_users_meet_it")
@pytest.mark.parametrize("indices", [[0, 1, 2, 1], [0, 1, 1, 3], [0, 0, 1, 2], [0, 1, 1], [[0, 1, 1, 2]] * 2])
def test_other_layouts_are_refused(indices: object) -> None:
    with pytest.raises(ContractError, match="RGGB, BGGR, GRBG or GBRG"):
        CfaPattern.from_indices(indices)


@pytest.mark.parametrize("name", NAMES)
def test_planes_sample_and_green_agree_with_the_pattern(name: BayerName) -> None:
    pattern = CfaPattern(name=name)
    rgb = np.random.default_rng(1).random((6, 8, 3)).astype(np.float32)
    mosaic = pattern.sample(rgb)
    for row in range(6):
        for column in range(8):
            assert mosaic[row, column] == rgb[row, column, pattern.colour_at(row, column)]
    assert sorted(colour for colour, _ in pattern.planes) == [0, 1, 1, 2]
    greens = [mosaic[plane] for colour, plane in pattern.planes if colour == 1]
    np.testing.assert_allclose(pattern.half_size_green(mosaic), (greens[0] + greens[1]) / 2, rtol=1e-6)
