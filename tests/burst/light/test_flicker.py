"""Bands of known depth over a shaken texture."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst.light.flicker import RowGains, own_bands, row_gains, with_row_gains
from catchlight.core import ContractError, LinearMosaic
from catchlight.simulate.flicker import Flicker

Make = Callable[..., np.ndarray]
H, W, MARGIN = 220, 260, 24


def _bands(depth: float, phase: float) -> np.ndarray:
    # 100 swings a second over a readout of 1/33 s: three bands.
    return Flicker(depth=depth, phase_rad=phase).row_light(H, exposure_s=1 / 500, readout_s=0.03)


@pytest.fixture
def pair(texture: Make, rigid: Make, seen_under: Make) -> Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """A reference, a shaken frame of it with a moving disc, and the motion."""

    def make(sigma: float = 0.01, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng([seed, 3])
        canvas = np.float32(0.5) * texture(H + 2 * MARGIN, W + 2 * MARGIN)
        affine = rigid(H, W, shift_px=(9.3, -6.6), angle_deg=0.6).astype(np.float32)
        reference = canvas[MARGIN:-MARGIN, MARGIN:-MARGIN].copy()
        frame = seen_under(canvas, affine, MARGIN)
        cv2.circle(reference, (90, 110), 26, 0.1, -1)
        cv2.circle(frame, (130, 80), 26, 0.1, -1)
        noisy = [(p + rng.normal(0, sigma, p.shape)).astype(np.float32) for p in (reference, frame)]
        return noisy[0], noisy[1], affine

    return make


@pytest.mark.parametrize("depth", [0.05, 0.2, 0.6])
def test_bands_are_found_and_evened_out(depth: float, pair: Make) -> None:
    reference, frame, affine = pair()
    light = _bands(depth, 0.4)
    found = row_gains(reference, (frame * light[:, None]).astype(np.float32), affine)
    assert found.significant
    assert found.depth == pytest.approx(np.ptp(np.log(light)) / 2, rel=0.15)
    left = np.log(found.for_height(H) * light)
    left -= left.mean()
    # The rows of the border are seen in part only.
    assert np.abs(left[8:-8]).max() < 0.02 + 0.08 * depth
    assert np.sqrt(np.square(left[8:-8]).mean()) < 0.012 + 0.03 * depth


@pytest.mark.parametrize("sigma", [0.001, 0.02, 0.08])
def test_frames_without_flicker_are_left_alone(sigma: float, pair: Make) -> None:
    for seed in range(3):
        found = row_gains(*pair(sigma, seed))
        assert not found.significant
        assert (found.for_height(H) == 1).all()


def test_the_border_makes_no_bands(texture: Make, seen_under: Make, rigid: Make) -> None:
    # Bright at the top and shifted by little more than whole rows: the outermost row, mixed with what lies outside, was
    # taken for a band of 10 %.
    canvas = (0.1 + 0.06 * texture(80 + 2 * MARGIN, 100 + 2 * MARGIN)) * np.linspace(6, 1, 80 + 2 * MARGIN)[:, None]
    canvas = canvas.astype(np.float32)
    affine = rigid(80, 100, shift_px=(-7.3, 8.1)).astype(np.float32)
    pictures = canvas[MARGIN:-MARGIN, MARGIN:-MARGIN], seen_under(canvas, affine, MARGIN)
    rng = np.random.default_rng(9)
    noisy = [(p + rng.normal(0, 0.003, p.shape)).astype(np.float32) for p in pictures]
    found = row_gains(noisy[0], noisy[1], affine)
    assert not found.significant and found.depth < 0.01


def test_a_lamp_in_one_half_is_no_flicker(pair: Make) -> None:
    reference, frame, affine = pair()
    lit = frame.copy()
    lit[:, : W // 2] *= _bands(0.3, 0.0)[:, None]
    assert not row_gains(reference, lit, affine).significant


def test_bands_of_the_reference_itself_are_what_all_frames_share() -> None:
    own = np.log(_bands(0.3, 0.2)).astype(np.float64)
    own -= own.mean()
    curves = []
    for k in range(7):
        other = np.log(_bands(0.3, 2 * np.pi * k / 7)).astype(np.float64)
        # A curve evens the frame out to the reference.
        curves.append(RowGains(log_gains=own - (other - other.mean()), depth=0.4, significant=True))
    found = own_bands(curves)
    assert found.significant
    np.testing.assert_allclose(found.log_gains, -own, atol=0.01)
    alike = RowGains(log_gains=np.zeros(H), depth=0.0, significant=False)
    assert not own_bands([alike] * 5).significant
    with pytest.raises(ContractError, match="found none"):
        own_bands([])


def test_a_mosaic_gets_its_rows_multiplied(as_mosaic: Callable[..., LinearMosaic]) -> None:
    mosaic = as_mosaic(np.full((64, 32), 0.5, np.float32))
    wave = 0.1 * np.sin(np.arange(32) / 3)
    gains = RowGains(log_gains=wave, depth=0.1, significant=True)
    found = with_row_gains(mosaic, gains)
    np.testing.assert_allclose(found.values[1::2][:-1, 0] / 0.5, gains.for_height(64)[1::2][:-1], rtol=1e-6)
    np.testing.assert_allclose(np.log(found.values[20:22, 5] / 0.5).mean(), wave[10], atol=2e-3)
    assert with_row_gains(mosaic, RowGains(log_gains=wave, depth=0.1, significant=False)) is mosaic
