from collections import Counter
from typing import get_args

import numpy as np
import pytest

from catchlight.camera.sensor import CfaLayout, CfaName, bin_quad, binned_noise
from catchlight.core import BLUE, GREEN, RED, CfaPattern, ContractError, NoiseModel

NAMES = get_args(CfaName)


@pytest.mark.parametrize("name", NAMES)
def test_sampling_takes_at_every_photosite_the_colour_of_its_filter(name: CfaName) -> None:
    layout = CfaLayout(name=name)
    rgb = np.random.default_rng(0).random((13, 17, 3), np.float32)
    mosaic, colours = layout.sample(rgb), layout.colour_map(13, 17)
    for y in range(13):
        for x in range(17):
            assert colours[y, x] == layout.colour_at(y, x)
            assert mosaic[y, x] == rgb[y, x, layout.colour_at(y, x)]


@pytest.mark.parametrize("name", ["RGGB", "BGGR", "GRBG", "GBRG"])
def test_a_bayer_layout_is_the_one_of_the_core(name: CfaName) -> None:
    layout = CfaLayout(name=name)
    assert layout.bayer == CfaPattern(name=name)  # type: ignore[arg-type]
    rgb = np.random.default_rng(1).random((8, 10, 3), np.float32)
    assert np.array_equal(layout.sample(rgb), CfaPattern(name=name).sample(rgb))  # type: ignore[arg-type]


def test_x_trans_has_every_colour_in_every_row_and_column() -> None:
    tile = CfaLayout(name="XTRANS").indices
    assert tile.shape == (6, 6)
    assert Counter(tile.ravel().tolist()) == {RED: 8, GREEN: 20, BLUE: 8}
    for line in (*tile, *tile.T):
        assert set(line.tolist()) == {RED, GREEN, BLUE}
    # What its maker shows: four 2×2 blocks of green, and four single greens.
    greens = np.pad(tile == GREEN, ((0, 1), (0, 1)), mode="wrap")
    assert (greens[:-1, :-1] & greens[1:, :-1] & greens[:-1, 1:] & greens[1:, 1:]).sum() == 4
    assert CfaLayout(name="XTRANS").bayer is None


def test_quads_and_nonas_are_enlarged_bayer_tiles() -> None:
    assert CfaLayout(name="QUAD_GBRG").tile == ((1, 1, 2, 2), (1, 1, 2, 2), (0, 0, 1, 1), (0, 0, 1, 1))
    nona = CfaLayout(name="NONA_BGGR").indices
    assert nona.shape == (6, 6)
    assert np.array_equal(nona[::3, ::3], [[2, 1], [1, 0]])


@pytest.mark.parametrize(("name", "side"), [("QUAD_RGGB", 2), ("NONA_GRBG", 3)])
def test_binning_gives_the_bayer_mosaic_of_the_smaller_picture(name: CfaName, side: int) -> None:
    small = np.random.default_rng(2).random((8, 12, 3), np.float32)
    layout = CfaLayout(name=name)
    binned, cfa = bin_quad(layout.sample(small.repeat(side, axis=0).repeat(side, axis=1)), layout)
    assert cfa.name == name[-4:]
    np.testing.assert_allclose(binned, cfa.sample(small), rtol=1e-6)


@pytest.mark.parametrize("how", ["mean", "sum"])
def test_the_noise_of_binned_photosites_is_the_stated_one(how: str) -> None:
    noise, signal = NoiseModel.same(shot=2e-3, read=1e-4), 0.4
    layout = CfaLayout(name="QUAD_RGGB")
    rng = np.random.default_rng(3)
    sigma = noise.variance(signal, channel=1) ** 0.5
    mosaic = (signal + sigma * rng.standard_normal((1024, 1024))).astype(np.float32)
    binned, _ = bin_quad(mosaic, layout, how=how)  # type: ignore[arg-type]
    level = signal if how == "mean" else 4 * signal
    expected = binned_noise(noise, layout, how=how).variance(level, channel=1)  # type: ignore[arg-type]
    # 262,144 samples: standard error √(2/n) = 0.28 %; 4 of them (99.99 %).
    assert binned.var() == pytest.approx(expected, rel=0.011)
    assert binned.mean() == pytest.approx(level, rel=1e-3)


def test_what_cannot_be_binned_is_refused() -> None:
    mosaic = np.zeros((8, 8), np.float32)
    with pytest.raises(ContractError, match="found XTRANS"):
        bin_quad(mosaic, CfaLayout(name="XTRANS"))
    with pytest.raises(ContractError, match="multiples of 6; found 8×8"):
        bin_quad(mosaic, CfaLayout(name="NONA_RGGB"))
