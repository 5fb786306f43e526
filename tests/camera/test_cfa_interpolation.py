import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchlight.camera import interpolate_cfa
from catchlight.camera.cfa_interpolation import HALO, WORK_PLANES, interpolate_region, noise_floor
from catchlight.core import BayerName, CfaPattern

NAMES: tuple[BayerName, ...] = ("RGGB", "BGGR", "GRBG", "GBRG")
# What a mirrored border can spoil: a ramp bends there.
RIM = HALO + 2


def _sample(rgb: np.ndarray, cfa: CfaPattern) -> np.ndarray:
    h, w, _ = rgb.shape
    index = np.tile(cfa.indices, (h // 2, w // 2)).astype(int)
    return np.take_along_axis(rgb, index[..., None], -1)[..., 0]


def _textured(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Stripes, edges and soft colour: more detail than a photo has in so few pixels."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    light = (
        0.4 + 0.2 * np.sin(0.9 * x + 0.3 * y) * (x > width / 2) + 0.2 * np.sin(x * x / width * 0.9) * (y < height / 2)
    )
    light += 0.25 * (np.hypot(x - width / 3, y - height / 1.5) < height / 5)
    tint = cv2.resize(
        rng.uniform(0.6, 1.2, (4, 5, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return np.clip(cv2.GaussianBlur(light[..., None] * tint, (0, 0), 0.6), 0, 1).astype(np.float32)


def _bilinear(mosaic: np.ndarray, cfa: CfaPattern) -> np.ndarray:
    kernel = np.array([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]], np.float32)
    index = np.tile(cfa.indices, (mosaic.shape[0] // 2, mosaic.shape[1] // 2))
    planes = []
    for c in range(3):
        seen = (index == c).astype(np.float32)
        planes.append(cv2.filter2D(mosaic * seen, -1, kernel) / cv2.filter2D(seen, -1, kernel))
    return np.stack(planes, axis=-1)


def _green_by_the_paper(mosaic: np.ndarray, cfa: CfaPattern, noise_variance: float) -> np.ndarray:
    """Green everywhere, written as the equations stand, on whole arrays in double precision."""
    m = np.pad(mosaic.astype(np.float64), HALO + 4, mode="reflect")
    index = np.tile(cfa.indices, (m.shape[0] // 2, m.shape[1] // 2))  # the padding is even: the pattern goes on

    def at(a: np.ndarray, dy: int, dx: int) -> np.ndarray:
        """The value dy rows below and dx columns right of each place."""
        return np.roll(a, (-dy, -dx), (0, 1))

    sign = np.where(index == 1, 1.0, -1.0)  # green minus the other colour at every site
    difference = {}
    for key, (dy, dx) in {"h": (0, 1), "v": (1, 0)}.items():
        near, far = at(m, -dy, -dx) + at(m, dy, dx), at(m, -2 * dy, -2 * dx) + at(m, 2 * dy, 2 * dx)
        difference[key] = sign * (m - (near / 2 + (2 * m - far) / 4))
    floor = float(noise_floor(noise_variance))
    weight = {}
    for key, (dy, dx) in {"h": (0, 1), "v": (1, 0)}.items():
        d = difference[key]
        gradient = np.abs(at(d, -dy, -dx) - at(d, dy, dx))
        total = sum(at(gradient, i, j) for i in (-1, 0, 1) for j in (-1, 0, 1))
        weight[key] = 1 / (total**2 + floor)
    means = (0.45, 0.33, 0.13, 0.06, 0.03)
    above = below = 0.0
    for key, dy, dx in (("v", -1, 0), ("v", 1, 0), ("h", 0, -1), ("h", 0, 1)):
        w = at(weight[key], 2 * dy, 2 * dx)
        above = above + w * sum(f * at(difference[key], k * dy, k * dx) for k, f in enumerate(means))
        below = below + w
    green = np.where(index == 1, m, m + above / below)
    return green[HALO + 4 : -HALO - 4, HALO + 4 : -HALO - 4]


def _cpsnr(a: np.ndarray, b: np.ndarray) -> float:
    inside = (slice(RIM, -RIM), slice(RIM, -RIM))
    return float(-10 * np.log10(np.mean(np.square(a[inside] - b[inside]))))


@pytest.mark.parametrize("name", NAMES)
def test_measured_samples_are_kept(name: BayerName) -> None:
    cfa = CfaPattern(name=name)
    mosaic = np.random.default_rng(0).normal(0.3, 0.4, (34, 150)).astype(np.float32)
    before = mosaic.copy()
    found = interpolate_cfa(mosaic, cfa, noise_variance=1e-4)
    assert np.array_equal(_sample(found, cfa), mosaic)
    assert np.array_equal(mosaic, before)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None)
@given(slopes=st.lists(st.floats(-0.01, 0.01), min_size=6, max_size=6), variance=st.sampled_from([0.0, 1e-3]))
def test_colour_ramps_come_back_exactly(name: BayerName, slopes: list[float], variance: float) -> None:
    y, x = np.mgrid[:40, :44].astype(np.float32)
    planes = [0.3 * c + 0.2 + slopes[2 * c] * x + slopes[2 * c + 1] * y for c in range(3)]
    rgb = np.stack(planes, axis=-1).astype(np.float32)
    cfa = CfaPattern(name=name)
    found = interpolate_cfa(_sample(rgb, cfa), cfa, noise_variance=variance)
    np.testing.assert_allclose(found[RIM:-RIM, RIM:-RIM], rgb[RIM:-RIM, RIM:-RIM], atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_even_colour_is_exact_up_to_the_border(name: BayerName) -> None:
    rgb = np.broadcast_to(np.array([0.2, 0.5, 0.3], np.float32), (16, 18, 3))
    cfa = CfaPattern(name=name)
    np.testing.assert_allclose(interpolate_cfa(_sample(rgb, cfa), cfa), rgb, atol=1e-6)


@pytest.mark.parametrize(("axes", "name"), [((1,), "GRBG"), ((0,), "GBRG"), ((0, 1), "BGGR")])
def test_the_orders_are_flips_of_each_other(axes: tuple[int, ...], name: BayerName) -> None:
    mosaic = _sample(_textured(150, 166), CfaPattern(name="RGGB"))
    mosaic = mosaic + np.random.default_rng(1).normal(0, 0.02, mosaic.shape).astype(np.float32)
    found = interpolate_cfa(mosaic, CfaPattern(name="RGGB"), noise_variance=4e-4)
    flipped = interpolate_cfa(np.ascontiguousarray(np.flip(mosaic, axes)), CfaPattern(name=name), noise_variance=4e-4)
    np.testing.assert_allclose(np.flip(flipped, axes), found, atol=2e-6)


def test_rows_and_columns_are_treated_alike() -> None:
    mosaic = _sample(_textured(60, 140), CfaPattern(name="RGGB"))
    found = interpolate_cfa(mosaic, CfaPattern(name="RGGB"))
    turned = interpolate_cfa(np.ascontiguousarray(mosaic.T), CfaPattern(name="RGGB"))
    np.testing.assert_allclose(turned.transpose(1, 0, 2), found, atol=2e-6)


def test_a_cut_out_is_interpolated_like_the_whole() -> None:
    """Cuts at places that are no multiple of a band or tile: neither leaves a seam."""
    whole = np.random.default_rng(2).random((300, 280), dtype=np.float32)
    cfa = CfaPattern(name="GRBG")
    found = interpolate_cfa(whole, cfa, noise_variance=1e-3)
    part = interpolate_cfa(
        np.ascontiguousarray(whole[38:239, 61:201][:200, :]), cfa.shifted(rows=38, columns=61), noise_variance=1e-3
    )
    assert np.array_equal(part[HALO:-HALO, HALO:-HALO], found[38 + HALO : 238 - HALO, 61 + HALO : 201 - HALO])


def test_a_region_may_reach_over_the_border() -> None:
    mosaic = np.random.default_rng(3).random((32, 40), dtype=np.float32)
    cfa = CfaPattern(name="BGGR")
    padded = np.pad(mosaic, 4, mode="reflect")
    expected = interpolate_cfa(padded, cfa)
    work = np.empty((WORK_PLANES, 40 + 2 * HALO, 48 + 2 * HALO), np.float32)
    red_y, red_x = cfa.red_yx
    interpolate_region(mosaic, -4, 36, -4, 44, red_y, red_x, noise_floor(0.0), work)
    found = work[:3, HALO : HALO + 40, HALO : HALO + 48].transpose(1, 2, 0)
    # Beyond the padding both mirror, but about different rows.
    np.testing.assert_allclose(found[HALO:-HALO, HALO:-HALO], expected[HALO:-HALO, HALO:-HALO], atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variance", [0.0, 1e-3])
def test_green_is_that_of_the_equations(name: BayerName, variance: float) -> None:
    cfa = CfaPattern(name=name)
    mosaic = _sample(_textured(48, 132), cfa) + np.random.default_rng(4).normal(0, 0.03, (48, 132)).astype(np.float32)
    found = interpolate_cfa(mosaic, cfa, noise_variance=variance)[..., 1]
    np.testing.assert_allclose(found, _green_by_the_paper(mosaic, cfa, variance), atol=2e-5)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_far_better_than_bilinear_on_detail(name: BayerName) -> None:
    cfa, rgb = CfaPattern(name=name), _textured(120, 160)
    mosaic = _sample(rgb, cfa)
    found, plain = interpolate_cfa(mosaic, cfa), _bilinear(mosaic, cfa)
    assert _cpsnr(found, rgb) > _cpsnr(plain, rgb) + 6


def test_knowing_the_noise_makes_less_of_it() -> None:
    rng = np.random.default_rng(5)
    cfa, sigma = CfaPattern(name="RGGB"), 0.05
    noisy = (0.3 + rng.normal(0, sigma, (128, 128))).astype(np.float32)
    told = interpolate_cfa(noisy, cfa, noise_variance=sigma**2) - 0.3
    untold = interpolate_cfa(noisy, cfa) - 0.3
    assert np.square(told).mean() < 0.99 * np.square(untold).mean()


@given(factor=st.sampled_from([0.25, 2.0, 16.0]))
@settings(max_examples=3, deadline=None)
def test_exposure_scales_through(factor: float) -> None:
    mosaic = np.random.default_rng(6).random((40, 44), dtype=np.float32) + np.float32(0.5)
    cfa = CfaPattern(name="GBRG")
    once = interpolate_cfa(mosaic, cfa, noise_variance=1e-2)
    scaled = interpolate_cfa(mosaic * np.float32(factor), cfa, noise_variance=1e-2 * factor**2)
    np.testing.assert_allclose(scaled / factor, once, atol=1e-3)
