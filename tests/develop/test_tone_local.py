import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from catchlight.core import srgb_decode, srgb_encode
from catchlight.develop import tone_local
from catchlight.develop.tone_curve import filmic_tables, log_logistic, plain_tables
from catchlight.develop.tone_local import (
    BASE_LOW,
    BASE_STEPS_PER_EV,
    local_gain_ev,
    map_tones,
    plan_local_tone,
    shrink,
)

IDENTITY = np.eye(3)
PLAN = {"gain_ev": 0.0, "black": 0.0, "white_ev": 0.0, "shadows": 1.0, "saturation": 1.0}


def _map(rgb, white: float = 1.0, matrix=IDENTITY, **plan):  # type: ignore[no-untyped-def]
    tone = plan_local_tone(shrink(rgb, matrix), **(PLAN | plan))
    out = np.empty_like(rgb)
    luma, sigma = map_tones(rgb, matrix, tone, filmic_tables(white=white, contrast=1.0), out=out)
    return out, luma, sigma, tone


def test_the_kernel_does_what_the_formulas_say() -> None:
    """Against a slow NumPy version, for colours that no gamut compression touches."""
    rng = np.random.default_rng(5)
    rgb = (cv2.resize(rng.uniform(-8, 0, (9, 11)), (66, 54))[..., None] + rng.uniform(-0.3, 0.3, (54, 66, 3))).astype(
        np.float32
    )
    rgb = np.exp2(rgb)
    matrix = np.array([[1.1, -0.1, 0.0], [-0.05, 1.1, -0.05], [0.0, -0.1, 1.1]])
    out, luma, _, tone = _map(rgb, white=3.0, matrix=matrix, gain_ev=1.0, white_ev=1.5, black=0.001, saturation=1.1)
    linear = rgb.astype(np.float64) @ matrix.T
    weights = np.array([0.2126, 0.7152, 0.0722])
    brightness = (linear @ weights + linear.max(axis=2)) / 2
    assert tone.cell_px == 1
    grid = tone.base
    rows, columns = np.mgrid[0:54, 0:66] + 0.5
    at_level = (np.log2(np.maximum(brightness, tone.floor)) - grid.low_ev) * grid.steps_per_ev
    within = np.clip(at_level, 0, grid.base_ev.shape[2] - 1)
    places = np.stack([rows / grid.node_cells[0], columns / grid.node_cells[1], within])
    base = map_coordinates(grid.base_ev.astype(np.float64), places, order=1, mode="nearest")
    base += (at_level - within) / grid.steps_per_ev
    at = (base - BASE_LOW) * BASE_STEPS_PER_EV
    gain, colour = (np.interp(at, np.arange(len(tone.by_base)), tone.by_base[:, k])[..., None] for k in (0, 1))
    lit = (linear - 0.001) * gain
    grey = (lit @ weights)[..., None]
    lit = grey + colour * (lit - grey)
    low, high = lit.min(axis=2, keepdims=True), lit.max(axis=2, keepdims=True)
    assert (low > 0.02 * high).all()
    new_low, new_high = (log_logistic(v, white=3.0, contrast=1.0) for v in (low, high))
    expected = srgb_encode(new_low + (lit - low) / np.maximum(high - low, 1e-9) * (new_high - new_low))
    assert np.abs(out - expected).max() < 5e-4
    assert np.abs(luma - out @ weights).max() < 1e-5


def test_what_was_seen_in_the_dark_is_less_colourful() -> None:
    rgb = np.full((32, 32, 3), (0.2, 0.1, 0.1), np.float32)

    def chroma(one_cd_m2: float | None) -> float:
        return float(np.ptp(_map(rgb, one_cd_m2=one_cd_m2)[0][16, 16]))

    assert chroma(None) == pytest.approx(chroma(1e4))
    assert 0.78 * chroma(None) < chroma(0.01) < 0.9 * chroma(None)
    assert chroma(0.01) < chroma(5.0) < chroma(1e4)


@given(st.floats(0.0, 4.0), st.floats(0.0, 1.5))
def test_the_order_of_tones_survives(white_ev: float, shadows: float) -> None:
    base = np.linspace(-16, 8, 2000)
    assert (np.diff(base + local_gain_ev(base, white_ev=white_ev, shadows=shadows)) > 0).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1, 3))
def test_any_input_lands_on_the_display(seed: int, gain_ev: float) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.normal(0.1, 0.6, (33, 47, 3)).astype(np.float32)
    matrix = np.array([[1.8, -0.6, -0.2], [-0.3, 1.6, -0.3], [0.1, -0.7, 1.6]])
    out, luma, sigma, _ = _map(rgb, matrix=matrix, gain_ev=gain_ev)
    assert out.min() >= 0
    assert out.max() <= 1
    assert np.isfinite(luma).all()
    assert np.isfinite(sigma).all()


def test_grey_stays_grey_and_black_black() -> None:
    rgb = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], 40, axis=0).repeat(3, axis=2)
    out, _, _, _ = _map(rgb)
    assert np.ptp(out, axis=2).max() < 1e-4
    assert (out[:, 0] == 0).all()
    assert out[:, -1] == pytest.approx(1.0, abs=1e-3)


def test_hue_of_colours_within_the_display_stays() -> None:
    colours = np.array([[0.6, 0.3, 0.2], [0.1, 0.4, 0.2], [0.1, 0.15, 0.5], [0.7, 0.6, 0.1]], np.float32)
    rgb = np.kron(colours[:, None], np.ones((8, 32, 1), np.float32)).astype(np.float32)
    shown = srgb_decode(_map(rgb)[0].astype(np.float64))
    for k, colour in enumerate(colours.astype(np.float64)):
        seen = shown[8 * k + 4, 16]
        middle, at = (np.sort(v)[1] for v in (colour, seen))
        expected = (middle - colour.min()) / np.ptp(colour)
        assert (at - seen.min()) / np.ptp(seen) == pytest.approx(expected, abs=2e-3)


def test_out_of_gamut_petals_keep_their_drawing() -> None:
    """A red beyond sRGB with a faint texture: no channel flattens, none is cut to exactly 0."""
    texture = np.linspace(-0.05, -0.01, 50, dtype=np.float32)
    rgb = np.empty((40, 50, 3), np.float32)
    rgb[...] = (0.7, 0.0, 0.05)
    rgb[..., 1] = texture
    green = _map(rgb)[0][20, :, 1]
    assert green.min() > 0
    assert (np.diff(green) > 0).all()


def test_colour_fades_where_noise_rules() -> None:
    rgb = np.full((32, 32, 3), (0.002, 0.001, 0.0005), np.float32)
    calm, noisy = (_map(rgb, gain_ev=3.0, noise=n)[0] for n in ((0.0, 0.0), (0.0, 1e-6)))

    def chroma(picture: np.ndarray) -> float:
        return float(np.ptp(picture[16, 16]) / picture[16, 16].max())

    assert chroma(noisy) < 0.4 * chroma(calm)


def test_sigma_is_the_noise_that_is_seen() -> None:
    rng = np.random.default_rng(8)
    shot, read = 1e-4, 1e-6
    level = 0.1
    noisy = level + rng.normal(0, np.sqrt(shot * level + read), (128, 128)).astype(np.float32)
    rgb = np.repeat(noisy[..., None], 3, axis=2).astype(np.float32)
    _, luma, sigma, _ = _map(rgb, gain_ev=0.5, noise=(shot, read))
    assert float(np.median(sigma)) == pytest.approx(float(luma.std()), rel=0.1)


def test_bands_and_place_of_output_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = np.random.default_rng(2).uniform(0, 1, (90, 40, 3)).astype(np.float32)
    first, *_ = _map(rgb)
    monkeypatch.setattr(tone_local, "for_bands", lambda work, height, **_: work(0, height))
    again, *_ = _map(rgb)
    assert np.array_equal(first, again)
    own = rgb.copy()
    tone = plan_local_tone(shrink(own, IDENTITY), **PLAN)
    map_tones(own, IDENTITY, tone, filmic_tables(white=1.0, contrast=1.0), out=own)
    assert np.array_equal(own, first)


def test_plain_tables_without_lift_give_back_the_picture() -> None:
    rgb = np.random.default_rng(4).uniform(0.02, 1, (40, 40, 3)).astype(np.float32)
    out = np.empty_like(rgb)
    tone = plan_local_tone(shrink(rgb, IDENTITY), **(PLAN | {"shadows": 0.0}))
    map_tones(rgb, IDENTITY, tone, plain_tables(), out=out)
    within = rgb.min(axis=2) > 0.02 * rgb.max(axis=2)
    assert np.abs(out - srgb_encode(rgb))[within].max() < 1 / 2000
