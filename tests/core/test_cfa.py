from collections import Counter
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import BLUE, GREEN, RED, BayerName, CfaName, CfaPattern, ContractError

NAMES: tuple[BayerName, ...] = ("RGGB", "BGGR", "GRBG", "GBRG")
EVERY: tuple[CfaName, ...] = get_args(CfaName)
names = st.sampled_from(EVERY)
offsets = st.integers(-9, 9)


@given(names, st.integers(0, 9), st.integers(0, 9), st.integers(0, 7), st.integers(0, 7))
def test_a_cut_moves_every_colour_with_it(name: CfaName, rows: int, columns: int, y: int, x: int) -> None:
    pattern = CfaPattern(name=name)
    cut = pattern.shifted(rows=rows, columns=columns)
    assert cut.colour_at(y, x) == pattern.colour_at(y + rows, x + columns)


@given(names, offsets, offsets, offsets, offsets)
def test_cuts_add_up(name: CfaName, a: int, b: int, c: int, d: int) -> None:
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
@pytest.mark.parametrize(
    "indices",
    [
        [0, 1, 1, 2],
        [[0, 1], [2, 1]],
        [[0, 1], [1, 3]],
        [[0, 0], [1, 2]],
        [[0, 1, 1]],
        [[0, 1, 1, 2]] * 2,
        [[0]],
        np.zeros((6, 6)),
        np.zeros((0, 2)),
    ],
)
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


@pytest.mark.parametrize("name", EVERY)
def test_sampling_takes_at_every_photosite_the_colour_of_its_filter(name: CfaName) -> None:
    pattern = CfaPattern(name=name).shifted(rows=1, columns=4)
    rgb = np.random.default_rng(0).random((13, 17, 3), np.float32)
    mosaic, colours = pattern.sample(rgb), pattern.colour_map(13, 17)
    for y in range(13):
        for x in range(17):
            assert colours[y, x] == pattern.colour_at(y, x)
            assert mosaic[y, x] == rgb[y, x, pattern.colour_at(y, x)]


def test_x_trans_has_every_colour_in_every_row_and_column() -> None:
    tile = CfaPattern(name="XTRANS").indices
    assert tile.shape == (6, 6)
    assert Counter(tile.ravel().tolist()) == {RED: 8, GREEN: 20, BLUE: 8}
    for line in (*tile, *tile.T):
        assert set(line.tolist()) == {RED, GREEN, BLUE}
    # What its maker shows: four 2×2 blocks of green, and four single greens.
    greens = np.pad(tile == GREEN, ((0, 1), (0, 1)), mode="wrap")
    assert (greens[:-1, :-1] & greens[1:, :-1] & greens[:-1, 1:] & greens[1:, 1:]).sum() == 4


def test_quads_and_nonas_are_enlarged_bayer_tiles() -> None:
    assert CfaPattern(name="QUAD_GBRG").tile == ((1, 1, 2, 2), (1, 1, 2, 2), (0, 0, 1, 1), (0, 0, 1, 1))
    nona = CfaPattern(name="NONA_BGGR").indices
    assert nona.shape == (6, 6)
    assert np.array_equal(nona[::3, ::3], [[2, 1], [1, 0]])


def test_patterns_are_equal_exactly_if_their_colours_are() -> None:
    patterns = [CfaPattern(name=name, origin=(y, x)) for name in EVERY for y in range(6) for x in range(6)]
    by_colours: dict[bytes, CfaPattern] = {}
    for pattern in patterns:
        assert by_colours.setdefault(pattern.colour_map(12, 12).tobytes(), pattern) == pattern
    # 4 Bayer tiles, 4·4 and 4·9 places in their enlarged ones, 18 in X-Trans, which repeats after (3, 3), and none.
    assert len(set(patterns)) == len(by_colours) == 4 + 16 + 36 + 18 + 1


@pytest.mark.parametrize("name", EVERY)
def test_a_table_of_colours_tells_the_pattern(name: CfaName) -> None:
    for y in range(6):
        pattern = CfaPattern(name=name, origin=(y, 5 - y))
        assert CfaPattern.from_indices(pattern.indices) == pattern
        assert CfaPattern.from_indices(np.tile(pattern.indices, (1, 2))) == pattern


def test_what_only_bayer_has_is_refused_of_others() -> None:
    pattern = CfaPattern(name="XTRANS")
    assert not pattern.is_bayer
    assert CfaPattern(name="GBRG").is_bayer
    for ask in (lambda: pattern.sites, lambda: pattern.red_yx, lambda: pattern.half_size_green(np.ones((6, 6), "f4"))):
        with pytest.raises(ContractError, match=r"needs a Bayer mosaic.*found XTRANS"):
            ask()


@pytest.mark.usefixtures("as_users_meet_it")
def test_names_and_origins_are_checked() -> None:
    with pytest.raises(ContractError, match="found 'RGBG'"):
        CfaPattern(name="RGBG")  # type: ignore[arg-type]
    with pytest.raises(ContractError, match="a row and a column"):
        CfaPattern(name="XTRANS", origin=(1, 2, 3))  # type: ignore[arg-type]
