"""From single tiles' shifts to a smooth field: tiles that know little take over what their neighbours know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Float64

Shifts = Float32[np.ndarray, "rows columns 2"]
Precision = Float32[np.ndarray, "rows columns 3"]
# (xx, xy, yy) of many symmetric matrices.
Symmetric = Float64[np.ndarray, "*grid 3"]

# Widths (one deviation, px) that are tried for how far tiles follow the global motion and how much neighbours differ.
_WIDTHS_PX = tuple(0.01 * 2.5**k for k in range(8))
# Degrees of freedom of the distribution in which a few tiles of another layer are nothing unheard of.
_TAIL = 4.0
_ITERATIONS, _TOLERANCE = 150, 1e-4
_TEARS = 3
# What an affine field leaves of a real one, at the least; and the tiles that one needs.
_ROUGH_PX, _LEAST_TILES = 0.05, 8
# Six numbers of an affine field lower a sum of squares by 6 ± 3.5 by chance; by more than this they mean something.
_SIGNIFICANT = 15.0
# Windows of 48 px for tiles of 32 overlap so often.
_COUNTED_TWICE = 2.25
# Neighbours that differ by more than so many of their own deviations are two things: nothing joins them.
_TORN = 3.0


def smooth_field(shifts: Shifts, precision: Precision, information: Shifts) -> Shifts:
    """The field s of least Σ sᵀPs - 2 sᵀi + Σ w |s - s′|² + Σ |s|² / base² over tiles and pairs of neighbours.

    Args:
        shifts: what each tile found, in pixels; tells which neighbours belong together.
        precision: (xx, xy, yy) of P for every tile, per squared pixel.
        information: i = P d* for every tile, where d* is what its pictures alone ask for, per pixel.

    How far tiles go from the global motion (`base`) and how much neighbours differ is read from the tiles themselves,
    by maximum likelihood: a tripod's field is stiff, that of a rolling shutter bends. A tile, or a pair,
    that differs by far more than that and than its own errors is let go, so that a near thing before a far ground keeps
    its rim.
    Source: Black & Anandan 1996, "The robust estimation of multiple motions", equation 6 with the Geman-McClure
    weights; solved by conjugate gradients.
    """
    rows, columns, _ = shifts.shape
    if rows * columns < 2:
        return shifts
    data = shifts.astype(np.float64)
    tiles = precision.astype(np.float64)
    right = information.astype(np.float64)
    spread = _inverse(tiles + np.array([1.0, 0.0, 1.0]) / _WIDTHS_PX[-1] ** 2)
    asked = _times(spread, right)
    base = _weights(data, asked, spread)[..., None]
    joints = [_joints(data, asked, spread, axis) for axis in range(2)]
    field = _solved(tiles, right, base, joints, data)
    # Tiles that know nothing tear too, where the field would have to stretch over them.
    for _ in range(_TEARS):
        stretched = [_stretch(field, joint, axis) for axis, joint in enumerate(joints)]
        if max(float(s.max(initial=0)) for s in stretched) < 1:
            break
        field = _solved(tiles, right, base, [j / (1 + s) ** 2 for j, s in zip(joints, stretched, strict=True)], data)
    return field.astype(np.float32)


def _stretch(
    field: Float64[np.ndarray, "rows columns 2"], joints: Float64[np.ndarray, "r c"], axis: int
) -> Float64[np.ndarray, "r c"]:
    """Squared difference of neighbours in the field, in units of what a joint of that strength bears."""
    near, far = _sides(axis)
    bearable = 1 / max(float(joints.max(initial=0)), 1e-9) + _ROUGH_PX**2
    stretched: Float64[np.ndarray, "r c"] = ((field[near] - field[far]) ** 2).sum(axis=-1) / (2 * _TORN**2 * bearable)
    return stretched


def _solved(
    tiles: Float64[np.ndarray, "rows columns 3"],
    right: Float64[np.ndarray, "rows columns 2"],
    base: Float64[np.ndarray, "rows columns 1"],
    joints: list[Float64[np.ndarray, "_ _"]],
    start: Float64[np.ndarray, "rows columns 2"],
) -> Float64[np.ndarray, "rows columns 2"]:
    """The field of least sum for given weights."""
    diagonal = tiles[..., ::2] + base
    for axis, joint in enumerate(joints):
        near, far = _sides(axis)
        diagonal[near] += joint[..., None]
        diagonal[far] += joint[..., None]

    def applied(field: Float64[np.ndarray, "rows columns 2"]) -> Float64[np.ndarray, "rows columns 2"]:
        out = _times(tiles, field) + base * field
        for axis, joint in enumerate(joints):
            near, far = _sides(axis)
            pull = joint[..., None] * (field[near] - field[far])
            out[near] += pull
            out[far] -= pull
        return out

    return _conjugate_gradients(applied, right, start, diagonal)


def _conjugate_gradients(
    applied: Callable[[Float64[np.ndarray, "_ _ 2"]], Float64[np.ndarray, "_ _ 2"]],
    right: Float64[np.ndarray, "_ _ 2"],
    start: Float64[np.ndarray, "_ _ 2"],
    diagonal: Float64[np.ndarray, "_ _ 2"],
) -> Float64[np.ndarray, "_ _ 2"]:
    """Solution of applied(x) = right, preconditioned by the diagonal; until no tile moves by the tolerance any more."""
    x = start.copy()
    rest = right - applied(x)
    direction = rest / diagonal
    power = float((rest * direction).sum())
    for _ in range(_ITERATIONS):
        if power <= 0:
            break
        there = applied(direction)
        step = power / float((direction * there).sum())
        x += step * direction
        if float(np.abs(direction).max()) * step < _TOLERANCE:
            break
        rest -= step * there
        scaled = rest / diagonal
        new = float((rest * scaled).sum())
        direction = scaled + (new / power) * direction
        power = new
    return x


def _times(matrix: Symmetric, vector: Float64[np.ndarray, "*grid 2"]) -> Float64[np.ndarray, "*grid 2"]:
    xx, xy, yy = np.moveaxis(matrix, -1, 0)
    x, y = np.moveaxis(vector, -1, 0)
    return np.stack([xx * x + xy * y, xy * x + yy * y], axis=-1)


def _inverse(matrix: Symmetric) -> Symmetric:
    xx, xy, yy = np.moveaxis(matrix, -1, 0)
    return np.stack([yy, -xy, xx], axis=-1) / (xx * yy - xy * xy)[..., None]


def _width(differences: Float64[np.ndarray, "n 2"], covariance: Float64[np.ndarray, "n 3"]) -> float:
    """The likeliest deviation of vectors that were measured with these covariances, of a few in px."""
    best, found = -np.inf, _WIDTHS_PX[-1]
    for width in _WIDTHS_PX:
        total = covariance + np.array([1.0, 0.0, 1.0]) * width**2
        determinant = total[:, 0] * total[:, 2] - total[:, 1] ** 2
        distance = (differences * _times(_inverse(total), differences)).sum(axis=1)
        value = float((-0.5 * np.log(determinant) - (0.5 * _TAIL + 1) * np.log1p(distance / _TAIL)).sum())
        if value > best:
            best, found = value, width
    return found


def _sides(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Both tiles of every pair of neighbours along an axis."""
    near = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
    far = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
    return near, far


def _joints(
    data: Float64[np.ndarray, "rows columns 2"],
    asked: Float64[np.ndarray, "rows columns 2"],
    spread: Float64[np.ndarray, "rows columns 3"],
    axis: int,
) -> Float64[np.ndarray, "_ _"]:
    """Weight of every pair of neighbours along an axis, per squared pixel."""
    near, far = _sides(axis)
    covariance = spread[near] + spread[far]
    if covariance.size == 0:
        return np.zeros(covariance.shape[:2])
    return _weights(data[near] - data[far], asked[near] - asked[far], covariance)


def _weights(
    found: Float64[np.ndarray, "r c 2"], asked: Float64[np.ndarray, "r c 2"], covariance: Float64[np.ndarray, "r c 3"]
) -> Float64[np.ndarray, "r c"]:
    """How strongly each difference is held to 0, per squared pixel: not at all where it is out of all proportion."""
    width = _width(asked.reshape(-1, 2), covariance.reshape(-1, 3))
    error = 0.5 * (covariance[..., 0] + covariance[..., 2])
    torn = (found**2).sum(axis=-1) / (_TORN**2 * 2 * (width**2 + error))
    return 1 / (width**2 * (1 + torn) ** 2)


def fit_affine(
    places: Float64[np.ndarray, "rows columns 2"], shifts: Shifts, precision: Precision, information: Shifts
) -> Float64[np.ndarray, "2 3"]:
    """The affine field of shifts that most tiles agree with; zero where there is too little to tell.

    Args:
        places: of the tiles' centres, in pixels.
        shifts: see `smooth_field`.
        precision: see `smooth_field`.
        information: see `smooth_field`.

    Generalised least squares, reweighted by Geman-McClure with the median residual as scale: another layer of the scene
    does not count.
    """
    tiles = precision.reshape(-1, 3).astype(np.float64)
    pull = information.reshape(-1, 2).astype(np.float64)
    found = shifts.reshape(-1, 2).astype(np.float64)
    power = 0.5 * (tiles[:, 0] + tiles[:, 2])
    if np.count_nonzero(power > 0) < _LEAST_TILES:
        return np.zeros((2, 3))
    flat = places.reshape(-1, 2)
    centre, size = flat.mean(axis=0), float(np.ptp(flat, axis=0).max()) or 1.0
    design = np.column_stack([(flat - centre) / size, np.ones(len(flat))])
    # No single tile decides: a tile is known to the field's own roughness at best.
    scale = 1 / (1 + power * _ROUGH_PX**2)
    weights = scale.copy()
    solution = np.zeros((2, 3))
    # A little of nothing, so that few tiles in one place do not turn the rest of the picture.
    calm = np.diag([0.25, 0.25, 0.01] * 2)
    for _ in range(5):
        blocks = [design.T @ (design * (weights * tiles[:, k])[:, None]) for k in range(3)]
        normal = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]]) + calm
        right = np.concatenate([design.T @ (weights * pull[:, k]) for k in range(2)])
        solution = np.linalg.solve(normal, right).reshape(2, 3)
        squares = ((found - design @ solution.T) ** 2).sum(axis=1) / (1 / np.maximum(power, 1e-6) + _ROUGH_PX**2)
        order = np.argsort(squares)
        half = np.searchsorted(np.cumsum(scale[order] * power[order]), 0.5 * float((scale * power).sum()))
        typical = max(float(squares[order][min(int(half), len(order) - 1)]), 1.0)
        weights = scale / (1 + squares / (4 * typical)) ** 2
    # Tiles' windows overlap: what they know is counted more than once.
    gain = float(right @ solution.ravel()) / _COUNTED_TWICE
    if gain < _SIGNIFICANT:
        return np.zeros((2, 3))
    linear = solution[:, :2] / size
    return np.column_stack([linear, solution[:, 2] - linear @ centre])
