"""What is clipped, and brackets that are aligned across 6 EV."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from catchlight.burst import align, grey_noise_variance
from catchlight.burst.exposure.clear import ceilings, clear_of_clipping, clip_alike, greys_alike
from catchlight.core import CfaPattern, Frame, LinearMosaic, NoiseModel
from catchlight.develop import linearise
from catchlight.simulate import SENSORS, SHAKEN_AND_ROTATED, BurstPlan, night_city, simulate_burst

Mosaic = Callable[..., LinearMosaic]


def test_a_clipped_sample_and_its_reach_do_not_count(as_mosaic: Mosaic) -> None:
    picture = np.full((64, 64), 0.2, np.float32)
    picture[33, 30] = 1.0
    mosaic = as_mosaic(picture)
    near = clear_of_clipping(mosaic, reach=0)
    assert near[16, 15] == 0
    assert (np.delete(near.ravel(), 16 * 32 + 15) == 1).all()
    wide = clear_of_clipping(mosaic, reach=2)
    assert (wide[14:19, 13:18] == 0).all()
    assert (wide[:12] == 1).all()
    assert 0 < wide[13, 15] < 1


def test_each_colour_has_its_own_ceiling_and_the_exposure_moves_it() -> None:
    mosaic = LinearMosaic(
        values=np.full((32, 32), 1.5, np.float32),
        cfa=CfaPattern(name="GRBG"),
        gains=(2.0, 1.0, 1.6),
        noise=NoiseModel.same(shot=0.0, read=1e-8),
    )
    assert ceilings(mosaic) == pytest.approx((1.94, 0.97, 1.552))
    assert (clear_of_clipping(mosaic, reach=0) == 0).all()
    assert (clear_of_clipping(replace(mosaic, exposure=8.0), reach=0) == 1).all()


def test_noise_near_the_ceiling_makes_the_ramp_wider(as_mosaic: Mosaic) -> None:
    level = np.full((32, 32), 0.8, np.float32)
    quiet, noisy = as_mosaic(level), replace(as_mosaic(level), noise=NoiseModel.same(shot=0.01, read=0.0))
    assert (clear_of_clipping(quiet, reach=0) == 1).all()
    assert 0 < clear_of_clipping(noisy, reach=0).max() < 1


def test_both_are_clipped_at_the_lower_ceiling(as_mosaic: Mosaic) -> None:
    picture = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    middle = as_mosaic(picture)
    long = replace(as_mosaic(np.minimum(picture, 0.125)), exposure=0.125)
    short = replace(as_mosaic(picture * 8), exposure=8.0)
    a, b = clip_alike(middle, long)
    np.testing.assert_array_equal(a.values, b.values)
    assert b is long
    assert middle.values.max() == 1
    a, b = clip_alike(middle, short)
    assert a is middle
    assert b.values.max() == 1
    assert clip_alike(middle, middle) == (middle, middle)


@pytest.mark.parametrize("gain", [1.0, 8.0])
@pytest.mark.parametrize("factor", [1 / 8, 8.0])
def test_shaken_brackets_are_aligned_across_three_stops(gain: float, factor: float) -> None:
    scene = night_city(height_px=328, width_px=424, seed=5)
    # The lit windows are 10 to 30 times as bright as the walls: many clip in the long frame, walls drown in the short.
    photo = Frame(pixels=scene.pixels, transfer="linear")
    plan = BurstPlan(
        frames=2, exposure=(2.0, 2.0 * factor), gain=gain, shake=SHAKEN_AND_ROTATED, size_px=(256, 352), seed=3
    )
    burst = simulate_burst(photo, sensor=SENSORS["IMX477"], plan=plan)
    linear = []
    for raw, scale in zip(burst, (1.0, 1 / factor), strict=True):
        assert raw.noise is not None
        linear.append(linearise(raw, noise=raw.noise, gains=raw.colour.white_balance(), exposure_scale=scale))
    still, moved = greys_alike(*linear)
    found = align(still, moved, noise_variance=grey_noise_variance(still[0], linear[0].noise))
    want = burst.frame_from_reference[1]
    y, x = np.mgrid[32:224:32, 32:320:32].reshape(2, -1)
    place = np.stack([x, y], axis=-1).astype(np.float64)
    apart = (place @ found.affine[:, :2].T + found.affine[:, 2]) - (place @ want[:, :2].T + want[:, 2])
    # The short frame of gain 8 sees the lit windows only.
    assert np.hypot(*apart.T).max() < (0.35 if gain == 1 else 0.8)
