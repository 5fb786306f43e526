"""Clipped highlights are rebuilt from the channels that still hold, with the colour of their surroundings."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.core.bands import for_bands
from catchlight.core.camera_colour import Triple

# Share of a channel's clip level where its value begins to be doubted, and where it is taken for clipped. Demosaicing
# and merging spread a clipped value over its neighbours, hence not 1.
_DOUBTED, _CLIPPED = 0.93, 0.985
# Shares of the clip level from which the second and the last channel, rising, draw the colour towards white.
_SECOND_FADES, _LAST_FADES = 0.6, 0.45
# Green of an overexposed warm light is at least this share of red, from this share of both clip levels on (a wide
# range: a narrow one draws a rim): between sodium lamps and candles, as photos of them are usually shown.
_WARM_GREEN, _WARM_FROM = 0.65, 0.75
# At each coarser level this share of the propagated colour gives way to neutral: far from any witness, white.
_FADE = 0.12
# A cell whose mean weight of good pixels is this small relies half on its surroundings.
_TRUST = 0.02
_CELLS_SHORT_SIDE = 384


def reconstruct_highlights(
    rgb: Float32[np.ndarray, "h w 3"],
    *,
    wb: Triple,
    clip: float = 1.0,
    out: Float32[np.ndarray, "h w 3"] | None = None,
) -> Float32[np.ndarray, "h w 3"]:
    """White-balanced camera RGB whose clipped channels continue smoothly up to the clip level of the largest gain.

    A channel that is clipped where others are not gets the value that the others and the colour of the unclipped
    surroundings suggest, at most m = clip · max(wb); as the others near their clip levels too, colour fades, until
    where all are clipped the result is neutral white, (m, m, m).

    Args:
        rgb: linear, black 0; channel c clips at clip · wb[c].
        wb: gains already applied, the smallest 1.
        clip: what the sensor's white has become: 1 for a single exposure, more where a shorter one was merged in.
        out: array for the result, so that a caller may spare one full-size allocation; may be `rgb`, if the caller
            gives that up.

    Returns:
        `rgb` itself where nothing is clipped, else `out` or a new array: never darker, at most
        clip · max(wb), the same in pixels whose channels are all below three quarters of their clip levels.

    Source: the ratio idea of Zhang & Brainard 2004, "Estimation of saturated pixel values in digital color imaging",
    with the prior colour taken by push-pull (Gortler et al. 1996, "The lumigraph") from the surroundings.
    """
    prior = surrounding_colour(rgb, wb=wb, clip=clip)
    return (
        rgb if prior is None else rebuild(rgb, prior, wb=wb, clip=clip, out=np.empty_like(rgb) if out is None else out)
    )


def surrounding_colour(
    rgb: Float32[np.ndarray, "h w 3"], *, wb: Triple, clip: float = 1.0
) -> Float32[np.ndarray, "r c 3"] | None:
    """Colour (mean of the channels 1) of the unclipped around every cell; None where nothing is clipped.

    The first half of `reconstruct_highlights`, with the same arguments.
    """
    h, w, _ = rgb.shape
    cell_px = _cell_px(h, w)
    rows, columns = -(-h // cell_px), -(-w // cell_px)
    colour, weight = np.empty((rows, columns, 3), np.float32), np.empty((rows, columns), np.float32)
    clipped = np.zeros(rows, np.int64)
    gains = np.asarray(wb, np.float32) * np.float32(clip)
    for_bands(partial(_gather_rows, rgb, gains, cell_px, colour, weight, clipped), rows, step=1, at_most=16)
    return _fill(colour, weight) if clipped.any() else None


def rebuild(
    rgb: Float32[np.ndarray, "h w 3"],
    prior: Float32[np.ndarray, "r c 3"],
    *,
    wb: Triple,
    clip: float = 1.0,
    out: Float32[np.ndarray, "h w 3"],
) -> Float32[np.ndarray, "h w 3"]:
    """The second half of `reconstruct_highlights`: writes the result into `out`, which may be `rgb`, and returns it."""
    h, w, _ = rgb.shape
    gains = np.asarray(wb, np.float32) * np.float32(clip)
    for_bands(partial(_rebuild_rows, rgb, gains, _cell_px(h, w), prior, out), h)
    return out


def _cell_px(h: int, w: int) -> int:
    return max(1, min(h, w) // _CELLS_SHORT_SIDE)


def _fill(colour: Float32[np.ndarray, "r c 3"], weight: Float32[np.ndarray, "r c"]) -> Float32[np.ndarray, "r c 3"]:
    """Weighted colours (sum of channels = weight) extended over cells of no weight; the channels' mean is 1."""
    rows, columns = weight.shape
    if min(rows, columns) <= 2:
        total = max(float(weight.sum()), 1e-12)
        mean = colour.sum(axis=(0, 1)) * np.float32(3 / total) if total > 1e-9 else np.ones(3, np.float32)
        coarse = np.broadcast_to(mean, colour.shape).astype(np.float32)
    else:
        half = ((columns + 1) // 2, (rows + 1) // 2)
        small_colour, small_weight = (cv2.resize(a, half, interpolation=cv2.INTER_AREA) for a in (colour, weight))
        filled = cv2.resize(_fill(small_colour, small_weight), (columns, rows), interpolation=cv2.INTER_LINEAR)
        coarse = filled + np.float32(_FADE) * (np.float32(1) - filled)
    trust = (weight / (weight + np.float32(_TRUST)))[..., None]
    own = colour * np.float32(3) / np.maximum(weight, np.float32(1e-9))[..., None]
    result: Float32[np.ndarray, "r c 3"] = coarse + trust * (own - coarse)
    return result


@njit(cache=True, nogil=True)
@no_type_check
def _ramp(share, start):
    """0 below `start`, 1 from the clipped share of the clip level on, smooth between."""
    t = min(max((share - start) / (np.float32(_CLIPPED) - start), np.float32(0)), np.float32(1))
    return t * t * (np.float32(3) - np.float32(2) * t)


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _gather_rows(rgb, gains, cell_px, colour, weight, clipped, top, bottom):
    """Mean colour share and weight of the good pixels of each cell; bright ones weigh most: they border the clipped."""
    h, w, _ = rgb.shape
    zero, one = np.float32(0), np.float32(1)
    inv_r, inv_g, inv_b = one / gains[0], one / gains[1], one / gains[2]
    for row in range(top, bottom):
        for column in range(weight.shape[1]):
            red, green, blue, total = zero, zero, zero, zero
            y_end, x_end = min((row + 1) * cell_px, h), min((column + 1) * cell_px, w)
            for y in range(row * cell_px, y_end):
                for x in range(column * cell_px, x_end):
                    r, g, b = max(rgb[y, x, 0], zero), max(rgb[y, x, 1], zero), max(rgb[y, x, 2], zero)
                    share = max(r * inv_r, g * inv_g, b * inv_b)
                    if share > np.float32(_DOUBTED):
                        if share > np.float32(_CLIPPED):
                            clipped[row] += 1
                        continue
                    share *= share
                    good = share * share
                    scale = good / max(r + g + b, np.float32(1e-6))
                    red += r * scale
                    green += g * scale
                    blue += b * scale
                    total += good
            n = np.float32((y_end - row * cell_px) * (x_end - column * cell_px))
            colour[row, column, 0], colour[row, column, 1], colour[row, column, 2] = red / n, green / n, blue / n
            weight[row, column] = total / n


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _rebuild_rows(rgb, gains, cell_px, prior, out, top, bottom):
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    rows, columns, _ = prior.shape
    wr, wg, wb = gains[0], gains[1], gains[2]
    white = max(wr, wg, wb)
    scale, tiny, doubted = one / np.float32(cell_px), np.float32(1e-3), np.float32(_DOUBTED)
    warm_from = np.float32(_WARM_FROM)
    for y in range(top, bottom):
        at = min(max((np.float32(y) + half) * scale - half, zero), np.float32(rows - 1))
        j = min(int(at), max(rows - 2, 0))
        fy, j1 = at - np.float32(j), min(j + 1, rows - 1)
        for x in range(rgb.shape[1]):
            r, g, b = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            sr, sg, sb = r / wr, g / wg, b / wb
            dr, dg, db = _ramp(sr, doubted), _ramp(sg, doubted), _ramp(sb, doubted)
            warm = _ramp(sr, warm_from) * _ramp(sg, warm_from) if sb < min(sr, sg) else zero
            if dr + dg + db + warm > zero:
                at = min(max((np.float32(x) + half) * scale - half, zero), np.float32(columns - 1))
                i = min(int(at), max(columns - 2, 0))
                fx, i1 = at - np.float32(i), min(i + 1, columns - 1)
                w00, w01, w10, w11 = (one - fy) * (one - fx), (one - fy) * fx, fy * (one - fx), fy * fx
                pr = w00 * prior[j, i, 0] + w01 * prior[j, i1, 0] + w10 * prior[j1, i, 0] + w11 * prior[j1, i1, 0]
                pg = w00 * prior[j, i, 1] + w01 * prior[j, i1, 1] + w10 * prior[j1, i, 1] + w11 * prior[j1, i1, 1]
                pb = w00 * prior[j, i, 2] + w01 * prior[j, i1, 2] + w10 * prior[j1, i, 2] + w11 * prior[j1, i1, 2]
                ur, ug, ub = one - dr, one - dg, one - db
                size = (ur * r + ug * g + ub * b + tiny * white) / (ur * pr + ug * pg + ub * pb + tiny)
                # Colour fades as the second and the last channel approach their clip levels, before nothing but "at
                # least white" is known.
                last = min(sr, sg, sb)
                second = sr + sg + sb - last - max(sr, sg, sb)
                pale = max(dr, dg, db) * _ramp(second, np.float32(_SECOND_FADES)) * _ramp(last, np.float32(_LAST_FADES))
                r += dr * (max(min(size * pr, white), r) - r)
                g += dg * (max(min(size * pg, white), g) - g)
                b += db * (max(min(size * pb, white), b) - b)
                # Red and green clipped, blue left: a lamp or the sun, going from orange to yellow towards its centre.
                # What the (orange) surroundings say of green is too little there.
                g += warm * max(np.float32(_WARM_GREEN) * r - g, zero)
                most = max(r, g, b)
                r, g, b = r + pale * (most - r), g + pale * (most - g), b + pale * (most - b)
                none = min(dr, dg, db)
                r += none * (max(white, r) - r)
                g += none * (max(white, g) - g)
                b += none * (max(white, b) - b)
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r, g, b
