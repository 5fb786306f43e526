import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchlight.develop import highlights
from catchlight.develop.highlights import reconstruct_highlights

WB = (2.0, 1.0, 1.5)


def _clip(scene: np.ndarray) -> np.ndarray:
    return np.minimum(scene, np.array(WB)).astype(np.float32)


def _sky(colour: tuple[float, float, float], height: int = 48, width: int = 200) -> np.ndarray:
    ramp = np.linspace(0.2, 3.0, width)
    return np.broadcast_to(ramp[None, :, None] * np.array(colour), (height, width, 3))


def test_nothing_clipped_means_the_very_same_array() -> None:
    picture = np.random.default_rng(0).uniform(0, 0.95, (40, 60, 3)).astype(np.float32)
    assert reconstruct_highlights(picture, wb=WB) is picture


def test_a_blown_grey_sky_stays_grey_and_rises() -> None:
    clipped = _clip(_sky((1.0, 1.0, 1.0)))
    assert (clipped[0, :, 0] - clipped[0, :, 1]).max() > 0.9  # without reconstruction it turns magenta
    rebuilt = reconstruct_highlights(clipped, wb=WB)
    spread = (rebuilt.max(axis=2) - rebuilt.min(axis=2)) / rebuilt.max(axis=2)
    assert spread.max() < 0.03
    assert np.diff(rebuilt.mean(axis=(0, 2))).min() > -0.01
    assert rebuilt[:, -1] == pytest.approx(2.0)


def test_a_clipped_colour_keeps_its_hue_as_long_as_a_channel_tells() -> None:
    colour = (0.9, 1.0, 1.15)
    rebuilt = reconstruct_highlights(_clip(_sky(colour)), wb=WB)
    truth = _sky(colour)
    tells = (truth[0, :, 2] < 1.4) & (truth[0, :, 1] > 1.02)  # green is clipped, red and blue are not
    assert tells.sum() > 10
    assert np.abs(rebuilt[:, tells] / truth[:, tells] - 1).max() < 0.05


def test_all_clipped_is_neutral_white_without_a_hard_edge() -> None:
    y, x = np.mgrid[-60:60, -60:60] / 60
    lamp = 6.0 * np.exp(-6 * (x * x + y * y))[..., None] * np.array((1.2, 0.9, 0.5)) + 0.02
    rebuilt = reconstruct_highlights(_clip(lamp), wb=WB)
    assert rebuilt[60, 60] == pytest.approx(2.0, abs=1e-4)
    # No step anywhere larger than the steepest step of the clipped picture's own slope allows.
    assert np.abs(np.diff(rebuilt, axis=1)).max() < 2.5 * np.abs(np.diff(lamp, axis=1)).max()
    row = rebuilt[60, :60].sum(axis=1)
    assert np.diff(row).min() > -0.02


@pytest.mark.parametrize("colour", [(1.0, 0.45, 0.15), (0.15, 0.3, 1.0), (1.0, 0.25, 0.9), (0.4, 0.7, 1.0)])
def test_coloured_lamps_turn_white_without_a_rim(colour: tuple[float, float, float]) -> None:
    y, x = np.mgrid[-90:90, -90:90] / 90
    lamp = 8.0 * np.exp(-6 * (x * x + y * y))[..., None] * np.array(colour) + 0.01 * np.array(colour)
    rebuilt = reconstruct_highlights(_clip(lamp), wb=WB)
    row = rebuilt[90, :91]
    assert np.diff(row, axis=0).min() > -0.05  # no dark ring
    # Nowhere a step more than 1.6 times that of the lamp itself, in any channel.
    assert np.abs(np.diff(row, axis=0)).max() < 1.6 * np.abs(np.diff(lamp[90, :91], axis=0)).max()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 4.0))
def test_only_bright_pixels_change_and_stay_within_white(seed: int, light: float) -> None:
    rng = np.random.default_rng(seed)
    picture = _clip(rng.uniform(0, light, (24, 31, 3)))
    before = picture.copy()
    rebuilt = reconstruct_highlights(picture, wb=WB)
    assert np.array_equal(picture, before)
    sound = (picture < 0.75 * np.array(WB)).all(axis=2)
    assert np.array_equal(rebuilt[sound], picture[sound])
    assert (rebuilt >= picture - 1e-5).all()
    assert rebuilt.max() <= 2.0 + 1e-5


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = _clip(np.random.default_rng(3).uniform(0, 2.5, (70, 50, 3)))
    whole = reconstruct_highlights(picture, wb=WB)

    def one_band(work, height, **_) -> None:  # type: ignore[no-untyped-def]
        work(0, height)

    monkeypatch.setattr(highlights, "for_bands", one_band)
    assert np.array_equal(reconstruct_highlights(picture, wb=WB), whole)


def test_merged_exposures_clip_later() -> None:
    """With clip 4 the same picture at four times the light gives four times the result."""
    clipped = _clip(_sky((0.9, 1.0, 1.15)))
    plain = reconstruct_highlights(clipped, wb=WB)
    assert np.abs(reconstruct_highlights(clipped * np.float32(4), wb=WB, clip=4.0) / 4 - plain).max() < 1e-5
    # What a single frame would have clipped is a sound value now.
    assert reconstruct_highlights(clipped, wb=WB, clip=4.0) is clipped
