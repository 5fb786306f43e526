"""Colour blotches and false colours after demosaicing, removed as far as noise explains them."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.core import GREEN, ContractError, LinearMosaic
from catchlight.core.bands import for_bands

# Scales that are cleaned: cells of 2, 4, 8, 16 and 32 px; what is larger is light, not noise.
_LEVELS = 5
# Variance of colour in each band (finest first: pixels within 2×2), and of brightness in all but that, per unit of a
# photosite's variance: measured on flat grey mosaics of white noise after this package's noise removal and demosaicing.
_NOISE_OF_BAND = (0.0005, 0.0009, 0.0012, 0.0021, 0.0026, 0.0013)
_NOISE_OF_LUMA = (0.0042, 0.0012, 0.0012, 0.0011, 0.0005)
# Energy is a local mean over 5×5 cells, which scatters, and noise removal lets some clumps through: colour within this
# many times the expected energy is noise. 2 and 3 do about the same on eight photos at gains 4 to 16; 10 fades colours.
_MARGIN = 3.0
_WINDOW = 5
# With noise below this share of the signal (RMS, at a typical photosite) nothing is seen, and nothing is done.
_LEAST_NOISE = 0.02
_MAP_CELL_PX = 8


def clean_chroma(
    rgb: Float32[np.ndarray, "h w 3"],
    variance: Float32[np.ndarray, "rows cols"] | float,
    *,
    strength: float = 1.0,
    in_place: bool = False,
) -> Float32[np.ndarray, "h w 3"]:
    """The picture with the colour that is noise taken away; brightness, (R + 2 G + B) / 4, stays as it is.

    Colour differences are split into bands of one octave each. In a band, the part that goes along with brightness
    (found by a local regression) is kept as far as brightness itself stands above its noise, and the rest as far as its
    local energy stands above what the noise explains (Wiener's rule).

    Args:
        rgb: linear camera RGB after white balance, black 0.
        variance: noise variance of one photosite in the units of `rgb`, as it was before noise removal: a map of any
            size over the picture, or one number.
        strength: factor on the noise variance, 0 (nothing is done)…4.
        in_place: write the result into `rgb`, which the caller gives up.

    Returns:
        `rgb` itself where the noise is too low to be seen, or the picture is smaller than 64 px.

    Raises:
        ContractError: a variance that is negative or not finite, or a strength out of range.

    Source: Burt & Adelson 1983, "The Laplacian pyramid as a compact image code" (bands); Lee 1980, "Digital image
    enhancement and noise filtering by use of local statistics" (the weight); He, Sun & Tang 2010, "Guided image
    filtering", eqs. 5 and 6 (the regression on brightness).
    """
    if not 0 <= strength <= 4:
        raise ContractError(f"the strength of chroma cleanup lies in 0…4; found {strength}")
    noise = np.asarray(variance, np.float32).reshape((1, 1) if np.ndim(variance) == 0 else np.shape(variance))
    if not (np.isfinite(noise).all() and (noise >= 0).all()):
        raise ContractError("the noise variance for chroma cleanup is finite and ≥ 0")
    h, w, _ = rgb.shape
    if strength == 0 or min(h, w) < 64 or not _visible(rgb, noise):
        return rgb
    noise = noise * np.float32(strength)
    half = np.empty((-(-h // 2), -(-w // 2), 4), np.float32)
    for_bands(partial(_halve_rows, rgb, half), half.shape[0], step=1)
    luma, red, blue, energy = (np.ascontiguousarray(half[..., k]) for k in range(4))
    del half
    cleaned = _clean_levels(luma, [red, blue], noise)
    at = _noise_at(noise, energy.shape)
    keep = _wiener(_mean(energy), at, _NOISE_OF_BAND[0])
    out = rgb if in_place else np.empty_like(rgb)
    coarse = np.stack([red, blue, *cleaned, keep], axis=-1)
    for_bands(partial(_apply_rows, rgb, coarse, out), h)
    return out


def chroma_noise(mosaic: LinearMosaic) -> Float32[np.ndarray, "rows cols"]:
    """Noise variance of a (merged) mosaic's green samples, on cells of 8 px: what `clean_chroma` asks for.

    Args:
        mosaic: before noise removal, of any pattern of colour filters.
    """
    h, w = mosaic.shape
    size = (max(1, w // _MAP_CELL_PX), max(1, h // _MAP_CELL_PX))
    # The mean over all colours: after white balance a grey surface has the same value in each.
    level = np.maximum(cv2.resize(mosaic.values, size, interpolation=cv2.INTER_AREA), np.float32(0))
    variance = mosaic.noise.variance_map(level, channel=GREEN)
    if mosaic.share is not None:
        variance = variance * cv2.resize(mosaic.share, size, interpolation=cv2.INTER_AREA)
    result: Float32[np.ndarray, "rows cols"] = variance.astype(np.float32)
    return result


def _visible(rgb: Float32[np.ndarray, "h w 3"], noise: Float32[np.ndarray, "rows cols"]) -> bool:
    step = max(1, max(rgb.shape) // 256)
    level = float(np.median(np.maximum(rgb[::step, ::step, 1], 0)))
    return float(np.median(noise)) ** 0.5 > _LEAST_NOISE * max(level, 1e-4)


def _clean_levels(
    luma: Float32[np.ndarray, "r c"], chroma: list[Float32[np.ndarray, "r c"]], noise: Float32[np.ndarray, "rows cols"]
) -> list[Float32[np.ndarray, "r c"]]:
    """Both colour differences, cleaned from the coarsest band to the finest."""
    lumas, chromas = [luma], [chroma]
    for _ in range(_LEVELS):
        h, w = lumas[-1].shape
        if min(h, w) < 8:
            break
        size = ((w + 1) // 2, (h + 1) // 2)
        lumas.append(cv2.resize(lumas[-1], size, interpolation=cv2.INTER_AREA))
        chromas.append([cv2.resize(c, size, interpolation=cv2.INTER_AREA) for c in chromas[-1]])
    clean = chromas[-1]
    for level in range(len(lumas) - 2, -1, -1):
        shape = lumas[level].shape
        band_luma = lumas[level] - _enlarge(lumas[level + 1], shape)
        bands = [
            fine - _enlarge(coarse, shape) for fine, coarse in zip(chromas[level], chromas[level + 1], strict=True)
        ]
        at = _noise_at(noise, shape)
        part = _NOISE_OF_BAND[level + 1]
        power = _mean(band_luma * band_luma)
        sure = _wiener(power, at, _NOISE_OF_LUMA[level]) / (power + np.float32(1e-20))
        along = [sure * _mean(band * band_luma) * band_luma for band in bands]
        rest = [band - part_along for band, part_along in zip(bands, along, strict=True)]
        keep = _wiener(_mean((rest[0] * rest[0] + rest[1] * rest[1]) * np.float32(0.5)), at, part)
        clean = [_enlarge(c, shape) + a + keep * r for c, a, r in zip(clean, along, rest, strict=True)]
    return clean


def _wiener(
    energy: Float32[np.ndarray, "r c"], noise: Float32[np.ndarray, "r c"], part: float
) -> Float32[np.ndarray, "r c"]:
    """Share of a band that noise does not explain."""
    result: Float32[np.ndarray, "r c"] = np.maximum(
        1 - noise * np.float32(_MARGIN * part) / np.maximum(energy, np.float32(1e-20)), np.float32(0)
    )
    return result


def _mean(plane: Float32[np.ndarray, "r c"]) -> Float32[np.ndarray, "r c"]:
    return cv2.blur(plane, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT)


def _enlarge(plane: Float32[np.ndarray, "_ _"], shape: tuple[int, ...]) -> Float32[np.ndarray, "_ _"]:
    return cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _noise_at(noise: Float32[np.ndarray, "_ _"], shape: tuple[int, ...]) -> Float32[np.ndarray, "_ _"]:
    if noise.size == 1:
        return np.broadcast_to(noise, shape).astype(np.float32)
    smaller = noise.shape[0] > shape[0]
    return cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _halve_rows(rgb, half, top, bottom):
    """Brightness, both colour differences, and the energy of colour within each cell of 2×2 pixels."""
    h, w, _ = rgb.shape
    quarter = np.float32(0.25)
    red, blue = np.empty(4, np.float32), np.empty(4, np.float32)
    for row in range(top, bottom):
        for column in range(half.shape[1]):
            luma = np.float32(0)
            for k in range(4):
                y, x = min(2 * row + (k >> 1), h - 1), min(2 * column + (k & 1), w - 1)
                r, g, b = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
                light = quarter * (r + g + g + b)
                luma += light
                red[k], blue[k] = r - light, b - light
            mean_red = quarter * (red[0] + red[1] + red[2] + red[3])
            mean_blue = quarter * (blue[0] + blue[1] + blue[2] + blue[3])
            energy = np.float32(0)
            for k in range(4):
                energy += (red[k] - mean_red) ** 2 + (blue[k] - mean_blue) ** 2
            half[row, column, 0], half[row, column, 1] = quarter * luma, mean_red
            half[row, column, 2], half[row, column, 3] = mean_blue, np.float32(0.125) * energy


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _apply_rows(rgb, coarse, out, top, bottom):
    """Pixels with the cleaned colour of their surroundings and what is kept of their own."""
    rows, columns, _ = coarse.shape
    zero, half, quarter = np.float32(0), np.float32(0.5), np.float32(0.25)
    near = np.empty((columns, 5), np.float32)
    for y in range(top, bottom):
        at = min(max((np.float32(y) + half) * half - half, zero), np.float32(rows - 1))
        j = int(at)
        j1, f = min(j + 1, rows - 1), at - np.float32(j)
        for i in range(columns):
            for k in range(5):
                near[i, k] = coarse[j, i, k] + f * (coarse[j1, i, k] - coarse[j, i, k])
        for x in range(rgb.shape[1]):
            at = min(max((np.float32(x) + half) * half - half, zero), np.float32(columns - 1))
            i = int(at)
            i1, f = min(i + 1, columns - 1), at - np.float32(i)
            r, g, b = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            light = quarter * (r + g + g + b)
            old_red = near[i, 0] + f * (near[i1, 0] - near[i, 0])
            old_blue = near[i, 1] + f * (near[i1, 1] - near[i, 1])
            red = near[i, 2] + f * (near[i1, 2] - near[i, 2])
            blue = near[i, 3] + f * (near[i1, 3] - near[i, 3])
            keep = near[i, 4] + f * (near[i1, 4] - near[i, 4])
            red += keep * (r - light - old_red)
            blue += keep * (b - light - old_blue)
            # R + 2 G + B = 4 light.
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = light + red, light - half * (red + blue), light + blue
