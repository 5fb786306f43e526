"""Spatial frequency response of one edge, and the figures that are read from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError
from catchlight.measure.sfr.edge_spread import FREQUENCIES_CY_PX, EdgeSpread


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrequencyResponse:
    """Modulation transfer across an edge.

    Args:
        frequency_cy_px: spatial frequency along the edge's normal, rising from 0.
        modulation: 1 at frequency 0.
        standard_error: of the modulation, from the noise of the samples.
    """

    frequency_cy_px: Float64[np.ndarray, "f"]
    modulation: Float64[np.ndarray, "f"]
    standard_error: Float64[np.ndarray, "f"]

    @classmethod
    def of(cls, spread: EdgeSpread) -> FrequencyResponse:
        """The response of an edge spread function, from 0 to 1.5 cycles per pixel."""
        modulation, error = spread.modulus()
        return cls(frequency_cy_px=FREQUENCIES_CY_PX, modulation=modulation, standard_error=error)

    def crossing(self, level: float, *, more_error: float = 0.0) -> tuple[float, float] | None:
        """The lowest frequency at which the modulation falls to `level`, and its standard error; None if it never does.

        Args:
            level: between 0 and 1.
            more_error: standard error of the modulation from other causes than noise.

        Raises:
            ContractError: a level that is not in 0…1.
        """
        if not 0 < level < 1:
            raise ContractError(f"a modulation level lies between 0 and 1; found {level}")
        below = np.flatnonzero(self.modulation < level)
        if not below.size or below[0] == 0:
            return None
        i = int(below[0])
        upper, lower = float(self.modulation[i - 1]), float(self.modulation[i])
        # A parabola through three points: the chord alone is 0.1 % off where the response is blunt.
        k = min(max(i - 2, 0), len(self.modulation) - 3)
        frequency = _inverse_parabola(self.frequency_cy_px[k : k + 3], self.modulation[k : k + 3], level)
        if not self.frequency_cy_px[i - 1] <= frequency <= self.frequency_cy_px[i]:
            frequency = float(np.interp(level, [lower, upper], self.frequency_cy_px[[i, i - 1]]))
        # The slope over a few neighbours: noise makes it uneven from step to step.
        left, right = max(i - 5, 0), min(i + 4, len(self.modulation) - 1)
        fall = float(self.modulation[left] - self.modulation[right])
        slope = max(fall, upper - lower) / float(self.frequency_cy_px[right] - self.frequency_cy_px[left])
        return frequency, math.hypot(float(self.standard_error[i]), more_error) / max(slope, 1e-9)

    def at(self, frequency_cy_px: float) -> float:
        """Modulation at one frequency, by linear interpolation."""
        return float(np.interp(frequency_cy_px, self.frequency_cy_px, self.modulation))


def _inverse_parabola(x: Float64[np.ndarray, "3"], y: Float64[np.ndarray, "3"], level: float) -> float:
    """X at which the parabola through three falling points is `level`; NaN when it never is."""
    a, b, c = (float(v) for v in np.polyfit(x - x[1], y - level, 2))
    if abs(a) < 1e-12:
        return float(x[1]) - c / b if b else math.nan
    root = b * b - 4 * a * c
    # The branch on which the parabola falls.
    return float(x[1]) + (-b - math.sqrt(root)) / (2 * a) if root >= 0 else math.nan


def overshoot(spread: EdgeSpread, *, sigma_px: float) -> tuple[float, float]:
    """How far the edge rises above its bright level, and falls below its dark one, as shares of the contrast; ≥ 0.

    Sharpening in the camera makes both. Extremes within 6 σ of the edge count, if they exceed three standard errors.

    Args:
        spread: the edge.
        sigma_px: its width, as of `fit_step`.
    """
    reach = min(6 * max(sigma_px, 0.5), -spread.first_px - 1)
    place = np.arange(-reach, reach, 0.1)
    curve, error = spread.at(place), spread.error_at(place)
    low, high = float(spread.coefficients[0]), float(spread.coefficients[-1])
    if high < low:
        curve, low, high = -curve, -low, -high
    contrast = max(high - low, 1e-12)

    def beyond(excess: Float64[np.ndarray, "m"]) -> float:
        at = int(np.argmax(excess))
        found = float(excess[at])
        return found / contrast if found > 3 * float(error[at]) else 0.0

    return beyond(curve - high), beyond(low - curve)
