import math
from dataclasses import replace

import numpy as np
import pytest

from catchlight.core import ContractError, Frame, NoiseModel
from catchlight.measure.charts.grid import fit_grid, grid_geometry
from catchlight.measure.charts.grid_nodes import find_grid_nodes
from catchlight.simulate.charts.grid import GridScene, checker_grid, dot_grid
from catchlight.simulate.charts.recording import recording
from catchlight.simulate.charts.view import ChartView, perspective

H, W = 400, 600
HALF = math.hypot(H, W) / 2
LENS = {"k1": -0.08, "k2": 0.015, "red": 1.5e-3, "blue": -1e-3, "red_cubic": 1e-3}


def _view(**lens: float) -> ChartView:
    h = perspective(height=H, width=W, chart_height=2 / 3, fill=1.05, yaw_deg=8.0, pitch_deg=-5.0, roll_deg=3.0)
    return ChartView(height=H, width=W, image_from_chart=h, sigma_px=0.9, aperture_px=1.0, corner_light=0.7).with_lens(
        **lens
    )


def _scene(kind: str, **lens: float) -> GridScene:
    if kind == "dots":
        return dot_grid(_view(**lens), rows=10, columns=15)
    return checker_grid(_view(**lens), rows=8, columns=12)


@pytest.mark.parametrize(("kind", "colour_px", "residual_px"), [("dots", 0.02, 0.03), ("checkerboard", 0.05, 0.06)])
def test_distortion_and_lateral_colour_are_those_of_the_lens(kind: str, colour_px: float, residual_px: float) -> None:
    scene = _scene(kind, **LENS)
    noise = NoiseModel.same(shot=5e-5, read=1e-6)
    photo = recording(scene.light, noise=noise, encode=True, bits=8, seed=3)
    found = grid_geometry(Frame(pixels=photo, transfer="srgb"))
    assert found is not None
    assert found.kind == kind
    assert found.nodes >= 0.8 * scene.rows * scene.columns
    assert found.residual_px < residual_px
    assert found.warnings == ()
    # k1 and k2 trade against each other; what they say about the picture is the distortion at its rim.
    for radius in (0.5, found.seen_radius):
        expected = LENS["k1"] * radius**2 + LENS["k2"] * radius**4
        assert found.k1 * radius**2 + found.k2 * radius**4 == pytest.approx(expected, abs=3e-4)
    assert found.k1 == pytest.approx(LENS["k1"], abs=2e-3)
    for at, radius in enumerate((0.25, 0.5, 0.75)):
        red = radius * HALF * (LENS["red"] + LENS["red_cubic"] * radius**2)
        assert found.red.at_radius_px[at] == pytest.approx(red, abs=colour_px)
        assert found.blue.at_radius_px[at] == pytest.approx(radius * HALF * LENS["blue"], abs=colour_px)


def test_coarse_colour_is_told() -> None:
    noise = NoiseModel.same(shot=5e-5, read=1e-6)
    photo = recording(_scene("dots", **LENS).light, noise=noise, encode=True, jpeg_quality=90)
    found = grid_geometry(Frame(pixels=photo, transfer="srgb"))
    assert found is not None
    assert any("measure a RAW" in w for w in found.warnings)
    assert found.k1 == pytest.approx(LENS["k1"], abs=2e-3)


def test_a_perfect_lens_has_none() -> None:
    found = grid_geometry(Frame(pixels=_scene("dots").light))
    assert found is not None
    assert abs(found.worst_pct) < 0.02
    assert abs(found.tv_pct) < 0.05
    assert abs(found.red.worst_px) < 0.005


def test_tv_distortion_is_measured_between_the_middle_and_the_corners() -> None:
    found = grid_geometry(Frame(pixels=_scene("dots", k1=-0.06).light))
    assert found is not None
    # Slow and obvious: the ideal height whose line ends in the corner, by trial.
    heights = np.linspace(0.5, 0.7, 20001)
    ideal = np.stack([heights * W / H, heights], axis=-1)
    r2 = (ideal**2).sum(axis=-1)
    corner = heights[np.abs(heights * (1 - 0.06 * r2) - (H / 2) / HALF).argmin()]
    middle = corner * (1 - 0.06 * corner**2)
    assert found.tv_pct == pytest.approx(100 * ((H / 2) / HALF - middle) / middle, abs=0.08)
    assert found.tv_pct < 0


def test_nodes_lie_where_the_chart_says() -> None:
    scene = _scene("checkerboard", k1=0.05)
    found = find_grid_nodes(scene.light)
    assert found is not None
    true = scene.nodes_xy[1]
    distance = np.linalg.norm(found.xy[1][:, None] - true[None], axis=-1).min(axis=1)
    assert distance.max() < 0.05
    assert len(np.unique(found.index, axis=0)) == len(found.index)


def test_a_grid_before_clutter_is_found() -> None:
    rng = np.random.default_rng(2)
    clutter = np.kron(rng.random((20, 30, 3)), np.ones((20, 20, 1))).astype(np.float32)
    h = perspective(height=H, width=W, chart_height=2 / 3, fill=0.7, yaw_deg=-15.0, roll_deg=10.0)
    view = ChartView(height=H, width=W, image_from_chart=h, sigma_px=0.8)
    found = grid_geometry(Frame(pixels=dot_grid(view, rows=9, columns=12, background=clutter).light))
    assert found is not None
    assert 104 <= found.nodes <= 108


def test_nothing_is_found_where_no_grid_is() -> None:
    rng = np.random.default_rng(4)
    noise = rng.random((H, W, 3)).astype(np.float32)
    blocks = np.kron(rng.random((20, 30, 3)), np.ones((20, 20, 1))).astype(np.float32)
    for picture in (noise, blocks, np.full((H, W, 3), 0.3, np.float32)):
        assert grid_geometry(Frame(pixels=picture)) is None


def test_a_small_grid_says_less_and_a_bent_one_nothing() -> None:
    nodes = find_grid_nodes(_scene("dots", k1=-0.05).light)
    assert nodes is not None
    middle = np.linalg.norm(nodes.xy[1] - np.array([W / 2, H / 2]), axis=1) < 0.5 * HALF
    small = fit_grid(replace(nodes, index=nodes.index[middle], xy=nodes.xy[:, middle]), shape=(H, W))
    assert small is not None
    assert small.k2 == 0
    assert any("fill the frame" in w for w in small.warnings)
    rough = nodes.xy + np.random.default_rng(1).normal(0, 3.0, nodes.xy.shape[1:])
    assert fit_grid(replace(nodes, xy=rough), shape=(H, W)) is None
    with pytest.raises(ContractError, match="12 nodes"):
        fit_grid(replace(nodes, index=nodes.index[:5], xy=nodes.xy[:, :5]), shape=(H, W))
