"""Noise removal from a mosaic before it is demosaiced, by shrinking the coefficients of overlapping DCT blocks.

A Bayer mosaic is a picture of brightness plus colours that ride on the highest frequencies, so a plain 16×16 DCT of the
mosaic itself is compact in both, and noise is still white and independent there, as it is no more after demosaicing.
"""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.core import GREEN, CfaPattern, LinearMosaic
from catchlight.core.bands import for_bands

_N = 16
# Blocks that are transformed at once: their coefficients stay in the first-level cache.
_CHUNK = 256
# Shrinkage: a coefficient c under noise σ keeps the part max(0, 1 - (λσ/c)²).
LAMBDA = 1.85
# Part of the noise variance that is left on flat ground at strength 1 (measured).
_LEFT = 1 / 30
# Radius of the broad tint, one deviation, in 2×2 quads.
_TINT_SIGMA = 3.0


def denoise_mosaic(mosaic: LinearMosaic, *, strength: float = 1.0) -> LinearMosaic:
    """The mosaic with the noise that its model and share map tell removed; strength 0 removes none.

    Values are first bent so that the noise of green has unit variance everywhere (see `stabilise`), with one curve for
    all colours, so that grey stays flat. Each 16×16 block, every 4 photosites in both directions, is shrunk by its own
    mean noise variance, in which the share of every quad counts: what moved and was taken from one frame only is
    cleaned more than what was merged from eight.

    Source: Yu & Sapiro 2011, "DCT image denoising: a simple and effective image denoising algorithm", with empirical
    Wiener shrinkage (Ghael, Sayeed & Baraniuk 1997, eq. 8) in place of a threshold, and before demosaicing as in Park
    et al. 2009, "A case for denoising before demosaicking color filter array data".
    """
    h, w = mosaic.shape
    if strength <= 0 or min(h, w) < _N:
        return mosaic
    shot = mosaic.noise.shot[1]
    # A curve without read noise is infinitely steep at black, where samples below zero would tear it apart: no sensor
    # reads out better than to one electron, whose variance is shot².
    read = max(mosaic.noise.read[1], shot * shot, 1e-10)
    shot_site = np.array([mosaic.noise.shot[c] for c in mosaic.cfa.sites], np.float32)
    read_site = np.array([max(mosaic.noise.read[c], 1e-10) for c in mosaic.cfa.sites], np.float32)
    share = mosaic.share if mosaic.share is not None else np.ones((h // 2, w // 2), np.float32)
    variance = np.empty((h // 2, w // 2), np.float32)
    bent = np.empty((h, w), np.float32)
    curve = np.float32(shot), np.float32(read)
    bend = partial(_bend_rows, mosaic.values, share, shot_site, read_site, *curve, bent, variance)
    for_bands(bend, h // 2, at_most=64)
    tints = _broad_tints(bent, mosaic.cfa)
    for plane, tint in tints:
        bent[plane] -= tint
    clean = shrink_blocks(bent, variance, threshold=LAMBDA * strength)
    del bent
    for plane, tint in tints:
        clean[plane] += tint
    # Every sample is read once, before it is written: the result takes the place of what it is made from.
    for_bands(partial(_unbend_rows, clean, share, shot_site, read_site, *curve, clean), h // 2, at_most=64)
    return LinearMosaic(
        values=clean,
        cfa=mosaic.cfa,
        gains=mosaic.gains,
        noise=mosaic.noise.averaged(1 / residual_share(strength)),
        share=mosaic.share,
    )


def residual_share(strength: float) -> float:
    """Part of the noise variance that `denoise_mosaic` leaves on flat ground."""
    return 1.0 - min(max(strength, 0.0), 1.0) * (1.0 - _LEFT)


Place = tuple[slice, slice]


def _broad_tints(
    bent: Float32[np.ndarray, "h w"], cfa: CfaPattern
) -> list[tuple[Place, Float32[np.ndarray, "rows columns"]]]:
    """What red and blue sites differ from green by over a wide neighbourhood, for each plane of such sites.

    Taken off before the DCT and given back after it. A constant colour alternates from site to site, which a DCT
    spreads over many small coefficients: shrinking those would weave a mesh into coloured areas and bleach faint
    colours in patches. The wide mean itself holds next to no noise.
    """
    green = cfa.half_size_green(bent)
    return [
        (plane, cv2.GaussianBlur(bent[plane] - green, (0, 0), _TINT_SIGMA))
        for colour, plane in cfa.planes
        if colour != GREEN
    ]


def shrink_blocks(
    data: Float32[np.ndarray, "h w"],
    variance: Float32[np.ndarray, "rows columns"],
    *,
    threshold: float,
    stride: int = 4,
) -> Float32[np.ndarray, "h w"]:
    """Empirical Wiener shrinkage of overlapping 16×16 DCT blocks; the mean of each block is kept.

    Args:
        data: a plane, at least 16×16.
        variance: noise of each 2×2 of `data`.
        threshold: λ; see `LAMBDA`.
        stride: rows and columns from one block to the next: 4, or 8 for a quarter of the work.
    """
    h = data.shape[0]
    out = np.empty_like(data)
    even, odd = _dct_halves()
    work = partial(_shrink_rows, data, variance, out, even, odd, _window(), np.float32(threshold**2), stride)
    for_bands(work, h, step=stride, at_most=max(64, min(256, -(-h // 4))))
    return out


def _dct_halves() -> tuple[Float32[np.ndarray, "8 8"], Float32[np.ndarray, "8 8"]]:
    """Even and odd rows of the orthonormal DCT-II of 16 points, each over the first eight points."""
    k = np.arange(_N)[:, None]
    i = np.arange(_N)[None, :]
    full = np.sqrt(2 / _N) * np.cos(np.pi * (2 * i + 1) * k / (2 * _N))
    full[0] /= np.sqrt(2)
    half = _N // 2
    return full[0::2, :half].astype(np.float32), full[1::2, :half].astype(np.float32)


def _window() -> Float32[np.ndarray, 16]:
    return np.sin(np.pi * (np.arange(_N) + 0.5) / _N).astype(np.float32)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
@no_type_check
def _stabilised(value, shot, read):
    """Integral of 1/σ(x) from 0 to value, where σ² = shot·x + read above black and read below."""
    base = np.sqrt(read)
    if value <= 0:
        return value / base
    return np.float32(2.0) * value / (np.sqrt(shot * value + read) + base)


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _bend_rows(values, share, shots, reads, shot, read, bent, variance, top, bottom):
    width = share.shape[1]
    for y in range(top, bottom):
        for x in range(width):
            total, light = np.float32(0.0), np.float32(0.0)
            for site in range(4):
                light += max(values[2 * y + (site >> 1), 2 * x + (site & 1)], np.float32(0.0))
            light *= np.float32(0.25)
            green = shot * light + read
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                bent[r, c] = _stabilised(values[r, c], shot, read)
                total += shots[site] * light + reads[site]
            variance[y, x] = share[y, x] * np.float32(0.25) * total / green


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _unbend_rows(clean, share, shots, reads, shot, read, out, top, bottom):
    base = np.sqrt(read)
    values = np.empty(4, np.float32)
    for y in range(top, bottom):
        for x in range(share.shape[1]):
            light = np.float32(0.0)
            for site in range(4):
                z = clean[2 * y + (site >> 1), 2 * x + (site & 1)]
                if z <= 0:
                    values[site] = z * base
                else:
                    half = np.float32(0.5) * z
                    values[site] = half * half * shot + z * base
                light += max(values[site], np.float32(0.0))
            light *= np.float32(0.25)
            green = shot * light + read
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                # The mean of a bent noisy value lies below the bent mean by variance·shot/4σ³, where the variance is
                # the colour's own and the curve green's: undone here, fading out at black. Else reds would pale.
                own = (shots[site] * light + reads[site]) / green
                above = np.float32(0.5) + np.float32(0.5) * clean[r, c] / np.sqrt(max(own, np.float32(1.0)))
                above = min(max(above, np.float32(0.0)), np.float32(1.0))
                out[r, c] = values[site] + np.float32(0.25) * shot * own * share[y, x] * above


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _sum_of_eight(weights, rows, out, n):
    """out[:n] = Σ weights[k] · rows[k, :n] over eight rows; all arrays are contiguous, or there would be no vectors."""
    a0, a1, a2, a3, a4, a5, a6, a7 = (
        weights[0], weights[1], weights[2], weights[3], weights[4], weights[5], weights[6], weights[7],
    )  # fmt: skip
    r0, r1, r2, r3, r4, r5, r6, r7 = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    for x in range(n):
        out[x] = (a0 * r0[x] + a1 * r1[x] + a2 * r2[x] + a3 * r3[x]) + (
            a4 * r4[x] + a5 * r5[x] + a6 * r6[x] + a7 * r7[x]
        )


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _shrink(coefficients, limit, n):
    zero, one, tiny = np.float32(0.0), np.float32(1.0), np.float32(1e-20)
    for x in range(n):
        c = coefficients[x]
        coefficients[x] = c * max(zero, one - limit[x] / (c * c + tiny))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _shrink_rows(data, variance, out, even, odd, window, threshold, stride, top, bottom):
    height, width = data.shape
    rows = bottom - top
    # Blocks start every `stride` columns; the picture is mirrored to the right until the last of them is whole.
    count_x = (width - 16 + stride - 1) // stride + 1
    padded = (count_x - 1) * stride + 16
    steps = padded // stride
    acc = np.zeros((rows, width), np.float32)
    norm_y = np.zeros(rows, np.float32)
    norm_x = np.zeros(padded, np.float32)
    plus, minus = np.empty((8, padded), np.float32), np.empty((8, padded), np.float32)
    strip_even, strip_odd = np.empty((8, padded), np.float32), np.empty((8, padded), np.float32)
    # One row of the strip with its columns sorted by their place within a step: what lies at column j of all blocks is
    # then contiguous, and all blocks are worked on at once.
    sorted_in = np.empty((stride, steps), np.float32)
    sorted_out = np.empty((stride, steps), np.float32)
    part_even, part_odd = np.empty((8, _CHUNK), np.float32), np.empty((8, _CHUNK), np.float32)
    coef_even, coef_odd = np.empty((8, _CHUNK), np.float32), np.empty((8, _CHUNK), np.float32)
    column_variance = np.empty(padded // 2, np.float32)
    limits = np.empty(count_x, np.float32)
    across_even, across_odd = np.ascontiguousarray(even.T), np.ascontiguousarray(odd.T)
    zero = np.float32(0.0)
    for k in range(count_x):
        for j in range(16):
            norm_x[stride * k + j] += window[j]
    count_y = (height - 16 + stride - 1) // stride + 1
    for k in range(count_y):
        # The last row of blocks is moved in so that it ends at the border.
        y0 = min(stride * k, height - 16)
        if y0 + 16 <= top or y0 >= bottom:
            continue
        # DCT along columns, for the whole strip of 16 rows at once.
        for i in range(8):
            upper, lower, p, m = data[y0 + i], data[y0 + 15 - i], plus[i], minus[i]
            for x in range(width):
                p[x] = upper[x] + lower[x]
            for x in range(width):
                m[x] = upper[x] - lower[x]
            for x in range(width, padded):
                p[x], m[x] = p[2 * width - 1 - x], m[2 * width - 1 - x]
        for m in range(8):
            _sum_of_eight(even[m], plus, strip_even[m], padded)
            _sum_of_eight(odd[m], minus, strip_odd[m], padded)
        # Noise variance of every block: mean over its 8×8 quads.
        last = variance.shape[1] - 1
        for x in range(padded // 2):
            column_variance[x] = zero
        for i in range(8):
            line = variance[min(y0 // 2 + i, variance.shape[0] - 1)]
            for x in range(padded // 2):
                column_variance[x] += line[min(x, last)]
        for b in range(count_x):
            v = zero
            for j in range(8):
                v += column_variance[b * stride // 2 + j]
            limits[b] = threshold * v * np.float32(1.0 / 64.0)
        # Row by row: DCT along rows, shrinkage, and back.
        for i in range(16):
            row = strip_even[i >> 1] if i & 1 == 0 else strip_odd[i >> 1]
            for r in range(stride):
                source, target = row[r:], sorted_in[r]
                if stride == 4:
                    for t in range(steps):
                        target[t] = source[4 * t]
                else:
                    for t in range(steps):
                        target[t] = source[stride * t]
            sorted_out[:] = zero
            for begin in range(0, count_x, _CHUNK):
                n = min(_CHUNK, count_x - begin)
                for j in range(8):
                    far = 15 - j
                    a = sorted_in[j % stride, begin + j // stride : begin + j // stride + n]
                    b = sorted_in[far % stride, begin + far // stride : begin + far // stride + n]
                    p, m = part_even[j, :n], part_odd[j, :n]
                    for x in range(n):
                        p[x] = a[x] + b[x]
                    for x in range(n):
                        m[x] = a[x] - b[x]
                limit = limits[begin : begin + n]
                for m in range(8):
                    _sum_of_eight(even[m], part_even, coef_even[m], n)
                    if i + m > 0:  # the mean of a block stays
                        _shrink(coef_even[m], limit, n)
                    _sum_of_eight(odd[m], part_odd, coef_odd[m], n)
                    _shrink(coef_odd[m], limit, n)
                for j in range(8):
                    p, m = part_even[j, :n], part_odd[j, :n]
                    _sum_of_eight(across_even[j], coef_even, p, n)
                    _sum_of_eight(across_odd[j], coef_odd, m, n)
                    far = 15 - j
                    a = sorted_out[j % stride, begin + j // stride : begin + j // stride + n]
                    b = sorted_out[far % stride, begin + far // stride : begin + far // stride + n]
                    w = window[j]  # the window is even
                    for x in range(n):
                        a[x] += w * (p[x] + m[x])
                    for x in range(n):
                        b[x] += w * (p[x] - m[x])
            for r in range(stride):
                source, target = sorted_out[r], row[r:]
                if stride == 4:
                    for t in range(steps):
                        target[4 * t] = source[t]
                else:
                    for t in range(steps):
                        target[stride * t] = source[t]
        # Back along columns, into the rows of this band.
        for i in range(8):
            _sum_of_eight(across_even[i], strip_even, plus[i], padded)
            _sum_of_eight(across_odd[i], strip_odd, minus[i], padded)
        for i in range(16):
            y = y0 + i - top
            if y < 0 or y >= rows:
                continue
            j, sign = (i, np.float32(1.0)) if i < 8 else (15 - i, np.float32(-1.0))
            p, m, line = plus[j], minus[j], acc[y]
            norm_y[y] += window[i]
            w = window[i]
            for x in range(width):
                line[x] += w * (p[x] + sign * m[x])
    for y in range(rows):
        line, source, inverse = out[top + y], acc[y], np.float32(1.0) / norm_y[y]
        for x in range(width):
            line[x] = source[x] * inverse / norm_x[x]
