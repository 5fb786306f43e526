"""How much noise a mosaic has left after it was interpolated and resampled at a place between its samples."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.burst.merge.warp_tile import lanczos_weights
from catchlight.camera import interpolate_cfa
from catchlight.core import CfaPattern, LinearMosaic

# Bins of a phase: 16 for a sample, 32 for the side of the 2×2 pattern.
BINS = 32
# Side of the picture of one impulse: interpolation spreads it by five samples and the kernel by three.
_SIDE = 32
# With this much noise the colour interpolation lets all directions count alike, as it does on flat ground.
_FLAT = 1e6


def resampled_noise(mosaic: LinearMosaic) -> Float64[np.ndarray, "4 1024"]:
    """Variance at the four sites of a quad when a frame like `mosaic` is moved, over that of an unmoved sample.

    The second axis is the phase that `warp_tile` writes: 32 · row + column, in 16ths of a sample. On flat ground the
    chain is linear and its noise follows from the responses to single photosites; in texture, where the interpolation
    follows one direction, more is left. Valid at the mosaic's typical brightness.
    """
    level = mosaic.typical_level()
    variance = np.array([mosaic.noise.variance(level, channel=c) for c in mosaic.cfa.sites]) + 1e-12
    spread = _responses(mosaic.cfa)
    relative: Float64[np.ndarray, "4 1024"] = np.einsum("spt,t->sp", spread, variance) / variance[:, None]
    return relative


def quad_noise(
    mosaic: LinearMosaic, noise_ratio: float
) -> tuple[Float32[np.ndarray, "1024"], Float32[np.ndarray, "1024"]]:
    """By phase: part of its noise variance that a moved quad keeps, and the same of its difference from the reference.

    Args:
        mosaic: the reference.
        noise_ratio: variance of the moved frame over the reference's.
    """
    sites = resampled_noise(mosaic)
    level = mosaic.typical_level()
    weight = np.array([mosaic.noise.variance(level, channel=c) for c in mosaic.cfa.sites]) + 1e-12
    kept = weight @ sites / weight.sum()
    difference = (1.0 + noise_ratio * sites.mean(axis=0)) / (1.0 + noise_ratio)
    return kept.astype(np.float32), difference.astype(np.float32)


@cache
def _responses(cfa: CfaPattern) -> Float64[np.ndarray, "4 1024 4"]:
    """Sum of the squared weights with which the four kinds of photosites enter the sample of each site, by phase."""
    grid = _resampling()
    middle = _SIDE // 2
    # energy[kind, colour, row phase, column phase]
    energy = np.empty((4, 3, BINS, BINS))
    for kind in range(4):
        impulse = np.zeros((_SIDE, _SIDE), np.float32)
        impulse[middle + (kind >> 1), middle + (kind & 1)] = 1.0
        colours = interpolate_cfa(impulse, cfa, noise_variance=_FLAT)
        for colour in range(3):
            moved = np.square(grid @ colours[..., colour].astype(np.float64) @ grid.T)
            energy[kind, colour] = moved.reshape(_SIDE // 2, BINS, _SIDE // 2, BINS).sum(axis=(0, 2))
    out = np.empty((4, BINS * BINS, 4))
    for site, colour in enumerate(cfa.sites):
        turned = np.roll(energy[:, colour], (-(site >> 1) * BINS // 2, -(site & 1) * BINS // 2), (1, 2))
        out[site] = turned.reshape(4, -1).T
    return out


def _resampling() -> Float64[np.ndarray, "fine side"]:
    """Matrix that resamples `_SIDE` samples at every 16th of their distance; zeros beyond the ends."""
    steps = BINS // 2
    kernel = lanczos_weights().astype(np.float64)
    shift = np.arange(steps) / steps - 0.5
    even = np.stack([np.polynomial.polynomial.polyval(shift**2, kernel[tap, 0]) for tap in range(3)])
    odd = np.stack([shift * np.polynomial.polynomial.polyval(shift**2, kernel[tap, 1]) for tap in range(3)])
    weights = np.concatenate([even + odd, (even - odd)[::-1]])  # six taps × fractions
    grid = np.zeros((_SIDE * steps, _SIDE))
    for whole in range(_SIDE):
        for tap in range(6):
            sample = whole - 2 + tap
            if 0 <= sample < _SIDE:
                grid[whole * steps : (whole + 1) * steps, sample] = weights[tap]
    return grid
