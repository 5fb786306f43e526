"""Test charts as a camera sees them, with the truth about every edge, patch and dot."""

from catchlight.camera.lens.radial_map import RadialMap
from catchlight.simulate.charts.colour_checker import COLOUR_CHECKER_HEIGHT, ColourCheckerScene, colour_checker
from catchlight.simulate.charts.edge_roi import edge_mtf, edge_roi
from catchlight.simulate.charts.grid import GridScene, checker_grid, dot_grid
from catchlight.simulate.charts.paint import Dot, Patch, paint, rectangle
from catchlight.simulate.charts.recording import recording
from catchlight.simulate.charts.slanted_edges import SlantedEdgeChart, TrueEdge, slanted_edges
from catchlight.simulate.charts.step_wedge import StepWedgeScene, flat_field, step_wedge
from catchlight.simulate.charts.view import ChartView, perspective

__all__ = [
    "COLOUR_CHECKER_HEIGHT",
    "ChartView",
    "ColourCheckerScene",
    "Dot",
    "GridScene",
    "Patch",
    "RadialMap",
    "SlantedEdgeChart",
    "StepWedgeScene",
    "TrueEdge",
    "checker_grid",
    "colour_checker",
    "dot_grid",
    "edge_mtf",
    "edge_roi",
    "flat_field",
    "paint",
    "perspective",
    "recording",
    "rectangle",
    "slanted_edges",
    "step_wedge",
]
