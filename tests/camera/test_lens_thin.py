import math

import numpy as np
import pytest

from catchlight.camera.lens.depth_of_field import depth_of_field, hyperfocal_m
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.lens_map import LensMap
from catchlight.camera.lens.thin_lens import (
    breathing_scale,
    coc_px_per_dioptre,
    image_distance_mm,
    magnification,
    signed_coc_px,
    working_aperture_f,
)
from catchlight.core.errors import ContractError

# Raspberry Pi Camera Module 3 (imx708): 4.74 mm, f/1.8, photosites of 1.4 µm (the maker's data sheet).
PHONE = Lens(focal_length_mm=4.74, aperture_f=1.8)
PHONE_PITCH_UM = 1.4
PORTRAIT = Lens(focal_length_mm=50.0, aperture_f=1.4)


def test_half_depth_of_field_of_the_imx708_is_0_224_dioptres_at_two_pixels():
    field = depth_of_field(PHONE, focus_d=0.0, coc_limit_um=2 * PHONE_PITCH_UM)
    assert field.half_d == pytest.approx(0.224, abs=5e-4)
    assert field.far_m == math.inf


def test_half_depth_of_field_of_a_50_mm_lens_at_f_1_4_is_0_0067_dioptres():
    assert depth_of_field(PORTRAIT, focus_d=0.0, coc_limit_um=12.0).half_d == pytest.approx(0.0067, abs=5e-5)


def test_the_ends_of_the_depth_of_field_have_the_limiting_blur():
    field = depth_of_field(PORTRAIT, focus_d=0.5, coc_limit_um=30.0)
    for end, sign in ((field.near_d, 1), (field.far_d, -1)):
        coc = signed_coc_px(PORTRAIT, object_d=end, focus_d=0.5, pixel_pitch_um=1.0)
        assert coc == pytest.approx(sign * 30.0, rel=1e-12)


def test_depth_of_field_against_the_textbook_in_metres():
    # Near and far limit from the hyperfocal distance H and the subject distance s:
    # s·(H - f)/(H + s - 2f) and s·(H - f)/(H - s). Source: Ray, "Applied photographic optics", 3rd ed., chapter 22.
    s, f = 3.0, 0.05
    far_focus = hyperfocal_m(PORTRAIT, coc_limit_um=30.0)
    assert far_focus == pytest.approx(f * f / (1.4 * 30e-6) + f, rel=1e-12)
    field = depth_of_field(PORTRAIT, focus_d=1 / s, coc_limit_um=30.0)
    assert field.near_m == pytest.approx(s * (far_focus - f) / (far_focus + s - 2 * f), rel=1e-9)
    assert field.far_m == pytest.approx(s * (far_focus - f) / (far_focus - s), rel=1e-9)


def test_focus_at_the_hyperfocal_distance_just_holds_infinity():
    focus_d = 1 / hyperfocal_m(PHONE, coc_limit_um=2.8)
    assert depth_of_field(PHONE, focus_d=focus_d, coc_limit_um=2.8).far_d == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("object_m", "focus_m"), [(0.5, 2.0), (2.0, 0.5), (0.2, 0.21), (1e6, 0.3)])
def test_circle_of_confusion_is_where_two_rays_cross_the_sensor(object_m, focus_m):
    # Rays from the rims of the aperture to the object's image, cut by the sensor: all by similar triangles.
    f, aperture = 0.05, 0.05 / 1.4
    image = 1 / (1 / f - 1 / object_m)
    sensor = 1 / (1 / f - 1 / focus_m)
    upper = aperture / 2 * (1 - sensor / image)
    coc = signed_coc_px(PORTRAIT, object_d=1 / object_m, focus_d=1 / focus_m, pixel_pitch_um=4.0)
    assert abs(coc) == pytest.approx(2 * abs(upper) / 4e-6, rel=1e-6)
    assert (coc > 0) == (object_m < focus_m)


def test_circle_of_confusion_of_arrays_keeps_float32_and_the_shape():
    objects = np.linspace(0, 10, 12, dtype=np.float32).reshape(3, 4)
    coc = signed_coc_px(PHONE, object_d=objects, focus_d=2.0, pixel_pitch_um=1.4)
    assert coc.dtype == np.float32
    one = signed_coc_px(PHONE, object_d=float(objects[2, 1]), focus_d=2.0, pixel_pitch_um=1.4)
    assert coc[2, 1] == pytest.approx(one, rel=1e-6)
    swept = signed_coc_px(PHONE, object_d=3.0, focus_d=np.array([3.0, 4.0]), pixel_pitch_um=1.4)
    assert swept[0] == 0
    assert swept[1] == pytest.approx(-coc_px_per_dioptre(PHONE, 4.0, pixel_pitch_um=1.4))


def test_twice_the_focal_length_is_drawn_at_full_size():
    assert image_distance_mm(PORTRAIT, 10.0) == pytest.approx(100.0)
    assert magnification(PORTRAIT, 10.0) == pytest.approx(1.0)
    assert working_aperture_f(PORTRAIT, 10.0) == pytest.approx(2.8)
    assert magnification(PORTRAIT, 0.0) == 0.0


def test_breathing_scales_as_the_image_distance_and_can_be_corrected():
    assert breathing_scale(PORTRAIT, 2.0) == pytest.approx(
        image_distance_mm(PORTRAIT, 2.0) / image_distance_mm(PORTRAIT, 0.0)
    )
    assert breathing_scale(Lens(focal_length_mm=50.0, aperture_f=1.4, breathing=0.0), 2.0) == 1.0
    assert breathing_scale(Lens(focal_length_mm=50.0, aperture_f=1.4, breathing=-0.5), 2.0) < 1.0


@pytest.mark.parametrize("distance_d", [20.0, 25.0, math.nan, math.inf])
def test_nothing_is_imaged_from_within_the_focal_length(distance_d):
    with pytest.raises(ContractError, match="focal length"):
        signed_coc_px(PORTRAIT, object_d=distance_d, focus_d=1.0, pixel_pitch_um=4.0)
    with pytest.raises(ContractError, match="focal length"):
        image_distance_mm(PORTRAIT, distance_d)


def test_objects_beyond_infinity_and_pitches_of_nothing_are_refused():
    with pytest.raises(ContractError, match="infinity"):
        signed_coc_px(PHONE, object_d=-0.1, focus_d=0.0, pixel_pitch_um=1.4)
    with pytest.raises(ContractError, match="pitch"):
        signed_coc_px(PHONE, object_d=0.1, focus_d=0.0, pixel_pitch_um=0.0)
    # A voice coil reaches beyond infinity: everything is too near then.
    assert signed_coc_px(PHONE, object_d=0.0, focus_d=-0.5, pixel_pitch_um=1.4) > 0


@pytest.mark.parametrize(
    "change",
    [
        {"focal_length_mm": 0.0},
        {"aperture_f": -1.0},
        {"aperture_f": math.nan},
        {"blades": 2},
        {"vignetting": (-1.2,)},
        {"distortion": (-0.5, 0.0, 0.0)},
        {"distortion": (math.nan, 0.0, 0.0)},
        {"cat_eye_shift": 1.5},
        {"cos_power": -1.0},
    ],
)
def test_impossible_lenses_are_refused(change):
    with pytest.raises(ContractError):
        Lens(**({"focal_length_mm": 4.0, "aperture_f": 2.0} | change))


def test_lens_map_of_the_imx708_and_its_inverse():
    # Raspberry Pi's tuning of the imx708: 0 d at 445, 15 d at 925.
    lens_map = LensMap(focus_d=(0.0, 15.0), position_dac=(445.0, 925.0))
    assert lens_map.dac_at(1.0) == pytest.approx(445 + 32)
    assert lens_map.dac_per_dioptre(3.0) == pytest.approx(32.0)
    assert lens_map.dioptres_at(413.0) == pytest.approx(-1.0)


@pytest.mark.parametrize("falling", [False, True])
def test_lens_map_inverts_exactly_at_bends_and_beyond_the_ends(falling):
    positions = (100.0, 140.0, 300.0, 310.0)
    lens_map = LensMap(focus_d=(0.0, 1.0, 5.0, 10.0), position_dac=positions[::-1] if falling else positions)
    focus = np.linspace(-2, 13, 301)
    np.testing.assert_allclose(lens_map.dioptres_of(lens_map.dac_of(focus)), focus, atol=1e-9)
    assert (np.diff(lens_map.dac_of(focus)) > 0).all() == (not falling)


@pytest.mark.parametrize(
    ("focus", "position"),
    [((0.0,), (1.0,)), ((0.0, 1.0), (1.0,)), ((0.0, 0.0), (1.0, 2.0)), ((0.0, 1.0, 2.0), (1.0, 3.0, 2.0))],
)
def test_lens_maps_that_cannot_be_inverted_are_refused(focus, position):
    with pytest.raises(ContractError):
        LensMap(focus_d=focus, position_dac=position)
