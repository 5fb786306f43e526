"""A smooth curve through points at equal steps."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError


def catmull_rom(points: Float64[np.ndarray, "n c"], at: Float64[np.ndarray, "m"]) -> Float64[np.ndarray, "m c"]:
    """The curve that passes point k at k and goes straight on before the first and after the last.

    Args:
        points: one row a point; a single one is a curve that stays there.
        at: where to read the curve, in points.

    Raises:
        ContractError: no points.

    Source: Catmull and Rom 1974, "A class of local interpolating splines".

    >>> catmull_rom(np.array([[0.0], [1.0], [4.0]]), np.array([-1.0, 0.5, 1.0, 3.0])).ravel().tolist()
    [-1.0, 0.375, 1.0, 7.0]
    """
    if len(points) < 1:
        raise ContractError("a curve needs one point at least; found none")
    if len(points) == 1:
        return np.repeat(points, len(at), axis=0)
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    # Two more at either end: the straight continuation needs a neighbour of its own.
    knots = np.concatenate([[2 * first - points[0], first], points, [last, 2 * last - points[-1]]], axis=0)
    start = np.clip(np.floor(at).astype(np.int64), -1, len(points) - 1)
    share = (at - start)[:, None]
    before, a, b, after = (knots[start + offset] for offset in (1, 2, 3, 4))
    slope_a, slope_b = (b - before) / 2, (after - a) / 2
    cubic = 2 * (a - b) + slope_a + slope_b
    square = 3 * (b - a) - 2 * slope_a - slope_b
    curve: Float64[np.ndarray, "m c"] = ((cubic * share + square) * share + slope_a) * share + a
    return curve
