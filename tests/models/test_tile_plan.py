import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from catchlight.core import ContractError
from catchlight.models.tile_plan import Tile, plan_tiles


@st.composite
def _plans(draw):
    """Height, width, tile, halo and multiple, of eight tiles a side at most: more tell nothing new and take long."""
    multiple = draw(st.sampled_from((1, 2, 4, 8)))
    halo_units, kept_units = draw(st.integers(0, 4)), draw(st.integers(1, 9))
    sizes = st.integers(1, min(8 * kept_units * multiple, 200))
    return draw(sizes), draw(sizes), (2 * halo_units + kept_units) * multiple, halo_units * multiple, multiple


@given(_plans())
@settings(max_examples=80, deadline=None)
def test_every_sample_is_kept_exactly_once(plan):
    height, width, tile, halo, multiple = plan
    kept = np.zeros((height, width), int)
    tiles = plan_tiles(height, width, tile=tile, halo=halo, multiple=multiple)
    for t in tiles:
        kept[t.place] += 1
        assert t.height % multiple == t.width % multiple == t.top % multiple == t.left % multiple == 0
        assert t.height <= tile and t.width <= tile
        # The halo is there on the far side as well.
        assert t.height - (t.bottom - t.top) >= 2 * halo and t.width - (t.right - t.left) >= 2 * halo
    assert (kept == 1).all()
    assert len({(t.height, t.width) for t in tiles}) == 1
    for sizes in (
        [-(-(t.bottom - t.top) // multiple) for t in tiles],
        [-(-(t.right - t.left) // multiple) for t in tiles],
    ):
        assert max(sizes) - min(sizes) <= 1


@given(_plans())
@settings(max_examples=60, deadline=None)
def test_a_cut_is_numpys_reflection_and_its_inside_the_picture(plan):
    height, width, tile, halo, multiple = plan
    picture = np.arange(height * width, dtype=np.float32).reshape(height, width)
    for t in plan_tiles(height, width, tile=tile, halo=halo, multiple=multiple):
        seen = t.cut(picture)
        assert seen.shape == (t.height, t.width)
        np.testing.assert_array_equal(seen[t.inside], picture[t.place])
        below, beside = t.height + t.top - halo - height, t.width + t.left - halo - width
        pad = max(halo, below, beside, 0)
        whole = np.pad(picture, pad, mode="reflect")
        top, left = t.top - halo + pad, t.left - halo + pad
        np.testing.assert_array_equal(seen, whole[top : top + t.height, left : left + t.width])


@pytest.mark.parametrize("size", [(37, 52), (64, 64), (5, 90)])
def test_reflection_keeps_the_filter_pattern(size):
    rows, columns = np.indices(size)
    colour = (2 * (rows % 2) + columns % 2).astype(np.float32)
    for t in plan_tiles(*size, tile=32, halo=8, multiple=4):
        seen = t.cut(colour)
        r, c = np.indices(seen.shape)
        np.testing.assert_array_equal(seen, 2 * (r % 2) + c % 2)


def test_tiles_equal_the_whole_when_the_halo_covers_the_filter():
    picture = np.random.default_rng(3).random((70, 91), dtype=np.float32)
    made = np.empty_like(picture)
    for t in plan_tiles(70, 91, tile=40, halo=8, multiple=4):
        made[t.place] = uniform_filter(t.cut(picture), 15, mode="constant")[t.inside]
    (whole,) = plan_tiles(70, 91, tile=200, halo=8, multiple=4)
    expected = uniform_filter(whole.cut(picture), 15, mode="constant")[whole.inside]
    np.testing.assert_allclose(made, expected, atol=1e-6)
    assert (
        abs(uniform_filter(picture, 15, mode="constant") - expected).max() > 0.1
    )  # the border is reflected, not black


def test_a_cut_within_the_picture_copies_nothing_and_writes_nothing():
    picture = np.zeros((300, 300, 3), np.float32)
    picture.flags.writeable = False
    inner = plan_tiles(300, 300, tile=100, halo=8, multiple=4)[5]
    assert inner.top > 8 and inner.left > 8
    assert np.shares_memory(inner.cut(picture), picture)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"height": 0, "width": 5, "tile": 8, "halo": 0, "multiple": 1}, "5×0"),
        ({"height": 9, "width": 9, "tile": 32, "halo": 6, "multiple": 4}, "multiple >= 0 of 4"),
        ({"height": 9, "width": 9, "tile": 16, "halo": 8, "multiple": 4}, "keeps nothing"),
    ],
)
def test_impossible_plans_are_refused(asked, said):
    with pytest.raises(ContractError, match=said):
        plan_tiles(asked.pop("height"), asked.pop("width"), **asked)


def test_a_tile_that_cannot_hold_what_it_keeps_is_refused():
    with pytest.raises(ContractError, match="holds what it keeps"):
        Tile(top=0, bottom=9, left=0, right=4, halo=2, height=10, width=8)
