import numpy as np
import pytest

from catchlight.core import ContractError, NoiseModel
from catchlight.simulate.charts.colour_checker import COLOUR_CHECKER_HEIGHT, colour_checker
from catchlight.simulate.charts.grid import checker_grid, dot_grid
from catchlight.simulate.charts.recording import recording
from catchlight.simulate.charts.step_wedge import STEP_WEDGE_HEIGHT, flat_field, step_wedge
from catchlight.simulate.charts.view import ChartView, perspective


def _view(chart_height: float, **turn: float) -> ChartView:
    h = perspective(height=240, width=360, chart_height=chart_height, **turn)
    return ChartView(height=240, width=360, image_from_chart=h, sigma_px=0.6)


def _at(picture: np.ndarray, xy: np.ndarray) -> np.ndarray:
    column, row = xy.astype(int).T
    return picture[row, column]


def test_every_patch_of_the_colour_chart_has_its_colour_where_the_list_says() -> None:
    colours = np.random.default_rng(3).random((24, 3))
    scene = colour_checker(_view(COLOUR_CHECKER_HEIGHT, yaw_deg=20.0, roll_deg=95.0, fill=0.6), colours)
    assert _at(scene.light, scene.centres_xy) == pytest.approx(colours, abs=1e-6)
    # The chart is turned to the right: its top left corner is at the picture's top right.
    assert scene.corners_xy[0, 0] > scene.centres_xy[:, 0].max()
    assert scene.corners_xy[0, 1] < scene.centres_xy[0, 1] < scene.centres_xy[5, 1]


def test_steps_fall_by_their_density() -> None:
    scene = step_wedge(_view(STEP_WEDGE_HEIGHT, fill=0.95), steps=12, density_step=0.15)
    levels = _at(scene.light, scene.centres_xy)[:, 1]
    assert np.log10(levels) == pytest.approx(-np.array(scene.densities), abs=1e-5)
    assert scene.densities[-1] == pytest.approx(0.05 + 11 * 0.15)


def test_nodes_of_grids() -> None:
    view = _view(2 / 3, pitch_deg=15.0).with_lens(k1=-0.05)
    dots = dot_grid(view, rows=6, columns=9)
    assert dots.nodes_xy.shape == (3, 54, 2)
    assert np.all(_at(dots.light, dots.nodes_xy[1])[:, 1] < 0.06)
    board = checker_grid(view, rows=5, columns=7)
    # A corner between two dark and two bright squares has the mean light.
    inside = board.nodes_xy[1]
    near = [_at(board.light, inside + np.array([dx, dy]))[:, 1] for dx in (-0.5, 0.5) for dy in (-0.5, 0.5)]
    assert np.mean(near, axis=0) == pytest.approx(0.375, abs=0.08)


def test_vignetting_falls_with_the_square_of_the_radius() -> None:
    view = ChartView(height=60, width=80, image_from_chart=_view(1.0).image_from_chart, corner_light=0.5)
    flat = flat_field(view, light=(0.2, 0.4, 0.8))
    assert flat[30, 40] == pytest.approx([0.2, 0.4, 0.8], rel=1e-3)
    assert flat[0, 0] == pytest.approx(np.array([0.2, 0.4, 0.8]) * (1 - 0.5 * (39.5**2 + 29.5**2) / 50**2), rel=1e-5)


def test_noise_has_the_variance_of_its_model() -> None:
    light = np.full((200, 200, 3), 0.25, np.float32)
    model = NoiseModel(shot=(1e-3, 1e-4, 1e-5), read=(1e-6, 1e-4, 1e-5))
    seen = recording(light, noise=model, seed=5)
    for c in range(3):
        # 40,000 samples know a variance to 0.7 %; three standard errors and a bit for Poisson's kurtosis.
        assert seen[..., c].var() == pytest.approx(model.variance(0.25, channel=c), rel=0.025)
        assert seen[..., c].mean() == pytest.approx(0.25, abs=3e-4)
    assert np.array_equal(seen, recording(light, noise=model, seed=5))
    assert not np.array_equal(seen, recording(light, noise=model, seed=6))


def test_encoding_rounding_and_jpeg() -> None:
    light = np.full((16, 16, 3), 0.5, np.float32)
    assert recording(light, encode=True)[0, 0, 0] == pytest.approx(0.7354, abs=1e-4)
    eight = recording(light, encode=True, bits=8)
    assert np.all(eight * 255 == 188)
    assert recording(light, exposure=4.0, bits=12).max() == 1.0
    assert recording(light, encode=True, jpeg_quality=90) == pytest.approx(188 / 255, abs=1.5 / 255)
    with pytest.raises(ContractError, match="JPEG"):
        recording(light, jpeg_quality=90)


def test_charts_that_cannot_be() -> None:
    with pytest.raises(ContractError, match="24 colours"):
        colour_checker(_view(COLOUR_CHECKER_HEIGHT), np.full((24, 3), -0.1))
    with pytest.raises(ContractError, match="2×2"):
        dot_grid(_view(2 / 3), rows=1)
    with pytest.raises(ContractError, match="steps"):
        step_wedge(_view(STEP_WEDGE_HEIGHT), steps=1)
