"""Edges whose MTF50 is known in closed form, each measured by every method."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.camera.lens.gaussian_blur import gaussian_mtf50
from catchlight.evaluate.measure.iso12233 import iso12233_mtf50
from catchlight.evaluate.result_cache import Figures
from catchlight.measure.sfr import Channel, measure_edges
from catchlight.simulate.charts import edge_roi

Roi = Float32[np.ndarray, "h w"]

METHODS: dict[str, Callable[[Roi], float | None]] = {
    "catchlight": lambda roi: _ours(roi),
    "ISO 12233, Hamming": lambda roi: iso12233_mtf50(roi),
    "ISO 12233, Tukey 0.5": lambda roi: iso12233_mtf50(roi, window="tukey"),
    "ISO 12233, Tukey 0.5, bins corrected": lambda roi: iso12233_mtf50(roi, window="tukey", bin_correction=True),
}
# In a file that has lost an edge, its error counts as this.
LOST = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSeries:
    """Random edges of one kind: 2 to 10° either way, σ 0.35 to 3 px (log uniform), 100×64 px, levels about 0.2 and 0.8.

    The levels scatter by ±0.02: at exactly 0.2 and 0.8 an 8-bit file would have them as whole numbers, by chance.

    Args:
        name: of the case.
        noise: standard deviation of white noise on the levels.
        bits: the file's bits; None for floats.
    """

    name: str
    noise: float = 0.0
    bits: int | None = None

    def errors(self, group: int, *, edges: int) -> Figures:
        """Relative error of MTF50 of every method for `edges` edges of this group, by `method|index`."""
        rng = np.random.default_rng([group, 61])
        found: Figures = {}
        for index in range(edges):
            sigma_px = float(np.exp(rng.uniform(math.log(0.35), math.log(3.0))))
            roi = edge_roi(
                angle_deg=float(rng.uniform(2, 10) * rng.choice([-1, 1])),
                sigma_px=sigma_px,
                offset_px=float(rng.uniform(-2, 2)),
                low=0.2 + float(rng.uniform(-0.02, 0.02)),
                high=0.8 + float(rng.uniform(-0.02, 0.02)),
                noise=self.noise,
                seed=group * 1000 + index,
            )
            if self.bits is not None:
                top = np.float32(2**self.bits - 1)
                roi = np.rint(np.clip(roi, 0, 1) * top) / top
            truth = gaussian_mtf50(sigma_px)
            for method, work in METHODS.items():
                value = work(roi)
                found[f"{method}|{index}"] = LOST if value is None else value / truth - 1
        return found


SERIES = (
    EdgeSeries(name="analytic edges"),
    EdgeSeries(name="analytic edges, 16 bits", bits=16),
    EdgeSeries(name="analytic edges, 8 bits", bits=8),
    EdgeSeries(name="analytic edges, noise 0.03", noise=0.03),
)


def _ours(roi: Roi) -> float | None:
    edges = measure_edges({"Y": Channel(plane=roi)}).edges
    return max(edges, key=lambda e: e.half_length_px).mtf50_cy_px if edges else None
