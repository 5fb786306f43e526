"""Digital numbers → linear, white-balanced samples, with hot and dead photosites replaced."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from numba import njit

from catchlight.core import LinearMosaic, NoiseModel, RawFrame
from catchlight.core.bands import for_bands
from catchlight.develop.linearise_tile import linearise_tile

# A sample is defective when it lies this many deviations beyond all its neighbours of the same colour ...
_SIGMAS = 6.0
# ... and beyond this multiple of the spread among them, so that real points of light stay.
_SPREAD = 0.5
# Part of its excess by which a photosite of another colour beside a real point of light rises at least (a star of
# deviation 0.7 px reaches 0.36).
_BESIDE = 0.3
# Samples of a row that are asked at once whether one of them is suspect.
_PIECE = 128


def linearise(
    raw: RawFrame,
    *,
    noise: NoiseModel,
    gains: tuple[float, float, float],
    exposure_scale: float = 1.0,
    repair_defects: bool = True,
) -> LinearMosaic:
    """Black to 0, full photosites to gains[c] · exposure_scale, defects repaired.

    Args:
        raw: one frame.
        noise: its noise, normalised (black 0, white 1, before the gains).
        gains: white balance for red, green, blue, ≥ 1.
        exposure_scale: factor that brings this frame to the exposure of its burst's reference.
        repair_defects: replace hot and dead photosites by the median of their neighbours of the same colour.
    """
    black = np.array(raw.black_dn, np.float32)
    scale = np.array([[g * exposure_scale / (raw.white_dn - b) for b in raw.black_dn] for g in gains], np.float32)
    shot = tuple(noise.shot[c] * gains[c] * exposure_scale for c in range(3))
    read = tuple(noise.read[c] * (gains[c] * exposure_scale) ** 2 for c in range(3))
    shot_of, read_of = np.array(shot, np.float32), np.array(read, np.float32)
    if raw.cfa.is_bayer:
        sites = np.array(raw.cfa.sites)
        values = np.empty(raw.shape, np.float32)
        scale_site = scale[sites, np.arange(4)]
        work = partial(
            _linearise_rows, raw.mosaic, values, black, scale_site, shot_of[sites], read_of[sites], repair_defects
        )
        for_bands(work, raw.shape[0])
    else:
        values = linearise_tile(
            raw.mosaic, raw.cfa, black=black, scale=scale, shot=shot_of, read=read_of, repair_defects=repair_defects,
            sigmas=_SIGMAS, spread=_SPREAD, beside=_BESIDE,
        )  # fmt: skip
    return LinearMosaic(
        values=values,
        cfa=raw.cfa,
        gains=gains,
        exposure=exposure_scale,
        noise=NoiseModel(shot=(shot[0], shot[1], shot[2]), read=(read[0], read[1], read[2])),
    )


@njit(cache=True, nogil=True)
@no_type_check
def _linearise_rows(mosaic, values, black, scale, shot, read, repair, top, bottom):
    height, width = mosaic.shape
    near = np.empty(8, np.float32)
    lines = np.empty((7, width + 4), np.uint16)
    suspect = np.empty(width, np.uint8)
    low, high = lines[3], lines[4]
    for y in range(top, bottom):
        base = (y & 1) * 2
        _scale_row(mosaic[y], values[y], black[base : base + 2], scale[base : base + 2])
        if not repair:
            continue
        up = mosaic[y - 2 if y >= 2 else y + 2]
        here = mosaic[y]
        down = mosaic[y + 2 if y < height - 2 else y - 2]
        _neighbour_range(up, here, down, lines)
        part = slice(base, base + 2)
        _suspect_row(here, low, high, black[part], scale[part], shot[part], read[part], suspect)
        for left in range(0, width, _PIECE):
            right = min(left + _PIECE, width)
            if not suspect[left:right].any():
                continue
            for x in range(left, right):
                if suspect[x] == 0:
                    continue
                v = here[x]
                lx = x - 2 if x >= 2 else x + 2
                rx = x + 2 if x < width - 2 else x - 2
                site = base + (x & 1)
                b, s = black[site], scale[site]
                level = (np.float32(high[x] if v > high[x] else low[x]) - b) * s
                # A real point of light is wider than one photosite: some colour beside it rises towards it as well.
                excess = (np.float32(v) - b) * s - level
                rise = np.float32(0.0)
                for k in range(4):
                    dy, dx = (2 * k - 1, 0) if k < 2 else (0, 2 * k - 5)
                    ny, nx = min(max(y + dy, 0), height - 1), min(max(x + dx, 0), width - 1)
                    fy, fx = (
                        min(max(y + 3 * dy, ny & 1), height - 2 + (ny & 1)),
                        min(max(x + 3 * dx, nx & 1), width - 2 + (nx & 1)),
                    )
                    other = (ny & 1) * 2 + (nx & 1)
                    step = (np.float32(mosaic[ny, nx]) - np.float32(mosaic[fy, fx])) * scale[other]
                    rise = max(rise, step if excess > 0 else -step)
                if rise > np.float32(_BESIDE) * abs(excess):
                    continue
                near[0], near[1], near[2] = up[lx], up[x], up[rx]
                near[3], near[4] = here[lx], here[rx]
                near[5], near[6], near[7] = down[lx], down[x], down[rx]
                near.sort()
                values[y, x] = (np.float32(0.5) * (near[3] + near[4]) - b) * s


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _scale_row(row, out, black, scale):
    # Here and below: one output for each loop, and parities of 32 bits; else the compiler makes no vectors of it.
    odd = np.int32(1)
    black0, black1, scale0, scale1 = black[0], black[1], scale[0], scale[1]
    for x in range(row.size):
        second = np.int32(x) & odd == odd
        out[x] = (np.float32(row[x]) - (black1 if second else black0)) * (scale1 if second else scale0)


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _neighbour_range(up, here, down, lines):
    """Least and largest of the eight neighbours of the same colour into lines[3] and lines[4]; mirrored at the ends."""
    width = here.size
    above, middle, below = lines[0], lines[1], lines[2]
    for line, row in ((above, up), (middle, here), (below, down)):
        inner = line[2 : width + 2]
        for x in range(width):
            inner[x] = row[x]
        line[0], line[1], line[width + 2], line[width + 3] = row[2], row[3], row[width - 4], row[width - 3]
    low, high, least, most = lines[3], lines[4], lines[5], lines[6]
    for x in range(width + 4):
        least[x] = min(above[x], min(middle[x], below[x]))
    for x in range(width + 4):
        most[x] = max(above[x], max(middle[x], below[x]))
    for x in range(width):
        low[x] = min(min(least[x], least[x + 4]), min(above[x + 2], below[x + 2]))
    for x in range(width):
        high[x] = max(max(most[x], most[x + 4]), max(above[x + 2], below[x + 2]))


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _suspect_row(here, low, high, black, scale, shot, read, out):
    """1 where a sample lies too far beyond all its neighbours, 0 elsewhere (nearly everywhere)."""
    odd, zero = np.int32(1), np.float32(0.0)
    sigmas, part, three = np.float32(_SIGMAS), np.float32(_SPREAD), np.float32(3.0)
    black0, black1, scale0, scale1 = black[0], black[1], scale[0], scale[1]
    shot0, shot1, read0, read1 = shot[0], shot[1], read[0], read[1]
    for x in range(here.size):
        second = np.int32(x) & odd == odd
        b, s = (black1 if second else black0), (scale1 if second else scale0)
        v, least, most = np.float32(here[x]), np.float32(low[x]), np.float32(high[x])
        level = ((most if v > most else least) - b) * s
        sigma = np.sqrt(max(level, zero) * (shot1 if second else shot0) + (read1 if second else read0))
        beyond = abs((v - b) * s - level)
        spread = (most - least) * s
        far = beyond > sigmas * sigma + part * max(spread - three * sigma, zero)
        out[x] = np.uint8(far & ((v > most) | (v < least)))
