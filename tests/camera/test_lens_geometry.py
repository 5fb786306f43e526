import math

import cv2
import numpy as np
import pytest

from catchlight.camera.lens.distortion import distort, distortion_map, undistort
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.radial_map import RadialMap
from catchlight.camera.lens.vignetting import illumination, vignetting_map
from catchlight.core.errors import ContractError

BENT = Lens(
    focal_length_mm=4.74,
    aperture_f=1.8,
    distortion=(-0.08, 0.02, -0.003),
    decentring=(1e-3, -5e-4),
    lateral_red=(5e-4, 2e-4, 1e-5),
    lateral_blue=(-3e-4, -1e-4, 0.0),
)
POINTS = np.random.default_rng(3).uniform(-0.7, 0.7, (4000, 2))


def test_distortion_is_opencvs():
    coefficients = np.array([-0.08, 0.02, 1e-3, -5e-4, -0.003])
    rays = np.concatenate([POINTS, np.ones((len(POINTS), 1))], axis=1)[:, None]
    expected = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), np.eye(3), coefficients)[0][:, 0]
    np.testing.assert_allclose(distort(BENT, POINTS), expected, atol=1e-12)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_undistort_is_the_exact_inverse(channel):
    there = distort(BENT, POINTS, channel=channel)
    np.testing.assert_allclose(undistort(BENT, there, channel=channel), POINTS, atol=1e-8)
    np.testing.assert_allclose(
        distort(BENT, undistort(BENT, POINTS, channel=channel), channel=channel), POINTS, atol=1e-8
    )


def test_lateral_colour_scales_red_outwards_by_its_polynomial():
    green, red = distort(BENT, POINTS), distort(BENT, POINTS, channel=0)
    square = (green**2).sum(axis=1)
    ratio = np.hypot(*red.T) / np.hypot(*green.T)
    np.testing.assert_allclose(ratio, 1 + 5e-4 + 2e-4 * square + 1e-5 * square**2, atol=1e-12)


def test_a_lens_that_never_reaches_the_corner_is_named():
    strong = Lens(focal_length_mm=4.0, aperture_f=2.0, distortion=(-0.3, 0.0, 0.0))
    with pytest.raises(ContractError, match="records nothing"):
        undistort(strong, np.array([[0.9, 0.4]]))
    with pytest.raises(ContractError, match="channel"):
        distort(strong, POINTS, channel=5)


def test_maps_make_a_grid_bend_and_straight_again():
    height, width = 96, 128
    y, x = np.indices((height, width)).astype(np.float32)
    ideal = np.sin(x / 6) + np.cos(y / 7)
    recorded = cv2.remap(ideal, distortion_map(BENT, height=height, width=width), None, cv2.INTER_CUBIC)
    straight = cv2.remap(
        recorded, distortion_map(BENT, height=height, width=width, correcting=True), None, cv2.INTER_CUBIC
    )
    inner = np.s_[12:-12, 12:-12]
    assert np.abs(recorded - ideal)[inner].max() > 0.1
    assert np.abs(straight - ideal)[inner].max() < 0.02


def test_map_of_a_perfect_lens_reads_every_pixel_from_itself():
    plain = Lens(focal_length_mm=4.74, aperture_f=1.8)
    y, x = np.indices((40, 51))
    np.testing.assert_allclose(distortion_map(plain, height=40, width=51), np.stack([x, y], axis=-1), atol=1e-4)


def test_natural_fall_off_is_the_fourth_power_of_the_cosine():
    lens = Lens(focal_length_mm=10.0, aperture_f=2.0, cos_power=4.0)
    angle = math.atan(6.0 / 10.0)
    corner = illumination(lens, np.array([1.0]), half_diagonal_mm=6.0)
    assert corner[0] == pytest.approx(math.cos(angle) ** 4, rel=1e-12)
    # Focused nearer, the sensor is farther from the lens and sees it under a smaller angle.
    assert illumination(lens, np.array([1.0]), half_diagonal_mm=6.0, focus_d=5.0)[0] > corner[0]


def test_vignetting_map_is_one_in_the_middle_and_the_polynomial_outside():
    lens = Lens(focal_length_mm=10.0, aperture_f=2.0, vignetting=(-0.4, 0.1))
    light = vignetting_map(lens, height=60, width=80, pixel_pitch_um=10.0)
    assert light.dtype == np.float32
    assert light[29:31, 39:41].min() > 0.999
    square = (29.5**2 + 39.5**2) / 50**2
    assert light[0, 0] == pytest.approx(1 - 0.4 * square + 0.1 * square**2, rel=1e-5)
    np.testing.assert_allclose(light, light[::-1, ::-1], atol=1e-6)


def test_a_radial_map_is_undone() -> None:
    radius = np.linspace(0, 1.05, 50)
    bent = RadialMap(scale=0.004, cubic=-0.2, quintic=0.05)
    assert bent.unmoved(bent.moved(radius)) == pytest.approx(radius, abs=1e-12)
    with pytest.raises(ContractError, match="fold over"):
        RadialMap(cubic=-0.5)
