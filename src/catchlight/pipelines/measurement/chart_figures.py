"""What charts that were found in a picture say about its colour, tone and geometry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from catchlight.core import ContractError
from catchlight.measure.charts.chart_colour_error import ChartColours, chart_colours
from catchlight.measure.charts.colour_checker import LocatedColourChecker, find_colour_checker
from catchlight.measure.charts.colour_checker_reference import GREY_DENSITIES, GREY_PATCHES
from catchlight.measure.charts.even_regions import even_regions
from catchlight.measure.charts.grid import GridGeometry, grid_geometry
from catchlight.measure.charts.noise_curve import NoiseCurves, noise_curves
from catchlight.measure.charts.step_wedge import LocatedStepWedge, find_step_wedge
from catchlight.measure.charts.tone_response import ToneResponse, tone_response
from catchlight.pipelines.measurement.measured_light import MeasuredLight


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartFigures:
    """The charts of one picture; None for those that it does not show.

    Args:
        checker: where a ColorChecker Classic lies.
        colours: its colours against the reference.
        wedge: where a row of grey steps lies.
        noise: against light, by the wedge or else by the ColorChecker.
        tone: values against known light, by the ColorChecker's grey row.
        grid: distortion and lateral colour by a grid of dots or squares.
        warnings: why a number may be off, one line each.
    """

    checker: LocatedColourChecker | None = None
    colours: ChartColours | None = None
    wedge: LocatedStepWedge | None = None
    noise: NoiseCurves | None = None
    tone: ToneResponse | None = None
    grid: GridGeometry | None = None
    warnings: tuple[str, ...] = ()


def chart_figures(light: MeasuredLight) -> ChartFigures:
    """Looks for each kind of chart and measures what is found."""
    told = _Told()
    checker = find_colour_checker(light.rgb)
    colours = None if checker is None else told.by("ColorChecker", lambda: chart_colours(light.frame, checker))
    wedge = find_step_wedge(light.frame)
    patches = wedge.readings if wedge is not None else () if colours is None else colours.patches
    if not patches and len(even := even_regions(light.frame)) >= _LEAST_EVEN:
        patches = even
        told.lines.append(f"noise: from {len(even)} even places, without a chart: faint texture in them would count")
    transfer = light.frame.transfer
    noise = told.by("noise", lambda: noise_curves(patches, transfer=transfer)) if patches else None
    tone = None
    if colours is not None:
        greys = [colours.patches[i] for i in GREY_PATCHES]
        tone = told.by("tone", lambda: tone_response(greys, GREY_DENSITIES, transfer=transfer))
    grid = told.by("grid", lambda: grid_geometry(light.frame))
    return ChartFigures(
        checker=checker,
        colours=colours,
        wedge=wedge,
        noise=noise,
        tone=tone,
        grid=grid,
        warnings=tuple(told.lines),
    )


# Fewer places are one wall: no curve.
_LEAST_EVEN = 5

_Figures = TypeVar("_Figures", ChartColours, NoiseCurves, ToneResponse, GridGeometry)


class _Told:
    """Collects what measurements warn of, and why those that cannot be made are not."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def by(self, what: str, measure: Callable[[], _Figures | None]) -> _Figures | None:
        try:
            found = measure()
        except ContractError as error:
            self.lines.append(f"{what}: {error}")
            return None
        if found is not None:
            self.lines += [f"{what}: {line}" for line in found.warnings]
        return found
