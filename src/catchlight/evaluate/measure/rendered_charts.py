"""Charts rendered with their truth: how many edges are found, and how well colours and grids are measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from catchlight.core import NoiseModel
from catchlight.evaluate.result_cache import Figures
from catchlight.measure.sfr import Channel, MeasuredEdge, measure_edges
from catchlight.simulate.charts import ChartView, TrueEdge, perspective, recording, slanted_edges

LAYOUTS = ("squares", "bars", "checker")
# An edge counts as one that must be found when it is this long beside its blur, and slanted this much.
LEAST_LENGTH_PX, LENGTH_PER_SIGMA, LEAST_SLANT_DEG = 24.0, 4.0, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCase:
    """One random rendering of a slanted-edge chart: ±30° and ±20° of perspective, blur σ 0.5 to 3 px, sensor noise."""

    index: int

    def score(self) -> Figures:
        """Counts of true, found and false edges, and the errors of MTF50 of those that were found."""
        rng = np.random.default_rng([self.index, 62])
        height, width = ((480, 720), (720, 1080))[self.index % 2]
        view = ChartView(
            height=height,
            width=width,
            image_from_chart=perspective(
                height=height,
                width=width,
                chart_height=2 / 3,
                yaw_deg=float(rng.uniform(-30, 30)),
                pitch_deg=float(rng.uniform(-20, 20)),
                roll_deg=float(rng.uniform(-3, 3)),
            ),
            sigma_px=float(np.exp(rng.uniform(math.log(0.5), math.log(3.0)))),
            corner_light=float(rng.uniform(0.6, 1.0)),
        )
        chart = slanted_edges(
            view,
            layout=LAYOUTS[self.index % 3],  # type: ignore[arg-type]
            rows=3 if height == 480 else 4,
            columns=4 if height == 480 else 6,
            turn_deg=float(rng.uniform(4, 8)),
            contrast=float(rng.choice([4.0, 10.0])),
        )
        shot = float(rng.choice([0.0, 2e-4, 1e-3]))
        noise = NoiseModel.same(shot=shot, read=shot * 0.05) if shot else None
        light = recording(chart.light, noise=noise, bits=12, seed=self.index)
        found = measure_edges({"Y": Channel(plane=np.ascontiguousarray(light.mean(axis=2)))}).edges
        return _compared(chart.edges, chart.cut, found)


def _compared(truth: tuple[TrueEdge, ...], cut: tuple[TrueEdge, ...], found: tuple[MeasuredEdge, ...]) -> Figures:
    wanted = [
        e
        for e in truth
        if e.length_px >= LEAST_LENGTH_PX + LENGTH_PER_SIGMA * e.sigma_px and e.slant_deg >= LEAST_SLANT_DEG
    ]
    figures: Figures = {"edges": float(len(wanted)), "found": 0.0, "measured": float(len(found))}
    for index, edge in enumerate(wanted):
        near = [m for m in found if _same(edge, m, within=0.35)]
        if near:
            best = min(near, key=lambda m: math.hypot(m.line.x - edge.x, m.line.y - edge.y))
            figures["found"] += 1.0
            figures[f"error {index}"] = best.mtf50_cy_px / edge.mtf50_cy_px - 1
            figures[f"z {index}"] = (best.mtf50_cy_px - edge.mtf50_cy_px) / max(best.mtf50_error_cy_px, 1e-4)
    real = (*truth, *cut)
    figures["false"] = float(sum(not any(_same(edge, m, within=0.6) for edge in real) for m in found))
    return figures


def _same(edge: TrueEdge, measured: MeasuredEdge, *, within: float) -> bool:
    dx, dy = measured.line.x - edge.x, measured.line.y - edge.y
    turned = abs((measured.line.angle_deg + 90 - edge.direction_deg + 90) % 180 - 90)
    aside = abs(dx * edge.normal[0] + dy * edge.normal[1])
    return math.hypot(dx, dy) < within * edge.length_px and turned < 2.5 and aside < 3
