"""Draws docs/images/mtf.svg: the modulation transfer of a real chart and of an edge whose transfer is known.

Usage: python scripts/plot_mtf.py

The photo lies in CATCHLIGHT_DATA (default ../shared/data): mtf/sfrmat3_edges/data/ISO_DSC_300a.jpg, from Peter Burns'
sfrmat3 (BSD). Both are measured by `catchlight.pipelines.measurement.measure` as any file is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from catchlight.camera.lens.gaussian_blur import gaussian_mtf50
from catchlight.core import Frame
from catchlight.io import read_picture
from catchlight.measure.sfr.measure_edges import MeasuredEdge
from catchlight.pipelines.drawing import Axes, ColourRamp, Scale, text
from catchlight.pipelines.measurement import measure
from catchlight.pipelines.report.pictures import data_uri
from catchlight.simulate.charts.edge_roi import edge_mtf, edge_roi

DATA = Path(os.environ.get("CATCHLIGHT_DATA", "../shared/data"))
PHOTO = DATA / "mtf" / "sfrmat3_edges" / "data" / "ISO_DSC_300a.jpg"
PLACE = Path(__file__).resolve().parent.parent / "docs" / "images" / "mtf.svg"

# The part of the photo with the turned square.
LEFT, TOP, SIDE = 330, 310, 560
SIGMA_PX, NOISE = 0.8, 0.01
WIDTH, HEIGHT, SHOWN = 900.0, 420.0, 300.0

STYLE = """
.ground { fill: #101113; } .panel { fill: #17191c; }
text { font: 13px Inter, "Segoe UI", system-ui, -apple-system, "Noto Sans", sans-serif; fill: #a09c94; }
text.title { font-size: 17px; font-weight: 600; fill: #e9e6df; }
text.real { fill: #f3bd6b; font-weight: 600; } text.known { fill: #6fb7c9; font-weight: 600; }
text.on { font-size: 14px; font-weight: 600; fill: #fff; stroke: rgba(8,8,10,.85); stroke-width: 3.5px;
  paint-order: stroke; }
.grid { stroke: #2a2d32; stroke-width: 1; } .beyond { fill: #e9e6df; opacity: .035; }
.limit { stroke: #6d6a65; stroke-width: 1.2; stroke-dasharray: 3 4; }
.half { stroke: #6d6a65; stroke-width: 1; stroke-dasharray: 2 5; }
.one { fill: none; stroke: #f3bd6b; stroke-width: 1.2; opacity: .4; }
.middle { fill: none; stroke: #f3bd6b; stroke-width: 3; stroke-linejoin: round; }
.band { fill: #f3bd6b; opacity: .12; }
.truth { fill: none; stroke: #6fb7c9; stroke-width: 1.6; opacity: .8; } .dot { fill: #6fb7c9; }
.mark { fill: #17191c; stroke-width: 2.4; } .mark.real { stroke: #f3bd6b; } .mark.known { stroke: #6fb7c9; }
.under { stroke: rgba(8,8,10,.82); stroke-width: 9; stroke-linecap: round; }
.edge { stroke-width: 5; stroke-linecap: round; }
"""


def main() -> None:
    """Measures both and writes the drawing."""
    real = square_edges()
    known = known_edge()
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    parts = [
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH:g}" height="{HEIGHT:g}" rx="12"/>',
        *chart(real),
        f'<g transform="translate({SHOWN + 40:g} 0)">{plot(real, known)}</g>',
    ]
    title = "Modulation transfer of a photographed chart, and of a simulated edge beside its exact transfer"
    note = "Photo: ISO_DSC_300a.jpg of sfrmat3 by Peter Burns, BSD licence."
    PLACE.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
        f'height="{HEIGHT:g}" role="img"><title>{title}</title><desc>{note}</desc>{"".join(parts)}</svg>\n',
        encoding="utf-8",
    )
    for edge in [*real, known]:
        print(f"{edge.line.x:7.1f} {edge.line.y:7.1f}  {edge.mtf50_cy_px:.4f} ± {edge.mtf50_error_cy_px:.4f} cy/px")
    print(f"{PLACE}: {PLACE.stat().st_size / 1000:.0f} kB")


def square_edges() -> list[MeasuredEdge]:
    """The four sides of the turned square."""
    edges = measure(PHOTO).pictures[0].edges_of("Y")
    inside = [
        e for e in edges if LEFT < e.line.x < LEFT + SIDE and TOP < e.line.y < TOP + SIDE and e.half_length_px > 50
    ]
    return [e for e in inside if 3 < abs(e.line.angle_deg) < 87]


def known_edge() -> MeasuredEdge:
    """An edge with noise whose transfer is exp(-2π²σ²f²)."""
    plane = edge_roi(height=200, width=100, sigma_px=SIGMA_PX, noise=NOISE)
    found = measure([Frame(pixels=np.repeat(plane[..., None], 3, axis=2))])
    return found.pictures[0].edges[0]


def chart(edges: Sequence[MeasuredEdge]) -> list[str]:
    """The photographed square and its measured sides."""
    photo = read_picture(PHOTO)
    assert isinstance(photo, Frame)
    part = np.rint(photo.pixels[TOP : TOP + SIDE, LEFT : LEFT + SIDE] * 255).astype(np.uint8)
    shown = cv2.resize(part, (440, 440), interpolation=cv2.INTER_AREA)
    scale, x0, y0 = SHOWN / SIDE, 24.0, 76.0
    parts = [
        text(x0, 38, "A photographed chart", "start", kind="title"),
        text(x0, 59, "sides found by itself, MTF50 in cy/px", "start"),
        f'<image x="{x0}" y="{y0}" width="{SHOWN:g}" height="{SHOWN:g}" href="{data_uri(shown, quality=60)}"/>',
    ]
    ramp = ColourRamp(low=min(e.mtf50_cy_px for e in edges) - 0.02, high=max(e.mtf50_cy_px for e in edges))
    for edge in edges:
        ends = [edge.line.point(s * edge.half_length_px) for s in (-1, 1)]
        (x1, y1), (x2, y2) = [(x0 + (x - LEFT) * scale, y0 + (y - TOP) * scale) for x, y in ends]
        place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        parts.append(f'<line class="under" {place}/>')
        parts.append(f'<line class="edge" {place} stroke="{ramp.hex(edge.mtf50_cy_px)}"/>')
        x, y = x0 + (edge.line.x - LEFT) * scale, y0 + (edge.line.y - TOP) * scale
        # Outward from the square.
        level = abs(edge.line.angle_deg) > 45
        x += 0 if level else 30 * np.sign(x - x0 - SHOWN / 2)
        y += 20 * np.sign(y - y0 - SHOWN / 2) if level else 0
        parts.append(text(float(x), float(y) + 5, f"{edge.mtf50_cy_px:.2f}", "middle", kind="on"))
    return parts


def plot(real: Sequence[MeasuredEdge], known: MeasuredEdge) -> str:
    """Both transfers in one plot."""
    axes = Axes(
        x=Scale(low=0.0, high=0.8, step=0.1),
        y=Scale(low=0.0, high=1.05, step=0.2),
        width=WIDTH - SHOWN - 40,
        height=HEIGHT - 10,
        left=56.0,
        right=24.0,
        top=76.0,
    )
    frequency = np.arange(0, 0.8 + 1e-9, 0.01)
    curves = np.stack([np.interp(frequency, e.response.frequency_cy_px, e.response.modulation) for e in real])
    median = np.median(curves, axis=0)
    nyquist, half, floor = axes.x_of(0.5), axes.y_of(0.5), axes.height - axes.bottom
    parts = [
        text(axes.left, 38, "Modulation transfer", "start", kind="title"),
        f'<rect class="beyond" x="{nyquist:.1f}" y="{axes.top}" width="{axes.x_of(0.8) - nyquist:.1f}" '
        f'height="{floor - axes.top:.1f}"/>',
        axes.grid(x_name="spatial frequency, cycles per pixel", y_name=""),
        f'<line class="limit" x1="{nyquist:.1f}" y1="{axes.top}" x2="{nyquist:.1f}" y2="{floor}"/>',
        text(nyquist + 8, axes.top + 15, "Nyquist", "start"),
        f'<line class="half" x1="{axes.left}" y1="{half:.1f}" x2="{nyquist:.1f}" y2="{half:.1f}"/>',
        axes.band(pairs(frequency, curves.min(axis=0)), pairs(frequency, curves.max(axis=0)), "band"),
        *(axes.line(pairs(frequency, c), "one") for c in curves),
        axes.line(pairs(frequency, edge_mtf(frequency, sigma_px=SIGMA_PX)), "truth"),
    ]
    measured = np.interp(frequency, known.response.frequency_cy_px, known.response.modulation)
    parts += [
        f'<circle class="dot" cx="{axes.x_of(float(f)):.1f}" cy="{axes.y_of(float(m)):.1f}" r="3.2"/>'
        for f, m in zip(frequency[::2], measured[::2], strict=True)
    ]
    parts.append(axes.line(pairs(frequency, median), "middle"))
    i = int(np.argmax(median < 0.5))
    crossing = float(np.interp(0.5, median[[i, i - 1]], frequency[[i, i - 1]]))
    for value, kind in ((crossing, "real"), (known.mtf50_cy_px, "known")):
        parts.append(f'<circle class="mark {kind}" cx="{axes.x_of(value):.1f}" cy="{half:.1f}" r="5.5"/>')
    true = gaussian_mtf50(SIGMA_PX)
    x = axes.x_of(0.8) - 8
    parts += [
        text(x, axes.top + 60, f"photographed, median of {len(real)}: MTF50 {crossing:.3f}", "end", kind="real"),
        text(x, axes.top + 84, f"simulated, 1 % noise: MTF50 {known.mtf50_cy_px:.4f}", "end", kind="known"),
        text(x, axes.top + 105, f"line: its exact transfer, {true:.4f}", "end"),
    ]
    return "".join(parts)


def pairs(frequency: np.ndarray, modulation: np.ndarray) -> list[tuple[float, float]]:
    """Points of a curve."""
    return [(float(f), float(m)) for f, m in zip(frequency, modulation, strict=True)]


if __name__ == "__main__":
    main()
