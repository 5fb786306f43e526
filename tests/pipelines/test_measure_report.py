import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catchlight.core import ContractError, Frame, OutputError
from catchlight.core.colour import srgb_encode
from catchlight.measure.sfr.measure_edges import MeasuredEdge
from catchlight.pipelines.measure_report import render_measure_report, write_measure_report
from catchlight.pipelines.measure_report.field_plots import field_picture, radial_shifts, ramp_of
from catchlight.pipelines.measure_report.response_plots import median_response, rise_px
from catchlight.pipelines.measurement import Measurement, measure
from catchlight.pipelines.measurement.field_zones import direction_figures
from catchlight.simulate.charts.edge_roi import edge_roi

SIGMA_PX = 0.8


def coloured_edge(sigma_px: float = SIGMA_PX, height: int = 120, width: int = 90) -> Frame:
    plane = edge_roi(height=height, width=width, sigma_px=sigma_px)
    pixels = srgb_encode((plane[..., None] * np.array([0.9, 0.8, 0.7])).astype(np.float32))
    return Frame(pixels=pixels, transfer="srgb", white="display white")


@pytest.fixture(scope="module")
def one_edge() -> Measurement:
    return measure([coloured_edge()])


def svgs(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)]


def test_the_page_stands_alone_and_its_drawings_are_well_formed(one_edge: Measurement) -> None:
    page = render_measure_report(one_edge)
    assert not re.search(r"https?://|<script|<link|@import|src=\"(?!data:)", page)
    assert len(svgs(page)) >= 4
    assert "StrictUndefined" not in page and "{{" not in page and "{%" not in page


def test_figures_on_the_page_are_those_measured(one_edge: Measurement) -> None:
    page = render_measure_report(one_edge)
    zone = one_edge.pictures[0].zones()[0]
    assert f"<b>{zone.mtf50_cy_px:.3f}</b>" in page
    assert f"<b>{zone.mtf50_cy_px * 90:.0f}</b>" in page  # line pairs over the shorter side


def test_sections_without_data_are_left_out(one_edge: Measurement) -> None:
    page = render_measure_report(one_edge)
    # One edge makes no field map, and it lies too close to the centre for lateral colour to be seen.
    assert "Over the field" not in page and "ColorChecker" not in page
    plain = measure([Frame(pixels=np.full((64, 64, 3), 0.4, np.float32))])
    page = render_measure_report(plain)
    assert "No usable edge." in page and "Modulation transfer" not in page and "Channel by channel" not in page


def test_a_name_cannot_break_the_page(one_edge: Measurement) -> None:
    picture = replace(one_edge.pictures[0], name='<img src="x"> & "chart".png', warnings=("bad <b>: worse",))
    page = render_measure_report(Measurement(pictures=(picture,)))
    assert '<img src="x">' not in page and "&lt;img src=&#34;x&#34;&gt; &amp;" in page and "Bad &lt;b&gt;." in page


def test_a_measurement_without_previews_is_refused(one_edge: Measurement) -> None:
    bare = replace(one_edge, pictures=(replace(one_edge.pictures[0], preview=None),))
    with pytest.raises(ContractError, match="with_preview=True"):
        render_measure_report(bare)


def test_several_pictures_have_a_table_of_contents(one_edge: Measurement) -> None:
    page = render_measure_report(replace(one_edge, pictures=one_edge.pictures * 2, skipped=("c.png: damaged",)))
    assert "2 pictures, measured" in page and 'href="#p2"' in page and 'id="p2"' in page and "c.png: damaged" in page


def test_an_existing_page_is_not_overwritten(one_edge: Measurement, tmp_path: Path) -> None:
    place = write_measure_report(one_edge, tmp_path)
    before = place.read_bytes()
    with pytest.raises(OutputError, match="--force"):
        write_measure_report(one_edge, tmp_path)
    assert place.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["index.html"]
    write_measure_report(one_edge, tmp_path, force=True)


def test_the_median_response_of_equal_edges_is_theirs(one_edge: Measurement) -> None:
    edges = one_edge.pictures[0].edges_of("Y")
    median = median_response("centre", edges * 5)
    assert median.mtf50_cy_px == pytest.approx(edges[0].mtf50_cy_px, abs=1e-4)
    assert (median.lower <= median.middle).all() and (median.middle <= median.upper).all()


def test_the_rise_of_a_gaussian_edge(one_edge: Measurement) -> None:
    first, last = rise_px(one_edge.pictures[0].edges[0]) or (0.0, 0.0)
    assert abs(last - first) == pytest.approx(2 * 1.2816 * SIGMA_PX, rel=0.02)  # 10 to 90 % of a normal distribution


def placed(edge: MeasuredEdge, x: float, y: float, **changes: object) -> MeasuredEdge:
    return replace(edge, line=replace(edge.line, x=x, y=y), **changes)  # type: ignore[arg-type]


def test_directions_are_told_apart(one_edge: Measurement) -> None:
    upright = one_edge.pictures[0].edges_of("Y")[0]
    assert direction_figures([upright]) == ()
    level = replace(upright, line=replace(upright.line, angle_deg=-85.0), mtf50_cy_px=0.1)
    found = direction_figures([upright, level, level])
    assert [(f.zone, f.edges) for f in found] == [("upright", 1), ("level", 2)]
    assert found[1].mtf50_cy_px == pytest.approx(0.1)


def test_the_field_map_is_bright_where_edges_are_sharp(one_edge: Measurement) -> None:
    edge = one_edge.pictures[0].edges[0]
    left = [placed(edge, 20.0, y, mtf50_cy_px=0.1) for y in (20.0, 100.0, 180.0)]
    right = [placed(edge, 280.0, y, mtf50_cy_px=0.3) for y in (20.0, 100.0, 180.0)]
    picture = field_picture(left + right, (200, 300), ramp_of(left + right)).astype(int)
    assert picture[:, 0].sum() < picture[:, -1].sum()
    assert (picture[:, 2].sum(), picture[:, -3].sum()) == (
        picture[::-1, 2].sum(),
        picture[::-1, -3].sum(),
    )  # as symmetric as the edges


def test_a_shift_outward_is_told_from_one_inward(one_edge: Measurement) -> None:
    edge = one_edge.pictures[0].edges_of("G")[0]
    straight = replace(edge, line=replace(edge.line, angle_deg=0.0), shift_px=0.0)
    left, right = placed(straight, 50.0, 100.0), placed(straight, 250.0, 100.0)
    # Red lies 0.3 px to the right of green on both sides: inward on the left, outward on the right.
    red = [replace(e, channel="R", shift_px=0.3) for e in (left, right)]
    assert [v for _, v in radial_shifts(red, [left, right], (200, 300))] == pytest.approx([-0.3, 0.3])
    above = placed(straight, 150.0, 10.0)
    # An upright edge above the centre says nothing about the radius.
    assert radial_shifts([replace(above, channel="R", shift_px=0.3)], [above], (200, 300)) == []
