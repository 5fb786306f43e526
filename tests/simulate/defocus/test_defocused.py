"""Blur with occlusion, against rays through points of the aperture."""

import math

import cv2
import numpy as np
import pytest
from scipy import ndimage

from catchlight.camera.dual_pixel import DualPixel, dual_pixel_kernels
from catchlight.camera.lens.disc import disc_kernel
from catchlight.core import ContractError, Frame, MetricDepth
from catchlight.simulate.defocus import DepthLayer, DepthLayers, defocused, slice_depth

H, W = 72, 96


def _kernel(coc_px: float) -> np.ndarray:
    return disc_kernel(abs(coc_px))


def _confusion(focus_d: float, *, px_per_d: float = 10.0):
    return lambda dioptres: (dioptres - np.float32(focus_d)) * np.float32(px_per_d)


def _texture(seed: int, *, h: int = H, w: int = W, smooth_px: float = 1.2) -> np.ndarray:
    noise = np.random.default_rng(seed).random((h, w, 3)).astype(np.float32)
    return np.clip(0.5 + 3 * (cv2.GaussianBlur(noise, (0, 0), smooth_px) - 0.5), 0, 1)


def _layer(colour: np.ndarray, alpha: np.ndarray, dioptres: float | np.ndarray) -> DepthLayer:
    rgba = np.dstack([colour * alpha[..., None], alpha]).astype(np.float32)
    return DepthLayer(colour=rgba, dioptres=np.broadcast_to(np.float32(dioptres), alpha.shape).astype(np.float32))


def _scene(back_d: float, front_d: float) -> DepthLayers:
    whole, card = np.ones((H, W), np.float32), np.zeros((H, W), np.float32)
    card[20:52, 30:70] = 1
    bright = np.clip(_texture(2) * 0.4, 0, 1)
    return DepthLayers(layers=(_layer(_texture(1), whole, back_d), _layer(bright, card, front_d)))


def _by_rays(layers: DepthLayers, focus_d: float, *, px_per_d: float = 10.0, rays: int = 200) -> np.ndarray:
    """The mean of pinhole pictures through points spread evenly over the aperture; slow and obvious."""
    total = np.zeros((*layers.layers[0].dioptres.shape, 3))
    for i in range(rays):
        # Sunflower seeds: equal areas.
        radius, angle = math.sqrt((i + 0.5) / rays), i * math.pi * (3 - math.sqrt(5))
        seen = np.zeros_like(total)
        for layer in layers.layers:
            coc = (float(layer.dioptres[0, 0]) - focus_d) * px_per_d
            shift = (radius * math.sin(angle) * coc / 2, radius * math.cos(angle) * coc / 2, 0)
            moved = ndimage.shift(layer.colour.astype(float), shift, order=1, mode="nearest")
            seen = seen * (1 - moved[..., 3:]) + moved[..., :3]
        total += seen
    return total / rays


@pytest.mark.parametrize(
    ("back_d", "front_d", "mean", "most"),
    [(0.0, 1.0, 0.001, 0.006), (1.0, 2.0, 0.001, 0.006), (0.2, 1.8, 0.006, 0.15)],
    ids=["sharp card", "sharp background", "both blurred"],
)
def test_it_is_what_rays_through_the_aperture_see(back_d: float, front_d: float, mean: float, most: float) -> None:
    layers = _scene(back_d, front_d)
    made = defocused(layers, confusion=_confusion(1.0), kernel=_kernel)
    error = np.abs(made - _by_rays(layers, 1.0))[8:-8, 8:-8]
    # With one of two layers in focus the method is exact, and the rest is the rays' graininess; where both are blurred
    # it takes the card's edge and the background behind it as independent.
    assert error.mean() < mean
    assert error.max() < most


def test_a_sharp_card_has_no_halo() -> None:
    layers = _scene(0.0, 1.0)
    made, sharp = defocused(layers, confusion=_confusion(1.0), kernel=_kernel), layers.all_in_focus()
    np.testing.assert_array_equal(made[20:52, 30:70], sharp[20:52, 30:70])
    # Beside it: the blurred background alone, with what the card hides still behind it.
    alone = defocused(DepthLayers(layers=layers.layers[:1]), confusion=_confusion(1.0), kernel=_kernel)
    outside = np.ones((H, W), bool)
    outside[20:52, 30:70] = False
    np.testing.assert_array_equal(made[outside], alone[outside])


@pytest.mark.parametrize("focus_d", [0.0, 0.7, 3.0])
def test_a_scene_of_one_colour_stays_so(focus_d: float) -> None:
    card = cv2.GaussianBlur(_scene(0.0, 1.0).layers[1].colour[..., 3], (0, 0), 1.0)
    grey, ramp = np.full((H, W, 3), 0.3, np.float32), np.linspace(0.0, 2.0, W, dtype=np.float32)[None, :].repeat(H, 0)
    layers = DepthLayers(layers=(_layer(grey, np.ones((H, W), np.float32), ramp), _layer(grey, card, 2.5)))
    made = defocused(layers, confusion=_confusion(focus_d), kernel=_kernel)
    np.testing.assert_allclose(made, 0.3, atol=2e-4)


def test_what_is_in_focus_is_untouched() -> None:
    layers = DepthLayers(layers=(_layer(_texture(4), np.ones((H, W), np.float32), 1.5),))
    np.testing.assert_array_equal(defocused(layers, confusion=_confusion(1.5), kernel=_kernel), layers.all_in_focus())


def test_an_edge_is_spread_by_the_disc_of_its_circle_of_confusion() -> None:
    step = np.zeros((H, W, 3), np.float32)
    step[:, W // 2 :] = 1
    layers = DepthLayers(layers=(_layer(step, np.ones((H, W), np.float32), 2.0),))
    made = defocused(layers, confusion=_confusion(0.8), kernel=_kernel)[H // 2, :, 0]
    # A disc's edge spread: the share of a circle left of a chord, at the middle of each pixel.
    t = np.clip((np.arange(W) + 0.5 - W / 2) / 6.0, -1, 1)
    expected = 0.5 + (t * np.sqrt(1 - t**2) + np.arcsin(t)) / math.pi
    np.testing.assert_allclose(made, expected, atol=0.005)


def test_a_slanted_surface_is_blurred_by_each_places_own_disc() -> None:
    ramp = np.linspace(1.0, 2.0, W, dtype=np.float32)[None, :].repeat(H, 0)
    texture = _texture(6)
    layers = DepthLayers(layers=(_layer(texture, np.ones((H, W), np.float32), ramp),))
    made = defocused(layers, confusion=_confusion(1.0, px_per_d=12.0), kernel=_kernel)
    for column in (8, 30, 61, 88):
        coc = float(ramp[0, column] - 1) * 12
        one = cv2.filter2D(texture, -1, disc_kernel(coc), borderType=cv2.BORDER_REPLICATE)
        assert np.abs(made - one)[:, column].max() < 0.006


def test_margins_are_blurred_in_and_cut_off() -> None:
    wide = _texture(7, h=H + 40, w=W + 40)
    whole = np.ones((H + 40, W + 40), np.float32)
    layers = DepthLayers(layers=(_layer(wide, whole, 2.0),), margin_px=20)
    made = defocused(layers, confusion=_confusion(0.0), kernel=_kernel)
    assert made.shape == (H, W, 3)
    full = cv2.filter2D(wide, -1, disc_kernel(20.0), borderType=cv2.BORDER_REFLECT)
    # Deeper in than the margin, the border's treatment cannot be seen.
    np.testing.assert_allclose(made, full[20:-20, 20:-20], atol=1e-3)


@pytest.mark.parametrize("slope", [0.25, 0.4, 4 / (3 * math.pi)])
@pytest.mark.parametrize("coc_px", [-9.0, 4.0, 12.0])
def test_dual_pixel_views_are_as_far_apart_as_the_slope_says(slope: float, coc_px: float) -> None:
    dual = DualPixel(slope=slope)
    # Coarse enough for the shapes of the half discs not to matter beyond their centroids.
    texture = _texture(8, h=160, w=200, smooth_px=9.0)
    layers = DepthLayers(layers=(_layer(texture, np.ones((160, 200), np.float32), 2.0 + coc_px / 10 + 1.0),))
    left, right = (
        defocused(layers, confusion=_confusion(3.0), kernel=lambda coc, k=k: dual_pixel_kernels(dual, coc)[k])[
            20:-20, 20:-20
        ].mean(axis=2)
        for k in (0, 1)
    )
    disparity = 0.0
    for _ in range(6):
        # left = f(x - d/2) and right = f(x + d/2); once shifted back by what is known of d, what is left is small.
        back, forth = (
            ndimage.shift(view, (0, s), order=3)[:, 10:-10]
            for view, s in ((left, -disparity / 2), (right, disparity / 2))
        )
        gradient = np.gradient((back + forth) / 2, axis=1)
        disparity += float(((forth - back) * gradient).sum() / (gradient**2).sum())
    assert disparity == pytest.approx(slope * coc_px, rel=0.03)


def test_a_sliced_depth_map_gives_its_picture_back_in_focus_and_hides_no_light() -> None:
    rng = np.random.default_rng(3)
    metres = np.full((H, W), 4.0, np.float32)
    metres[20:50, 20:60] = 1.0
    metres += rng.uniform(0, 0.05, (H, W)).astype(np.float32)
    valid = rng.random((H, W)) > 0.05
    picture = Frame(pixels=_texture(9))
    layers = slice_depth(picture, MetricDepth(metres=metres, valid=valid), slices=8, reach_px=10)
    np.testing.assert_allclose(layers.all_in_focus(), picture.pixels, atol=1e-6)
    np.testing.assert_allclose(layers.true_depth().metres[valid], metres[valid], rtol=1e-5)
    grey = Frame(pixels=np.full((H, W, 3), 0.4, np.float32))
    made = defocused(
        slice_depth(grey, MetricDepth(metres=metres, valid=valid), slices=8, reach_px=10),
        confusion=_confusion(1.0), kernel=_kernel,
    )  # fmt: skip
    np.testing.assert_allclose(made, 0.4, atol=1e-3)


@pytest.mark.parametrize("slices", [24, 48])
def test_slices_of_a_slanted_surface_do_not_show(slices: int) -> None:
    ramp = np.linspace(0.5, 2.0, W, dtype=np.float32)[None, :].repeat(H, 0)
    texture, whole = _texture(6), np.ones((H, W), np.float32)
    depth = MetricDepth.from_dioptres(ramp, np.ones((H, W), bool))
    sliced = slice_depth(Frame(pixels=texture), depth, slices=slices, reach_px=8)
    smooth = DepthLayers(layers=(_layer(texture, whole, ramp),))
    for focus_d in (0.5, 1.2, 2.0):
        made, expected = (
            defocused(layers, confusion=_confusion(focus_d), kernel=_kernel) for layers in (sliced, smooth)
        )
        assert np.abs(made - expected).mean() < 0.006


@pytest.mark.parametrize("focus_d", [0.5, 1.5])
def test_a_sliced_edge_in_depth_is_what_rays_see(focus_d: float) -> None:
    whole, card = np.ones((H, W), np.float32), np.zeros((H, W), np.float32)
    card[20:52, 30:70] = 1
    plain = np.full((H, W, 3), 0.6, np.float32)  # what is hidden can be guessed
    layers = DepthLayers(layers=(_layer(plain, whole, 0.5), _layer(_texture(2) * 0.4, card, 1.5)))
    dioptres = np.where(card > 0, np.float32(1.5), np.float32(0.5))
    depth = MetricDepth.from_dioptres(dioptres, np.ones((H, W), bool))
    sliced = slice_depth(Frame(pixels=layers.all_in_focus()), depth, reach_px=8)
    made = defocused(sliced, confusion=_confusion(focus_d), kernel=_kernel)
    assert np.abs(made - _by_rays(layers, focus_d, rays=200))[8:-8, 8:-8].max() < 0.01


def test_the_background_goes_on_under_a_cut_out_in_its_own_colour() -> None:
    colour = np.zeros((H, W, 3), np.float32)
    colour[..., 0] = 0.5
    colour[20:50, 20:60] = (0.0, 0.0, 1.0)
    metres = np.full((H, W), 4.0, np.float32)
    metres[20:50, 20:60] = 1.0
    layers = slice_depth(Frame(pixels=colour), MetricDepth(metres=metres, valid=np.ones((H, W), bool)), reach_px=10)
    assert len(layers.layers) == 2
    back = layers.layers[0].colour
    inside = np.zeros((H, W), bool)
    inside[29:41, 29:51] = True  # farther from the background than the largest blur reaches
    assert (back[~inside, 3] == 1).all()
    assert not back[33:37, 33:47, 3].any()
    np.testing.assert_allclose(back[~inside, 0], 0.5, atol=1e-5)
    np.testing.assert_allclose(back[~inside, 2], 0.0, atol=1e-5)


def test_impossible_layers_are_refused() -> None:
    whole = np.ones((H, W), np.float32)
    with pytest.raises(ContractError):
        _layer(_texture(1), whole, -1.0)
    with pytest.raises(ContractError):
        DepthLayers(layers=())
    with pytest.raises(ContractError):
        DepthLayers(layers=(_layer(_texture(1), whole, 1.0),), margin_px=36)
    nowhere = MetricDepth(metres=whole, valid=np.zeros((H, W), bool))
    with pytest.raises(ContractError):
        slice_depth(Frame(pixels=_texture(1)), nowhere)
