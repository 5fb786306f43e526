"""Local tone mapping: each region gets its own exposure, edges and fine detail stay as they are.

The logarithm of luminance is split into a base (the mean of the surroundings that are about as bright, from a
bilateral grid) and a detail; only the base is bent (dark regions lifted, bright ones held), so that texture keeps its
contrast and edges get no halo.

Source: base and detail as in Durand & Dorsey 2002, "Fast bilateral filtering for the display of high-dynamic-range
images".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Float64
from numba import njit

from catchlight.core.bands import for_bands
from catchlight.develop.auto_exposure import MID_GREY
from catchlight.develop.bilateral_grid import BilateralGrid, bilateral_grid
from catchlight.develop.tone_curve import INDEX_BEND, CurveTables

# The base is found on a picture whose short side has about this many cells.
_CELLS_SHORT_SIDE = 384
# Range and step of the tables over the base, in log2 of linear light.
BASE_LOW, BASE_STEPS_PER_EV, BASE_ENTRIES = -18.0, 16, 16 * 24
# Lift of dark regions: fully so between the two ends (EV against mid-grey), fading out in near-black.
_LIFT_EV = 1.15
_LIFT_FROM, _LIFT_FULL, _LIFT_FADES, _LIFT_GONE = -0.5, -3.5, -4.5, -8.0
# Bright regions are held back by this share of their distance above the knee when the scene exceeds white by 2 EV.
_HOLD, _HOLD_KNEE_EV = 0.35, 0.8
# Colour is halved where luminance is this many noise deviations: chroma noise is two to three times that of luminance.
_CHROMA_SNR = 4.5
# Colourfulness follows the twelfth root of luminance (CIE 159:2004: M = C · F_L^0.25, F_L ∝ L^(1/3) in the dark) below
# the upper end of mesopic vision (5 cd/m², CIE 191:2010), down to this share: a lit street is remembered in colour.
_MESOPIC_CD_M2, _HUNT_POWER, _LEAST_COLOUR = 5.0, 1 / 12, 0.8
# Least squares fit of log2(1 + m), m in 0…1, exact at both ends; error below 0.00003.
_C1, _C2, _C3, _C4, _C5 = 1.4417403, -0.7077702, 0.4123442, -0.1903190, 0.0440047
# Distance below the largest channel, as a share of it (1: the channel is 0), where gamut compression begins.
_GAMUT_KNEE = 0.98


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SmallPicture:
    """Cell means of a picture: its `brightness` and its `peak` channel, linear sRGB, cells of `cell_px` pixels.

    Brightness is the mean of luminance and the largest channel: a red or blue surface looks brighter than its luminance
    (the Helmholtz-Kohlrausch effect) and clips earlier.
    """

    brightness: Float32[np.ndarray, "r c"]
    peak: Float32[np.ndarray, "r c"]
    cell_px: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalTone:
    """What `map_tones` needs besides the pixels.

    Args:
        base: of every place and brightness.
        cell_px: side in pixels of a cell of the base's guide.
        by_base: gain, saturation and noise deviation after the gain, against the base (BASE_LOW, BASE_STEPS_PER_EV).
        black: linear value subtracted before the gain.
        floor: least brightness of which the logarithm is taken.
    """

    base: BilateralGrid
    cell_px: int
    by_base: Float32[np.ndarray, "n 3"]
    black: float
    floor: float


def shrink(rgb: Float32[np.ndarray, "h w 3"], matrix: Float64[np.ndarray, "3 3"]) -> SmallPicture:
    """The small picture (linear sRGB by `matrix`) on which exposure and base are found."""
    h, w, _ = rgb.shape
    cell_px = max(1, min(h, w) // _CELLS_SHORT_SIDE)
    rows, columns = -(-h // cell_px), -(-w // cell_px)
    brightness, peak = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
    rgb_rows = matrix.astype(np.float32).ravel()
    for_bands(partial(_shrink_rows, rgb, rgb_rows, cell_px, brightness, peak), rows, step=1, at_most=16)
    return SmallPicture(brightness=brightness, peak=peak, cell_px=cell_px)


def local_gain_ev(base_ev: Float64[np.ndarray, "n"], *, white_ev: float, shadows: float) -> Float64[np.ndarray, "n"]:
    """EV added to a base that lies `base_ev` above mid-grey, in a scene whose white is `white_ev` above display white.

    Rising bases stay rising: its slope is never below −0.9.
    """

    def ramp(start: float, end: float) -> Float64[np.ndarray, "n"]:
        t = np.clip((base_ev - start) / (end - start), 0, 1)
        return t * t * (3 - 2 * t)

    lift = shadows * _LIFT_EV * np.minimum(ramp(_LIFT_FROM, _LIFT_FULL), ramp(_LIFT_GONE, _LIFT_FADES))
    over = np.logaddexp(0.0, 2.0 * (base_ev - _HOLD_KNEE_EV)) / 2.0
    result: Float64[np.ndarray, "n"] = lift - _HOLD * min(max(white_ev / 2.0, 0.0), 1.0) * over
    return result


def plan_local_tone(
    small: SmallPicture,
    *,
    gain_ev: float,
    black: float,
    white_ev: float,
    shadows: float,
    saturation: float,
    noise: tuple[float, float] = (0.0, 0.0),
    one_cd_m2: float | None = None,
) -> LocalTone:
    """Base coefficients and tables for `map_tones`.

    Args:
        small: of the picture to be mapped.
        gain_ev: exposure for the whole picture.
        black: linear value that becomes black.
        white_ev: EV by which the scene's white exceeds display white after the gain.
        shadows: share of the default lift of dark regions.
        saturation: factor on the distance from grey.
        noise: (A, B): variance of the luminance noise is A · luminance + B.
        one_cd_m2: luminance of the scene where the linear value is 1; None when unknown. What lay in the dark is shown
            less colourful, as it was seen (the Hunt effect).
    """
    floor = max(math.sqrt(noise[1]), 2.0 ** (BASE_LOW + 2))
    guide = np.log2(np.maximum(small.brightness, np.float32(floor)))
    grid = bilateral_grid(guide)
    base = BASE_LOW + np.arange(BASE_ENTRIES) / BASE_STEPS_PER_EV
    light = 2.0**base
    deviation = np.sqrt(noise[0] * light + noise[1])
    signal = light * light / (light * light + (2 * deviation) ** 2)
    local_ev = local_gain_ev(base + gain_ev - math.log2(MID_GREY), white_ev=white_ev, shadows=shadows)
    # What is mostly noise is not lifted, and its colour is not believed.
    gain = 2.0 ** (gain_ev + np.where(local_ev > 0, local_ev * signal, local_ev))
    believed = light * light / (light * light + (_CHROMA_SNR * deviation) ** 2)
    if one_cd_m2 is not None:
        believed *= np.clip((light * one_cd_m2 / _MESOPIC_CD_M2) ** _HUNT_POWER, _LEAST_COLOUR, 1.0)
    return LocalTone(
        base=grid,
        cell_px=small.cell_px,
        by_base=np.stack([gain, saturation * believed, gain * deviation], axis=1).astype(np.float32),
        black=black,
        floor=floor,
    )


def map_tones(
    rgb: Float32[np.ndarray, "h w 3"],
    matrix: Float64[np.ndarray, "3 3"],
    tone: LocalTone,
    tables: CurveTables,
    *,
    out: Float32[np.ndarray, "h w 3"],
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Writes encoded sRGB 0…1 of linear `rgb` (seen through `matrix`) into `out`, which may be `rgb` itself.

    The curve is applied to the largest and the smallest channel, the middle one keeps its place between: hue stays.
    Colours beyond sRGB are drawn in softly, channel by channel (its distance to the largest is compressed, after
    the Academy's Reference Gamut Compression, S-2020-001); no channel is cut off.

    Returns:
        Encoded luma of the result, and the standard deviation of its noise.
    """
    h, w, _ = rgb.shape
    luma, sigma = np.empty((h, w), np.float32), np.empty((h, w), np.float32)
    grid = tone.base
    per_px = [1 / (tone.cell_px * cells) for cells in grid.node_cells]
    scalars = np.array([tone.black, tone.floor, *per_px, grid.low_ev, grid.steps_per_ev], np.float32)
    work = partial(
        _map_rows, rgb, matrix.astype(np.float32).ravel(), grid.base_ev, tone.by_base, scalars,
        tables.curve, tables.encode, tables.slope, out, luma, sigma,
    )  # fmt: skip
    for_bands(work, h)
    return luma, sigma


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _shrink_rows(rgb, m, cell_px, brightness, peak, top, bottom):
    h, w, _ = rgb.shape
    for row in range(top, bottom):
        for column in range(brightness.shape[1]):
            y_sum, p_sum = np.float32(0), np.float32(0)
            y_end, x_end = min((row + 1) * cell_px, h), min((column + 1) * cell_px, w)
            for y in range(row * cell_px, y_end):
                for x in range(column * cell_px, x_end):
                    cr, cg, cb = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
                    r = m[0] * cr + m[1] * cg + m[2] * cb
                    g = m[3] * cr + m[4] * cg + m[5] * cb
                    b = m[6] * cr + m[7] * cg + m[8] * cb
                    y_sum += np.float32(0.2126) * r + np.float32(0.7152) * g + np.float32(0.0722) * b
                    p_sum += max(r, g, b)
            n = np.float32((y_end - row * cell_px) * (x_end - column * cell_px))
            brightness[row, column], peak[row, column] = np.float32(0.5) * (y_sum + p_sum) / n, p_sum / n


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _log2(x):
    """Logarithm of a positive float32, within 0.00003: exponent bits plus a polynomial in the mantissa."""
    bits = np.float32(x).view(np.int32)
    exponent = np.float32((bits >> 23) - 127)
    m = np.int32((bits & 0x7FFFFF) | 0x3F800000).view(np.float32) - np.float32(1)
    c1, c2, c3, c4, c5 = np.float32(_C1), np.float32(_C2), np.float32(_C3), np.float32(_C4), np.float32(_C5)
    return exponent + m * (c1 + m * (c2 + m * (c3 + m * (c4 + m * c5))))


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _look_up(table, position):
    i = min(int(position), table.shape[0] - 2)
    return table[i] + (position - np.float32(i)) * (table[i + 1] - table[i])


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _above_zero(value, deep):
    """Values below `deep` bent so that −∞ comes to 0, with slope 1 at `deep`."""
    return value if value >= deep else deep * deep / (np.float32(2) * deep - value)


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _map_rows(rgb, m, grid, by_base, scalars, curve, encode, steep, out, luma, sigma, top, bottom):
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    kr, kg, kb = np.float32(0.2126), np.float32(0.7152), np.float32(0.0722)
    black, floor, rows_per_px, columns_per_px = scalars[0], scalars[1], scalars[2], scalars[3]
    low_ev, levels_per_ev = scalars[4], scalars[5]
    per_level = one / levels_per_ev
    rows, columns, levels = grid.shape
    last_column, last_level = np.float32(columns - 1), np.float32(levels - 1.001)
    near = np.empty(columns * levels, np.float32)
    w = rgb.shape[1]
    curve_n, encode_n, steep_n = np.float32(curve.size), np.float32(encode.size - 1), np.float32(steep.size - 1)
    base_low, per_ev, base_last = np.float32(BASE_LOW), np.float32(BASE_STEPS_PER_EV), np.float32(BASE_ENTRIES - 1.001)
    bend, knee = np.float32(INDEX_BEND), np.float32(_GAMUT_KNEE)
    for y in range(top, bottom):
        # The grid at this row: between two rows of nodes.
        at = min((np.float32(y) + half) * rows_per_px, np.float32(rows - 1))
        j = int(at)
        j1, f = min(j + 1, rows - 1), at - np.float32(j)
        here, below = grid[j].reshape(-1), grid[j1].reshape(-1)
        for i in range(near.size):
            near[i] = here[i] + f * (below[i] - here[i])
        for x in range(w):
            cr, cg, cb = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            r = m[0] * cr + m[1] * cg + m[2] * cb
            g = m[3] * cr + m[4] * cg + m[5] * cb
            b = m[6] * cr + m[7] * cg + m[8] * cb
            light = kr * r + kg * g + kb * b
            # Base: between two columns of nodes and two levels around this pixel's own brightness.
            at = min((np.float32(x) + half) * columns_per_px, last_column)
            i = int(at)
            fx = at - np.float32(i)
            level = (_log2(max(half * (light + max(r, g, b)), floor)) - low_ev) * levels_per_ev
            within = min(max(level, zero), last_level)
            k = int(within)
            f = within - np.float32(k)
            first = i * levels + k
            second = min(i + 1, columns - 1) * levels + k
            lower = near[first] + fx * (near[second] - near[first])
            upper = near[first + 1] + fx * (near[second + 1] - near[first + 1])
            # A pixel beyond the levels, brighter or darker than any cell, keeps its distance from the last one.
            base = lower + f * (upper - lower) + (level - within) * per_level
            at = min(max((base - base_low) * per_ev, zero), base_last)
            i = int(at)
            f = at - np.float32(i)
            gain = by_base[i, 0] + f * (by_base[i + 1, 0] - by_base[i, 0])
            colour = by_base[i, 1] + f * (by_base[i + 1, 1] - by_base[i, 1])
            noise = by_base[i, 2] + f * (by_base[i + 1, 2] - by_base[i, 2])
            light = (light - black) * gain
            if light <= zero:
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = zero, zero, zero
                luma[y, x] = zero
                sigma[y, x] = steep[0] * noise
                continue
            r, g, b = (r - black) * gain, (g - black) * gain, (b - black) * gain
            r, g, b = light + colour * (r - light), light + colour * (g - light), light + colour * (b - light)
            # Gamut: a channel far below the largest one approaches 0 softly instead of being cut off there.
            high = max(r, g, b)
            deep = (one - knee) * high
            if min(r, g, b) < deep:
                r, g, b = _above_zero(r, deep), _above_zero(g, deep), _above_zero(b, deep)
            low = min(r, g, b)
            new_high = _look_up(curve, high / (high + bend) * curve_n)
            new_low = _look_up(curve, low / (low + bend) * curve_n)
            stretch = (new_high - new_low) / max(high - low, np.float32(1e-9))
            r = _look_up(encode, min(max(new_low + (r - low) * stretch, zero), one) * encode_n)
            g = _look_up(encode, min(max(new_low + (g - low) * stretch, zero), one) * encode_n)
            b = _look_up(encode, min(max(new_low + (b - low) * stretch, zero), one) * encode_n)
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r, g, b
            shown = kr * r + kg * g + kb * b
            luma[y, x] = shown
            sigma[y, x] = _look_up(steep, shown * steep_n) * noise
