import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import Metadata
from catchlight.develop.auto_exposure import SceneExposure, auto_exposure

DAY = Metadata(exposure_s=1 / 1000, iso=100.0, aperture_f=4.0)
NIGHT = Metadata(exposure_s=1 / 8, iso=6400.0, aperture_f=1.8)


def _cells(scale: float) -> np.ndarray:
    return (scale * np.random.default_rng(1).lognormal(math.log(0.18), 0.7, (60, 80))).clip(0, 1).astype(np.float32)


def _expose(scale: float, **more: object) -> SceneExposure:
    cells = _cells(scale)
    return auto_exposure(cells, cells, clip=1.0, **more)  # type: ignore[arg-type]


def test_a_well_exposed_scene_is_left_alone() -> None:
    assert _expose(1.0).gain_ev < 0.3


def test_night_is_lifted_but_stays_night() -> None:
    ev = [_expose(2.0**-k).gain_ev for k in range(8)]
    assert all(b >= a - 1e-6 for a, b in pairwise(ev))
    assert 1.0 < ev[4] < 3.0  # a scene 4 EV down stays more than an EV darker than day


def test_the_cameras_settings_tell_day_from_night() -> None:
    assert _expose(1 / 8, metadata=DAY).gain_ev > _expose(1 / 8, metadata=NIGHT).gain_ev + 0.5


def test_noise_ends_the_lifting() -> None:
    assert _expose(1 / 64, dark_noise=0.002).gain_ev < min(2.2, _expose(1 / 64).gain_ev)


def test_a_bright_scene_that_leaves_the_top_empty_is_raised() -> None:
    bright = np.random.default_rng(2).uniform(0.3, 0.5, (50, 50)).astype(np.float32)
    exposure = auto_exposure(bright, bright, clip=1.0)
    assert 0.4 < exposure.gain_ev < 1.0
    assert exposure.white == 1.0


@given(st.floats(1e-4, 1.0), st.floats(0, 1e-2))
def test_clip_is_never_shown_darker_than_white(scale: float, noise: float) -> None:
    exposure = _expose(scale, dark_noise=noise)
    assert 0.0 <= exposure.gain_ev <= 5.0
    assert 1.0 <= exposure.white <= 2.0**exposure.gain_ev + 1e-6
    assert 0.0 <= exposure.black <= 0.004


def test_an_empty_night() -> None:
    black = np.zeros((4, 4), np.float32)
    exposure = auto_exposure(black, black, clip=1.0)
    assert math.isfinite(exposure.gain_ev)
    assert exposure.black == pytest.approx(0.0)


def test_a_dim_scene_without_lamps_is_not_shown_as_a_grey_smear() -> None:
    """An evening 3 EV under, its brightest parts at a tenth of clip: they come to a third of white at least."""
    dusk = np.random.default_rng(3).uniform(0.01, 0.1, (60, 80)).astype(np.float32)
    exposure = auto_exposure(dusk, dusk, clip=1.0, metadata=NIGHT)
    assert 0.1 * 2**exposure.gain_ev > 0.33
    noisy = auto_exposure(dusk, dusk, clip=1.0, metadata=NIGHT, dark_noise=0.01)
    assert noisy.gain_ev < exposure.gain_ev - 0.5


def test_merged_exposures_may_be_darkened_to_hold_their_highlights() -> None:
    bright = (8 * np.random.default_rng(4).uniform(0.1, 0.9, (60, 80))).astype(np.float32)
    single = auto_exposure(np.minimum(bright, 1), np.minimum(bright, 1), clip=1.0)
    merged = auto_exposure(bright, bright, clip=8.0, highlights=8.0)
    assert single.gain_ev == 0.0
    assert -3.0 <= merged.gain_ev < -1.0


def test_noise_goes_below_black_where_there_is_real_black() -> None:
    cells = _cells(0.5)
    assert _expose(0.5, dark_noise=0.001).black < 0.004  # no black in this scene: only the veil goes
    cells[:6] = 0.0
    with_black = auto_exposure(cells, cells, clip=1.0, dark_noise=0.001)
    assert with_black.black == pytest.approx(0.0005, rel=0.05)
    noise = np.random.default_rng(5).normal(0, 0.001, 10_000)
    assert np.mean(noise > with_black.black) < 0.33
    assert auto_exposure(cells, cells, clip=1.0, dark_noise=0.1).black == pytest.approx(0.004)
