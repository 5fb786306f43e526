"""Every pixel of a result takes the samples of a frame near it, each with a weight that falls with distance."""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float32

from catchlight.burst.regress.gather_bayer import gather_bayer
from catchlight.burst.regress.gather_window import gather_any, gather_shared
from catchlight.burst.regress.held_frame import HeldFrame
from catchlight.core.bands import for_bands

Plane = Float32[np.ndarray, "rows columns"]


def reach_of(support: float) -> int:
    """Samples to each side of the nearest, which is at most half a pixel away, within a kernel's support.

    >>> reach_of(1.5), reach_of(1.6)
    (1, 2)
    """
    return int(np.ceil(support - 0.5))


def gather_rows(
    frame: HeldFrame,
    samples: Plane,
    weight: Plane,
    *,
    first_row: int,
    scale: float,
    support: float,
    shared: bool,
    top: int,
    sums: Float32[np.ndarray, "k height width"],
    weights: Float32[np.ndarray, "k height width"],
) -> None:
    """Adds to `sums` and `weights`, the rows of the result from `top` on.

    A sample at the distance (dx, dy) counts k(dx)·k(dy)·weight, where k(t) = (1 - (t/support)²)² up to the support,
    which it reaches smoothly, and 0 beyond.

    Args:
        frame: which lattice and place the samples have.
        samples: its rows from `first_row` on, all finite.
        weight: of every sample; that of the nearest sample counts for all around a place.
        first_row: row of the frame that `samples` begins with.
        scale: pixels of the result for each of the frame.
        support: reach of the kernel in pixels of the frame.
        shared: all colours add to one sum (k = 1); otherwise each to its own (k = 3).
        top: row of the whole result that `sums` begins with.
        sums: Σ weight · sample.
        weights: Σ weight.
    """
    reach = reach_of(support)
    # Where the frame ends, rows of no weight follow: the samples near its rim count with what is there.
    height = frame.shape[0]
    room = reach + 1
    above = room if first_row == 0 else 0
    below = room if first_row + samples.shape[0] == height else 0
    if above or below:
        samples = np.pad(samples, ((above, below), (0, 0)))
        weight = np.pad(weight, ((above, below), (0, 0)))
        first_row -= above
    alignment = frame.alignment
    where = (
        samples, weight, first_row, height, alignment.affine, alignment.shifts, alignment.cell_px, float(scale),
        np.float32(support), top, sums, weights,
    )  # fmt: skip
    if shared:
        work = partial(gather_shared, reach, *where)
    elif frame.cfa.is_bayer and reach == 1:
        work = partial(gather_bayer, *frame.cfa.red_yx, *where)
    else:
        tile = np.roll(frame.cfa.indices, -first_row, axis=0)
        repeats = (-(-samples.shape[0] // tile.shape[0]), -(-samples.shape[1] // tile.shape[1]))
        colours = np.ascontiguousarray(np.tile(tile, repeats)[: samples.shape[0], : samples.shape[1]])
        work = partial(gather_any, colours, reach, *where)
    for_bands(work, sums.shape[1], at_most=32)
