"""A chunk of a row at a time: its places, and the samples of another picture around them.

The kernels that use this work in loops of fixed length over parts of one float32 array, `work`, which the compiler
turns into vector instructions; only `take` goes where the other picture's samples are.
"""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit

from catchlight.burst.regress.places import PIECE

# Places that are worked on together: a multiple of PIECE.
CHUNK = 128
PIECES = CHUNK // PIECE
# More runs than this in a chunk, and samples are better taken one by one.
_MOST_RUNS = 4


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def along(knots, base, work, at):
    """Places of a chunk, less `base`, into work[at:]: straight between the knots."""
    for piece in range(PIECES):
        step = np.float32((knots[piece + 1] - knots[piece]) / PIECE)
        first = np.float32(knots[piece] - base)
        for k in range(PIECE):
            work[at + piece * PIECE + k] = first + np.float32(k) * step


@njit(cache=True, nogil=True)
@no_type_check
def runs_of(ints, at, ends):
    """Ends of the runs of a chunk in which ints[at + k] grows by 1; returns how many, 0 for too many."""
    breaks = 0
    for k in range(CHUNK - 1):
        breaks += 1 if ints[np.uint64(at + k + 1)] - ints[np.uint64(at + k)] != 1 else 0
    if breaks >= _MOST_RUNS:
        return 0
    count = 0
    if breaks > 0:
        for k in range(1, CHUNK):
            if ints[at + k] - ints[at + k - 1] != 1:
                ends[count] = k
                count += 1
    ends[count] = CHUNK
    return count + 1


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def take(flat, ints, where, offset, ends, runs, work, at):
    """work[at + k] = flat[ints[where + k] + offset] for all places of a chunk, in the runs that `runs_of` found."""
    if runs == 0:
        # Unsigned numbers spare the test for indices below 0, which keeps a loop from being vector instructions.
        for k in range(CHUNK):
            work[np.uint64(at + k)] = flat[np.uint64(ints[np.uint64(where + k)] + offset)]
        return
    start = 0
    for run in range(runs):
        end = ends[run]
        first = ints[where + start] + offset
        target, source = work[at + start : at + end], flat[first : first + end - start]
        for k in range(target.size):
            target[k] = source[k]
        start = end
