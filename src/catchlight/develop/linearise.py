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
    for y in range(top, bottom):
        base = (y & 1) * 2
        for x in range(width):
            site = base + (x & 1)
            values[y, x] = (np.float32(mosaic[y, x]) - black[site]) * scale[site]
        if not repair:
            continue
        up = mosaic[y - 2 if y >= 2 else y + 2]
        here = mosaic[y]
        down = mosaic[y + 2 if y < height - 2 else y - 2]
        for x in range(width):
            v = here[x]
            lx = x - 2 if x >= 2 else x + 2
            rx = x + 2 if x < width - 2 else x - 2
            # Most samples lie between two opposite neighbours: nothing to look at.
            low = min(min(here[lx], here[rx]), min(up[x], down[x]))
            high = max(max(here[lx], here[rx]), max(up[x], down[x]))
            if low <= v <= high:
                continue
            low = min(low, min(min(up[lx], up[rx]), min(down[lx], down[rx])))
            high = max(high, max(max(up[lx], up[rx]), max(down[lx], down[rx])))
            if low <= v <= high:
                continue
            site = base + (x & 1)
            b, s = black[site], scale[site]
            level = (np.float32(high if v > high else low) - b) * s
            beyond = abs((np.float32(v) - b) * s - level)
            sigma = np.sqrt(max(level, np.float32(0.0)) * shot[site] + read[site])
            spread = np.float32(high - low) * s
            if beyond > np.float32(_SIGMAS) * sigma + np.float32(_SPREAD) * max(
                spread - np.float32(3.0) * sigma, np.float32(0.0)
            ):
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
