"""Crops have the noise that the camera's law states, and their truth none."""

from dataclasses import replace

import numpy as np
import pytest

from catchlight.camera.profile import load_builtin
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.camera.sensor.pattern_noise import PatternNoise
from catchlight.core import CameraColour, ContractError
from catchlight.train.finetune.camera_crops import camera_crop, camera_crops, light_colour
from catchlight.train.finetune.camera_plan import CameraPlan, camera_gains

SENSOR = load_builtin("imx477").sensor
GREY = np.full((64, 64, 3), 128, np.uint8)


def _photos() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.integers(0, 256, (40, 48, 3)).astype(np.uint8) for _ in range(3)]


def test_same_number_same_batch_another_number_another() -> None:
    plan = CameraPlan(gain=(1.0, 16.0), crop_px=16, batch=3)
    a, b = (camera_crops(_photos(), SENSOR, plan, number=4) for _ in range(2))
    other = camera_crops(_photos(), SENSOR, plan, number=5)
    assert a.values.tobytes() == b.values.tobytes() and a.share.tobytes() == b.share.tobytes()
    assert not np.array_equal(a.values, other.values)
    assert a.values.shape == (3, 16, 16) and a.clean.shape == (3, 16, 16, 3)


@pytest.mark.parametrize(("gain", "frames"), [(1.0, 1), (16.0, 1), (16.0, 4)])
def test_noise_is_what_is_stated(gain: float, frames: int) -> None:
    colour = light_colour(SENSOR, cct_k=4000.0)
    parts = [
        camera_crop(GREY, SENSOR, colour=colour, exposure=0.5, gain=gain, frames=frames, seed=(1, n)) for n in range(6)
    ]
    for c, (y, x) in enumerate([(0, 0), (0, 1), (1, 1)]):
        error = np.stack([(p.values[0] - p.clean[0, :, :, c])[y::2, x::2] for p in parts])
        level = float(parts[0].clean[0, 0, 0, c])
        stated = (parts[0].shot[0, c] * level + parts[0].read[0, c]) * parts[0].share[0, 0, 0]
        # 6144 samples: the deviation of their variance is 1.8 %, of their mean 1/78 of σ; four of each.
        assert error.var() == pytest.approx(stated, rel=0.075)
        assert abs(error.mean()) < 4 * np.sqrt(stated / error.size)
    assert parts[0].share[0, 0, 0] == pytest.approx(1 / frames)


def test_white_is_white_under_any_light_and_noise_grows_with_balance() -> None:
    white = np.full((16, 16, 3), 255, np.uint8)
    for cct_k in (2800.0, 7000.0):
        colour = light_colour(SENSOR, cct_k=cct_k)
        part = camera_crop(white, SENSOR, colour=colour, exposure=0.5, gain=4.0, seed=(0,))
        np.testing.assert_allclose(part.clean, 0.5, atol=2e-3)
        gains = np.array(colour.white_balance())
        law = SENSOR.noise_at(4.0)
        np.testing.assert_allclose(part.shot[0], law.shot * gains, rtol=1e-5)
        np.testing.assert_allclose(part.read[0], law.read * gains**2, rtol=1e-5)


def test_without_noise_values_are_the_truth() -> None:
    photo = _photos()[0]
    part = camera_crop(photo, SENSOR, colour=light_colour(SENSOR, cct_k=5000.0), exposure=1.0, gain=None, seed=(0,))
    assert not part.shot.any() and not part.read.any()
    np.testing.assert_array_equal(part.values[0, 1::2, 0::2], part.clean[0, 1::2, 0::2, 1])
    np.testing.assert_array_equal(part.values[0, 1::2, 1::2], part.clean[0, 1::2, 1::2, 2])


def test_torn_quads_have_the_noise_of_one_frame() -> None:
    torn = np.zeros((32, 32), np.uint8)
    torn[:16] = 1
    colour = light_colour(SENSOR, cct_k=5000.0)
    part = camera_crop(GREY, SENSOR, colour=colour, exposure=0.5, gain=16.0, frames=8, torn=torn, seed=(2,))
    error = (part.values[0] - part.clean[0, :, :, 1])[0::2, 1::2]
    assert np.array_equal(np.unique(part.share), np.array([0.125, 1], np.float32))
    assert error[:16].var() == pytest.approx(8 * error[16:].var(), rel=0.4)


def test_row_noise_of_the_profile_is_there_and_fixed_patterns_change_from_crop_to_crop() -> None:
    law = NoiseLaw(knots=(NoiseKnot(gain=1.0, shot=1e-5, read=1e-8, row=1e-4),))
    sensor = replace(SENSOR, noise=law, pattern_noise=PatternNoise(column_fixed=1e-2, serial=3))
    colour = CameraColour(neutral=(1.0, 1.0, 1.0))
    parts = [camera_crop(GREY, sensor, colour=colour, exposure=0.5, gain=1.0, seed=(n,)) for n in (1, 2)]
    rows = np.concatenate([(p.values[0] - p.values[0].mean(0)).mean(1) for p in parts])
    assert rows.std() == pytest.approx(1e-2, rel=0.3)  # 128 rows: their deviation is known to 6 %
    columns = [p.values[0].mean(0) - p.values[0].mean() for p in parts]
    assert abs(np.corrcoef(*columns)[0, 1]) < 0.5 < columns[0].std() / 1e-2


def test_gains_that_are_judged() -> None:
    def law(*gains: float) -> NoiseLaw:
        return NoiseLaw(knots=tuple(NoiseKnot(gain=g, shot=1e-4 * g, read=1e-6 * g) for g in gains))

    assert camera_gains(law(2.0)) == pytest.approx((2.0, 8.0, 32.0))
    assert camera_gains(law(1.0, 2.0)) == pytest.approx((1.0, 2.0))
    assert camera_gains(law(1.0, 3.0, 8.0)) == pytest.approx((1.0, 8**0.5, 8.0))
    assert camera_gains(law(1.0, 1000.0)) == pytest.approx((1.0, 4.0, 16.0, 64.0))


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ContractError, match="crops of 96 px"):
        camera_crops(_photos(), SENSOR, CameraPlan(gain=(1.0, 2.0)), number=0)
    with pytest.raises(ContractError, match="range of gain"):
        CameraPlan(gain=(2.0, 1.0))
    with pytest.raises(ContractError, match="clean_share"):
        CameraPlan(gain=(1.0, 1.0), clean_share=1.5)
