"""Sharpening that knows the noise: edges gain contrast, noise does not, and no halo is drawn."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.core import ContractError
from catchlight.core.bands import for_bands

# Deviation of the Gaussian in pixels of the sensor: what lens, photosite and demosaicing together take away.
_RADIUS_PX = 0.85
# Detail that sharpness 1 adds, as a multiple of what the Gaussian takes away.
_AMOUNT = 0.9
# Detail is kept as far as its local energy (of 9 pixels, so it scatters) exceeds this many times that of the noise: the
# deviation of flat, noisy areas then grows by less than 2 %.
_NOISE_MARGIN = 2.6
# A pixel may pass the range of its 3×3 neighbourhood by this share of the range.
_OVERSHOOT = 0.08


def sharpen(
    pixels: Float32[np.ndarray, "h w 3"],
    luma: Float32[np.ndarray, "h w"],
    sigma: Float32[np.ndarray, "h w"],
    *,
    sharpness: float,
    scale: float = 1.0,
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
        scale: pixels of the picture per pixel of the sensor, 0.5…4: what is to be sharpened is that much wider.
        out: array for the result; may be `pixels`.

    Raises:
        ContractError: a scale out of range.

    Source: Polesel, Ramponi & Mathews 2000, "Image enhancement via adaptive unsharp masking" (the idea of an amount
    that follows local activity); the weight is Lee 1980, "Digital image enhancement and noise filtering by use of local
    statistics".
    """
    if not 0.5 <= scale <= 4:
        raise ContractError(f"the scale of sharpening lies in 0.5…4; found {scale}")
    if sharpness <= 0:
        if out is None or out is pixels:
            return pixels
        out[...] = pixels
        return out
    result = np.empty_like(pixels) if out is None else out
    amount = np.float32(_AMOUNT * sharpness)
    taps = gaussian_taps(_RADIUS_PX * scale)
    # White noise of variance 1 has this variance once its Gaussian is subtracted (the squared taps of that filter).
    passed = 1 - 2 * float(taps[0]) ** 2 + float(taps[0] ** 2 + 2 * (taps[1:] ** 2).sum()) ** 2
    noise_share = np.float32(_NOISE_MARGIN * passed)
    for_bands(partial(_sharpen_rows, pixels, luma, sigma, amount, taps, noise_share, result), pixels.shape[0])
    return result


def gaussian_taps(radius_px: float) -> Float32[np.ndarray, "n"]:
    """The middle and one side of a sampled Gaussian that sums to 1.

    >>> [round(float(t), 3) for t in gaussian_taps(0.85)]
    [0.47, 0.235, 0.03]
    """
    taps = np.exp(-0.5 * (np.arange(round(2.4 * radius_px) + 1) / radius_px) ** 2)
    result: Float32[np.ndarray, "n"] = (taps / (2 * taps.sum() - 1)).astype(np.float32)
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
def _detail_row(luma, y, taps, blurred, detail):
    """Luma minus its Gaussian in row y; rows and columns beyond the border repeat the last one."""
    h, w = luma.shape
    n = taps.size - 1
    middle = blurred[n : n + w]
    for x in range(w):
        middle[x] = taps[0] * luma[y, x]
    for k in range(1, n + 1):
        above, below, tap = luma[max(y - k, 0)], luma[min(y + k, h - 1)], taps[k]
        for x in range(w):
            middle[x] += tap * (above[x] + below[x])
    for k in range(n):
        blurred[k], blurred[n + w + k] = blurred[n], blurred[n + w - 1]
    for x in range(w):
        detail[x] = luma[y, x] - taps[0] * middle[x]
    for k in range(1, n + 1):
        left, right, tap = blurred[n - k : n - k + w], blurred[n + k : n + k + w], taps[k]
        for x in range(w):
            detail[x] -= tap * (left[x] + right[x])


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _sharpen_rows(pixels, luma, sigma, amount, taps, noise_share, out, top, bottom):
    h, w = luma.shape
    zero, one = np.float32(0), np.float32(1)
    ninth = np.float32(1 / 9)
    overshoot = np.float32(_OVERSHOOT)
    # Detail of the rows above, at and below the current one, in turn.
    detail = np.empty((3, w), np.float32)
    blurred, energy = np.empty(w + 2 * taps.size - 2, np.float32), np.empty(w, np.float32)
    low, high = np.empty(w, np.float32), np.empty(w, np.float32)
    first = max(top - 1, 0)
    for y in range(first, min(first + 2, h)):
        _detail_row(luma, y, taps, blurred, detail[y % 3])
    ready = first + 2
    for y in range(top, bottom):
        while ready <= min(y + 1, h - 1):
            _detail_row(luma, ready, taps, blurred, detail[ready % 3])
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
