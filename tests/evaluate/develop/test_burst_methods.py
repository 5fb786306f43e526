from dataclasses import replace

import numpy as np
import pytest

from catchlight.core import RawFrame
from catchlight.evaluate.develop.burst_case import BurstCase
from catchlight.evaluate.develop.burst_methods import aligned_mean, mean_mosaic, picture_from, plain_linear
from catchlight.measure import psnr
from catchlight.simulate import SimulatedBurst, night_city


def _burst(motion: str, *, sensor: str = "IMX477", gain: float = 1.0) -> SimulatedBurst:
    scene = night_city(height_px=300, width_px=330, seed=3)
    case = BurstCase(sensor=sensor, gain=gain, motion=motion)  # type: ignore[arg-type]
    return case.burst(scene, seed_name="town", side_px=220)


@pytest.fixture(scope="module")
def shaken() -> SimulatedBurst:
    return _burst("shaken and rotated", gain=4.0)


def test_the_mean_of_still_frames_has_an_eighth_of_the_noise() -> None:
    burst = _burst("static", gain=8.0)
    merged, single = mean_mosaic(list(burst)), plain_linear(burst[0])
    sites = [merged.gains[c] for c in merged.cfa.sites]
    truth = burst.clean_mosaic(0) * np.tile(np.array(sites, np.float32).reshape(2, 2), (110, 110))
    ratio = np.var(single.values - truth) / np.var(merged.values - truth)
    assert ratio == pytest.approx(8, rel=0.05)
    assert merged.noise.shot[1] == pytest.approx(single.noise.shot[1] / 8)


def test_the_finish_puts_a_clean_mosaic_where_the_truth_is() -> None:
    # A shift by one pixel, another matrix or another scale would cost far more than demosaicing does.
    burst = _burst("static")
    clean = plain_linear(burst[0])
    sites = [clean.gains[c] for c in clean.cfa.sites]
    values = burst.clean_mosaic(0) * np.tile(np.array(sites, np.float32).reshape(2, 2), (110, 110))
    truth = burst.truth().linear_srgb
    right = psnr(picture_from(replace(clean, values=values), burst[0]), truth, border_px=8)
    shifted = psnr(np.roll(picture_from(replace(clean, values=values), burst[0]), 1, axis=1), truth, border_px=8)
    assert right > 34
    assert right > shifted + 5


def test_aligned_frames_beat_one_frame_and_the_plain_mean(shaken: SimulatedBurst) -> None:
    frames, truth = list(shaken), shaken.truth().linear_srgb
    aligned = psnr(aligned_mean(frames), truth, border_px=32)
    single = psnr(picture_from(plain_linear(frames[0]), frames[0]), truth, border_px=32)
    plain = psnr(picture_from(mean_mosaic(frames), frames[0]), truth, border_px=32)
    assert aligned > single + 2
    assert aligned > plain + 6


def test_aligning_leaves_the_frames_as_they_were(shaken: SimulatedBurst) -> None:
    # OpenCV's phase correlation writes into its arguments.
    frames: list[RawFrame] = list(shaken)[:3]
    first = aligned_mean(frames)
    np.testing.assert_array_equal(first, aligned_mean(frames))
    assert all(np.array_equal(a.mosaic, b.mosaic) for a, b in zip(frames, list(shaken)[:3], strict=True))


def test_later_frames_are_aligned_as_well_as_the_first(shaken: SimulatedBurst) -> None:
    # Eight times the same two frames: if the still picture were spoiled on the way, the mean would drift.
    two = list(shaken)[:2]
    many = [two[0], *[two[1]] * 6]
    truth = shaken.truth().linear_srgb
    assert psnr(aligned_mean(many), truth, border_px=32) > psnr(aligned_mean(two), truth, border_px=32) - 1.5
