"""Sharpness from slanted edges: found, fitted, and turned into a spatial frequency response."""

from catchlight.measure.sfr.acutance import MONITOR_100_PERCENT, Viewing, acutance
from catchlight.measure.sfr.edge_samples import EdgeLine, EdgeSamples
from catchlight.measure.sfr.edge_spread import EdgeSpread, fit_edge_spread
from catchlight.measure.sfr.frequency_response import FrequencyResponse
from catchlight.measure.sfr.measure_edges import Channel, EdgesFound, MeasuredEdge, measure_edges

__all__ = [
    "MONITOR_100_PERCENT",
    "Channel",
    "EdgeLine",
    "EdgeSamples",
    "EdgeSpread",
    "EdgesFound",
    "FrequencyResponse",
    "MeasuredEdge",
    "Viewing",
    "acutance",
    "fit_edge_spread",
    "measure_edges",
]
