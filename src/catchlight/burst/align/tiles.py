"""Local shifts that are left after the global motion: lens, parallax, rolling shutter."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.burst.align.field import fit_affine
from catchlight.burst.align.layers import find_layers, follow_bends, lost_tiles
from catchlight.burst.align.level import TILE, WINDOW, AlignLevel, align_level, align_levels
from catchlight.burst.align.solve import TileSolution
from catchlight.burst.alignment import Alignment

Grey = Float32[np.ndarray, "_ _"]

# As far as lost tiles are searched for (half-size pixels); more against the global motion is a failure.
_MOST_PX = 32.0
# An affine motion in the tiles' shifts that is larger than this somewhere is made part of the global one.
_FOLD_PX = 0.05
# So far (half-size pixels) from its own answer, the field has taken half of a tile's confidence.
_OVERRULED_PX = 0.5
# Tiles, by their weights, from which an agreement can be told: its deviation by noise is then 0.1.
_LEAST_SEEN = 3.0


def refine_tiles(
    reference: list[Grey],
    frame: list[Grey],
    affine: Float64[np.ndarray, "2 3"],
    *,
    noise_sigma: float,
    correlation: float = 1.0,
) -> Alignment:
    """Local shifts from the coarsest level of two pyramids to the finest, joined to a smooth field.

    Args:
        reference: grey pyramid, finest first (the finest is the half-size picture), each level half the one before.
        frame: the same of the other frame.
        affine: global `frame_from_reference` in full-size pixels, centres at 0.5.
        noise_sigma: deviation of the noise in the finest grey pictures.
        correlation: passed on.

    Every level: least squares from the coarser level's answer or a neighbour's (`solve_tiles`), what is affine in the
    shifts made part of the global motion (so that zoom and the shear of a rolling shutter need not be found tile by
    tile), the rest made smooth (`smooth_field`). Tiles that are then unexplained though there is something to see are
    searched for further away (`find_layers`).
    """
    levels = align_levels(reference, frame, noise_sigma)
    finest = levels[-1]
    shape = (reference[0].shape[0], reference[0].shape[1])
    shifts = np.zeros((*levels[0].grid(shape), 2), np.float32)  # in pixels of the finest level
    for level in levels:
        shifts = _on_grid(shifts, level.grid(shape))
        seen = level.seen(affine, shape)
        moved = level.moved(affine)
        solution = level.solve(moved, shifts)
        shifts = level.smooth(solution, seen)
        if level is finest and len(levels) > 1:
            break
        folded = _folded(affine, shifts, solution, level, seen)
        if folded is None:
            continue
        affine, shifts = folded
        seen = level.seen(affine, shape)
        if level is finest:
            moved = level.moved(affine)
            solution = level.solve(moved, shifts)
            shifts = level.smooth(solution, seen)
    if lost_tiles(solution, finest, seen).any():
        wide = (
            levels[-2]
            if len(levels) > 1
            else align_level(reference, frame, len(reference[:2]) - 1, WINDOW, noise_sigma)
        )
        solution, shifts = find_layers(finest, wide, affine, moved, solution, shifts, seen)
    solution, shifts = follow_bends(finest, affine, solution, shifts, seen)
    agreed = finest.explained(solution, seen)
    # A tile that the field overrules is known no better than by how much.
    overruled = np.square((shifts - solution.shifts) / np.float32(_OVERRULED_PX)).sum(axis=-1)
    # The shifts were found in the reference's directions; the frame's own are turned by the global motion.
    field = np.clip(shifts, -_MOST_PX, _MOST_PX) @ affine[:, :2].T.astype(np.float32)
    return Alignment(
        affine=affine,
        shifts=field * np.float32(2.0),
        confidence=solution.certainty * agreed / (1 + overruled),
        cell_px=2 * TILE,
        correlation=correlation,
        agreement=_agreement(solution, finest.noise_sigma, seen),
    )


def _agreement(solution: TileSolution, noise_sigma: float, seen: Float32[np.ndarray, "rows columns"]) -> float | None:
    """Mean share of the tiles' signal that their shifts explain; None: nothing to see.

    Tiles count by their certainty, and by the square of how much of what they show is not noise: the inverse variance
    of such a share.
    """
    noise = noise_sigma**2
    weights = solution.certainty * (seen >= 0.5) * np.square(solution.signal / (solution.signal + noise))
    if float(weights.sum()) < _LEAST_SEEN:
        return None
    share = 1 - (solution.cost - 2 * noise) / np.maximum(solution.signal, 0.2 * noise)
    return float((weights * np.clip(share, -1, 1)).sum() / weights.sum())


def _on_grid(shifts: Float32[np.ndarray, "_ _ 2"], grid: tuple[int, int]) -> Float32[np.ndarray, "rows columns 2"]:
    """A field on tiles of the same size or of half of it, bilinear between the old ones' centres."""
    if shifts.shape[:2] == grid:
        return shifts
    rows, columns, _ = shifts.shape
    fine = np.stack([cv2.resize(shifts[..., k], (2 * columns, 2 * rows)) for k in range(2)], axis=-1)
    return np.ascontiguousarray(fine[: grid[0], : grid[1]])


def _folded(
    affine: Float64[np.ndarray, "2 3"],
    shifts: Float32[np.ndarray, "rows columns 2"],
    solution: TileSolution,
    level: AlignLevel,
    seen: Float32[np.ndarray, "rows columns"],
) -> tuple[Float64[np.ndarray, "2 3"], Float32[np.ndarray, "rows columns 2"]] | None:
    """The global motion with what is affine in the shifts, and what is then left of them; None: nothing to fold."""
    rows, columns, _ = shifts.shape
    y, x = (np.mgrid[:rows, :columns].astype(np.float64) + 0.5) * level.tile
    places = np.stack([x, y], axis=-1)
    found = fit_affine(places, solution.shifts, *level.trusted(solution, seen))
    smooth = places @ found[:, :2].T + found[:, 2]
    if float(np.abs(smooth).max()) < _FOLD_PX:
        return None
    # frame = A (p + s(p)) with s in half-size pixels: A's linear part takes the found field along.
    step = np.column_stack([np.eye(2) + found[:, :2], 2 * found[:, 2]])
    linear = affine[:, :2] @ step[:, :2]
    if not 0.6 < np.linalg.det(linear) < 1.6:
        return None
    folded = np.column_stack([linear, affine[:, :2] @ step[:, 2] + affine[:, 2]])
    left = shifts - smooth.astype(np.float32)
    return folded, left
