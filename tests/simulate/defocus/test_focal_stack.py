"""Stacks and sweeps through a real lens's numbers."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.thin_lens import breathing_scale
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.core import ContractError
from catchlight.simulate import IMX477, night_city
from catchlight.simulate.defocus import DepthLayer, DepthLayers, FocalStack, FocusSweep, SweepPlan, layers_of_scene
from catchlight.simulate.scene3d import CameraPath, Card, CardScene, Pinhole, random_scene

LENS = Lens(focal_length_mm=6.0, aperture_f=2.0)
STILL = Lens(focal_length_mm=6.0, aperture_f=2.0, breathing=0.0)
CAMERA = Pinhole(focal_px=110.0, size_px=(60, 84), margin_px=12)
PHOTOS = [night_city(height_px=100, width_px=120, seed=k) for k in range(2)]


def _plane(dioptres: float, *, h: int = 90, w: int = 120) -> DepthLayers:
    noise = cv2.GaussianBlur(np.random.default_rng(0).random((h, w, 3)).astype(np.float32), (0, 0), 2.0)
    rgba = np.dstack([noise, np.ones((h, w), np.float32)])
    return DepthLayers(layers=(DepthLayer(colour=rgba, dioptres=np.full((h, w), dioptres, np.float32)),))


def test_the_signed_circle_of_confusion_is_the_thin_lenss() -> None:
    stack = FocalStack(_plane(2.0), lens=STILL, pixel_pitch_um=1.5, focus_d=(0.5, 2.0, 3.0))
    for shot in stack:
        # c = f² · (object - focus) / (N · (1 - f · focus)), in metres.
        expected = 0.006**2 * (2.0 - shot.focus_d) / (2.0 * (1 - 0.006 * shot.focus_d)) / 1.5e-6
        np.testing.assert_allclose(shot.coc_px, expected, atol=1e-4)
    near, sharp, far = stack
    assert near.coc_px[0, 0] > 0 > far.coc_px[0, 0]
    np.testing.assert_array_equal(sharp.picture, stack.all_in_focus())
    np.testing.assert_allclose(stack.depth().metres, 0.5)
    assert near.left is None


def test_both_views_make_the_whole_picture_and_swap_with_the_sign() -> None:
    stack = FocalStack(
        _plane(2.0), lens=STILL, pixel_pitch_um=1.5, focus_d=(1.5, 2.5), dual_pixel=DualPixel(slope=0.25)
    )
    before, behind = stack
    for shot in (before, behind):
        assert shot.left is not None
        assert shot.right is not None
        np.testing.assert_allclose((shot.left + shot.right) / 2, shot.picture, atol=5e-3)
        assert np.abs(shot.left - shot.right).max() > 0.01
    assert behind.left is not None
    assert before.right is not None
    # The same size of blur on either side of focus: what was left becomes right.
    np.testing.assert_allclose(before.right, behind.left, atol=5e-3)


def test_breathing_scales_the_picture_about_its_middle() -> None:
    h, w = 90, 120
    y, x = np.mgrid[:h, :w] + 0.5
    dots = [(30.0, 25.0), (95.0, 60.0), (60.0, 45.0)]
    light = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * 2.0**2)) for px, py in dots)
    rgba = np.dstack([light, light, light, np.ones((h, w))]).astype(np.float32)
    layers = DepthLayers(layers=(DepthLayer(colour=rgba, dioptres=np.full((h, w), 8.0, np.float32)),))
    lens = Lens(focal_length_mm=6.0, aperture_f=100.0)
    far, near = FocalStack(layers, lens=lens, pixel_pitch_um=1.5, focus_d=(0.0, 10.0))
    assert far.scale == 1
    assert near.scale == pytest.approx(1 / (1 - 0.006 * 10))
    for px, py in dots:
        at = np.array([w / 2, h / 2]) + near.scale * (np.array([px, py]) - [w / 2, h / 2])
        mine = near.picture[..., 0] * (np.hypot(x - at[0], y - at[1]) < 9)
        np.testing.assert_allclose([(mine * x).sum() / mine.sum(), (mine * y).sum() / mine.sum()], at, atol=0.05)


def test_slices_and_indices_give_the_same_shots() -> None:
    stack = FocalStack(_plane(2.0, h=30, w=40), lens=LENS, pixel_pitch_um=1.5, focus_d=(0.0, 1.0, 2.0))
    assert len(stack) == 3
    np.testing.assert_array_equal(stack[-1].picture, list(stack)[2].picture)
    assert [s.focus_d for s in stack[:2]] == [0.0, 1.0]
    with pytest.raises(IndexError):
        stack[3]
    with pytest.raises(ContractError):
        FocalStack(_plane(2.0, h=30, w=40), lens=LENS, pixel_pitch_um=1.5, focus_d=())


def test_the_cards_of_a_scene_become_layers_with_their_depth() -> None:
    scene = random_scene(PHOTOS, camera=CAMERA, seed=3, cards=3)
    layers = layers_of_scene(scene, CAMERA)
    inner = Pinhole(focal_px=110.0, size_px=(60, 84))
    view = scene.view(inner, time_s=0.0)
    np.testing.assert_allclose(layers.all_in_focus(), view.picture(), atol=2e-3)
    same = np.isclose(layers.true_depth().metres, view.depth().metres, rtol=1e-3)
    assert same.mean() > 0.999


def _approaching(velocity_m_s: float) -> CardScene:
    colour = PHOTOS[0].pixels
    card = Card(
        colour=colour, alpha=np.ones(colour.shape[:2], np.float32), centre_m=(0.0, 0.0, 1.0), width_m=1.2,
        velocity_m_s=(0.0, 0.0, velocity_m_s), endless=True,
    )  # fmt: skip
    return CardScene(cards=(card,), path=CameraPath.still())


def test_a_sweep_is_sharpest_where_its_lens_meets_the_moving_scene() -> None:
    focus_d = tuple(float(d) for d in np.linspace(0.6, 2.2, 9))
    plan = SweepPlan(focus_d=focus_d, interval_s=0.05, gain=4.0, seed=1)
    sweep = FocusSweep(
        _approaching(-0.8), camera=CAMERA, lens=LENS, sensor=IMX477, plan=plan, pixel_pitch_um=1.5,
        dual_pixel=DualPixel(slope=0.25),
    )  # fmt: skip
    shots = list(sweep)
    for k, shot in enumerate(shots):
        # The card comes 0.8 m nearer in a second.
        assert shot.object_d == pytest.approx(1 / (1 - 0.8 * 0.05 * k), rel=1e-4)
        assert shot.time_s == pytest.approx(0.05 * k)
        assert shot.raw.shape == (60, 84)
        assert shot.raw.noise == IMX477.noise_at(4.0)
        assert shot.left is not None
        assert shot.left.shape == (30, 42)
    sharpest = int(np.argmax([s.sharpness for s in shots]))
    smallest = int(np.argmin([abs(s.coc_px) for s in shots]))
    assert abs(sharpest - smallest) <= 1
    assert shots[0].coc_px > 0 > shots[-1].coc_px
    again = sweep[3]
    assert np.array_equal(again.raw.mosaic, shots[3].raw.mosaic)
    assert not np.array_equal(shots[2].raw.mosaic, shots[3].raw.mosaic)


def test_phase_views_have_the_noise_of_two_half_photosites() -> None:
    grey = Card(
        colour=np.full((8, 8, 3), 0.4, np.float32), alpha=np.ones((8, 8), np.float32), centre_m=(0.0, 0.0, 1.0),
        width_m=1.0, endless=True,
    )  # fmt: skip
    scene = CardScene(cards=(grey,), path=CameraPath.still())
    plan = SweepPlan(focus_d=(1.0,) * 12, gain=16.0, exposure=0.05, seed=2)
    sweep = FocusSweep(
        scene, camera=CAMERA, lens=LENS, sensor=IMX477, plan=plan, pixel_pitch_um=1.5, dual_pixel=DualPixel()
    )
    views = np.stack([view for shot in sweep for view in (shot.left, shot.right) if view is not None])
    # Two greens of half a photosite each: the light of one photosite, read twice.
    knot = IMX477.noise.at(16.0)
    expected = knot.shot * 0.4 * 0.05 + 2 * knot.read
    # 30 240 values: a variance within 4·√(2/n) = 3.3 % at 99.99 %; reading once would be 22 % less.
    assert views.size == 30240
    assert views.var() == pytest.approx(expected, rel=0.033)
    assert knot.read / expected > 0.1


def test_phase_views_have_the_noise_of_green() -> None:
    noisy_green = NoiseKnot(gain=1.0, shot=1e-4, read=1e-6, shot_rgb=(1e-4, 4e-4, 1e-4), read_rgb=(1e-6, 4e-6, 1e-6))
    sensor = replace(IMX477, noise=NoiseLaw(knots=(noisy_green,)))
    plan = SweepPlan(focus_d=(1.0,) * 6, exposure=0.5, seed=3)
    sweep = FocusSweep(
        _approaching(0.0), camera=CAMERA, lens=LENS, sensor=sensor, plan=plan, pixel_pitch_um=1.5,
        dual_pixel=DualPixel(),
    )  # fmt: skip
    views = np.stack([shot.left for shot in sweep if shot.left is not None])
    expected = 4e-4 * views.mean(axis=0).clip(0) + 2 * 4e-6
    # 1260 photosites of five degrees of freedom: the mean variance within 4·√(2/6300) = 7 % at 99.99 %.
    assert (views.var(axis=0, ddof=1) / expected).mean() == pytest.approx(1, abs=0.07)


def test_a_sweep_breathes_whichever_way_the_lens_does() -> None:
    """The scene's picture shrinks towards near focus by as much as the lens says, frame against frame."""
    lens = Lens(focal_length_mm=50.0, aperture_f=16.0, breathing=-2.0)
    far, near = (
        shot.raw.mosaic.astype(np.float64)
        for shot in FocusSweep(
            _approaching(0.0), camera=CAMERA, lens=lens, sensor=IMX477, plan=SweepPlan(focus_d=(0.0, 2.0)),
            pixel_pitch_um=60.0,
        )
    )  # fmt: skip
    wanted = breathing_scale(lens, 0.0) / breathing_scale(lens, 2.0)
    h, w = far.shape

    def likeness(scale: float) -> float:
        back = np.array([[scale, 0, (1 - scale) * (w / 2 - 0.5)], [0, scale, (1 - scale) * (h / 2 - 0.5)]])
        shrunk = cv2.warpAffine(far, back, (w, h), flags=cv2.INTER_LINEAR)
        inner = np.s_[h // 4 : -h // 4, w // 4 : -w // 4]
        return float(np.corrcoef(shrunk[inner].ravel(), near[inner].ravel())[0, 1])

    scales = np.arange(0.7, 1.1, 0.02)
    assert scales[int(np.argmax([likeness(s) for s in scales]))] == pytest.approx(1 / wanted, abs=0.03)


def test_a_card_out_of_sight_does_not_disturb_the_lens() -> None:
    """Its plane passes the lens nearer than the focal length, where nothing has an image."""
    colour = np.full((16, 16, 3), 0.5, np.float32)
    alpha = np.ones((16, 16), np.float32)
    wall = Card(colour=colour, alpha=alpha, centre_m=(0.0, 0.0, 2.0), width_m=1.0, endless=True)
    behind = Card(colour=colour, alpha=alpha, centre_m=(-0.005, 0.0, -3.0), width_m=0.1, tilt_rad=(0.0, np.pi / 2, 0.0))
    layers = layers_of_scene(CardScene(cards=(wall, behind), path=CameraPath.still()), CAMERA)
    lens = Lens(focal_length_mm=50.0, aperture_f=8.0)
    shot = FocalStack(layers, lens=lens, pixel_pitch_um=50.0, focus_d=(0.5,))[0]
    np.testing.assert_allclose(shot.picture, 0.5, atol=1e-5)


def test_impossible_sweeps_are_refused() -> None:
    with pytest.raises(ContractError):
        SweepPlan(focus_d=())
    with pytest.raises(ContractError):
        SweepPlan(focus_d=(1.0,), interval_s=0.0)
    common = {"camera": CAMERA, "lens": LENS, "sensor": IMX477, "pixel_pitch_um": 1.5}
    with pytest.raises(ContractError, match="window"):
        FocusSweep(_approaching(0.0), plan=SweepPlan(focus_d=(1.0,), window=(0, 0, 61, 84)), **common)  # type: ignore[arg-type]
