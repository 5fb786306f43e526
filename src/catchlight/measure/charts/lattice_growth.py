"""Numbers scattered points that form a lattice, step by step from one of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64
from scipy.spatial import cKDTree

Vector = Float64[np.ndarray, "2"]
Node = tuple[int, int]
_SIDES: tuple[tuple[Node, int, float], ...] = (
    ((0, 1), 0, 1.0),
    ((0, -1), 0, -1.0),
    ((1, 0), 1, 1.0),
    ((-1, 0), 1, -1.0),
)


class ScatteredPoints:
    """Points in the plane with sizes, ready to be searched for lattices.

    Args:
        xy: places in px.
        size: a length that neighbours share within `size_ratio`.
        size_ratio: how much the sizes of neighbours may differ.
    """

    def __init__(self, xy: Float64[np.ndarray, "n 2"], size: Float64[np.ndarray, "n"], *, size_ratio: float = 1.6):
        self.xy = xy
        self.size = size
        self._ratio = size_ratio
        self._tree = cKDTree(xy)

    def bases(self, seed: int, *, nearest: float, farthest: float) -> Iterator[tuple[Vector, Vector]]:
        """Pairs of steps from a point to neighbours, `nearest` to `farthest` of its sizes away, shortest first.

        The first step is the flatter one and points right, the second is a right turn of 50…130° from it (y down),
        and their lengths differ by less than a factor of 1.8: what 45° of perspective leaves of a square.
        """
        count = min(len(self.xy), 10)
        distance, index = self._tree.query(self.xy[seed], k=count)
        steps = [
            self.xy[i] - self.xy[seed]
            for d, i in zip(np.atleast_1d(distance), np.atleast_1d(index), strict=True)
            if nearest * self.size[seed] <= d <= farthest * self.size[seed] and self._alike(seed, int(i))
        ]
        for k, first in enumerate(steps):
            for second in steps[:k]:
                yield from _ordered(first, second)

    def grow(self, seed: int, across: Vector, down: Vector, *, tolerance: float = 0.25) -> dict[Node, int]:
        """All points that can be reached from `seed` in steps close to the last step in that direction.

        Each step is corrected by where its point was found, so that a lattice may bend and shrink in perspective.

        Returns:
            indices of points by (row, column), the seed being (0, 0).
        """
        found: dict[Node, int] = {(0, 0): seed}
        used = {seed}
        basis = {(0, 0): (across, down)}
        queue = deque([(0, 0)])
        while queue:
            node = queue.popleft()
            here, steps = found[node], basis[node]
            for (di, dj), axis, sign in _SIDES:
                new = (node[0] + di, node[1] + dj)
                if new in found:
                    continue
                guess = self.xy[here] + sign * steps[axis]
                reach = tolerance * float(np.linalg.norm(steps[axis]))
                distance, index = self._tree.query(guess, distance_upper_bound=reach)
                index = int(index)
                if not np.isfinite(distance) or index in used or not self._alike(here, index):
                    continue
                taken = sign * (self.xy[index] - self.xy[here])
                kept = list(steps)
                # Half of the surprise is believed: the rest may be the error of one point.
                kept[axis] = 0.5 * (steps[axis] + taken)
                found[new] = index
                used.add(index)
                basis[new] = (kept[0], kept[1])
                queue.append(new)
        return found

    def _alike(self, a: int, b: int) -> bool:
        ratio = self.size[a] / self.size[b]
        return bool(1 / self._ratio <= ratio <= self._ratio)


def _ordered(first: Vector, second: Vector) -> Iterator[tuple[Vector, Vector]]:
    across, down = (first, second) if abs(first[0]) >= abs(second[0]) else (second, first)
    across = across if across[0] >= 0 else -across
    turn = float(across[0] * down[1] - across[1] * down[0])
    down = down if turn >= 0 else -down
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    sine = abs(turn) / (lengths[0] * lengths[1] + 1e-12)
    if sine > 0.76 and max(lengths) < 1.8 * min(lengths):
        yield across, down
