"""Uneven light on a chart: a gradient that both sides of an edge share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.measure.sfr.edge_samples import EdgeSamples
from catchlight.measure.sfr.step_fit import StepFit

# A side is believed with this many samples, spread over this many px across the edge.
_LEAST_SAMPLES, _LEAST_SPAN_PX = 60, 5.0
# Light that changes by more than this over the region is no gradient but something else.
_MOST_CHANGE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class LightGradient:
    """Light as a plane: 1 + across·(distance from the edge) + along·(distance from its centre).

    Args:
        across: relative change per px across the edge.
        along: relative change per px along it.
    """

    across: float = 0.0
    along: float = 0.0

    def light(
        self, across_px: Float64[np.ndarray, "*n"], along_px: Float64[np.ndarray, "*n"]
    ) -> Float64[np.ndarray, "*n"]:
        """Relative light at positions about the edge."""
        light: Float64[np.ndarray, "*n"] = 1 + self.across * across_px + self.along * along_px
        return light

    def evened(self, samples: EdgeSamples, fit: StepFit) -> EdgeSamples:
        """The samples as even light would have made them."""
        light = self.light(fit.line.across(samples.x, samples.y), fit.line.along(samples.x, samples.y))
        return EdgeSamples(x=samples.x, y=samples.y, value=samples.value / light)


def light_gradient_of(samples: EdgeSamples, fit: StepFit) -> LightGradient:
    """The gradient of the light, from the flat parts beside an edge.

    Uneven light changes both sides by the same share; flare and the blur's own tails change the dark side by far the
    larger share. So only what both sides have in common counts across the edge; along it nothing else makes a gradient.

    Args:
        samples: linear light.
        fit: the edge.
    """
    across, along = fit.line.across(samples.x, samples.y), fit.line.along(samples.x, samples.y)
    beside = 3 * fit.sigma_px + 1  # the blur itself
    sides = [s for s in (_side(samples, across, along, sign, beside) for sign in (-1, 1)) if s is not None]
    if not sides:
        return LightGradient()
    reach = float(np.abs(along).max(initial=1.0)), float(np.abs(across).max(initial=1.0))
    # The brighter side tells more: its noise is a smaller share of it.
    weight = [level * level for level, _, _ in sides]
    slope_along = sum(w * s[2] for w, s in zip(weight, sides, strict=True)) / max(sum(weight), 1e-30)
    slope_across = 0.0
    if len(sides) == 2 and sides[0][1] * sides[1][1] > 0:
        slope_across = min((s[1] for s in sides), key=abs)
    if abs(slope_along) * reach[0] > _MOST_CHANGE or abs(slope_across) * reach[1] > _MOST_CHANGE:
        return LightGradient()
    return LightGradient(across=slope_across, along=slope_along)


def _side(
    samples: EdgeSamples, across: Float64[np.ndarray, "n"], along: Float64[np.ndarray, "n"], sign: int, beside: float
) -> tuple[float, float, float] | None:
    """Level at the edge, relative slope across and along, of one side; slopes within two standard errors are 0."""
    # Flare falls off with the distance, a gradient does not: the far half decides.
    here = sign * across > max(beside, 0.5 * float((sign * across).max(initial=0.0)))
    if here.sum() < _LEAST_SAMPLES:
        return None
    d, t, v = across[here], along[here], samples.value[here]
    design = np.column_stack([np.ones_like(d), d, t])
    normal = design.T @ design
    if float(np.ptp(d)) < _LEAST_SPAN_PX or np.linalg.cond(normal) > 1e12:
        return None
    solution = np.linalg.solve(normal, design.T @ v)
    level = float(solution[0])
    if not level > 0:
        return None
    left = v - design @ solution
    covariance = np.linalg.inv(normal) * float(left @ left) / max(len(v) - 3, 1)
    slopes = [
        float(s) / level if abs(float(s)) > 2 * math.sqrt(max(float(covariance[i, i]), 0.0)) else 0.0
        for i, s in enumerate(solution[1:], start=1)
    ]
    return level, slopes[0], slopes[1]
