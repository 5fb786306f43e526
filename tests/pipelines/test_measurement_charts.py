"""Rendered charts through the whole of `measure`, its record and its page."""

import json

import numpy as np
import pytest

from catchlight.camera.lens.radial_map import RadialMap
from catchlight.core import Frame, NoiseModel
from catchlight.measure.charts.colour_checker_reference import reference_linear_srgb
from catchlight.pipelines.measure_report import render_measure_report
from catchlight.pipelines.measurement import Measurement, measure, measurement_record
from catchlight.simulate.charts.colour_checker import COLOUR_CHECKER_HEIGHT, colour_checker
from catchlight.simulate.charts.grid import dot_grid
from catchlight.simulate.charts.recording import recording
from catchlight.simulate.charts.view import ChartView, perspective

NOISE = NoiseModel.same(shot=2e-4, read=2e-6)


@pytest.fixture(scope="module")
def checker() -> Measurement:
    """A camera that mixes a tenth of its green into red, half a stop under, with a warm cast."""
    view = ChartView(
        height=300,
        width=420,
        image_from_chart=perspective(
            height=300, width=420, chart_height=COLOUR_CHECKER_HEIGHT, fill=0.85, roll_deg=4.0
        ),
    )
    mixed = reference_linear_srgb() @ np.array([[0.9, 0.1, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]).T
    scene = colour_checker(view, np.clip(mixed, 0, None))
    pixels = recording(scene.light, exposure=0.7, cast=(1.1, 1.0, 0.85), noise=NOISE, encode=True, seed=2)
    return measure([Frame(pixels=pixels, transfer="srgb", white="display white")])


def test_a_colour_checker_is_found_and_its_error_explained(checker: Measurement) -> None:
    charts = checker.pictures[0].charts
    assert charts.checker is not None and charts.colours is not None and charts.grid is None
    colours = charts.colours
    # A cast and half a stop are large, mixing is small, and a matrix undoes it.
    assert colours.as_shot.mean_2000 > 4 > colours.balanced.mean_2000 > 2 * colours.corrected.mean_2000
    assert colours.gains[1] / colours.gains[0] == pytest.approx(1.1, rel=0.02)
    assert colours.gains[1] / colours.gains[2] == pytest.approx(0.85, rel=0.02)


def test_noise_and_tone_come_from_its_patches(checker: Measurement) -> None:
    charts = checker.pictures[0].charts
    assert charts.noise is not None and charts.tone is not None
    # Green is recorded at 0.7 of the light with variance 2e-4 · level + 2e-6.
    green = next(c for c in charts.noise.curves if c.channel == "green")
    expected = [np.sqrt(2e-4 * p.level + 2e-6) for p in green.points]
    assert np.median([p.noise / e for p, e in zip(green.points, expected, strict=True)]) == pytest.approx(1, abs=0.1)
    # The printed densities are nominal, so the slope is that of the chart itself.
    assert charts.tone.slope == pytest.approx(1.0, abs=0.05)


def test_charts_are_told_in_the_record(checker: Measurement) -> None:
    told = json.loads(json.dumps(measurement_record(checker), allow_nan=False))
    (colour,) = told["colour"]
    assert colour["image"] == "picture 1" and colour["patches"][0]["name"] == "dark skin"
    assert len(colour["patches"]) == 24 and len(colour["corners_xy"]) == 4
    assert len(told["noise"]) == len(told["tone"]) == 1 and told["grid"] == []


def test_charts_are_shown_on_the_page(checker: Measurement) -> None:
    page = render_measure_report(checker)
    colours = checker.pictures[0].charts.colours
    assert colours is not None
    assert page.count('class="swatch"') == 24 and f"{colours.balanced.mean_2000:.1f}</b>" in page
    for heading in ("Which way the colours err", "Signal to noise against light", "Tone response", "Dynamic range"):
        assert heading in page
    assert "Geometry" not in page


def test_a_grid_gives_distortion_and_lateral_colour() -> None:
    view = ChartView(
        height=320,
        width=480,
        image_from_chart=perspective(height=320, width=480, chart_height=2 / 3, fill=0.98),
        distortion=RadialMap(cubic=-0.04),
        red=RadialMap(scale=0.002),
    )
    pixels = recording(dot_grid(view, rows=9, columns=13).light, noise=NOISE)
    found = measure([Frame(pixels=pixels)])
    grid = found.pictures[0].charts.grid
    assert grid is not None and grid.kind == "dots"
    assert grid.k1 == pytest.approx(-0.04, abs=0.01) and grid.worst_pct < -1
    assert grid.red.scale == pytest.approx(0.002, abs=5e-4)
    assert measurement_record(found)["grid"][0]["nodes"] >= 0.9 * 9 * 13
    page = render_measure_report(found)
    assert "Geometry" in page and "barrel" in page
