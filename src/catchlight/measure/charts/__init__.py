"""What charts say about colour, tone, noise and geometry."""

from catchlight.measure.charts.chart_colour_error import ChartColours, ColourErrors, chart_colours
from catchlight.measure.charts.colour_checker import LocatedColourChecker, find_colour_checker
from catchlight.measure.charts.colour_checker_reference import reference_lab_d50, reference_linear_srgb
from catchlight.measure.charts.even_regions import even_regions
from catchlight.measure.charts.grid import GridGeometry, LateralColour, fit_grid, grid_geometry
from catchlight.measure.charts.grid_nodes import GridNodes, find_grid_nodes
from catchlight.measure.charts.noise_curve import NoiseCurve, NoiseCurves, NoisePoint, noise_curves
from catchlight.measure.charts.patch_reading import PatchReading, read_patch
from catchlight.measure.charts.step_wedge import LocatedStepWedge, find_step_wedge
from catchlight.measure.charts.tone_response import ToneResponse, tone_response

__all__ = [
    "ChartColours",
    "ColourErrors",
    "GridGeometry",
    "GridNodes",
    "LateralColour",
    "LocatedColourChecker",
    "LocatedStepWedge",
    "NoiseCurve",
    "NoiseCurves",
    "NoisePoint",
    "PatchReading",
    "ToneResponse",
    "chart_colours",
    "even_regions",
    "find_colour_checker",
    "find_grid_nodes",
    "find_step_wedge",
    "fit_grid",
    "grid_geometry",
    "noise_curves",
    "read_patch",
    "reference_lab_d50",
    "reference_linear_srgb",
    "tone_response",
]
