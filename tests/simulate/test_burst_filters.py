from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catchlight.camera.profile import load_builtin
from catchlight.camera.profile.shading import Shading
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core import CfaName, ColourSpace, ContractError, Frame, RawFrame
from catchlight.core.colour import matrix
from catchlight.io import read_picture, write_dng_cfa
from catchlight.simulate import (
    IMX477,
    SHAKEN_AND_ROTATED,
    BurstPlan,
    MovingObject,
    night_city,
    simulate_burst,
    textured_disc,
)
from catchlight.simulate.raw_shot import raw_shot

NAMES: tuple[CfaName, ...] = ("XTRANS", "QUAD_GRBG", "NONA_BGGR", "MONO")


@pytest.fixture(scope="module")
def town() -> Frame:
    return night_city(height_px=200, width_px=260, seed=4)


def _sensor(name: CfaName) -> SensorProfile:
    return replace(IMX477, cfa=name)


def _object(**changes: object) -> MovingObject:
    colour, alpha = textured_disc(diameter_px=30)
    return MovingObject(colour=colour, alpha=alpha, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_burst_of_any_filters_is_what_its_truth_says(town: Frame, name: CfaName, tmp_path: Path) -> None:
    shading = Shading(red=((2.0, 1.0), (1.0, 1.5)), green=((1.0, 1.0), (1.0, 1.5)), blue=((1.0, 3.0), (1.0, 1.0)))
    plan = BurstPlan(
        frames=3, gain=2.0, shake=SHAKEN_AND_ROTATED, moving=_object(), exposure=0.6, reference=1, shading=shading
    )
    burst = simulate_burst(town, sensor=_sensor(name), plan=plan)
    truth, clean = burst.truth(), burst.clean_mosaic(1)
    colours = burst.sensor.pattern.colour_map(*burst.shape)
    assert truth.mosaic is not None
    assert np.array_equal(truth.mosaic, clean)
    expected = np.take_along_axis(truth.camera_rgb, colours[..., None].astype(int), axis=2)[..., 0]
    np.testing.assert_allclose(clean, np.clip(expected, 0, 1), atol=1e-6)
    raw = burst[1]
    assert raw.cfa == burst.sensor.pattern
    assert raw.noise is not None
    sigma = np.sqrt(raw.noise.variance_map(clean, channel=1))
    error = ((raw.normalised() - clean) / sigma)[clean < 0.8]
    # Some 30,000 photosites: 1/√n = 0.6 % for the mean, 0.4 % for the deviation; 5 of them.
    assert abs(error.mean()) < 0.03
    assert error.std() == pytest.approx(1.0, abs=0.02)
    write_dng_cfa(tmp_path / "a.dng", raw)
    back = read_picture(tmp_path / "a.dng")
    assert isinstance(back, RawFrame)
    assert np.array_equal(back.mosaic, raw.mosaic)
    assert back.cfa == raw.cfa
    assert back.colour.white_balance() == pytest.approx(raw.colour.white_balance(), rel=1e-4)


def test_a_sensor_without_filters_sees_the_luminance(town: Frame) -> None:
    weights = matrix(ColourSpace.XYZ_D65, ColourSpace.SRGB)[1]
    mono = load_builtin("imx296_mono").sensor
    plan = BurstPlan(frames=1, lens_blur_px=0.0, exposure=0.5, light_cct_k=3000.0)
    burst = simulate_burst(town, sensor=mono, plan=plan)
    h, w = burst.shape
    top, left = (200 - h) // 2, (260 - w) // 2
    expected = town.pixels[top : top + h, left : left + w] @ weights * 0.5
    truth = burst.truth()
    for channel in range(3):
        np.testing.assert_allclose(truth.linear_srgb[..., channel], expected, atol=2e-3)
    shot = raw_shot(town.pixels, sensor=mono, exposure=0.5, seed=(1,))
    assert shot.colour.white_balance() == (1, 1, 1)
    assert shot.normalised().mean() == pytest.approx(float((town.pixels @ weights).mean() / 2), rel=0.01)


@pytest.mark.parametrize(("name", "step"), [("QUAD_RGGB", 4), ("NONA_RGGB", 6), ("XTRANS", 2)])
def test_frames_hold_whole_blocks(town: Frame, name: CfaName, step: int) -> None:
    largest = simulate_burst(town, sensor=_sensor(name), plan=BurstPlan(frames=1)).shape
    assert [side % step for side in largest] == [0, 0]
    assert all(limit - 2 * 4 - step < side < limit for side, limit in zip(largest, (200, 260), strict=True))
    if step > 2:
        with pytest.raises(ContractError, match=f"multiples of {step}"):
            simulate_burst(town, sensor=_sensor(name), plan=BurstPlan(frames=1, size_px=(98, 98)))


@pytest.mark.parametrize("readout_s", [0.0, 0.04])
def test_a_denser_truth_is_that_of_a_sensor_with_smaller_photosites(town: Frame, readout_s: float) -> None:
    grid = ((1.5, 1.0, 1.0), (1.0, 1.2, 2.0))
    shading = Shading(red=grid, green=grid, blue=grid)
    plan = BurstPlan(
        frames=2, reference=1, scale=0.5, size_px=(80, 96), lens_blur_px=0.7, shading=shading, corner_light=0.6,
        moving=_object(step_px=(6.0, 2.0), turn_deg=3.0, scale=0.5), readout_s=readout_s, motion_samples=2,
        shutter_s=0.03,
    )  # fmt: skip
    finer = replace(
        plan, scale=1.0, size_px=(160, 192), lens_blur_px=1.4,
        moving=_object(step_px=(12.0, 4.0), turn_deg=3.0, scale=1.0),
    )  # fmt: skip
    found = simulate_burst(town, sensor=IMX477, plan=plan).truth(2)
    expected = simulate_burst(town, sensor=IMX477, plan=finer).truth()
    assert found.mosaic is None
    np.testing.assert_allclose(found.linear_srgb, expected.linear_srgb, atol=2e-5)


def test_four_samples_of_a_denser_truth_lie_about_one_photosite() -> None:
    y, x = np.mgrid[:120, :160] + 0.5
    ramp = (0.1 + 0.002 * x + 0.003 * y).astype(np.float32)
    photo = Frame(pixels=np.repeat(ramp[..., None], 3, axis=2), transfer="linear")
    burst = simulate_burst(photo, sensor=IMX477, plan=BurstPlan(frames=1, size_px=(80, 100)))
    fine, coarse = burst.truth(3).camera_rgb, burst.truth().camera_rgb
    blocks = fine.reshape(80, 3, 100, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(blocks, coarse, atol=2e-5)
    with pytest.raises(ContractError, match="found 0"):
        burst.truth(0)
