"""Real pictures: edges that must agree with each other, and photos in which nothing should be found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from catchlight.core import Frame
from catchlight.evaluate.result_cache import Figures
from catchlight.io.read_image import read_image
from catchlight.measure.charts import find_colour_checker, find_grid_nodes
from catchlight.measure.colour.luminance import luminance
from catchlight.measure.sfr import Channel, MeasuredEdge, measure_edges


def edges_of(frame: Frame) -> tuple[MeasuredEdge, ...]:
    """Edges of a picture in luminance, red, green and blue."""
    linear = frame.to_linear()
    channels = {"Y": luminance(linear), "R": linear[..., 0], "G": linear[..., 1], "B": linear[..., 2]}
    return measure_edges({n: Channel(plane=np.ascontiguousarray(p, np.float32)) for n, p in channels.items()}).edges


def edge_agreement(folder: Path) -> Figures:
    """How far the two orientations, and the three channels, of the same camera differ in MTF50, in percent.

    Args:
        folder: `mtf/sfrmat3_edges/data` of the data.
    """
    upright, level = (edges_of(read_image(folder / f"{name}_edge.tif")) for name in ("v", "h"))
    luminance = [next(e.mtf50_cy_px for e in found if e.channel == "Y") for found in (upright, level)]
    colours = [e.mtf50_cy_px for e in (*upright, *level) if e.channel in "RGB"]
    return {
        "orientations": 100 * abs(luminance[0] / luminance[1] - 1),
        "channels": 100 * (max(colours) - min(colours)) / float(np.mean(colours)),
        "mtf50": luminance[0],
    }


def found_in_photo(frame: Frame) -> Figures:
    """Edges, ColorCheckers and grids that are found in a photo."""
    linear = frame.to_linear()
    plane = luminance(linear)
    edges = measure_edges({"Y": Channel(plane=plane)}).edges
    return {
        "edges": float(len(edges)),
        "sure edges": float(sum(e.confidence >= 0.5 for e in edges)),
        "charts": float(find_colour_checker(linear) is not None),
        "grids": float(find_grid_nodes(linear) is not None),
    }
