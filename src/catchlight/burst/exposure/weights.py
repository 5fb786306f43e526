"""How every sample of a frame is weighed in a merge of mixed exposures: the kernels of `ExposureMerge`."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit

from catchlight.burst.merge.robustness import UNSEEN
from catchlight.burst.merge.warp import OUTSIDE, shift_at

# Size that a difference is given where it is no contradiction (the frame shows more than the reference could): that of
# noise after resampling, since `trust` reads from the quiet places how large chance differences are.
_AGREES = np.float32(1.2)
# Differences count a little less than they are: chance alone would mark 3 % of the quads, and where a long frame has an
# eighth of the reference's noise, each of them would show as a speck.
_LENIENCE = np.float32(0.8)
# Trust from which a frame counts whole: in the shadows a long frame has so little noise of its own that what chance
# takes from the trust would weigh more than that.
_NEARLY = 0.8


@njit(cache=True, nogil=True)
@no_type_check
def begin_rows(values, level, full, width, shot, read, total, weights, squares, seen, top, bottom):
    """The sums of the reference alone: every sample by its inverse variance, fading out towards the ceiling."""
    zero, one = np.float32(0), np.float32(1)
    for y in range(top, bottom):
        for x in range(seen.shape[1]):
            least = one
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                # Nearer to the ceiling than noise reaches a sample fades out; its own noise biases it by far less.
                clear = min(max((full[site] - values[r, c]) / (width * full[site]), zero), one)
                w = clear / (shot[site] * level[r, c] + read[site])
                total[r, c] = w * values[r, c]
                weights[r, c] = w
                # Σ w² V, where V w = clear.
                squares[r, c] = w * clear
                least = min(least, clear)
            seen[y, x] = least


@njit(cache=True, nogil=True)
@no_type_check
def clear_rows(clear, affine, shifts, cell, out, top, bottom):
    """`clear` where the reference's quads are found, bilinear; outside it does not matter."""
    height, width = clear.shape
    for y in range(top, bottom):
        for x in range(width):
            px, py = 2.0 * x + 1.0, 2.0 * y + 1.0
            dx, dy = shift_at(shifts, cell, px, py)
            u = (affine[0, 0] * px + affine[0, 1] * py + affine[0, 2] + dx) * 0.5 - 0.5
            v = (affine[1, 0] * px + affine[1, 1] * py + affine[1, 2] + dy) * 0.5 - 0.5
            u, v = min(max(u, 0.0), width - 1.0), min(max(v, 0.0), height - 1.0)
            iu, iv = min(int(u), max(width - 2, 0)), min(int(v), max(height - 2, 0))
            ju, jv = min(iu + 1, width - 1), min(iv + 1, height - 1)
            fu, fv = np.float32(u - iu), np.float32(v - iv)
            one = np.float32(1)
            upper = (one - fu) * clear[iv, iu] + fu * clear[iv, ju]
            lower = (one - fu) * clear[jv, iu] + fu * clear[jv, ju]
            out[y, x] = (one - fv) * upper + fv * lower


@njit(cache=True, nogil=True)
@no_type_check
def kept_rows(kept, affine, shifts, cell, out, top, bottom):
    """Part of its noise variance that resampling leaves at every quad; `kept` by phase, as in `lattice_noise`."""
    for y in range(top, bottom):
        for x in range(out.shape[1]):
            px, py = 2.0 * x + 0.5, 2.0 * y + 0.5
            dx, dy = shift_at(shifts, cell, px, py)
            # Index of the quad's first site in the frame, in 16ths; bins are centred on multiples of them.
            u = affine[0, 0] * px + affine[0, 1] * py + affine[0, 2] + dx - 0.5
            v = affine[1, 0] * px + affine[1, 1] * py + affine[1, 2] + dy - 0.5
            column, row = int(np.floor(u * 16.0 + 0.5)), int(np.floor(v * 16.0 + 0.5))
            out[y, x] = kept[((row & 31) << 5) | (column & 31)]


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _difference(value, own, level, total, weight, square, full, shot_a, read_a, shot_b, read_b):
    """Difference of a moved sample from what is known of the place, and half the variance that it has by chance.

    Known is the reference, where it is not clipped; else the frames before, else that it is at least so bright.
    """
    half = np.float32(0.5)
    if own < full:
        # In texture the sample itself tells its brightness better than the mean around it.
        bright = max(level, own)
        return value - own, half * ((shot_a + shot_b) * bright + read_a + read_b)
    bright = max(level, value)
    theirs = shot_b * bright + read_b
    if weight > 0:
        return value - total / weight, half * (theirs + square / (weight * weight))
    return min(value - full, np.float32(0)), half * (theirs + shot_a * full + read_a)


@njit(cache=True, nogil=True)
@no_type_check
def scale_rows(
    reference, moved, clear, level, total, weights, squares, sites, full, shot_a, read_a, shot_b, read_b, scaled,
    top, bottom,
):  # fmt: skip
    """Difference of the moved frame from what is known, in units of chance, for `trust`; UNSEEN where it is blind."""
    for y in range(top, bottom):
        for x in range(clear.shape[1]):
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                value = moved[r, c, sites[site]]
                if value <= OUTSIDE or clear[y, x] <= 0:
                    scaled[site, y, x] = UNSEEN
                else:
                    d, unit = _difference(
                        value, reference[r, c], level[r, c], total[r, c], weights[r, c], squares[r, c], full[site],
                        shot_a[site], read_a[site], shot_b[site], read_b[site],
                    )  # fmt: skip
                    if d == 0 and reference[r, c] >= full[site]:
                        # Alternating, so that no mean of neighbours sees it.
                        scaled[site, y, x] = _AGREES if (x + y) & 1 else -_AGREES
                    else:
                        scaled[site, y, x] = _LENIENCE * d / np.sqrt(unit)


@njit(cache=True, nogil=True)
@no_type_check
def add_rows(
    reference, moved, clear, trusted, kept, level, total, weights, squares, sites, full, shot_a, read_a, shot_b, read_b,
    top, bottom,
):  # fmt: skip
    """Adds the moved frame to the sums: w x, w and w² V of every sample, where resampling left `kept` of V."""
    one = np.float32(1)
    for y in range(top, bottom):
        for x in range(clear.shape[1]):
            t = trusted[y, x]
            if t <= 0 or clear[y, x] <= 0:
                continue
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                value = moved[r, c, sites[site]]
                if value <= OUTSIDE:
                    continue
                _, unit = _difference(
                    value, reference[r, c], level[r, c], total[r, c], weights[r, c], squares[r, c], full[site],
                    shot_a[site], read_a[site], shot_b[site], read_b[site],
                )  # fmt: skip
                bright = level[r, c] if reference[r, c] < full[site] else max(level[r, c], value)
                variance = shot_b[site] * bright + read_b[site]
                # Trust t stands for a squared bias of (1/t - 1) units: the weight is the inverse of the expected error.
                w = clear[y, x] / (variance + unit * max(one / t - np.float32(1 / _NEARLY), np.float32(0)))
                total[r, c] += w * value
                weights[r, c] += w
                squares[r, c] += w * w * variance * kept[y, x]
