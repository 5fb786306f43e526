"""What stands in a merge of mixed exposures where the reference is clipped and no other frame can be trusted."""

from __future__ import annotations

from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

# Trust at which a frame takes over whole where the reference says nothing, smoothly from 0.
WHOLE_FROM = 0.5
# Side of the cells, in quads, in which the brightness around refused places is gathered.
CELL_QUADS = 8


def fill_colours(
    value: Float32[np.ndarray, "r c 3"], weight: Float32[np.ndarray, "r c"]
) -> Float32[np.ndarray, "r c 3"]:
    """Weighted colours (each already times its weight), extended over cells of no weight from coarser means.

    Source: push-pull, Gortler et al. 1996, "The lumigraph", section 3.4.
    """
    own = value / np.maximum(weight, np.float32(1e-6))[..., None]
    if min(weight.shape) <= 2:
        mean = value.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
        return np.where((weight > 0)[..., None], own, mean).astype(np.float32)
    h, w = weight.shape
    half = ((w + 1) // 2, (h + 1) // 2)
    small_value, small_weight = (cv2.resize(a, half, interpolation=cv2.INTER_AREA) for a in (value, weight))
    coarse = cv2.resize(fill_colours(small_value, small_weight), (w, h), interpolation=cv2.INTER_LINEAR)
    known = np.minimum(weight, np.float32(1))[..., None]
    return (known * own + (1 - known) * coarse).astype(np.float32)


@njit(cache=True, nogil=True)
@no_type_check
def gather_rows(reference, sites, full, seen, total, weights, value, weight, top, bottom):
    """Sum over the clipped quads of each cell that were told of their colours, and their share of all."""
    part = np.float32(1.0 / (CELL_QUADS * CELL_QUADS))
    for row in range(top, bottom):
        for column in range(weight.shape[1]):
            for y in range(row * CELL_QUADS, min((row + 1) * CELL_QUADS, seen.shape[0])):
                for x in range(column * CELL_QUADS, min((column + 1) * CELL_QUADS, seen.shape[1])):
                    told, clipped = seen[y, x] >= np.float32(WHOLE_FROM), False
                    for site in range(4):
                        r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                        told = told and weights[r, c] > 0
                        clipped = clipped or reference[r, c] >= full[site]
                    if not (told and clipped):
                        continue
                    weight[row, column] += part
                    for site in range(4):
                        r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                        share = np.float32(0.5) if sites[site] == 1 else np.float32(1)
                        value[row, column, sites[site]] += part * share * total[r, c] / weights[r, c]


@njit(cache=True, nogil=True)
@no_type_check
def bound_rows(reference, moved, sites, full, most, bound, top, bottom):
    """Where the reference is clipped, a shorter frame that shows more of every clipped colour is a better guess."""
    for y in range(top, bottom):
        for x in range(reference.shape[1] // 2):
            agrees = True
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                agrees = agrees and (reference[r, c] < full[site] or moved[r, c, sites[site]] >= full[site])
            if not agrees:
                continue
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                if reference[r, c] >= full[site]:
                    # Ringing of the resampling does not rise above a full photosite.
                    bound[r, c] = max(bound[r, c], min(moved[r, c, sites[site]], most[site]))


@njit(cache=True, nogil=True)
@no_type_check
def finish_rows(
    reference, bound, around, level, seen, sites, full, shot, read, total, weights, squares, share, top, bottom
):
    """Turns the sums into the mean and its share of the reference's variance; leans on a guess where nothing speaks."""
    zero, one, two, three = np.float32(0), np.float32(1), np.float32(2), np.float32(3)
    for y in range(top, bottom):
        for x in range(seen.shape[1]):
            part = min(seen[y, x] * np.float32(1 / WHOLE_FROM), one)
            part = part * part * (three - two * part)
            # A clipped sample of which no frame tells more takes the colour of the surroundings, as bright as those of
            # its quad that are not clipped are against it, or, where all are, at least as bright as all around; without
            # surroundings it is raised to the brightest of its quad: it turns white, not magenta.
            brightest, lift, seen_own, seen_around = zero, one, zero, zero
            colour = around[y // CELL_QUADS, x // CELL_QUADS]
            if part < one:
                for site in range(4):
                    own = reference[2 * y + (site >> 1), 2 * x + (site & 1)]
                    brightest = max(brightest, own)
                    if own < full[site]:
                        seen_own += max(own, zero)
                        seen_around += colour[sites[site]]
                    elif colour[sites[site]] > 0:
                        lift = max(lift, own / colour[sites[site]])
                if seen_around > 0:
                    lift = seen_own / seen_around
            left = zero
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                own = reference[r, c]
                if part < one and own >= full[site]:
                    if bound[r, c] > own:
                        own = bound[r, c]
                    elif colour[sites[site]] > 0:
                        own = max(lift * colour[sites[site]], own)
                    else:
                        own = brightest
                value, variance = own, shot[site] * level[r, c] + read[site]
                if weights[r, c] > 0:
                    inverse = one / weights[r, c]
                    mean = total[r, c] * inverse
                    value = part * mean + (one - part) * own
                    mixed = part * part * squares[r, c] * inverse * inverse
                    variance = mixed + (one - part) * (one - part) * variance
                bright = level[r, c] if reference[r, c] < full[site] else max(level[r, c], value)
                left += variance / (shot[site] * bright + read[site])
                total[r, c] = value
            share[y, x] = np.float32(0.25) * left
