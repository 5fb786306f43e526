from dataclasses import replace

import numpy as np
import pytest

from catchlight.core import Frame
from catchlight.evaluate.develop import other_sensors as others
from catchlight.evaluate.photo_sets import Photo
from catchlight.simulate import SENSORS, BurstPlan, night_city, simulate_burst

TOWN = Photo(name="town/3", frame=night_city(height_px=200, width_px=200, seed=3))


@pytest.mark.parametrize("cfa", others._LIBRAW_KNOWS)
def test_libraw_gets_the_same_colours_as_we_do(cfa: str) -> None:
    """A smooth picture needs no demosaicing: what LibRaw makes of it is the truth, but for noise."""
    y, x = np.mgrid[0:180, 0:180] / 180
    pixels = np.stack([0.2 + 0.5 * x, 0.6 - 0.3 * y, 0.3 + 0.2 * x * y], axis=-1).astype(np.float32)
    sensor = replace(SENSORS["IMX477"], cfa=cfa)
    burst = simulate_burst(Frame(pixels=pixels, transfer="linear"), sensor=sensor, plan=BurstPlan(size_px=(120, 144)))
    picture, truth = others.libraw_picture(burst[0]), burst.truth().linear_srgb
    assert picture.shape == truth.shape == (120, 144, 3)
    off = (picture - truth)[16:-16, 16:-16]
    assert np.abs(off.mean(axis=(0, 1))).max() < 0.003
    assert np.abs(off[..., 1]).mean() < 0.02


@pytest.mark.parametrize("cfa", ["XTRANS", "MONO"])
def test_a_burst_is_worth_more_than_a_frame(cfa: str) -> None:
    case = others.SensorCase(cfa=cfa, gain=8.0, side_px=96)
    found = case.scores(TOWN)
    assert found[others.OURS] > found[others.CLEANED] + 1
    assert found[others.CLEANED] > found[others.NOISY] - 0.1
    assert (others.LIBRAW in found) == (cfa == "XTRANS")
    assert case.name == f"IMX477 with {cfa}, gain 8"


def test_rows_have_the_gain_of_the_burst_and_the_bayer_sensor_comes_first() -> None:
    part, quick = others.other_sensors_part(None, False), others.other_sensors_part(None, True)
    assert next(iter(part.jobs)).startswith("IMX477 with RGGB, gain 1 | ")
    assert len(part.jobs) == 40 and len(quick.jobs) == 5
    found = {
        "s | p": {others.OURS: 40.0, others.CLEANED: 35.0, others.NOISY: 30.0},
        "s | q": {others.OURS: 42.0, others.CLEANED: 36.0, others.NOISY: 31.0},
    }
    rows = {(r.method, r.metric): r.value for r in part.rows(found)}
    assert rows[others.OURS, others.OTHER_PSNR] == 41 and rows[others.OURS, others.OTHER_GAIN] == 5.5
