import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.pipelines.drawing import Axes, ColourRamp, Scale, drawing, polyline, text


def test_axes_place_values_between_their_margins() -> None:
    axes = Axes(
        x=Scale(low=0.0, high=2.0), y=Scale(low=-1.0, high=1.0), width=200.0, height=100.0, left=20.0, right=30.0
    )
    assert (axes.x_of(0.0), axes.x_of(2.0)) == (20.0, 170.0)
    assert (axes.y_of(-1.0), axes.y_of(1.0)) == (100.0 - axes.bottom, axes.top)
    logarithmic = Scale(low=0.01, high=1.0, logarithmic=True)
    assert logarithmic.share(0.1) == pytest.approx(0.5)


def test_lines_stay_inside_the_plot() -> None:
    axes = Axes(x=Scale(low=0.0, high=1.0), y=Scale(low=0.0, high=1.0))
    line = axes.line([(-1.0, 0.5), (0.0, 9.0), (0.5, -9.0), (1.0, 0.5), (2.0, 0.5)], "a")
    points = [tuple(map(float, p.split(","))) for p in line.split('points="')[1].split('"')[0].split()]
    assert len(points) == 3
    assert all(axes.left <= x <= axes.width - axes.right for x, _ in points)
    assert all(axes.top <= y <= axes.height - axes.bottom for _, y in points)
    assert axes.line([(0.5, 0.5)], "a") == ""


def test_ticks_are_round_and_inside() -> None:
    assert Scale(low=-0.31, high=0.32).ticks() == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    assert Scale(low=0.0, high=1.05, step=0.2).ticks()[-1] == 1.0
    assert Scale(low=1e-5, high=1.0, logarithmic=True).ticks() == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]


@pytest.mark.parametrize(("low", "high", "logarithmic"), [(1.0, 1.0, False), (2.0, 1.0, False), (0.0, 1.0, True)])
def test_an_empty_range_is_refused(low: float, high: float, logarithmic: bool) -> None:
    with pytest.raises(ContractError, match="rises from low to high"):
        Scale(low=low, high=high, logarithmic=logarithmic)


def test_words_and_titles_are_escaped() -> None:
    made = drawing(
        10.0,
        10.0,
        'a "b" <c>',
        [text(1.0, 2.0, "<d> & e", "start"), polyline([(0.0, 0.0), (1.0, 1.0)], "f", title="<g>")],
    )
    root = ElementTree.fromstring(str(made))
    assert root.attrib["aria-label"] == 'a "b" <c>'
    assert [e.text for e in root.iter() if e.text] == ['a "b" <c>', "<d> & e", "<g>"]


def test_the_ramp_rises_in_brightness_so_that_it_reads_in_grey() -> None:
    colours = ColourRamp(low=2.0, high=4.0).colours(np.linspace(1.0, 5.0, 41)).astype(float)
    luma = colours @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luma) >= 0).all() and luma[-1] - luma[0] > 120
    assert (colours[0] == colours[10]).all() and (colours[-1] == colours[-11]).all()  # ends hold beyond the range
