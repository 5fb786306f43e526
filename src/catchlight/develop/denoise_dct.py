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
    tint = _broad_tint(bent, mosaic.cfa)
    clean = shrink_blocks(bent - tint, variance, threshold=LAMBDA * strength)
    clean += tint
    del bent, tint
    out = np.empty((h, w), np.float32)
    for_bands(partial(_unbend_rows, clean, share, *curve, out), h // 2, at_most=64)
    return LinearMosaic(
        values=out,
        cfa=mosaic.cfa,
        gains=mosaic.gains,
        noise=mosaic.noise.averaged(1 / residual_share(strength)),
        share=mosaic.share,
    )


def residual_share(strength: float) -> float:
    """Part of the noise variance that `denoise_mosaic` leaves on flat ground."""
    return 1.0 - min(max(strength, 0.0), 1.0) * (1.0 - _LEFT)


def _broad_tint(bent: Float32[np.ndarray, "h w"], cfa: CfaPattern) -> Float32[np.ndarray, "h w"]:
    """What red and blue sites differ from green by over a wide neighbourhood; 0 at green sites.

    Taken off before the DCT and given back after it. A constant colour alternates from site to site, which a DCT
    spreads over many small coefficients: shrinking those would weave a mesh into coloured areas and bleach faint
    colours in patches. The wide mean itself holds next to no noise.
    """
    tint = np.zeros_like(bent)
    green = cfa.half_size_green(bent)
    for colour, plane in cfa.planes:
        if colour != GREEN:
            tint[plane] = cv2.GaussianBlur(bent[plane] - green, (0, 0), _TINT_SIGMA)
    return tint


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


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _stabilised(value, shot, read):
    """Integral of 1/σ(x) from 0 to value, where σ² = shot·x + read above black and read below."""
    base = np.sqrt(read)
    if value <= 0:
        return value / base
    return np.float32(2.0) * value / (np.sqrt(shot * value + read) + base)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
@no_type_check
def _unbend_rows(clean, share, shot, read, out, top, bottom):
    base = np.sqrt(read)
    for y in range(top, bottom):
        for x in range(share.shape[1]):
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                z = clean[r, c]
                if z <= 0:
                    value = z * base
                else:
                    half = np.float32(0.5) * z
                    value = half * half * shot + z * base
                # The mean of a bent noisy value lies below the bent mean by shot/4σ: undone here, fading out at black.
                above = min(max(np.float32(0.5) + np.float32(0.5) * z, np.float32(0.0)), np.float32(1.0))
                out[r, c] = value + np.float32(0.25) * shot * share[y, x] * above


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _shrink_rows(data, variance, out, even, odd, window, threshold, stride, top, bottom):
    height, width = data.shape
    rows = bottom - top
    acc = np.zeros((rows, width), np.float32)
    norm_y = np.zeros(rows, np.float32)
    norm_x = np.zeros(width, np.float32)
    strip = np.empty((16, width), np.float32)
    turned = np.empty((width, 16), np.float32)
    back = np.empty((width, 16), np.float32)
    column_variance = np.empty((width // 2 + 1), np.float32)
    e = np.empty((8, 16), np.float32)
    o = np.empty((8, 16), np.float32)
    coef = np.empty((16, 16), np.float32)
    line = np.empty(width, np.float32)
    zero, one, tiny = np.float32(0.0), np.float32(1.0), np.float32(1e-20)
    # Blocks start every `stride` samples; the last one is moved in so that it ends at the border.
    count_x = (width - 16 + stride - 1) // stride + 1
    for k in range(count_x):
        x0 = min(stride * k, width - 16)
        for j in range(16):
            norm_x[x0 + j] += window[j]
    count_y = (height - 16 + stride - 1) // stride + 1
    for k in range(count_y):
        y0 = min(stride * k, height - 16)
        if y0 + 16 <= top or y0 >= bottom:
            continue
        # DCT along columns, for the whole strip of 16 rows at once.
        for m in range(8):
            for x in range(width):
                strip[2 * m, x] = zero
                strip[2 * m + 1, x] = zero
        for i in range(8):
            upper, lower = data[y0 + i], data[y0 + 15 - i]
            for m in range(8):
                a, b = even[m, i], odd[m, i]
                se, so = strip[2 * m], strip[2 * m + 1]
                for x in range(width):
                    se[x] += a * (upper[x] + lower[x])
                    so[x] += b * (upper[x] - lower[x])
        for x in range(width):
            for i in range(16):
                turned[x, i] = strip[i, x]
                back[x, i] = zero
        # Noise variance of the strip's columns: mean over its eight rows of quads.
        for x in range(width // 2):
            column_variance[x] = zero
        for i in range(8):
            for x in range(width // 2):
                column_variance[x] += variance[min(y0 // 2 + i, variance.shape[0] - 1), x]
        for b in range(count_x):
            x0 = min(stride * b, width - 16)
            v = zero
            for j in range(8):
                v += column_variance[min(x0 // 2 + j, width // 2 - 1)]
            limit = threshold * v * np.float32(1.0 / 64.0)
            for j in range(8):
                for i in range(16):
                    e[j, i] = turned[x0 + j, i] + turned[x0 + 15 - j, i]
                    o[j, i] = turned[x0 + j, i] - turned[x0 + 15 - j, i]
            for m in range(8):
                ce, co = coef[2 * m], coef[2 * m + 1]
                for i in range(16):
                    ce[i] = even[m, 0] * e[0, i]
                    co[i] = odd[m, 0] * o[0, i]
                for j in range(1, 8):
                    a, c = even[m, j], odd[m, j]
                    for i in range(16):
                        ce[i] += a * e[j, i]
                        co[i] += c * o[j, i]
            mean = coef[0, 0]
            for m in range(16):
                for i in range(16):
                    c = coef[m, i]
                    coef[m, i] = c * max(zero, one - limit / (c * c + tiny))
            coef[0, 0] = mean
            for j in range(8):
                for i in range(16):
                    e[j, i] = even[0, j] * coef[0, i]
                    o[j, i] = odd[0, j] * coef[1, i]
                for m in range(1, 8):
                    a, c = even[m, j], odd[m, j]
                    for i in range(16):
                        e[j, i] += a * coef[2 * m, i]
                        o[j, i] += c * coef[2 * m + 1, i]
                for i in range(16):
                    back[x0 + j, i] += window[j] * (e[j, i] + o[j, i])
                    back[x0 + 15 - j, i] += window[15 - j] * (e[j, i] - o[j, i])
        for x in range(width):
            for i in range(16):
                strip[i, x] = back[x, i]
        # Back along columns, into the rows of this band.
        for i in range(16):
            y = y0 + i - top
            if y < 0 or y >= rows:
                continue
            j = i if i < 8 else 15 - i
            sign = one if i < 8 else -one
            for x in range(width):
                line[x] = zero
            for m in range(8):
                a, c = even[m, j], sign * odd[m, j]
                se, so = strip[2 * m], strip[2 * m + 1]
                for x in range(width):
                    line[x] += a * se[x] + c * so[x]
            norm_y[y] += window[i]
            for x in range(width):
                acc[y, x] += window[i] * line[x]
    for y in range(rows):
        for x in range(width):
            out[top + y, x] = acc[y, x] / (norm_y[y] * norm_x[x])
