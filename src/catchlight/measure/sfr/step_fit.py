"""A blurred step fitted to the pixels beside an edge: where the edge lies, to a few thousandths of a pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtr

from catchlight.measure.sfr.edge_samples import EdgeLine, EdgeSamples, wrapped_deg

_LEAST_SIGMA_PX = 0.15
_MOST_ROUNDS = 30
_ROOT_2PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFit:
    """A step from `low` to `high`, blurred by a Gaussian.

    Args:
        line: the edge, its normal pointing to the `high` side if high > low.
        low: level on the negative side.
        high: level on the positive side.
        sigma_px: σ of the blur.
        residual: rms of what is left, in units of the samples.
        converged: the iteration came to rest.
    """

    line: EdgeLine
    low: float
    high: float
    sigma_px: float
    residual: float
    converged: bool

    @property
    def contrast(self) -> float:
        """High - low."""
        return self.high - self.low

    def expected(self, samples: EdgeSamples) -> Float64[np.ndarray, "n"]:
        """The model at every sample."""
        across = self.line.across(samples.x, samples.y)
        expected: Float64[np.ndarray, "n"] = self.low + self.contrast * ndtr(across / self.sigma_px)
        return expected


def fit_step(
    samples: EdgeSamples,
    start: EdgeLine,
    *,
    sigma_px: float = 1.5,
    bent: bool = False,
    rounds: int = _MOST_ROUNDS,
) -> StepFit:
    """Least squares for position, direction, levels and blur of an edge.

    The direction is what the spatial frequency response is sensitive to. All pixels near the edge take part, weighted
    by the model itself, which is more precise under noise than a line through row-wise centroids. For a blur that is
    not Gaussian the position is off by a constant, which the modulus of the response does not see.

    Args:
        samples: linear light, both sides of the edge, at least 16.
        start: within about twice `sigma_px` of the edge, direction within 10°.
        sigma_px: first guess of the blur.
        bent: also fit the curvature (lens distortion).
        rounds: at most so many; eight come within a hundredth of a pixel.

    Source: Levenberg-Marquardt as in Nocedal and Wright 2006, section 10.3, on the normal equations.
    """
    along = start.along(samples.x, samples.y)
    across = start.across(samples.x, samples.y)
    reach = max(float(np.abs(along).max(initial=0.0)), 1.0)
    # Straight in these coordinates: across = shift + tilt·t + bend·t², with t in -1…1.
    t = along / reach
    low, high = _levels(across, samples.value, sigma_px)
    # shift, tilt, bend, low, high, log σ
    p = np.array([0.0, 0.0, 0.0, low, high, math.log(sigma_px)])
    free = np.array([True, True, bent, True, True, True])
    damping, cost = 1e-3, math.inf
    converged = False
    for _ in range(rounds):
        model, jacobian = _model(p, across, t)
        difference = samples.value - model
        if cost == math.inf:
            cost = float(difference @ difference)
        j = jacobian[:, free]
        normal, gradient = j.T @ j, j.T @ difference
        better = False
        for _ in range(8):
            scale = np.diag(normal) + 1e-12 * max(float(np.trace(normal)), 1e-30)
            step = np.linalg.solve(normal + damping * np.diag(scale), gradient)
            trial = p.copy()
            trial[free] += np.clip(step, -4.0, 4.0)
            trial[5] = min(max(trial[5], math.log(_LEAST_SIGMA_PX)), math.log(200.0))
            new_cost = float(np.square(samples.value - _step(trial, across, t)).sum())
            if new_cost <= cost:
                better = True
                break
            damping *= 5
        if not better:
            converged = True
            break
        moved = float(np.abs(trial - p)[:3].max())
        gained = cost - new_cost
        p, cost = trial, new_cost
        damping = max(damping / 10, 1e-9)
        if moved < 1e-6 and gained <= 1e-9 * (cost + 1e-30):
            converged = True
            break
    return _result(p, start, reach, cost, len(samples), converged)


def _levels(across: Float64[np.ndarray, "n"], value: Float64[np.ndarray, "n"], sigma_px: float) -> tuple[float, float]:
    below, above = across < -sigma_px, across > sigma_px
    low = float(np.median(value[below])) if below.any() else float(value.min())
    high = float(np.median(value[above])) if above.any() else float(value.max())
    return low, high


def _step(
    p: Float64[np.ndarray, "6"], across: Float64[np.ndarray, "n"], t: Float64[np.ndarray, "n"]
) -> Float64[np.ndarray, "n"]:
    shift, tilt, bend, low, high, log_sigma = p
    model: Float64[np.ndarray, "n"] = low + (high - low) * ndtr(
        (across - shift - t * (tilt + bend * t)) / np.exp(log_sigma)
    )
    return model


def _model(
    p: Float64[np.ndarray, "6"], across: Float64[np.ndarray, "n"], t: Float64[np.ndarray, "n"]
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n 6"]]:
    """The step and its derivatives by the six parameters."""
    shift, tilt, bend, low, high, log_sigma = p
    sigma = math.exp(log_sigma)
    z = (across - shift - t * (tilt + bend * t)) / sigma
    share = ndtr(z)
    slope = (high - low) * np.exp(-0.5 * np.square(z)) / _ROOT_2PI
    by_shift = -slope / sigma
    derivatives = np.column_stack([by_shift, by_shift * t, by_shift * t * t, 1 - share, share, -slope * z])
    return low + (high - low) * share, derivatives


def _result(
    p: Float64[np.ndarray, "6"], start: EdgeLine, reach: float, cost: float, count: int, converged: bool
) -> StepFit:
    shift, tilt, bend, low, high, log_sigma = (float(v) for v in p)
    slope = tilt / reach
    turn = math.atan(slope)
    theta = math.radians(start.angle_deg)
    line = EdgeLine(
        x=start.x + shift * math.cos(theta),
        y=start.y + shift * math.sin(theta),
        angle_deg=start.angle_deg - math.degrees(turn),
        bend=start.bend + bend / reach**2,
    )
    # A line that leans by the turn is 1/cos as far away along the old normal as along its own.
    stretch = math.cos(turn)
    if abs(wrapped_deg(line.angle_deg) - line.angle_deg) > 90:
        # The normal is turned round: so are the sides and the bend.
        low, high = high, low
        line = replace(line, angle_deg=wrapped_deg(line.angle_deg), bend=-line.bend)
    return StepFit(
        line=line,
        low=low,
        high=high,
        sigma_px=math.exp(log_sigma) * stretch,
        residual=math.sqrt(cost / max(count - 6, 1)),
        converged=converged,
    )
