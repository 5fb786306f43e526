"""The measurements and drawings of the report page, one by one."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchlight.burst import Alignment
from catchlight.core import Frame, Metadata, NoiseModel
from catchlight.pipelines import Development
from catchlight.pipelines.geometry import centre_shift_px, stored_shape
from catchlight.pipelines.report.crops import choose_crops
from catchlight.pipelines.report.motion import MotionField, motion_field, turned_map
from catchlight.pipelines.report.noise import local_noise, noise_curve
from catchlight.pipelines.report.pictures import Screen, trust_picture
from catchlight.pipelines.report.plots import arrow_plot, bar_plot, noise_plot, path_plot, rgb_shares
from catchlight.pipelines.upright import upright


def noisy(sigma_at_one: float, seed: int) -> np.ndarray:
    """A slope from 0.02 to 0.7 with a few edges, under noise that grows with the root of brightness."""
    y, x = np.mgrid[:512, :512]
    scene = 0.02 + 0.5 * x / 512 + 0.18 * (y // 256)
    noise = np.random.default_rng(seed).normal(0, 1, scene.shape) * sigma_at_one * np.sqrt(scene)
    return (scene + noise).astype(np.float32)


@pytest.mark.parametrize("white", [True, False])
def test_noise_is_measured_at_every_brightness(white: bool) -> None:
    curve = noise_curve(noisy(0.03, 1), noisy(0.01, 2), white=white)
    assert curve is not None and len(curve.brightness) >= 6
    assert (np.diff(curve.brightness) > 0).all()
    np.testing.assert_allclose(curve.before, 0.03 * np.sqrt(curve.brightness), rtol=0.12)
    np.testing.assert_allclose(curve.after, 0.01 * np.sqrt(curve.brightness), rtol=0.12)


def test_noise_needs_enough_blocks() -> None:
    plane = np.zeros((64, 64), np.float32)
    assert noise_curve(plane, plane, white=True) is None


def test_local_noise_ignores_half_a_picture_of_edges() -> None:
    plane = np.random.default_rng(3).normal(100, 4, (256, 256)).astype(np.float32)
    plane[:, 128:] += 60 * (np.arange(128) // 3 % 2)
    assert local_noise(plane) == pytest.approx(4, rel=0.15)


@settings(max_examples=30, deadline=None)
@given(st.integers(40, 200), st.integers(40, 200), st.integers(16, 300), st.integers(0, 2**31))
def test_crops_lie_inside_and_apart(height: int, width: int, side: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    crops = choose_crops(rng.random((height, width), np.float32), side=side, moving=rng.random((20, 24), np.float32))
    assert crops
    for crop in crops:
        assert 0 <= crop.left <= width - crop.side and 0 <= crop.top <= height - crop.side
        assert not any(crop.overlaps(other) for other in crops if other is not crop)


def test_crops_find_dark_texture_detail_and_motion() -> None:
    luma = np.full((400, 600), 0.5, np.float32)
    weave = np.random.default_rng(0).random((100, 100), np.float32)
    luma[:, :300] = 0.05
    luma[280:380, 180:280] = 0.03 + 0.05 * weave
    luma[20:120, 460:560] = 0.3 + 0.4 * weave
    moving = np.zeros((40, 60), np.float32)
    moving[30:36, 45:52] = 1
    found = {c.what: c for c in choose_crops(luma, side=100, moving=moving)}
    assert abs(found["In the dark"].left - 180) <= 60 and abs(found["In the dark"].top - 280) <= 60
    assert abs(found["Detail"].left - 460) <= 60 and abs(found["Detail"].top - 20) <= 60
    assert abs(found["Where the frames disagree"].left - 435) <= 60
    # Disagreement everywhere singles out no place.
    assert "Where the frames disagree" not in {c.what for c in choose_crops(luma, side=100, moving=moving * 0 + 0.6)}


def test_rotation_about_the_centre_does_not_shift_it() -> None:
    angle, centre = np.radians(3.0), np.array([150.0, 100.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = centre - turn @ centre + [4.0, -2.0]
    still = Alignment.identity((200, 300))
    turned = Alignment(
        affine=np.concatenate([turn, shift[:, None]], axis=1),
        shifts=still.shifts,
        confidence=still.confidence,
        cell_px=still.cell_px,
    )
    assert centre_shift_px(turned, (200, 300)) == pytest.approx((4.0, -2.0))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_motion_turns_with_the_picture(orientation: int) -> None:
    """A mark and where it moves to, turned as pictures, are where the field says."""
    shape, cell = (64, 128), 32
    still = Alignment.identity(shape, cell)
    moved = Alignment(
        affine=np.array([[1.0, 0.0, 7.0], [0.0, 1.0, -3.0]]),
        shifts=still.shifts,
        confidence=np.arange(8, dtype=np.float32).reshape(2, 4) / 8,
        cell_px=cell,
    )
    field = motion_field(moved, shape, orientation)
    marked = np.zeros((*shape, 3), np.float32)
    marked[48, 80, 0] = 1  # the centre of tile (1, 2), whose confidence is 6/8
    marked[45, 87, 1] = 1
    shown = upright(Frame(pixels=marked, metadata=Metadata(orientation=orientation))).pixels
    (y0, x0), (y1, x1) = np.argwhere(shown[..., 0])[0], np.argwhere(shown[..., 1])[0]
    h, w, _ = shown.shape
    tile = np.unravel_index(np.argmin(np.abs(field.confidence - 6 / 8)), field.confidence.shape)
    assert field.place[tile] * (w, h) == pytest.approx((x0 + 0.5, y0 + 0.5), abs=0.51)
    assert tuple(field.motion_px[tile]) == pytest.approx((x1 - x0, y1 - y0), abs=1e-4)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("turned", [False, True])
def test_the_stored_shape_follows_the_orientation_alone(orientation: int, turned: bool) -> None:
    stored = Frame(pixels=np.zeros((20, 30, 3), np.float32), metadata=Metadata(orientation=orientation))
    made = Development(
        frame=upright(stored) if turned else stored,
        merged=None,
        reference_raw=None,
        noise=NoiseModel.same(shot=1e-4, read=1e-6),
        noise_from="settings",
        reference_index=0,
        reference_name="a",
        records=(),
        skipped=(),
        share=1.0,
        timings_s=(),
        orientation=orientation,
    )
    assert stored_shape(made) == (20, 30)


@pytest.mark.parametrize(("rows", "columns"), [(1, 41), (2, 41), (41, 3), (9, 12), (90, 120)])
def test_arrows_are_few_and_never_none(rows: int, columns: int) -> None:
    cell = 32
    shape = (rows * cell, columns * cell)
    still = Alignment.identity(shape, cell)
    assert still.confidence.shape == (rows, columns)
    plot, times = arrow_plot(motion_field(still, shape, 1), shape, "still")
    assert 5 <= plot.count('class="arrow"') <= 120 and times > 0


def test_no_tiles_no_arrows() -> None:
    field = MotionField(
        place=np.zeros((0, 0, 2), np.float32),
        motion_px=np.zeros((0, 0, 2), np.float32),
        local_px=np.zeros((0, 0), np.float32),
        confidence=np.zeros((0, 0), np.float32),
    )
    plot, times = arrow_plot(field, (10, 10), "nothing")
    assert "arrow" not in plot and plot.endswith("</svg>") and times > 0


def test_maps_turn_like_pictures() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert turned_map(values, 1).tolist() == values.tolist()
    assert turned_map(values, 6).tolist() == np.rot90(values, -1).tolist()
    assert turned_map(values, 8).tolist() == np.rot90(values).tolist()


def test_trust_is_grey_and_doubt_glows() -> None:
    base = np.full((20, 30, 3), (200, 120, 40), np.uint8)
    trust = np.ones((10, 15), np.float32)
    trust[:, 8:] = 0
    shown = trust_picture(base, trust).astype(int)
    assert np.ptp(shown[:, :10], axis=2).max() == 0
    assert (shown[:, 20:, 0] - shown[:, 20:, 2]).min() > 80


def test_linear_light_gets_one_gain_for_the_screen() -> None:
    frame = Frame(pixels=np.full((40, 40, 3), 0.1, np.float32))
    screen = Screen.for_frame(frame)
    assert screen.gain == pytest.approx(9.0, rel=1e-3)
    assert screen.whole(frame, 20).shape == (20, 20, 3)
    finished = Frame(pixels=np.full((40, 40, 3), 0.1, np.float32), transfer="srgb")
    assert Screen.for_frame(finished).gain == 1
    assert np.unique(screen.whole(finished, 40)).tolist() == [26]


def test_histogram_counts_every_pixel() -> None:
    pixels = np.random.default_rng(1).random((30, 40, 3), np.float32)
    np.testing.assert_allclose(rgb_shares(pixels).sum(axis=1), 1.0)


def test_plots_stay_on_their_paper() -> None:
    curve = noise_curve(noisy(0.03, 1), noisy(0.01, 2), white=True)
    assert curve is not None
    model = NoiseModel.same(shot=9e-4, read=1e-9)
    plots = [
        noise_plot(curve, model=model, share=0.11, encoded=False, labels=("one frame", "9 frames")),
        path_plot([("0", 0.0, 0.0), ("1", 12.0, -3.0), ("2", 5.0, 40.0)], "0"),
        path_plot([("0", 0.0, 0.0), ("1", 0.0, 0.0)], "0"),
        bar_plot((("merge", 2.5), ("nothing", 0.0))),
    ]
    for plot in plots:
        found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', plot)
        assert found is not None and "nan" not in plot and "inf" not in plot
        width, height = float(found[1]), float(found[2])
        for x, y in re.findall(r'cx="([-\d.]+)" cy="([-\d.]+)"', plot):
            assert 0 <= float(x) <= width and 0 <= float(y) <= height
        for points in re.findall(r'points="([^"]*)"', plot):
            for x, y in (pair.split(",") for pair in points.split()):
                assert -1 <= float(x) <= width + 1 and -1 <= float(y) <= height + 1
