"""The inner loop of a merge: warp a strip, see how far it may be trusted, add it; no full-size picture in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.merge.warp_tile import OUTSIDE, PATCH, TILE

# Squared difference from the reference, in units of the noise variance of one frame, up to which a sample is taken
# whole: the mean of eight frames that are all off by d has error 0.77 d² + 0.125 σ², which at d = σ is no more than the
# σ² of one frame.
FREE = 0.4
# Beyond this many variances nothing is taken at all.
CUT = 6.0
# Chance alone rarely moves the four statistics by more than this part of what is expected.
POINT_SLACK, FINE_SLACK, MEAN_SLACK, WIDE_SLACK = 3.0, 0.45, 3.5, 3.5
FINE, WIDE = 5, 13
# Quads that a weight depends on, on each side: the wide window, and two for the least and the mean of 3×3 weights.
_REACH = WIDE // 2 + 2
# Rows that are kept from strip to strip: the reach above and below what is finished.
_KEPT = 4 * _REACH
_PAD = 2 * (WIDE // 2)
# Side in quads of the squares whose mean difference tells the usual level of differences.
QUIET_BLOCK = 6
_FAST = {"contract", "nsz", "arcp", "reassoc"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """What the differences of one frame from the reference are measured by.

    Args:
        shots: shot noise of the reference at the four sites of a quad.
        reads: its read noise.
        limits: values from which on the frame is full there.
        unit: deviations of the reference's noise in the usual deviation of a difference, over √2.
        difference: part of a difference's variance that resampling leaves, by the phase that `warp_rows` writes.
        kept: the same of the moved frame's own.
        factor: weight of the frame as a whole.
        ratio: its noise variance over the reference's.
    """

    shots: Float32[np.ndarray, "4"]
    reads: Float32[np.ndarray, "4"]
    limits: Float32[np.ndarray, "4"]
    unit: np.float32
    difference: Float32[np.ndarray, "1024"]
    kept: Float32[np.ndarray, "1024"]
    factor: np.float32
    ratio: np.float32


Warp = Callable[..., None]


def merge_rows(
    warp: Warp,
    reference: Float32[np.ndarray, "h w"],
    judgement: Judgement,
    quiet: float,
    total: Float32[np.ndarray, "h w"],
    weights: Float32[np.ndarray, "rows columns"],
    squares: Float32[np.ndarray, "rows columns"],
    out_weight: Float32[np.ndarray, "rows columns"],
    top: int,
    bottom: int,
) -> None:
    """Adds the rows top…bottom of one frame to the sums; `top` is a multiple of `PATCH`, all sizes are even.

    Args:
        warp: called as warp(top, bottom, left, right, out, phase) with an `out` of one plane: see `warp_rows`.
        reference: the reference's mosaic.
        judgement: see there.
        quiet: mean scaled squared difference where nothing moved.
        total: sum of weighted samples.
        weights: sum of weights of every quad.
        squares: sum of squared weights times noise.
        out_weight: weight 0…1 that each quad of this frame gets.
        top: first row.
        bottom: end of the rows.
    """
    height, width = reference.shape
    start, stop = max(top - PATCH, 0), min(bottom + 2 * _REACH, height)
    room = _KEPT + TILE
    moved = np.empty((1, room, width), np.float32)
    scaled = np.zeros((room, width + 2 * _PAD), np.float32)
    square = np.zeros((room // 2, width // 2 + FINE - 1), np.float32)
    hidden = np.empty((room // 2, width // 2), np.uint8)
    phase = np.empty((room // 2, width // 2), np.uint16)
    raw = np.empty((room // 2, width // 2), np.float32)
    j = judgement
    first = start  # the row of the picture that the buffers begin with
    done = top // 2  # quads below it are finished
    for s in range(start, stop, TILE):
        e = min(s + TILE, stop)
        a, b = s - first, e - first
        qa, qb = a // 2, b // 2
        warp(s, e, 0, width, moved[:, a:b], phase[qa:qb])
        _scale_rows(
            reference, s, e, 0, moved[0, a:b], phase[qa:qb], j.shots, j.reads, j.limits, j.unit, j.difference,
            scaled[a:b, _PAD : _PAD + width], square[qa:qb, FINE // 2 : FINE // 2 + width // 2], hidden[qa:qb],
        )  # fmt: skip
        ready = bottom // 2 if e == stop else e // 2 - _REACH
        low, high = max(done - 2, 0), min(ready + 2, height // 2)
        _raw_weights(scaled, square, hidden, np.float32(quiet), first // 2, low, high, height // 2, raw)
        _soften(raw, low, high, done, ready, out_weight)
        _add_rows_of(
            moved[0], phase, j.kept, j.factor, j.ratio, first // 2, done, ready, out_weight, total, weights, squares
        )
        done = ready
        if e < stop:
            gone = b - _KEPT
            for kept in (moved[0], scaled):
                kept[:_KEPT] = kept[gone : gone + _KEPT]
            for kept in (square, hidden, phase):
                kept[: _KEPT // 2] = kept[gone // 2 : (gone + _KEPT) // 2]
            first += gone


def sample_squares(
    warp: Warp, reference: Float32[np.ndarray, "h w"], judgement: Judgement, top: int, left: int
) -> Float32[np.ndarray, "blocks"]:
    """Mean scaled squared differences of blocks of 6×6 quads in one tile, those left out where something is unseen."""
    height, width = reference.shape
    bottom, right = min(top + TILE, height), min(left + TILE, width)
    rows, columns = bottom - top, right - left
    # Slices of something larger, as in `merge_rows`: the kernels need not be compiled a second time for other arrays.
    moved = np.empty((1, rows + 2, columns), np.float32)[:, :rows]
    phase = np.empty((rows // 2, columns // 2), np.uint16)
    scaled = np.empty((rows, columns + 2), np.float32)[:, :columns]
    square = np.empty((rows // 2, columns // 2 + 1), np.float32)[:, : columns // 2]
    hidden = np.empty((rows // 2, columns // 2), np.uint8)
    j = judgement
    warp(top, bottom, left, right, moved, phase)
    _scale_rows(
        reference, top, bottom, left, moved[0], phase, j.shots, j.reads, j.limits, j.unit, j.difference,
        scaled, square, hidden,
    )  # fmt: skip
    square[hidden > 0] = -np.inf
    n = QUIET_BLOCK
    blocks = square[: rows // 2 // n * n, : columns // 2 // n * n].reshape(rows // 2 // n, n, columns // 2 // n, n)
    mean = blocks.mean(axis=(1, 3)).ravel()
    return mean[np.isfinite(mean)]


@njit(cache=True, nogil=True)
@no_type_check
def _scale_rows(reference, top, bottom, left, moved, phase, shots, reads, limits, unit, part, scaled, square, hidden):
    """Scaled differences of the rows top…bottom, and their mean square in every quad; outputs begin at (top, left)."""
    n = moved.shape[1]
    row = np.empty((3, n + 4), np.float32)
    for q in range((bottom - top) // 2):
        hidden[q] = 0
        for k in range(2):
            y = 2 * q + k
            _scale_row(
                reference, top + y, left, left + n, moved[y], shots[2 * k : 2 * k + 2], reads[2 * k : 2 * k + 2],
                limits[2 * k : 2 * k + 2], unit, row, scaled[y], hidden[q],
            )  # fmt: skip
        _square_row(scaled[2 * q], scaled[2 * q + 1], hidden[q], phase[q], part, square[q])


@njit(cache=True, nogil=True)
@no_type_check
def _add_rows_of(moved, phase, kept, factor, ratio, first, done, ready, weight, total, weights, squares):
    """Adds the quads done…ready with their weights; the buffers begin with the quad `first`."""
    width = moved.shape[1]
    wide = np.empty(width, np.float32)
    for q in range(done, ready):
        k = q - first
        for x in range(width // 2):
            w = weight[q, x] * factor
            weights[q, x] += w
            squares[q, x] += w * w * ratio * kept[phase[k, x]]
            wide[2 * x] = w
            wide[2 * x + 1] = w
        for y in range(2):
            target, source = total[2 * q + y], moved[2 * k + y]
            for x in range(width):
                target[x] += wide[x] * source[x]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
@no_type_check
def _scale_row(reference, y, left, right, own, shot, read, limit, unit, row, out, hidden):
    """(frame - reference) / deviation for one row, 0 and marked where the frame is unseen or full.

    The deviation is that of the reference's noise at the mean of the 3×3 neighbours of the same colour.
    """
    height = reference.shape[0]
    n = right - left
    zero, ninth, tiny = np.float32(0.0), np.float32(1.0 / 9.0), np.float32(1e-12)
    # A parity of 32 bits, as one of 64 would not fit the vectors of the samples.
    odd, even = np.int32(1), np.int32(0)
    here = reference[y, left:right]
    up = reference[y - 2 if y >= 2 else y + 2, left:right]
    down = reference[y + 2 if y + 2 < height else y - 2, left:right]
    sums, inner = row[0, : n + 4], row[0, 2 : n + 2]
    for x in range(n):
        inner[x] = up[x] + here[x] + down[x]
    sums[0], sums[1], sums[n + 2], sums[n + 3] = sums[4], sums[5], sums[n - 2], sums[n - 1]
    inverse = row[1, :n]
    shot0, shot1, read0, read1 = shot[0], shot[1], read[0] + tiny, read[1] + tiny
    for x in range(n):
        mean = max((sums[x] + sums[x + 2] + sums[x + 4]) * ninth, zero)
        inverse[x] = (read0 + shot0 * mean) if np.int32(x) & odd == even else (read1 + shot1 * mean)
    for x in range(n):
        inverse[x] = unit / np.sqrt(inverse[x])
    seen = row[2, :n]
    limit0, limit1 = limit[0], limit[1]
    for x in range(n):
        full = limit0 if np.int32(x) & odd == even else limit1
        seen[x] = np.float32(1.0) if own[x] > OUTSIDE and own[x] < full else zero
    for x in range(n):
        out[x] = (own[x] - here[x]) * inverse[x] if seen[x] > zero else zero
    for x in range(n // 2):
        if seen[2 * x] + seen[2 * x + 1] < np.float32(2.0):
            hidden[x] = 1


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
@no_type_check
def _square_row(upper, lower, hidden, phase, part, out):
    """Mean squared difference of every quad, over what resampling has left of it; 0 where unseen."""
    quarter = np.float32(0.25)
    for x in range(upper.size // 2):
        a, b, c, d = upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]
        out[x] = quarter * (a * a + b * b + c * c + d * d) / part[phase[x]] if hidden[x] == 0 else np.float32(0.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
@no_type_check
def _raw_weights(scaled, square, hidden, quiet, first, low, high, height, raw):
    """Weights of the quads low…high, into raw[0:]; the buffers begin at `first` of a picture `height` quads high."""
    n = hidden.shape[1]
    width = 2 * n
    columns = np.empty((12, width + 2 * _PAD), np.float32)
    half_fine, half_wide = FINE // 2, WIDE // 2
    zero, one, quarter = np.float32(0.0), np.float32(1.0), np.float32(0.25)
    fine = columns[0, : n + FINE - 1]
    near0, near1, wide0, wide1 = columns[1], columns[2], columns[3], columns[4]
    double, fourfold, eightfold = columns[5], columns[6], columns[7]
    near_square, wide_square = columns[8, :width], columns[9, :width]
    fine_x, wide_x = columns[10, :n], columns[11, :n]
    for x in range(n):
        fine_x[x] = one / np.float32(min(x + half_fine, n - 1) - max(x - half_fine, 0) + 1)
        wide_x[x] = one / np.float32(min(x + half_wide, n - 1) - max(x - half_wide, 0) + 1)
    for q in range(low, high):
        # Sums over columns, from scratch: the windows are small, and nothing adds up from strip to strip.
        f0, f1 = max(q - half_fine, 0), min(q + half_fine + 1, height)
        w0, w1 = max(q - half_wide, 0), min(q + half_wide + 1, height)
        for x in range(n + FINE - 1):
            fine[x] = zero
        for x in range(width + 2 * _PAD):
            near0[x] = zero
        for x in range(width + 2 * _PAD):
            near1[x] = zero
        for y in range(f0, f1):
            line = square[y - first]
            for x in range(n + FINE - 1):
                fine[x] += line[x]
            line = scaled[2 * (y - first)]
            for x in range(width + 2 * _PAD):
                near0[x] += line[x]
            line = scaled[2 * (y - first) + 1]
            for x in range(width + 2 * _PAD):
                near1[x] += line[x]
        if q == low:
            for x in range(width + 2 * _PAD):
                wide0[x] = zero
            for x in range(width + 2 * _PAD):
                wide1[x] = zero
            for y in range(w0, w1):
                line = scaled[2 * (y - first)]
                for x in range(width + 2 * _PAD):
                    wide0[x] += line[x]
                line = scaled[2 * (y - first) + 1]
                for x in range(width + 2 * _PAD):
                    wide1[x] += line[x]
        else:
            if q + half_wide < height:
                line = scaled[2 * (q + half_wide - first)]
                for x in range(width + 2 * _PAD):
                    wide0[x] += line[x]
                line = scaled[2 * (q + half_wide - first) + 1]
                for x in range(width + 2 * _PAD):
                    wide1[x] += line[x]
            if q - half_wide - 1 >= 0:
                line = scaled[2 * (q - half_wide - 1 - first)]
                for x in range(width + 2 * _PAD):
                    wide0[x] -= line[x]
                line = scaled[2 * (q - half_wide - 1 - first) + 1]
                for x in range(width + 2 * _PAD):
                    wide1[x] -= line[x]
        for x in range(width):
            near_square[x] = zero
        for x in range(width):
            wide_square[x] = zero
        for k in range(2):
            line = near0[_PAD - 4 :] if k == 0 else near1[_PAD - 4 :]
            for x in range(width):
                a = line[x] + line[x + 2] + line[x + 4] + line[x + 6] + line[x + 8]
                near_square[x] += a * a
            line = wide0 if k == 0 else wide1
            for x in range(width + 2 * _PAD - 2):
                double[x] = line[x] + line[x + 2]
            for x in range(width + 2 * _PAD - 6):
                fourfold[x] = double[x] + double[x + 4]
            for x in range(width + 2 * _PAD - 14):
                eightfold[x] = fourfold[x] + fourfold[x + 8]
            for x in range(width):
                a = eightfold[x] + fourfold[x + 16] + line[x + 24]
                wide_square[x] += a * a
        fine_y, wide_y = one / np.float32(f1 - f0), one / np.float32(w1 - w0)
        level, gone, out = square[q - first, half_fine:], hidden[q - first], raw[q - low]
        for x in range(n):
            bias = level[x] - quiet * np.float32(1.0 + POINT_SLACK)
            mean = (fine[x] + fine[x + 1] + fine[x + 2] + fine[x + 3] + fine[x + 4]) * fine_x[x] * fine_y
            bias = max(bias, mean - quiet * np.float32(1.0 + FINE_SLACK))
            inverse = fine_x[x] * fine_y
            near = quarter * (near_square[2 * x] + near_square[2 * x + 1]) * inverse * inverse
            bias = max(bias, near - np.float32(2.0 * (1.0 + MEAN_SLACK)) * inverse)
            inverse = wide_x[x] * wide_y
            wide = quarter * (wide_square[2 * x] + wide_square[2 * x + 1]) * inverse * inverse
            bias = max(bias, np.float32(2.0) * (wide - np.float32(2.0 * (1.0 + WIDE_SLACK)) * inverse))
            weight = min(np.float32(FREE) / max(bias, np.float32(1e-6)), one)
            out[x] = weight if bias <= np.float32(CUT) and gone[x] == 0 else zero


@njit(cache=True, nogil=True)
@no_type_check
def _soften(raw, low, high, done, ready, out):
    """The least weight of each 3×3 quads, then the mean of 3×3 of these, for done…ready; `raw` begins at low."""
    n = raw.shape[1]
    eroded = np.empty_like(raw)
    third = np.float32(1.0 / 9.0)
    for q in range(max(done - 1, low), min(ready + 1, high)):
        a, b, c = raw[max(q - 1, low) - low], raw[q - low], raw[min(q + 1, high - 1) - low]
        line = eroded[q - low]
        for x in range(n):
            line[x] = min(a[x], min(b[x], c[x]))
        before = line[0]
        for x in range(n):
            here = line[x]
            line[x] = min(before, min(here, line[min(x + 1, n - 1)]))
            before = here
    for q in range(done, ready):
        a, b, c = eroded[max(q - 1, low) - low], eroded[q - low], eroded[min(q + 1, high - 1) - low]
        target = out[q]
        for x in range(n):
            left, right = max(x - 1, 0), min(x + 1, n - 1)
            target[x] = third * (a[left] + a[x] + a[right] + b[left] + b[x] + b[right] + c[left] + c[x] + c[right])
