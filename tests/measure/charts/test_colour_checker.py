import json
from dataclasses import asdict

import colour
import numpy as np
import pytest

from catchlight.core import ContractError, Frame, NoiseModel
from catchlight.core.colour import srgb_decode
from catchlight.measure.charts.chart_colour_error import chart_colours
from catchlight.measure.charts.colour_checker import find_colour_checker
from catchlight.measure.charts.colour_checker_reference import reference_lab_d50, reference_linear_srgb
from catchlight.simulate.charts.colour_checker import COLOUR_CHECKER_HEIGHT, ColourCheckerScene, colour_checker
from catchlight.simulate.charts.recording import recording
from catchlight.simulate.charts.view import ChartView, perspective

TRUE = np.maximum(reference_linear_srgb(), 0)


def _clutter(seed: int, h: int = 400, w: int = 600) -> np.ndarray:
    """Overlapping rectangles and discs of many colours and sizes on a gradient: much that looks like a patch."""
    rng = np.random.default_rng((9, seed))
    y, x = np.mgrid[:h, :w]
    picture = np.stack([x / w, y / h, 1 - x / w], axis=-1).astype(np.float32) * np.float32(0.4)
    for _ in range(80):
        size = rng.integers(8, 80)
        cx, cy = rng.integers(0, w), rng.integers(0, h)
        round_one = np.hypot(x - cx, y - cy) < size / 2
        square = (abs(x - cx) < size / 2) & (abs(y - cy) < rng.uniform(0.3, 1) * size / 2)
        picture[round_one if rng.random() < 0.5 else square] = rng.random(3)
    return picture


def _scene(seed: int = 0, sigma: float = 1.0, **turn: float) -> ColourCheckerScene:
    h = perspective(height=400, width=600, chart_height=COLOUR_CHECKER_HEIGHT, **turn)
    view = ChartView(height=400, width=600, image_from_chart=h, sigma_px=sigma, aperture_px=1.0, corner_light=0.8)
    return colour_checker(view, TRUE, background=_clutter(seed))


def test_the_reference_is_that_of_colour_science() -> None:
    dataset = colour.CCS_COLOURCHECKERS["ColorChecker24 - After November 2014"]
    xyz = np.array([colour.xyY_to_XYZ(v) for v in dataset.data.values()])
    assert reference_lab_d50() == pytest.approx(colour.XYZ_to_Lab(xyz, dataset.illuminant), abs=0.006)
    linear = colour.XYZ_to_sRGB(
        xyz, dataset.illuminant, chromatic_adaptation_transform="Bradford", apply_cctf_encoding=False
    )
    assert reference_linear_srgb() == pytest.approx(linear, abs=4e-4)
    average = colour.CCS_COLOURCHECKERS["BabelColor Average"]
    xyz = np.array([colour.xyY_to_XYZ(v) for v in average.data.values()])
    assert reference_lab_d50("average") == pytest.approx(colour.XYZ_to_Lab(xyz, average.illuminant), abs=0.03)


@pytest.mark.parametrize(
    ("roll", "fill", "yaw", "sigma"),
    [(3.0, 0.25, -20.0, 0.7), (84.0, 0.5, 28.0, 2.0), (190.0, 0.3, -25.0, 1.0), (268.0, 0.5, 15.0, 1.5)],
)
def test_a_chart_is_found_turned_and_in_perspective(roll: float, fill: float, yaw: float, sigma: float) -> None:
    scene = _scene(1, sigma, roll_deg=roll, fill=fill, yaw_deg=yaw, pitch_deg=12.0, shift_px=(40.0, -10.0))
    noise = NoiseModel.same(shot=1e-4, read=1e-6)
    photo = recording(scene.light, exposure=0.7, cast=(1.3, 1.0, 0.7), noise=noise, encode=True, jpeg_quality=92)
    found = find_colour_checker(srgb_decode(photo))
    assert found is not None
    error = np.linalg.norm(found.corners_xy - scene.corners_xy, axis=-1).max()
    assert error < 0.1 * found.pitch_px
    assert found.likeness > 0.97
    assert found.confidence > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_found_where_no_chart_is(seed: int) -> None:
    assert find_colour_checker(_clutter(seed)) is None


def test_a_lattice_of_other_colours_is_no_colour_checker() -> None:
    for seed in range(2):
        colours = np.random.default_rng(seed).random((24, 3))
        h = perspective(height=400, width=600, chart_height=COLOUR_CHECKER_HEIGHT, fill=0.7)
        view = ChartView(height=400, width=600, image_from_chart=h)
        assert find_colour_checker(colour_checker(view, colours).light) is None
    assert find_colour_checker(np.full((100, 100, 3), 0.5, np.float32)) is None


def test_true_colours_have_no_error() -> None:
    scene = _scene(2, 0.5, fill=0.8)
    flat = ColourCheckerScene(
        light=colour_checker(
            ChartView(
                height=400,
                width=600,
                image_from_chart=perspective(height=400, width=600, chart_height=COLOUR_CHECKER_HEIGHT, fill=0.8),
            ),
            TRUE,
        ).light,
        centres_xy=scene.centres_xy,
        corners_xy=scene.corners_xy,
    )
    found = find_colour_checker(flat.light)
    assert found is not None
    result = chart_colours(Frame(pixels=flat.light), found)
    # Only cyan, which sRGB cannot hold, differs.
    assert sorted(result.as_shot.each_2000)[-2] < 0.02
    assert result.as_shot.worst_patch == "cyan"
    assert result.gains == pytest.approx((1, 1, 1), abs=1e-3)
    assert result.warnings == ()


def test_normalisations_undo_what_they_claim_to() -> None:
    scene = _scene(3, 0.7, fill=0.75)
    twist = np.array([[0.7, 0.25, 0.05], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]])
    found = find_colour_checker(scene.light)
    assert found is not None
    for light, name, below in (
        (scene.light * np.array([0.5, 0.4, 0.7], np.float32), "balanced", 1.2),
        (scene.light @ twist.T.astype(np.float32), "corrected", 1.2),
    ):
        result = chart_colours(Frame(pixels=light), found)
        assert getattr(result, name).mean_2000 < below
        assert result.as_shot.mean_2000 > 5
    # Vignetting bends a fitted matrix by a few percent; its shape is that of the inverse all the same.
    matrix = np.array(result.matrix) @ twist
    assert matrix / np.trace(matrix) * 3 == pytest.approx(np.eye(3), abs=0.06)


def test_a_wrong_curve_is_told_and_results_are_plain() -> None:
    scene = _scene(3, 0.7, fill=0.75)
    found = find_colour_checker(scene.light)
    assert found is not None
    right = chart_colours(Frame(pixels=scene.light), found)
    assert right.tone is not None
    assert right.tone.slope == pytest.approx(1, abs=0.06)
    wrong = chart_colours(Frame(pixels=np.sqrt(np.maximum(scene.light, 0))), found)
    assert any("to the power 0.5" in w or "to the power 0.4" in w for w in wrong.warnings)
    assert json.loads(json.dumps(asdict(right), allow_nan=False))["corners_xy"][0] == list(right.corners_xy[0])


def test_delta_e_agrees_with_colour_science() -> None:
    scene = _scene(4, 0.7, fill=0.75)
    found = find_colour_checker(scene.light)
    assert found is not None
    result = chart_colours(Frame(pixels=scene.light * np.array([0.9, 1.0, 0.8], np.float32)), found)
    seen = np.array([p.mean for p in result.patches])
    white = np.array([0.3127, 0.3290])
    lab = [
        colour.XYZ_to_Lab(v @ colour.models.RGB_COLOURSPACE_sRGB.matrix_RGB_to_XYZ.T, white)
        for v in (seen, reference_linear_srgb())
    ]
    assert result.as_shot.each_2000 == pytest.approx(colour.delta_E(lab[0], lab[1], method="CIE 2000"), abs=0.1)
    assert result.as_shot.mean_76 == pytest.approx(np.linalg.norm(lab[0] - lab[1], axis=1).mean(), rel=0.01)


def test_clipped_and_tiny_charts_are_reported() -> None:
    scene = _scene(5, 0.7, fill=0.7)
    found = find_colour_checker(scene.light)
    assert found is not None
    bright = recording(scene.light, exposure=1.6, bits=8)
    result = chart_colours(Frame(pixels=bright), found)
    assert 18 not in result.used
    assert any("clipped" in w and "white" in w for w in result.warnings)
    with pytest.raises(ContractError, match="unclipped"):
        chart_colours(Frame(pixels=recording(scene.light, exposure=60.0, bits=8)), found)
    tiny = _scene(5, 0.3, fill=0.1, shift_px=(100.0, 0.0))
    near = find_colour_checker(tiny.light)
    if near is not None:
        with pytest.raises(ContractError, match="too small"):
            chart_colours(Frame(pixels=tiny.light), near)


@pytest.mark.parametrize("exposure", [0.01, 30.0])
def test_exposure_does_not_matter(exposure: float) -> None:
    light = _scene(1, 1.0, fill=0.6, roll_deg=8.0).light
    found, again = find_colour_checker(light), find_colour_checker(light * np.float32(exposure))
    assert found is not None and again is not None
    assert again.corners_xy == pytest.approx(found.corners_xy, abs=0.2)
