"""Sharpening that knows the noise: edges gain contrast, noise does not, and no halo is drawn."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.core.bands import for_bands

# Half of a five-tap Gaussian of 0.85 px: what lens, photosite and demosaicing together take away.
_TAPS = (0.4739, 0.2344, 0.0287)
# Detail that sharpness 1 adds, as a multiple of what the Gaussian takes away.
_AMOUNT = 0.9
# White noise of variance 1 has this variance once its Gaussian is subtracted (the squared taps of that filter, summed).
_NOISE_PASSED = 0.664
# Detail is kept as far as its local energy exceeds this many times that of the noise.
_NOISE_MARGIN = 1.6
# A pixel may pass the range of its 3×3 neighbourhood by this share of the range.
_OVERSHOOT = 0.08


def sharpen(
    pixels: Float32[np.ndarray, "h w 3"],
    luma: Float32[np.ndarray, "h w"],
    sigma: Float32[np.ndarray, "h w"],
    *,
    sharpness: float,
    out: Float32[np.ndarray, "h w 3"] | None = None,
) -> Float32[np.ndarray, "h w 3"]:
    """Encoded sRGB with its luma sharpened and its hue kept, 0…1.

    The unsharp detail is weighed by Wiener's rule (local energy above the noise), then the result is held within the
    3×3 range of luma plus 8 % of it, which bounds the overshoot.

    Args:
        pixels: encoded sRGB 0…1.
        luma: its luma.
        sigma: standard deviation of the luma's noise.
        sharpness: 0 returns `pixels` as they are, 1 is the natural amount.
        out: array for the result; may be `pixels`.

    Source: Polesel, Ramponi & Mathews 2000, "Image enhancement via adaptive unsharp masking" (the idea of an amount
    that follows local activity); the weight is Lee 1980, "Digital image enhancement and noise filtering by use of local
    statistics".
    """
    if sharpness <= 0:
        if out is None or out is pixels:
            return pixels
        out[...] = pixels
        return out
    result = np.empty_like(pixels) if out is None else out
    amount = np.float32(_AMOUNT * sharpness)
    for_bands(partial(_sharpen_rows, pixels, luma, sigma, amount, result), pixels.shape[0])
    return result


def noise_of_luma(luma: Float32[np.ndarray, "h w"]) -> float:
    """Standard deviation of white noise in encoded luma, from its calmest regions, for pictures of unknown history.

    Source: Immerkær 1996, "Fast noise variance estimation", on 16×16 blocks. Deviation: the 20th percentile of
    all blocks instead of their mean, since texture raises the others.
    """
    h, w = luma.shape
    if min(h, w) < 18:
        return 0.0
    # Blocks from strips of rows all over the picture are enough, and save full-size temporaries.
    levels: list[np.ndarray] = []
    for top in range(0, h - 17, max(18, h // 40)):
        strip = luma[top : top + 18].astype(np.float32)
        across = strip[:, :-2] - 2 * strip[:, 1:-1] + strip[:, 2:]
        both = np.abs(across[:-2] - 2 * across[1:-1] + across[2:])
        columns = both.shape[1] // 16 * 16
        levels.append(both[:, :columns].reshape(16, -1, 16).mean(axis=(0, 2)))
    return float(np.sqrt(np.pi / 2) / 6 * np.percentile(np.concatenate(levels), 20))


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _detail_row(luma, y, blurred, detail):
    """Luma minus its Gaussian in row y; rows and columns beyond the border repeat the last one."""
    h, w = luma.shape
    t0, t1, t2 = np.float32(_TAPS[0]), np.float32(_TAPS[1]), np.float32(_TAPS[2])
    ya, yb, yc, yd = max(y - 2, 0), max(y - 1, 0), min(y + 1, h - 1), min(y + 2, h - 1)
    for x in range(w):
        blurred[x + 2] = t0 * luma[y, x] + t1 * (luma[yb, x] + luma[yc, x]) + t2 * (luma[ya, x] + luma[yd, x])
    blurred[0], blurred[1] = blurred[2], blurred[2]
    blurred[w + 2], blurred[w + 3] = blurred[w + 1], blurred[w + 1]
    for x in range(w):
        sides = t1 * (blurred[x + 1] + blurred[x + 3]) + t2 * (blurred[x] + blurred[x + 4])
        detail[x] = luma[y, x] - t0 * blurred[x + 2] - sides


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _sharpen_rows(pixels, luma, sigma, amount, out, top, bottom):
    h, w = luma.shape
    zero, one = np.float32(0), np.float32(1)
    ninth = np.float32(1 / 9)
    noise_share = np.float32(_NOISE_PASSED * _NOISE_MARGIN)
    overshoot = np.float32(_OVERSHOOT)
    # Detail of the rows above, at and below the current one, in turn.
    detail = np.empty((3, w), np.float32)
    blurred, energy = np.empty(w + 4, np.float32), np.empty(w, np.float32)
    low, high = np.empty(w, np.float32), np.empty(w, np.float32)
    first = max(top - 1, 0)
    for y in range(first, min(first + 2, h)):
        _detail_row(luma, y, blurred, detail[y % 3])
    ready = first + 2
    for y in range(top, bottom):
        while ready <= min(y + 1, h - 1):
            _detail_row(luma, ready, blurred, detail[ready % 3])
            ready += 1
        above, below = max(y - 1, 0), min(y + 1, h - 1)
        da, d, db = detail[above % 3], detail[y % 3], detail[below % 3]
        for x in range(w):
            energy[x] = da[x] * da[x] + d[x] * d[x] + db[x] * db[x]
            low[x] = min(luma[above, x], luma[y, x], luma[below, x])
            high[x] = max(luma[above, x], luma[y, x], luma[below, x])
        for x in range(w):
            xl, xr = max(x - 1, 0), min(x + 1, w - 1)
            local = (energy[xl] + energy[x] + energy[xr]) * ninth
            noise = noise_share * sigma[y, x] * sigma[y, x]
            v = luma[y, x]
            if local > noise and v > np.float32(1e-4):
                least, most = min(low[xl], low[x], low[xr]), max(high[xl], high[x], high[xr])
                margin = overshoot * (most - least)
                new = v + amount * (one - noise / local) * d[x]
                new = min(max(new, least - margin, zero), most + margin)
                ratio = new / v
                r, g, b = pixels[y, x, 0], pixels[y, x, 1], pixels[y, x, 2]
                peak = max(r, g, b)
                if ratio * peak > one:
                    # Only as bright as the largest channel allows, so that none is cut off.
                    ratio = one / peak
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = r * ratio, g * ratio, b * ratio
            else:
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = pixels[y, x, 0], pixels[y, x, 1], pixels[y, x, 2]
