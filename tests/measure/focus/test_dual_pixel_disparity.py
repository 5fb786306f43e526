import math

import cv2
import numpy as np
import pytest

from catchlight.camera.dual_pixel import DualPixel, dual_pixel_kernels
from catchlight.core.errors import ContractError
from catchlight.measure.focus.dual_pixel_disparity import disparity_between
from catchlight.measure.focus.dual_pixel_slope import measure_dual_pixel


def pink(size, seed, mean=0.5, contrast=0.12):
    """A texture with the spectrum of photographs, 1/f, that repeats at its edges."""
    rng = np.random.default_rng(seed)
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    f[0, 0] = np.inf
    texture = np.fft.ifft2(np.fft.fft2(rng.standard_normal((size, size))) / f).real
    return (mean + contrast * texture / texture.std()).astype(np.float32)


def shifted(texture, by_px):
    turn = np.exp(-2j * math.pi * np.fft.fftfreq(texture.shape[1]) * by_px)
    return np.fft.ifft2(np.fft.fft2(texture) * turn).real.astype(np.float32)


def two_views(texture, dual_pixel, coc_px, border=24):
    views = []
    for kernel in dual_pixel_kernels(dual_pixel, coc_px):
        blurred = cv2.filter2D(texture, -1, kernel[::-1, ::-1].copy(), borderType=cv2.BORDER_REFLECT)
        views.append(np.ascontiguousarray(blurred[border:-border, border:-border]))
    return views[0], views[1]


@pytest.mark.parametrize("shift", [0.0, 0.3, -0.77, 1.4, -5.2, 11.9])
def test_shifts_are_found_to_a_few_thousandths_of_a_pixel(shift):
    texture = pink(160, 1)
    left, right = shifted(texture, shift / 2)[20:-20, 20:-20], shifted(texture, -shift / 2)[20:-20, 20:-20]
    found = disparity_between(left, right, dual_pixel=None)
    assert found.px == pytest.approx(shift, abs=4e-3)
    assert found.confidence > 0.9


def test_brightness_of_the_views_may_differ():
    texture = pink(160, 2)
    left, right = shifted(texture, 1.1)[20:-20, 20:-20], shifted(texture, -1.1)[20:-20, 20:-20]
    found = disparity_between(left, 0.6 * right + np.float32(0.1), dual_pixel=None)
    assert found.px == pytest.approx(2.2, abs=5e-3)


def test_exchanged_views_change_the_sign():
    left, right = two_views(pink(176, 3), DualPixel(slope=0.25), 14.0)
    there, back = disparity_between(left, right), disparity_between(right, left)
    assert there.px == pytest.approx(3.5, abs=0.02)
    assert back.px == pytest.approx(-there.px, abs=0.02)


@pytest.mark.parametrize("slope", [0.238, 0.4244])
@pytest.mark.parametrize("coc", [-24.0, 0.0, 1.2, 9.0])
def test_disparity_of_blurred_views_is_that_of_their_kernels_centroids(slope, coc):
    dual_pixel = DualPixel(slope=slope, offset_px=0.3)
    left, right = two_views(pink(208, 4), dual_pixel, coc)
    found = disparity_between(left, right, dual_pixel=dual_pixel)
    assert found.px == pytest.approx(dual_pixel.disparity_px(coc), abs=0.01 + 0.005 * abs(coc) * slope)
    assert found.confidence > 0.5


def test_standard_error_is_what_noise_does():
    texture = cv2.GaussianBlur(pink(128, 5), (0, 0), 1.0)
    left, right = shifted(texture, 0.7)[16:-16, 24:-24], shifted(texture, -0.7)[16:-16, 24:-24]
    rng = np.random.default_rng(6)
    found = []
    for _ in range(40):
        a, b = (v + rng.normal(0, 0.02, v.shape).astype(np.float32) for v in (left, right))
        found.append(disparity_between(a, b, dual_pixel=None))
    px = np.array([f.px for f in found])
    told = float(np.mean([f.sd_px for f in found]))
    # 39 degrees of freedom: a factor of 1.5 is past four standard deviations of the estimate.
    assert told / 1.5 < px.std(ddof=1) < told * 1.5
    assert abs(px.mean() - 1.4) < 4 * told / math.sqrt(40) + 5e-3


def test_patches_that_tell_nothing_have_no_confidence():
    rng = np.random.default_rng(7)
    flat = np.full((48, 96), 0.4, np.float32)
    assert disparity_between(flat, flat).confidence == 0
    noise = [flat + rng.normal(0, 0.02, flat.shape).astype(np.float32) for _ in range(2)]
    assert disparity_between(*noise).confidence < 0.2
    rows = np.tile(np.sin(np.arange(48) / 3).astype(np.float32)[:, None], (1, 96))
    assert disparity_between(rows, rows).confidence < 0.05
    stripes = np.tile(np.sin(np.arange(96) * 2 * math.pi / 8).astype(np.float32), (48, 1))
    assert disparity_between(stripes, stripes).confidence < 0.3


def test_beyond_the_search_nothing_is_claimed():
    texture = pink(200, 8)
    left, right = shifted(texture, 6)[20:-20, 20:-20], shifted(texture, -6)[20:-20, 20:-20]
    assert disparity_between(left, right, largest_px=4.0).confidence < 0.2


def test_unusable_patches_are_refused():
    good = pink(64, 9)
    with pytest.raises(ContractError, match="share"):
        disparity_between(good, np.ascontiguousarray(good[:, :-1]))
    with pytest.raises(ContractError, match="patch for"):
        disparity_between(good, good, largest_px=30.0)
    bad = good.copy()
    bad[0, 0] = np.nan
    with pytest.raises(ContractError, match="finite"):
        disparity_between(bad, good)


@pytest.mark.parametrize("slope", [0.32])
def test_slope_and_offset_are_measured_within_one_percent(slope):
    truth = DualPixel(slope=slope, offset_px=-0.4)
    coc = np.array([-14.0, -6.0, 2.0, 7.0, 12.0])
    pairs = [two_views(pink(128, 20 + i), truth, float(c), border=16) for i, c in enumerate(coc)]
    fit = measure_dual_pixel(pairs, coc, largest_px=8.0)
    assert fit.dual_pixel.slope == pytest.approx(slope, rel=0.01)
    assert fit.dual_pixel.offset_px == pytest.approx(-0.4, abs=0.02)


def test_slope_needs_texture():
    flat = np.full((40, 64), 0.5, np.float32)
    with pytest.raises(ContractError, match="texture"):
        measure_dual_pixel([(flat, flat)] * 6, np.arange(6.0))
