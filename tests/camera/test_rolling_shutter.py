import math

import cv2
import numpy as np
import pytest

from catchlight.camera.rolling_shutter import RollingShutter, camera_homographies, row_map, warp_rows
from catchlight.core.errors import ContractError


def shifts(dx):
    matrices = np.tile(np.eye(3), (len(dx), 1, 1))
    matrices[:, 0, 2] = dx
    return matrices


def test_rows_are_exposed_one_after_the_other():
    shutter = RollingShutter(rows=1000, readout_s=0.02)
    times = shutter.row_times_s(exposure_s=0.01)
    assert times.shape == (1000,)
    assert times[0] == pytest.approx(0.005)
    np.testing.assert_allclose(np.diff(times), 20e-6)
    between = shutter.row_time_s(np.array([[10.5, 11.0]]), exposure_s=0.01)
    np.testing.assert_allclose(between, [[0.0052, 0.00521]])
    assert RollingShutter(rows=10, readout_s=0.0).row_times_s().max() == 0


def test_a_moving_bar_leans_by_speed_times_line_time():
    # The camera pans so that the picture moves right by 3000 px/s; 240 rows are read in 8 ms.
    shutter = RollingShutter(rows=240, readout_s=0.008)
    picture = np.zeros((240, 200), np.float32)
    picture[:, 80:84] = 1.0
    speed_px_per_s = 3000.0
    # The frame at x shows what the still picture has at x - moved.
    frame = warp_rows(picture, shifts(-speed_px_per_s * shutter.row_times_s()), width=200)
    centre = frame @ (np.arange(200) + 0.5) / frame.sum(axis=1)
    slope, start = np.polyfit(np.arange(240), centre, 1)
    assert slope == pytest.approx(speed_px_per_s * shutter.line_s, rel=2e-3)
    assert start == pytest.approx(82.0, abs=0.05)
    assert np.abs(centre - (start + slope * np.arange(240))).max() < 0.05


def test_one_transform_for_all_rows_is_a_common_warp():
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.random((60, 80, 3)).astype(np.float32), (0, 0), 3)
    angle = math.radians(3)
    turn = np.array([[math.cos(angle), -math.sin(angle), 2.0], [math.sin(angle), math.cos(angle), -1.0], [0, 0, 1.0]])
    frame = warp_rows(picture, np.tile(turn, (60, 1, 1)), width=80)
    # OpenCV counts pixel centres at whole numbers.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    matrix = (np.linalg.inv(half) @ turn @ half)[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    expected = cv2.warpAffine(picture, matrix, (80, 60), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(frame, expected, atol=4e-3)


@pytest.mark.parametrize("plane_d", [0.0, 0.5])
def test_homographies_project_points_of_the_plane(plane_d):
    rng = np.random.default_rng(1)
    rotation, translation = rng.normal(0, 0.05, (6, 3)), rng.normal(0, 0.1, (6, 3))
    focal, centre = 900.0, (320.0, 240.0)
    camera = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    maps = camera_homographies(rotation, translation, plane_d=plane_d, focal_px=focal, centre_px=centre)
    # Points at 2 m, or so far away that no translation shows, seen by both cameras.
    depth = 1 / plane_d if plane_d else 1e9
    world = np.concatenate([rng.uniform(-0.3, 0.3, (5, 2)) * depth, np.full((5, 1), depth)], axis=1)
    still = world @ camera.T
    for i in range(6):
        turn = cv2.Rodrigues(rotation[i])[0]
        seen = (world - translation[i]) @ turn @ camera.T
        mapped = (seen / seen[:, 2:]) @ maps[i].T
        np.testing.assert_allclose(mapped[:, :2] / mapped[:, 2:], still[:, :2] / still[:, 2:], atol=1e-5)


def test_row_map_of_no_motion_is_the_grid_and_impossible_ones_are_refused():
    y, x = np.indices((7, 9))
    np.testing.assert_allclose(row_map(shifts(np.zeros(7)), width=9), np.stack([x, y], axis=-1), atol=1e-6)
    away = shifts(np.zeros(7))
    away[:, 2, 0] = -1.0
    with pytest.raises(ContractError, match="infinity"):
        row_map(away, width=9)
    with pytest.raises(ContractError):
        RollingShutter(rows=0, readout_s=0.1)
    with pytest.raises(ContractError):
        RollingShutter(rows=5, readout_s=math.nan)
    with pytest.raises(ContractError, match="in front"):
        camera_homographies(
            np.zeros((1, 3)), np.array([[0, 0, 3.0]]), plane_d=0.5, focal_px=500.0, centre_px=(0.0, 0.0)
        )
