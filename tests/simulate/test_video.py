import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.simulate import IMX477, night_city
from catchlight.simulate.scene3d import CameraPath, Card, CardScene, Pinhole, random_scene
from catchlight.simulate.video import VideoPlan, simulate_video

CAMERA = Pinhole(focal_px=110.0, size_px=(60, 84))


@pytest.fixture(scope="module")
def scene() -> CardScene:
    photos = [night_city(height_px=100, width_px=120, seed=k) for k in range(2)]
    return random_scene(photos, camera=CAMERA, seed=2, cards=3, duration_s=0.2)


def test_every_frame_knows_its_truth(scene: CardScene) -> None:
    frames = list(simulate_video(scene, camera=CAMERA, plan=VideoPlan(frames=3, interval_s=0.05)))
    assert [f.time_s for f in frames] == pytest.approx([0.0, 0.05, 0.1])
    assert [f.flow is None for f in frames] == [False, False, True]
    for k, frame in enumerate(frames):
        assert frame.picture.shape == frame.depth.metres.shape == frame.card.shape == (60, 84)
        np.testing.assert_array_equal(frame.world_from_camera, scene.path.at(np.array([k * 0.05]))[0])
        still = scene.view(CAMERA, time_s=k * 0.05)
        np.testing.assert_array_equal(frame.picture.pixels, still.picture())
    first = frames[0].flow
    assert first is not None
    assert first.length_px.max() > 1
    assert 0 < first.confidence.mean() < 1


def test_noise_hangs_on_the_seed_and_has_the_sensors_size() -> None:
    grey = Card(
        colour=np.full((8, 8, 3), 0.4, np.float32), alpha=np.ones((8, 8), np.float32), centre_m=(0.0, 0.0, 2.0),
        width_m=1.0, endless=True,
    )  # fmt: skip
    flat = CardScene(cards=(grey,), path=CameraPath.still())
    plan = VideoPlan(frames=2, sensor=IMX477, gain=8.0, exposure=0.5, seed=4)
    one, again = (list(simulate_video(flat, camera=CAMERA, plan=plan)) for _ in range(2))
    assert all(np.array_equal(a.picture.pixels, b.picture.pixels) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[0].picture.pixels, one[1].picture.pixels)
    # 15 120 values: a variance within 4·√(2/n) = 4.6 % at 99.99 %.
    expected = IMX477.noise_at(8.0).variance(0.4 * 0.5, channel=1) / 0.5**2
    assert one[0].picture.pixels.var() == pytest.approx(expected, rel=0.046)
    assert one[0].picture.pixels.mean() == pytest.approx(0.4, abs=4 * np.sqrt(expected / 15120))


def test_motion_blur_is_the_mean_of_the_exposure(scene: CardScene) -> None:
    plan = VideoPlan(frames=1, shutter_s=0.06, motion_samples=3)
    blurred = next(simulate_video(scene, camera=CAMERA, plan=plan)).picture.pixels
    moments = [scene.view(CAMERA, time_s=t).picture() for t in (-0.02, 0.0, 0.02)]
    np.testing.assert_allclose(blurred, np.mean(moments, axis=0), atol=1e-6)
    assert np.abs(moments[0] - moments[2]).max() > 0.05


def test_a_rolling_shutter_shows_each_row_at_its_own_time(scene: CardScene) -> None:
    frame = next(simulate_video(scene, camera=CAMERA, plan=VideoPlan(frames=1, readout_s=0.06)))
    for row in (0, 29, 59):
        time_s = ((row + 0.5) / 60 - 0.5) * 0.06
        np.testing.assert_allclose(
            frame.picture.pixels[row], scene.view(CAMERA, time_s=time_s).picture()[row], atol=2e-4
        )


@pytest.mark.parametrize("wrong", [{"frames": 0}, {"motion_samples": 0}, {"readout_s": -0.1}, {"gain": 0.0}])
def test_impossible_plans_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        VideoPlan(**wrong)  # type: ignore[arg-type]


def test_a_margin_is_refused(scene: CardScene) -> None:
    with pytest.raises(ContractError, match="margin"):
        simulate_video(scene, camera=Pinhole(focal_px=110.0, size_px=(60, 84), margin_px=2), plan=VideoPlan())
