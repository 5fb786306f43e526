"""Tiles that one affine motion does not carry along: layers of the scene, and fields that bend within a tile."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.burst.align.level import TILE, WINDOW, AlignLevel
from catchlight.burst.align.rematch import rematch_tiles
from catchlight.burst.align.solve import TileSolution
from catchlight.burst.align.vote import shows_more

Grey = Float32[np.ndarray, "_ _"]

# Below this share of a tile's signal the shift has not explained it.
_LOST = 0.6
# With more lost tiles than this, it is not tiles that are lost: the frames show different things.
_TOO_MANY_LOST = 0.7
# Another shift is taken for a lost tile when it leaves less than this share of what was unexplained.
_CLEARLY = 0.8
# A window that is explained by less than this may show two motions.
_MIXED = 0.95
# A tile that was moved by more than this (half-size pixels) has another motion now.
_LEFT_PX = 0.75
# A field whose neighbours differ by more than this (half-size pixels) bends within windows; it is followed this often.
_BEND_PX = 0.3
_FOLLOWED = 2


def lost_tiles(
    solution: TileSolution, finest: AlignLevel, seen: Float32[np.ndarray, "rows columns"]
) -> Bool[np.ndarray, "rows columns"]:
    """Tiles in which there is something to see that their shift does not explain; none when that is most of them."""
    visible = _visible(solution, finest, seen)
    lost: Bool[np.ndarray, "rows columns"] = visible & (finest.explained(solution, seen) < _LOST)
    if np.count_nonzero(lost) > _TOO_MANY_LOST * np.count_nonzero(visible):
        return np.zeros_like(lost)
    return lost


def _visible(
    solution: TileSolution, finest: AlignLevel, seen: Float32[np.ndarray, "rows columns"]
) -> Bool[np.ndarray, "rows columns"]:
    """Tiles whose texture is well over the noise that is left in a window's mean square."""
    visible: Bool[np.ndarray, "rows columns"] = (
        (solution.certainty > 0.3) & (seen > 0.5) & (solution.signal > 2 * finest.noise_sigma**2)
    )
    return visible


def find_layers(
    finest: AlignLevel,
    wide: AlignLevel,
    affine: Float64[np.ndarray, "2 3"],
    moved: Grey,
    solution: TileSolution,
    shifts: Float32[np.ndarray, "rows columns 2"],
    seen: Float32[np.ndarray, "rows columns"],
) -> tuple[TileSolution, Float32[np.ndarray, "rows columns 2"]]:
    """The finest level's answer, with lost tiles searched for once in a wide area of another level."""
    lost = lost_tiles(solution, finest, seen)
    starts = rematch_tiles(
        wide.reference, wide.moved(affine), shifts, lost,
        factor=wide.factor, tile=TILE, window=int(WINDOW / wide.factor),
    )  # fmt: skip
    # Twice: the second time a found tile's neighbours may start where it ended.
    best = solution
    for _ in range(2):
        near = cv2.dilate(lost.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        again = finest.solve(moved, starts, wanted=near)
        best = _chosen(best, again, near & (again.cost < _CLEARLY * best.cost))
        starts = best.shifts
    # A window that shows two motions fits neither: a smaller one may hold the tile's own.
    mixed = _visible(best, finest, seen) & (finest.explained(best, seen) < _MIXED)
    small = finest.solve(moved, best.shifts, wanted=mixed, window=TILE)
    best = _chosen(best, small, mixed & (small.certainty > 0.5))
    # A tile leaves the motion that it had only for one that shows more of it.
    left = np.abs(best.shifts - solution.shifts).max(axis=-1) > _LEFT_PX
    better = shows_more(finest.reference, moved, shifts, best.shifts, left, tile=TILE, noise_sigma=finest.noise_sigma)
    best = _chosen(best, solution, left & ~better)
    return best, finest.smooth(best, seen)


def follow_bends(
    finest: AlignLevel,
    affine: Float64[np.ndarray, "2 3"],
    solution: TileSolution,
    shifts: Float32[np.ndarray, "rows columns 2"],
    seen: Float32[np.ndarray, "rows columns"],
) -> tuple[TileSolution, Float32[np.ndarray, "rows columns 2"]]:
    """Where the field bends within a window, one shift cannot fit: the rest is solved for under the field itself."""
    for _ in range(_FOLLOWED):
        if _bend(shifts) < _BEND_PX:
            break
        moved = finest.moved(affine, shifts)
        rest = finest.solve(moved, np.zeros_like(shifts))
        now = TileSolution(
            shifts=shifts + rest.shifts,
            precision=rest.precision,
            information=rest.information + _pulled(rest.precision, shifts),
            cost=rest.cost,
            signal=rest.signal,
            certainty=rest.certainty,
        )
        # Where the field is torn, one shift for all of the window fits better than the field does.
        solution = _chosen(solution, now, now.cost < solution.cost)
        shifts = finest.smooth(solution, seen)
    return solution, shifts


def _pulled(
    precision: Float32[np.ndarray, "rows columns 3"], shifts: Float32[np.ndarray, "rows columns 2"]
) -> Float32[np.ndarray, "rows columns 2"]:
    xx, xy, yy = np.moveaxis(precision, -1, 0)
    x, y = np.moveaxis(shifts, -1, 0)
    return np.stack([xx * x + xy * y, xy * x + yy * y], axis=-1)


def _bend(shifts: Float32[np.ndarray, "rows columns 2"]) -> float:
    """What a tenth of all neighbours differ by at least, in pixels."""
    steps = [np.hypot(*np.moveaxis(np.diff(shifts, axis=axis), -1, 0)).ravel() for axis in range(2)]
    both = np.concatenate(steps)
    return float(np.quantile(both, 0.9)) if both.size else 0.0


def _chosen(before: TileSolution, after: TileSolution, take: Bool[np.ndarray, "rows columns"]) -> TileSolution:
    """`after` where `take` says so."""
    return TileSolution(
        shifts=np.where(take[..., None], after.shifts, before.shifts),
        precision=np.where(take[..., None], after.precision, before.precision),
        information=np.where(take[..., None], after.information, before.information),
        cost=np.where(take, after.cost, before.cost),
        signal=np.where(take, after.signal, before.signal),
        certainty=np.where(take, after.certainty, before.certainty),
    )
