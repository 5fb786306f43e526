import math

import numpy as np
import pytest

from catchlight.camera.dual_pixel import (
    HALF_DISC_SLOPE,
    DualPixel,
    dual_pixel_kernels,
    ramp_slope,
    ramp_steepness,
)
from catchlight.camera.dual_pixel_fit import fit_dual_pixel, kernel_disparity_px
from catchlight.camera.lens.disc import disc_kernel
from catchlight.core.errors import ContractError

# Facts of blur_kernels_simulated_pixel4_nocode.mat and circle_of_confusion_v1.npy (Ghanekar et al. 2024,
# "Passive snapshot coded aperture dual-pixel RGB-D imaging", github.com/shadowfax11/coded-dual-pixels, MIT):
# disparity of the centroids of left and right against the circle of confusion, 21 planes from near to far. The file
# has no sign: the plane of 3 px lies on the far side, as its disparity shows.
NEAR_COC_PX = np.array([41.0, 37, 33, 29, 25, 21, 17, 13, 9, 5])
NEAR_DISPARITY_PX = np.array([9.75, 8.61, 7.56, 6.87, 5.69, 4.83, 3.99, 3.02, 2.00, 1.29])
PIXEL4_COC_PX = np.concatenate([NEAR_COC_PX, [-3.0], -NEAR_COC_PX[::-1]])
PIXEL4_DISPARITY_PX = np.concatenate([NEAR_DISPARITY_PX, [-0.90], -NEAR_DISPARITY_PX[::-1]])


@pytest.mark.parametrize("steepness", [0.3, 1.0, 1.7, 5.0, 60.0])
def test_slope_of_a_clipped_ramp_is_the_integral_over_the_aperture(steepness):
    # E[x·clip(kx, -1, 1)] with the density 2/π·√(1 - x²); x = sin t takes the square root away.
    t = (np.arange(200_000) + 0.5) / 200_000 * math.pi - math.pi / 2
    mean = (np.sin(t) * np.clip(steepness * np.sin(t), -1, 1) * np.cos(t) ** 2).mean() * 2
    assert ramp_slope(steepness) == pytest.approx(mean, rel=1e-6)
    assert ramp_steepness(ramp_slope(steepness)) == pytest.approx(steepness, rel=1e-5)


def test_half_discs_are_0_424_of_the_diameter_apart_and_ramps_a_quarter():
    assert ramp_slope(math.inf) == pytest.approx(0.4244, abs=5e-5)
    assert math.isinf(ramp_steepness(HALF_DISC_SLOPE))
    for slope in (HALF_DISC_SLOPE, 0.25):
        left, right = dual_pixel_kernels(DualPixel(slope=slope), 30.0)
        assert float(kernel_disparity_px(left, right)) == pytest.approx(30 * slope, rel=1e-5)
    half = dual_pixel_kernels(DualPixel(slope=HALF_DISC_SLOPE), 30.0)[0]
    assert half[:, : len(half) // 2].max() < 1e-6


@pytest.mark.parametrize("slope", [0.1, 0.238, 0.25, 0.33, 0.4244])
@pytest.mark.parametrize("offset", [0.0, -0.9, 2.3])
def test_disparity_is_linear_through_the_focus_and_below_a_pixel(slope, offset):
    dual_pixel = DualPixel(slope=slope, offset_px=offset)
    coc = np.array([-41.0, -7.3, -1.0, -0.4, 0.0, 0.2, 0.9, 1.6, 5.0, 33.3])
    found = [float(kernel_disparity_px(*dual_pixel_kernels(dual_pixel, float(c)))) for c in coc]
    np.testing.assert_allclose(found, dual_pixel.disparity_px(coc), atol=2e-5)
    np.testing.assert_allclose(found, slope * coc + offset, atol=2e-5)
    np.testing.assert_allclose(dual_pixel.coc_px(dual_pixel.disparity_px(coc)), coc, atol=1e-12)


@pytest.mark.parametrize("coc", [-12.4, -0.7, 0.0, 1.3, 25.0])
def test_views_are_normalised_mirrored_and_together_the_whole_aperture(coc):
    left, right = dual_pixel_kernels(DualPixel(slope=0.238), coc)
    for kernel in (left, right):
        assert kernel.dtype == np.float32
        assert len(kernel) % 2 == 1
        assert kernel.min() >= 0
        assert kernel.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(left, right[:, ::-1])
    whole = disc_kernel(abs(coc))
    margin = (len(left) - len(whole)) // 2
    # What linear interpolation moves spreads a little of a small disc to the neighbours.
    np.testing.assert_allclose((left + right) / 2, np.pad(whole, margin), atol=0.1 if abs(coc) < 2 else 3e-3)


def test_a_near_object_and_a_far_one_exchange_the_views():
    near, far = (dual_pixel_kernels(DualPixel(slope=0.25), c) for c in (9.0, -9.0))
    np.testing.assert_allclose(near[0], far[1], atol=1e-7)


def test_slope_in_the_corners():
    dual_pixel = DualPixel(slope=0.2, corner_ratio=1.5)
    assert dual_pixel.slope_at(0.5) == pytest.approx(0.225)
    left, right = dual_pixel_kernels(dual_pixel, 20.0, field_radius=1.0)
    assert float(kernel_disparity_px(left, right)) == pytest.approx(6.0, rel=1e-5)


def test_fit_to_the_pixel_4s_kernels_and_our_kernels_from_it():
    fit = fit_dual_pixel(PIXEL4_COC_PX, PIXEL4_DISPARITY_PX)
    # The folder's own note: "magnitude ~ 0.24 * CoC"; 9.75/41 at the ends.
    assert fit.dual_pixel.slope == pytest.approx(9.75 / 41, rel=0.03)
    assert abs(fit.dual_pixel.offset_px) < 0.05
    assert fit.residual_px < 0.15
    kernels = [dual_pixel_kernels(fit.dual_pixel, float(c)) for c in PIXEL4_COC_PX]
    ours = np.array([float(kernel_disparity_px(*pair)) for pair in kernels])
    again = fit_dual_pixel(PIXEL4_COC_PX, ours)
    assert again.dual_pixel.slope == pytest.approx(fit.dual_pixel.slope, rel=1e-4)
    assert (np.sign(ours) == np.sign(PIXEL4_DISPARITY_PX)).all()
    assert np.corrcoef(ours, PIXEL4_DISPARITY_PX)[0, 1] > 0.999


def test_fit_recovers_slope_offset_and_corner_ratio_from_noise_within_its_error_bars():
    rng = np.random.default_rng(5)
    truth = DualPixel(slope=0.21, offset_px=-0.3, corner_ratio=0.8)
    coc, radius = rng.uniform(-20, 20, 400), rng.uniform(0, 1, 400)
    clean = np.array(
        [float(truth.disparity_px(np.array([c]), field_radius=float(r))[0]) for c, r in zip(coc, radius, strict=True)]
    )
    fit = fit_dual_pixel(coc, clean + rng.normal(0, 0.1, 400), field_radius=radius)
    # Four standard errors: one in 16,000.
    assert abs(fit.dual_pixel.slope - 0.21) < 4 * fit.slope_sd
    assert abs(fit.dual_pixel.offset_px + 0.3) < 4 * fit.offset_sd_px
    assert fit.dual_pixel.corner_ratio == pytest.approx(0.8, abs=0.02)
    # χ² with 397 degrees of freedom: ± 4 standard deviations of the rms are ± 14 %.
    assert fit.residual_px == pytest.approx(0.1, rel=0.15)
    assert fit.slope_sd < 1e-3


def test_weights_silence_what_is_not_to_be_believed():
    coc = np.array([-10.0, -5.0, 0.0, 5.0, 10.0])
    disparity = 0.25 * coc
    disparity[2] = 8.0
    fit = fit_dual_pixel(coc, disparity, weight=np.array([1.0, 1.0, 0.0, 1.0, 1.0]))
    assert fit.dual_pixel.slope == pytest.approx(0.25)
    assert fit.dual_pixel.offset_px == pytest.approx(0.0, abs=1e-12)


def test_exchanged_views_too_few_points_and_impossible_slopes_are_named():
    with pytest.raises(ContractError, match="exchange left and right"):
        fit_dual_pixel(PIXEL4_COC_PX, -PIXEL4_DISPARITY_PX)
    with pytest.raises(ContractError, match="3 pairs"):
        fit_dual_pixel(PIXEL4_COC_PX[:2], PIXEL4_DISPARITY_PX[:2])
    with pytest.raises(ContractError, match="different defocus"):
        fit_dual_pixel(np.ones(5), np.ones(5))
    with pytest.raises(ContractError, match="slope"):
        fit_dual_pixel(PIXEL4_COC_PX / 2, PIXEL4_DISPARITY_PX)
    for bad in ({"slope": 0.0}, {"slope": 0.5}, {"slope": math.nan}, {"offset_px": math.inf}, {"corner_ratio": 2.0}):
        with pytest.raises(ContractError):
            DualPixel(**bad)
