import math

import numpy as np
import pytest

from catchlight.camera.lens.diffraction import circular_mtf, diffraction_psf, optical_transfer
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.psf import psf_at
from catchlight.camera.lens.pupil import defocus_um, pupil_grid, pupil_mask, wavefront_um
from catchlight.camera.lens.zernike import noll_order, zernike
from catchlight.core.errors import ContractError

PHONE = Lens(focal_length_mm=4.74, aperture_f=1.8)
PERFECT = Lens(focal_length_mm=50.0, aperture_f=4.0)


def test_zernike_polynomials_are_orthonormal_over_the_disc():
    # Polar quadrature that is exact for these degrees: Gauss–Legendre in ρ², equal angles.
    node, weight = np.polynomial.legendre.leggauss(12)
    radius = np.sqrt((node + 1) / 2)
    angle = np.arange(32) * 2 * math.pi / 32
    x, y = (radius[:, None] * f(angle) for f in (np.cos, np.sin))
    terms = np.stack([zernike(j, x, y) for j in range(1, 38)])
    gram = np.einsum("irt,jrt,r->ij", terms, terms, weight / 2) / 32
    np.testing.assert_allclose(gram, np.eye(37), atol=1e-12)


def test_zernike_polynomials_are_those_of_nolls_table():
    # Noll 1976, table I, written out.
    x, y = np.array([0.3, -0.5, 0.0]), np.array([0.4, 0.1, 0.9])
    r, t = np.hypot(x, y), np.arctan2(y, x)
    table = {
        2: 2 * r * np.cos(t),
        3: 2 * r * np.sin(t),
        4: math.sqrt(3) * (2 * r**2 - 1),
        5: math.sqrt(6) * r**2 * np.sin(2 * t),
        6: math.sqrt(6) * r**2 * np.cos(2 * t),
        7: math.sqrt(8) * (3 * r**3 - 2 * r) * np.sin(t),
        8: math.sqrt(8) * (3 * r**3 - 2 * r) * np.cos(t),
        9: math.sqrt(8) * r**3 * np.sin(3 * t),
        10: math.sqrt(8) * r**3 * np.cos(3 * t),
        11: math.sqrt(5) * (6 * r**4 - 6 * r**2 + 1),
        12: math.sqrt(10) * (4 * r**4 - 3 * r**2) * np.cos(2 * t),
        17: math.sqrt(12) * (10 * r**5 - 12 * r**3 + 3 * r) * np.sin(t),
        22: math.sqrt(7) * (20 * r**6 - 30 * r**4 + 12 * r**2 - 1),
    }
    for index, expected in table.items():
        np.testing.assert_allclose(zernike(index, x, y), expected, atol=1e-12, err_msg=str(index))
    with pytest.raises(ContractError):
        noll_order(0)


def perfect_psf(*, pitch_um, window, wavelength_um=0.55, wavefront=0.0, samples=256, aperture_f=4.0):
    mask = pupil_mask(PERFECT, samples=samples)
    return diffraction_psf(
        mask,
        np.zeros_like(mask) + wavefront,
        wavelength_um=wavelength_um,
        aperture_f=aperture_f,
        pixel_pitch_um=pitch_um,
        window_px=window,
    )


def test_airys_first_dark_ring_lies_at_1_22_wavelength_times_f_number():
    # Photosites of λN/50: too small to matter.
    profile = perfect_psf(pitch_um=0.55 * 4 / 50, window=201).kernel[100, 100:]
    ring = int(profile[:80].argmin())
    assert ring / 50 == pytest.approx(1.22, abs=0.02)
    assert profile[ring] < 1e-3 * profile[0]
    # The first bright ring: 1.75 % of the peak at 1.635 λN (Born & Wolf, table 8.2).
    bright = int(profile[ring:100].argmax()) + ring
    assert bright / 50 == pytest.approx(1.635, abs=0.03)
    assert profile[bright] / profile[0] == pytest.approx(0.0175, rel=0.02)


def test_light_within_airys_first_ring_is_84_percent():
    psf = perfect_psf(pitch_um=0.55 * 4 / 20, window=201)
    centre = np.hypot(*np.indices((201, 201)) - 100.0) / 20
    inside = psf.kernel[centre <= 1.22].sum() * (1 - psf.lost)
    # Born & Wolf, table 8.2: 83.8 %.
    assert inside == pytest.approx(0.838, abs=0.006)


def test_transfer_of_a_perfect_round_pupil_is_the_analytic_one():
    samples = 512
    mask = pupil_mask(PERFECT, samples=samples)
    transfer = optical_transfer(mask, np.zeros_like(mask))[0, :samples]
    # Frequency k is k/samples of the cut-off 1/(λN).
    np.testing.assert_allclose(transfer.real, circular_mtf(np.arange(samples) / samples), atol=2e-3)
    np.testing.assert_allclose(transfer.imag, 0, atol=1e-12)


def test_kernel_on_photosites_has_the_lens_times_the_photosites_transfer():
    # f/4, 0.55 µm, photosites of 2.2 µm: the lens cuts off at 1 cycle a pixel, so half a cycle is s = 0.5.
    kernel = perfect_psf(pitch_um=2.2, window=63, samples=512).kernel
    columns = kernel.sum(axis=0, dtype=np.float64)
    place = np.arange(63) - 31
    for cycles in (0.1, 0.25, 0.4):
        found = float(columns @ np.cos(2 * math.pi * cycles * place))
        # Sampling adds the alias at 1 - f.
        expected = float(sum(circular_mtf(np.array([f]))[0] * np.sinc(f) for f in (cycles, 1 - cycles)))
        alias_sign = np.sinc(1 - cycles) * circular_mtf(np.array([1 - cycles]))[0]
        assert found == pytest.approx(expected, abs=0.015), alias_sign


@pytest.mark.parametrize("index", [4, 6, 8, 11])
@pytest.mark.parametrize("sigma_waves", [0.03, 0.07])
def test_peak_falls_with_the_wavefronts_rms_as_strehl_says(index, sigma_waves):
    x, y = pupil_grid(256)
    flat = perfect_psf(pitch_um=0.05, window=9)
    bent = perfect_psf(pitch_um=0.05, window=9, wavefront=sigma_waves * 0.55 * zernike(index, x, y))
    strehl = bent.kernel.max() * (1 - bent.lost) / (flat.kernel.max() * (1 - flat.lost))
    # Mahajan 1983: exp(-(2πσ)²), good to a few per cent above a ratio of 0.3.
    assert strehl == pytest.approx(math.exp(-((2 * math.pi * sigma_waves) ** 2)), rel=0.03)


def test_defocus_of_the_wave_is_the_circle_of_confusion_of_the_rays():
    # Slope at the rim times 2N is the ray's miss, and twice that the diameter.
    coc_um, f = 37.0, 2.8
    lens = Lens(focal_length_mm=50.0, aperture_f=f)
    path = wavefront_um(lens, coc_um=coc_um, samples=1000)
    slope = (path[500, 999] - path[500, 998]) / 0.002
    assert 2 * f * slope * 2 == pytest.approx(coc_um, rel=3e-3)
    assert path[np.hypot(*pupil_grid(1000)) < 1].std() == pytest.approx(defocus_um(coc_um, f), rel=3e-3)


@pytest.mark.parametrize("object_d", [4.0, 8.0])
def test_far_out_of_focus_waves_draw_the_disc_of_the_rays(object_d):
    waves = psf_at(PHONE, object_d=object_d, focus_d=0.0, pixel_pitch_um=1.4)
    rays = psf_at(PHONE, object_d=object_d, focus_d=0.0, pixel_pitch_um=1.4, diffraction=False)
    radius = 8.916 * object_d / 2
    for psf, within in ((waves, 0.015), (rays, 0.005)):
        size = len(psf.kernel)
        distance = np.hypot(*np.indices((size, size)) - size // 2)
        # A disc holds half of its light within 1/√2 of its radius, and all but nothing beyond it.
        share = psf.kernel[distance < radius / math.sqrt(2)].sum(dtype=np.float64)
        assert share == pytest.approx(0.5, abs=0.03)
        assert psf.kernel[distance > radius + 2].sum(dtype=np.float64) < 2 * within


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize(("object_d", "focus_d", "field"), [(1.0, 1.0, (0.0, 0.0)), (1.2, 3.0, (-0.6, 0.5))])
def test_every_kernel_is_normalised_odd_and_bounds_what_it_leaves_out(channel, object_d, focus_d, field):
    lens = Lens(
        focal_length_mm=4.74,
        aperture_f=1.8,
        coma_um=0.1,
        astigmatism_um=0.08,
        spherical_um=0.03,
        zernike_um=(0.0, 0.02),
    )
    psf = psf_at(lens, object_d=object_d, focus_d=focus_d, pixel_pitch_um=1.4, channel=channel, field_xy=field)
    assert psf.kernel.dtype == np.float32
    assert len(psf.kernel) % 2 == 1
    assert psf.kernel.min() >= 0
    assert psf.kernel.sum(dtype=np.float64) == pytest.approx(1.0, abs=1e-5)
    assert 0 < psf.lost < 0.02


def test_red_light_is_spread_wider_than_blue():
    sharp = [psf_at(PERFECT, object_d=0.0, focus_d=0.0, pixel_pitch_um=1.0, channel=c).kernel.max() for c in (0, 1, 2)]
    assert sharp[0] < sharp[1] < sharp[2]
    # The peak of the wave goes as 1/λ²; photosites of 1 µm take part of the difference away.
    assert (0.471 / 0.595) ** 2 < sharp[0] / sharp[2] < 1


def second_moments(kernel):
    place = np.arange(len(kernel)) - len(kernel) // 2
    weight = kernel.astype(np.float64)
    x, y = np.meshgrid(place, place)
    mx, my = (weight * x).sum(), (weight * y).sum()
    return (weight * (x - mx) ** 2).sum(), (weight * (y - my) ** 2).sum(), (weight * (x - mx) ** 3).sum()


def test_coma_grows_with_the_field_and_points_away_from_the_centre():
    lens = Lens(focal_length_mm=4.74, aperture_f=1.8, coma_um=0.25)
    skew = [
        second_moments(psf_at(lens, object_d=1.0, focus_d=1.0, pixel_pitch_um=0.7, field_xy=(r, 0.0)).kernel)[2]
        for r in (0.0, 0.4, 0.8, -0.8)
    ]
    assert skew[0] == pytest.approx(0.0, abs=1e-3 * skew[2])
    assert 0 < skew[1] < skew[2]
    assert skew[3] == pytest.approx(-skew[2], rel=1e-3)


def test_astigmatism_stretches_along_the_radius_on_one_side_of_the_focus_and_across_on_the_other():
    lens = Lens(focal_length_mm=4.74, aperture_f=1.8, astigmatism_um=0.3)

    def radial_over_tangential(focus_d, field):
        xx, yy, _ = second_moments(
            psf_at(lens, object_d=1.0, focus_d=focus_d, pixel_pitch_um=0.7, field_xy=field).kernel
        )
        return xx / yy

    assert radial_over_tangential(0.7, (0.9, 0.0)) > 1.5
    assert radial_over_tangential(1.3, (0.9, 0.0)) < 1 / 1.5
    # A quarter turn of the place turns the picture.
    assert radial_over_tangential(0.7, (0.0, 0.9)) < 1 / 1.5


def test_aberrations_grow_with_the_field_as_seidels_do():
    points = {"coma_um": 1, "astigmatism_um": 2, "field_curvature_um": 2, "spherical_um": 0}
    for name, power in points.items():
        lens = Lens(focal_length_mm=4.74, aperture_f=1.8, **{name: 0.2})
        near, far = (wavefront_um(lens, field_xy=(r, 0.0), samples=32) for r in (0.4, 0.8))
        np.testing.assert_allclose(far, near * 2**power, atol=1e-12, err_msg=name)


def test_axial_colour_moves_the_focus_of_red_alone():
    lens = Lens(focal_length_mm=4.74, aperture_f=1.8, axial_red_d=0.5)
    red = [psf_at(lens, object_d=d, focus_d=1.0, pixel_pitch_um=1.4, channel=0).kernel.max() for d in (1.0, 1.5)]
    green = [psf_at(lens, object_d=d, focus_d=1.0, pixel_pitch_um=1.4).kernel.max() for d in (1.0, 1.5)]
    assert red[1] > 1.5 * red[0]
    assert green[0] > 1.5 * green[1]


def test_left_view_lies_right_of_the_right_view_for_near_objects():
    def centroid(view, object_d):
        kernel = psf_at(PHONE, object_d=object_d, focus_d=1.0, pixel_pitch_um=1.4, view=view).kernel
        return kernel.sum(axis=0, dtype=np.float64) @ (np.arange(len(kernel)) - len(kernel) // 2)

    near = centroid("left", 4.0) - centroid("right", 4.0)
    far = centroid("left", 0.0) - centroid("right", 0.0)
    # 8.96 px of blur a dioptre at 1 d; a full ramp gives a quarter of it, less 1.5 % that the window cuts off.
    assert near == pytest.approx(3 * 8.96 / 4, rel=0.02)
    assert far == pytest.approx(-8.96 / 4, rel=0.02)


def test_blur_too_wide_for_waves_is_drawn_by_rays_and_windows_may_be_given():
    big = Lens(focal_length_mm=85.0, aperture_f=1.4)
    psf = psf_at(big, object_d=1.0, focus_d=0.3, pixel_pitch_um=4.0)
    assert len(psf.kernel) > 800
    small = psf_at(big, object_d=1.0, focus_d=0.3, pixel_pitch_um=4.0, window_px=101)
    assert small.kernel.shape == (101, 101)
    assert small.lost > 0.9
    with pytest.raises(ContractError, match="odd"):
        psf_at(PHONE, object_d=1.0, focus_d=1.0, pixel_pitch_um=1.4, window_px=10)
    with pytest.raises(ContractError, match="channel"):
        psf_at(PHONE, object_d=1.0, focus_d=1.0, pixel_pitch_um=1.4, channel=3)
