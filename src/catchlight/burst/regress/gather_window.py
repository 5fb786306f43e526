"""Samples within a window of any size, of one colour or of any tile."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit

from catchlight.burst.regress.gather_place import (
    AFTER_PLACE,
    COLUMN,
    FU,
    FV,
    INDEX,
    INTS,
    ROW,
    W,
    add_to,
    biweight,
    look_up,
    place,
)
from catchlight.burst.regress.row_chunk import CHUNK, PIECES, take

# Further parts of `work`: a sample, sums and weights of red, green and blue, and the kernel along columns and rows.
_TAP = AFTER_PLACE
_COUNT = _TAP + CHUNK
_SUMS = _COUNT + CHUNK
_KERNEL = _SUMS + 6 * CHUNK


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def gather_shared(
    reach, samples, weight, first_row, whole, affine, shifts, cell, scale, support, origin, sums, weights,
    top, bottom,
):  # fmt: skip
    """Rows top…bottom of `gather_rows` where all samples add to one sum."""
    height, width = samples.shape
    flat, flat_weight = samples.reshape(height * width), weight.reshape(height * width)
    columns, taps = sums.shape[2], 2 * reach + 1
    work = np.empty(_KERNEL + 2 * taps * CHUNK, np.float32)
    knots = np.empty((2, PIECES + 1), np.float64)
    ints, ends = np.empty(INTS, np.int32), np.empty(CHUNK, np.int64)
    zero = np.float32(0.0)
    for line in range(top, bottom):
        y = (origin + line + 0.5) / scale
        for start in range(0, columns, CHUNK):
            look_up(affine, shifts, cell, scale, start, y, knots)
            runs, some = place(
                knots, first_row, reach + 1, flat_weight, samples.shape, work, ints, ends,
            )  # fmt: skip
            if not some:
                continue
            _kernel(work, ints, reach, first_row, width, whole, np.float32(1.0) / support)
            for k in range(CHUNK):
                work[_SUMS + k] = zero
            for j in range(taps):
                down = _KERNEL + (taps + j) * CHUNK
                for i in range(taps):
                    take(flat, ints, INDEX, (j - reach) * width + i - reach, ends, runs, work, _TAP)
                    across = _KERNEL + i * CHUNK
                    for k in range(CHUNK):
                        n = work[np.uint64(across + k)] * work[np.uint64(down + k)]
                        work[_COUNT + k] = n * work[_TAP + k]
                    for k in range(CHUNK):
                        work[_SUMS + k] += work[_COUNT + k]
            _add_up(work, _KERNEL, taps)
            _add_up(work, _KERNEL + taps * CHUNK, taps)
            for k in range(CHUNK):
                work[_KERNEL + k] *= work[_KERNEL + taps * CHUNK + k]
            add_to(sums[0, line], start, columns, work, _SUMS)
            add_to(weights[0, line], start, columns, work, _KERNEL)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def gather_any(
    colours, reach, samples, weight, first_row, whole, affine, shifts, cell, scale, support, origin, sums,
    weights, top, bottom,
):  # fmt: skip
    """Rows top…bottom of `gather_rows`; `colours` has the colour index of every sample."""
    height, width = samples.shape
    flat, flat_weight = samples.reshape(height * width), weight.reshape(height * width)
    flat_colours = colours.reshape(height * width)
    columns, taps = sums.shape[2], 2 * reach + 1
    work = np.empty(_KERNEL + 2 * taps * CHUNK, np.float32)
    knots = np.empty((2, PIECES + 1), np.float64)
    ints, ends = np.empty(INTS, np.int32), np.empty(CHUNK, np.int64)
    colour = np.empty(CHUNK, np.uint8)
    zero = np.float32(0.0)
    for line in range(top, bottom):
        y = (origin + line + 0.5) / scale
        for start in range(0, columns, CHUNK):
            look_up(affine, shifts, cell, scale, start, y, knots)
            runs, some = place(
                knots, first_row, reach + 1, flat_weight, samples.shape, work, ints, ends,
            )  # fmt: skip
            if not some:
                continue
            _kernel(work, ints, reach, first_row, width, whole, np.float32(1.0) / support)
            for k in range(6 * CHUNK):
                work[_SUMS + k] = zero
            for j in range(taps):
                down = _KERNEL + (taps + j) * CHUNK
                for i in range(taps):
                    offset = (j - reach) * width + i - reach
                    take(flat, ints, INDEX, offset, ends, runs, work, _TAP)
                    take(flat_colours, ints, INDEX, offset, ends, runs, colour, 0)
                    _sort(work, colour, _KERNEL + i * CHUNK, down)
            for c in range(3):
                add_to(sums[c, line], start, columns, work, _SUMS + 2 * c * CHUNK)
                add_to(weights[c, line], start, columns, work, _SUMS + (2 * c + 1) * CHUNK)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _sort(work, colour, across, down):
    """Adds a weighted sample to the sum of its own colour."""
    zero = np.float32(0.0)
    for k in range(CHUNK):
        work[_COUNT + k] = work[np.uint64(across + k)] * work[np.uint64(down + k)]
    for k in range(CHUNK):
        n = work[_COUNT + k]
        value = n * work[_TAP + k]
        c, s = colour[k], _SUMS + k
        work[s] += value if c == 0 else zero
        work[s + CHUNK] += n if c == 0 else zero
        work[s + 2 * CHUNK] += value if c == 1 else zero
        work[s + 3 * CHUNK] += n if c == 1 else zero
        work[s + 4 * CHUNK] += value if c == 2 else zero
        work[s + 5 * CHUNK] += n if c == 2 else zero


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _kernel(work, ints, reach, first_row, width, whole, inv):
    """The kernel along columns, then along rows times the weight; 0 beyond the frame's rim."""
    taps, zero = 2 * reach + 1, np.float32(0.0)
    for i in range(taps):
        shift = np.int32(i - reach)
        at, last = _KERNEL + i * CHUNK, np.int32(width)
        for k in range(CHUNK):
            x = ints[COLUMN + k] + shift
            value = biweight(np.float32(shift) - work[FU + k], inv)
            work[at + k] = value if x >= 0 and x < last else zero
        at, last, shift = at + taps * CHUNK, np.int32(whole - first_row), shift
        for k in range(CHUNK):
            y = ints[ROW + k] + shift
            value = biweight(np.float32(shift) - work[FV + k], inv) * work[W + k]
            work[at + k] = value if y >= -first_row and y < last else zero


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _add_up(work, at, count):
    """The first of `count` parts becomes their sum."""
    for part in range(1, count):
        other = at + part * CHUNK
        for k in range(CHUNK):
            work[at + k] += work[other + k]
