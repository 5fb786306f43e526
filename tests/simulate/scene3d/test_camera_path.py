import cv2
import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.simulate.scene3d import CameraPath, quaternion_from_rotation


def test_a_path_goes_through_its_poses() -> None:
    path = CameraPath(
        positions_m=np.array([[0.0, 0, 0], [1, 2, 3]]), turns_rad=np.array([[0.0, 0, 0], [0, 0.2, 0]]), step_s=0.5
    )
    poses = path.at(np.array([0.0, 0.25, 0.5]))
    np.testing.assert_allclose(poses[0], np.eye(4))
    np.testing.assert_allclose(poses[1, :3, 3], [0.5, 1, 1.5])
    np.testing.assert_allclose(poses[1, :3, :3], cv2.Rodrigues(np.array([0, 0.1, 0]))[0])
    np.testing.assert_allclose(poses[2, :3, 3], [1, 2, 3])


def test_a_wandering_camera_starts_at_the_origin_and_stays_within_reach() -> None:
    path = CameraPath.wander(seed=5, duration_s=2.0, reach_m=0.3, turn_deg=4.0)
    np.testing.assert_allclose(path.at(np.zeros(1))[0], np.eye(4), atol=1e-12)
    poses = path.at(np.linspace(0, 2, 60))
    assert np.abs(poses[:, :3, 3]).max() < 0.3 * 1.2
    assert np.abs(poses[:, :3, 3]).max() > 0.2
    again = CameraPath.wander(seed=5, duration_s=2.0, reach_m=0.3, turn_deg=4.0)
    assert np.array_equal(again.positions_m, path.positions_m)


def test_quaternions_turn_like_their_matrices() -> None:
    rng = np.random.default_rng(1)
    turns = [*rng.normal(0, 2, (40, 3)), np.array([np.pi, 0, 0]), np.array([0, np.pi, 0]), np.array([0, 0, 3.14159])]
    for turn in turns:
        rotation = cv2.Rodrigues(turn)[0]
        x, y, z, w = quaternion_from_rotation(rotation)
        assert w >= 0
        assert x * x + y * y + z * z + w * w == pytest.approx(1)
        # q v q⁻¹ as Hamilton defined it, not a matrix formula.
        for v in np.eye(3):
            axis = np.array([x, y, z])
            turned = v + 2 * np.cross(axis, np.cross(axis, v) + w * v)
            np.testing.assert_allclose(turned, rotation @ v, atol=1e-9)


@pytest.mark.parametrize("step_s", [0.0, -1.0])
def test_a_path_takes_time(step_s: float) -> None:
    with pytest.raises(ContractError):
        CameraPath(positions_m=np.zeros((2, 3)), turns_rad=np.zeros((2, 3)), step_s=step_s)
    with pytest.raises(ContractError):
        CameraPath(positions_m=np.zeros((0, 3)), turns_rad=np.zeros((0, 3)))
