import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.simulate import SENSORS, BurstPlan, night_city, simulate_burst
from catchlight.simulate.flash import flash_light
from catchlight.simulate.flicker import Flicker
from catchlight.simulate.relight import relit_frame


def test_the_swing_is_averaged_over_the_exposure() -> None:
    lamp = Flicker(mains_hz=50.0, depth=0.5, phase_rad=0.3)
    found = lamp.row_light(40, exposure_s=1 / 300, readout_s=0.02, start_s=0.004)
    for row in (0, 13, 39):
        start = 0.004 + row / 39 * 0.02
        t = start + (np.arange(2000) + 0.5) / 2000 / 300
        mean = float(np.mean(1 + 0.5 * np.cos(2 * np.pi * 100 * t + 0.3)))
        assert found[row] == pytest.approx(mean, abs=1e-5)


def test_whole_swings_and_global_shutters_show_no_bands() -> None:
    lamp = Flicker(depth=1.0)
    np.testing.assert_allclose(lamp.row_light(50, exposure_s=1 / 50, readout_s=0.03), 1, atol=1e-6)
    assert np.ptp(lamp.row_light(50, exposure_s=1e-3, readout_s=0.0)) == 0
    assert np.ptp(lamp.row_light(50, exposure_s=1e-3, readout_s=0.03)) > 1.8


def test_a_flash_adds_most_to_the_subject() -> None:
    light = flash_light((60, 80), strength=3.0, centre=(0.25, 0.5), spread=0.2)
    assert np.unravel_index(light.argmax(), light.shape) == (30, 20)
    assert light.max() == pytest.approx(4.0)
    assert light[30, 79] == pytest.approx(1 + 3 / 16, rel=0.01)
    assert (flash_light((60, 80), strength=0.0) == 1).all()


def test_a_relit_frame_has_the_noise_of_its_own_light() -> None:
    scene = night_city(height_px=96, width_px=128, seed=2)
    plan = BurstPlan(frames=2, size_px=(80, 112), gain=2.0)
    burst = simulate_burst(scene, sensor=SENSORS["IMX477"], plan=plan)
    light = np.full((80, 112), 2.0, np.float32)
    frame = relit_frame(burst, 1, light)
    again = relit_frame(burst, 1, light)
    np.testing.assert_array_equal(frame.mosaic, again.mosaic)
    assert frame.metadata == burst[1].metadata
    clean = np.minimum(burst.clean_mosaic(1) * 2, 1)
    signal = (frame.mosaic.astype(np.float64) - frame.black_dn[0]) / frame.range_dn
    assert frame.noise is not None
    variance = np.asarray(frame.noise.variance_map(clean.astype(np.float64), channel=1))
    inside = clean < 0.9
    assert np.mean(np.square(signal - clean)[inside] / variance[inside]) == pytest.approx(1, rel=0.1)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ContractError, match="depth"):
        Flicker(depth=1.5)
    with pytest.raises(ContractError, match="strength"):
        flash_light((10, 10), strength=-1.0)
    burst = simulate_burst(night_city(height_px=64, width_px=64), sensor=SENSORS["IMX477"], plan=BurstPlan(frames=1))
    with pytest.raises(ContractError, match="factors"):
        relit_frame(burst, 0, np.ones((4, 4), np.float32))
