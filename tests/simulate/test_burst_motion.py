"""What happens while a frame is exposed and read."""

from dataclasses import replace

import numpy as np
import pytest

from catchlight.camera.profile import Shading
from catchlight.camera.sensor import PatternNoise
from catchlight.core import ContractError, Frame
from catchlight.simulate import (
    BURST_PROTOCOL,
    IMX477,
    BurstPlan,
    HandShake,
    MovingObject,
    night_city,
    simulate_burst,
    textured_disc,
)
from catchlight.simulate.hand_shake import rigid
from catchlight.simulate.shake_path import ShakePath, rigid_stack


def _dot(x_px: float, y_px: float, *, side: int = 240) -> Frame:
    y, x = np.mgrid[:side, :side] + 0.5
    grey = 0.9 * np.exp(-((x - x_px) ** 2 + (y - y_px) ** 2) / (2 * 2.0**2))
    return Frame(pixels=np.repeat(grey[..., None], 3, axis=2).astype(np.float32))


def _object(**changes: object) -> MovingObject:
    colour, alpha = textured_disc(diameter_px=30)
    return MovingObject(colour=colour, alpha=alpha, **changes)  # type: ignore[arg-type]


def _moments(light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h, w = light.shape
    y, x = np.mgrid[:h, :w] + 0.5
    points = np.stack([x.ravel(), y.ravel()])
    weight = light.ravel() / light.sum()
    mean = points @ weight
    return mean, (points - mean[:, None]) * weight @ (points - mean[:, None]).T


def test_the_path_goes_through_the_frames_and_straight_on() -> None:
    poses = np.array([[0.0, 0, 0], [4.0, 2, 0.5], [5.0, -3, 0.2]])
    path = ShakePath(poses=poses)
    np.testing.assert_allclose(path.at(np.arange(3.0)), poses, atol=1e-12)
    np.testing.assert_allclose(path.at(np.array([-0.5, 2.5])), [[-2, -1, -0.25], [5.5, -5.5, 0.05]], atol=1e-12)
    straight = ShakePath(poses=np.outer(np.arange(4.0), [1.0, -2.0, 0.1]))
    times = np.linspace(-1.5, 4.5, 25)
    np.testing.assert_allclose(straight.at(times), np.outer(times, [1.0, -2.0, 0.1]), atol=1e-12)
    assert not ShakePath(poses=poses[:1]).at(np.array([-3.0, 2.0])).any()


def test_a_stack_of_transforms_is_the_single_ones() -> None:
    shifts, angles = np.array([[1.0, 2.0], [-3.0, 0.5]]), np.array([5.0, -20.0])
    stack = rigid_stack(about=(40.0, 30.0), shifts_px=shifts, angles_deg=angles, scale=1.3)
    for one, shift, angle in zip(stack, shifts, angles, strict=True):
        single = rigid(about=(40.0, 30.0), shift_px=(shift[0], shift[1]), angle_deg=float(angle), scale=1.3)
        np.testing.assert_allclose(one[:2], single, atol=1e-12)


def test_motion_blur_spreads_a_dot_along_the_path_about_where_the_truth_says() -> None:
    shake = HandShake(shift_px=30.0)
    common = {"frames": 3, "shake": shake, "size_px": (150, 150), "seed": 2, "shutter_s": 0.08, "interval_s": 0.08}
    still = simulate_burst(_dot(120, 120), sensor=BURST_PROTOCOL, plan=BurstPlan(**common))  # type: ignore[arg-type]
    plan = BurstPlan(**common, motion_samples=24)  # type: ignore[arg-type]
    blurred = simulate_burst(_dot(120, 120), sensor=BURST_PROTOCOL, plan=plan)
    for k in range(3):
        path = blurred._path.at(k + (np.arange(24) + 0.5) / 24 - 0.5)[:, :2]
        _, sharp = _moments(still.clean_mosaic(k).astype(float))
        mean, spread = _moments(blurred.clean_mosaic(k).astype(float))
        np.testing.assert_allclose(mean, path.mean(axis=0) + 75.0, atol=0.05)
        # Variances add: that of the dot and that of the path.
        np.testing.assert_allclose(spread - sharp, np.cov(path.T, bias=True), atol=0.15)
        assert np.hypot(*(path[-1] - path[0])) > 5
    assert blurred.clean_mosaic(0).sum() == pytest.approx(still.clean_mosaic(0).sum(), rel=1e-3)


def test_a_longer_exposure_moves_more() -> None:
    plan = BurstPlan(
        frames=2,
        shake=HandShake(shift_px=20.0),
        exposure=(0.25, 1.0),
        motion_samples=9,
        size_px=(160, 160),
        shutter_s=0.08,
    )
    burst = simulate_burst(_dot(120, 120), sensor=BURST_PROTOCOL, plan=plan)
    short, long = (np.trace(_moments(burst.clean_mosaic(k).astype(float))[1]) for k in range(2))
    assert long > short + 1


def test_a_rolling_shutter_shears_an_upright_line() -> None:
    pixels = np.zeros((260, 260, 3), np.float32)
    pixels[:, 126:134] = 0.8
    plan = BurstPlan(
        frames=2, shake=HandShake(shift_px=20.0), size_px=(160, 160), readout_s=0.04, interval_s=0.08, seed=5
    )
    burst = simulate_burst(Frame(pixels=pixels), sensor=BURST_PROTOCOL, plan=plan)
    light = burst.clean_mosaic(1).astype(float)
    x = np.arange(160) + 0.5
    found = (light * x).sum(axis=1) / light.sum(axis=1)
    rows = burst.row_transforms(1)
    middle = burst.frame_from_reference[1]
    np.testing.assert_allclose(rows[79:81].mean(axis=0), middle, atol=1e-9)
    # The line is upright in the reference, at x = 80.
    np.testing.assert_allclose(found, 80 + rows[:, 0, 2], atol=0.05)
    # Two frames make a straight path: half an interval of readout moves half of the way, from first to last row.
    assert found[-1] - found[0] == pytest.approx(0.5 * middle[0, 2], abs=0.3)


def test_rows_of_a_still_camera_are_the_frame() -> None:
    town = night_city(height_px=120, width_px=150, seed=1)
    moving = _object(step_px=(0.0, 0.0))
    frozen = simulate_burst(town, sensor=BURST_PROTOCOL, plan=BurstPlan(frames=2, moving=moving))
    rolled = simulate_burst(
        town, sensor=BURST_PROTOCOL, plan=BurstPlan(frames=2, moving=moving, readout_s=0.02, motion_samples=3)
    )
    assert rolled.shape == frozen.shape
    np.testing.assert_allclose(rolled.clean_mosaic(1), frozen.clean_mosaic(1), atol=1e-5)
    np.testing.assert_allclose(rolled.object_mask(1), frozen.object_mask(1), atol=1e-5)


def test_later_objects_lie_in_front() -> None:
    grey = Frame(pixels=np.full((160, 160, 3), 0.2, np.float32))
    back, front = _object(at=(0.5, 0.5)), _object(at=(0.55, 0.5))
    both = simulate_burst(grey, sensor=BURST_PROTOCOL, plan=BurstPlan(frames=1, moving=back, more_moving=(front,)))
    alone = simulate_burst(grey, sensor=BURST_PROTOCOL, plan=BurstPlan(frames=1, moving=front))
    inside = alone.object_mask(0) > 0.999
    np.testing.assert_allclose(both.clean_mosaic(0)[inside], alone.clean_mosaic(0)[inside], atol=1e-3)
    assert both.object_mask(0).sum() > alone.object_mask(0).sum() + 50


def test_corners_are_as_dark_as_asked_and_a_kernel_keeps_the_light() -> None:
    grey = Frame(pixels=np.full((200, 200, 3), 0.5, np.float32))
    light = simulate_burst(grey, sensor=BURST_PROTOCOL, plan=BurstPlan(frames=1, corner_light=0.4)).clean_mosaic(0)
    assert light[0, 0] / light.max() == pytest.approx(0.4, abs=0.01)
    # cos⁴ = 0.4 at the corner: at half that distance tan² is a quarter.
    h, w = light.shape
    expected = (1 + (0.4**-0.5 - 1) / 4) ** -2
    assert light[h // 4, w // 4] / light.max() == pytest.approx(expected, abs=0.01)

    lopsided = np.zeros((5, 5), np.float32)
    lopsided[2, 4] = 3.0
    plain = simulate_burst(_dot(120, 120), sensor=BURST_PROTOCOL, plan=BurstPlan(frames=1))
    moved = simulate_burst(_dot(120, 120), sensor=BURST_PROTOCOL, plan=BurstPlan(frames=1, lens_kernel=lopsided))
    before, after = (_moments(b.clean_mosaic(0).astype(float))[0] for b in (plain, moved))
    np.testing.assert_allclose(after - before, [2.0, 0.0], atol=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"motion_samples": 0}, {"readout_s": -1.0}, {"interval_s": 0.0}, {"corner_light": 0.0},
        {"lens_kernel": np.ones((2, 2), np.float32)},
    ],
)  # fmt: skip
def test_an_impossible_exposure_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        BurstPlan(**change)  # type: ignore[arg-type]


def test_frames_stay_inside_the_photo_while_they_are_exposed() -> None:
    bright = Frame(pixels=np.full((200, 260, 3), 0.5, np.float32))
    shake = HandShake(shift_px=15.0, rotation_deg=1.0)
    plan = BurstPlan(frames=2, shake=shake, motion_samples=4, readout_s=0.03)
    burst = simulate_burst(bright, sensor=BURST_PROTOCOL, plan=plan)
    frozen = simulate_burst(bright, sensor=BURST_PROTOCOL, plan=BurstPlan(frames=2, shake=shake))
    assert burst.shape < frozen.shape
    with pytest.raises(ContractError, match="inside the photo"):
        simulate_burst(bright, sensor=BURST_PROTOCOL, plan=replace(plan, size_px=frozen.shape))


def test_pattern_noise_is_there_when_asked_for() -> None:
    sensor = replace(BURST_PROTOCOL, pattern_noise=PatternNoise(column=0.02))
    dark = Frame(pixels=np.zeros((120, 120, 3), np.float32))
    common = {"frames": 1, "size_px": (96, 96)}
    plain, striped = (
        simulate_burst(dark, sensor=sensor, plan=BurstPlan(**common, pattern_noise=asked))[0].mosaic.astype(float)  # type: ignore[arg-type]
        for asked in (False, True)
    )
    # Columns 0.02 of the range apart against the mean of 96 rows of read noise, 0.0063 / √96: thirty times as much.
    assert striped.mean(axis=0).std() > 5 * plain.mean(axis=0).std()


def test_the_lens_shades_as_its_profile_says() -> None:
    """A white field divided by the gains, colour by colour; the frames of a plan without shading are as before."""
    gains = ((1.8, 1.5, 1.8), (1.4, 1.0, 1.4), (1.8, 1.5, 1.8))
    shading = Shading(red=gains, green=gains, blue=tuple(tuple(v**0.5 for v in row) for row in gains))
    white = Frame(pixels=np.full((96, 128, 3), 0.8, np.float32))
    plain = simulate_burst(white, sensor=IMX477, plan=BurstPlan(frames=1, size_px=(64, 96)))
    shaded = simulate_burst(white, sensor=IMX477, plan=BurstPlan(frames=1, size_px=(64, 96), shading=shading))
    ratio = plain.clean_mosaic(0) / shaded.clean_mosaic(0)
    expected = IMX477.pattern.sample(shading.gains(64, 96))
    np.testing.assert_allclose(ratio, expected, rtol=1e-5)
