"""Noise against light: signal-to-noise ratio, its model and the dynamic range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy.optimize import nnls

from catchlight.core.errors import ContractError
from catchlight.core.frame import Transfer
from catchlight.measure.charts.patch_reading import PatchReading

Channel = Literal["red", "green", "blue", "luminance"]
Domain = Literal["linear", "decoded from sRGB"]
_CHANNELS: tuple[Channel, ...] = ("red", "green", "blue", "luminance")
# Clipping at the top takes noise away: such patches stay out.
_MUCH_CLIPPED = 0.001
# Four levels are the least that tell shot noise, read noise and non-uniformity apart.
_LEAST_LEVELS = 4
# A sensor's own noise has no correlation between neighbours; with 100 pixels chance alone gives 0.1.
_CORRELATED = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisePoint:
    """One patch.

    Args:
        level: mean, linear, 1 at the top of the file's range.
        noise: standard deviation in the same unit.
        snr_db: 20 log10 of level over noise.
    """

    level: float
    noise: float
    snr_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseCurve:
    """Noise of one colour against its level; the model is variance = read + shot · level + uneven · level².

    Args:
        channel: which colour.
        points: patches, darkest first.
        shot: slope of the variance, ≥ 0.
        read: variance without light, ≥ 0.
        read_error: standard error of `read`.
        uneven: squared relative non-uniformity (pixels of unlike sensitivity, or the chart's own grain), ≥ 0.
        dynamic_range_ev: from the level at which signal and noise are equal to the top of the range; None where the
            patches are not dark enough to tell the read noise.
        dynamic_range_10_ev: the same from a signal of ten times the noise.
        beyond_ev: how far below the darkest patch the level of signal = noise lies: what is extrapolated; 0 if none.
    """

    channel: Channel
    points: tuple[NoisePoint, ...]
    shot: float
    read: float
    read_error: float
    uneven: float
    dynamic_range_ev: float | None
    dynamic_range_10_ev: float | None
    beyond_ev: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseCurves:
    """Noise of a photo by its even patches.

    Args:
        domain: what the levels are; of an encoded file they are only as linear as its curve is sRGB's.
        curves: red, green, blue, luminance.
        warnings: why a number may be off, each one line.
    """

    domain: Domain
    curves: tuple[NoiseCurve, ...]
    warnings: tuple[str, ...]


def noise_curves(readings: Sequence[PatchReading], *, transfer: Transfer) -> NoiseCurves:
    """Fits the noise model to the readings of patches of different brightness.

    Dynamic range follows ISO 15739, in EV: the ratio of the saturation level to the level at which
    the fitted signal-to-noise ratio is 1 (and, for pictures one would want to look at, 10). Deviation: single-pixel
    noise of one photo, with no weighting for viewing and with the fixed pattern in it.

    Args:
        readings: of grey or coloured patches; much clipped ones are left out.
        transfer: of the file they were read from.

    Raises:
        ContractError: fewer than four usable levels.
    """
    usable = [r for r in readings if r.clipped <= _MUCH_CLIPPED and min(r.mean) > 0 and r.noise_luminance > 0]
    if len(usable) < _LEAST_LEVELS:
        raise ContractError(
            f"noise against light needs {_LEAST_LEVELS} patches with noise and without clipping; found {len(usable)} "
            f"of {len(readings)}; expose so that the brightest patch is not clipped"
        )
    curves = tuple(_curve(usable, channel) for channel in _CHANNELS)
    return NoiseCurves(
        domain="linear" if transfer == "linear" else "decoded from sRGB",
        curves=curves,
        warnings=tuple(_warnings(readings, usable, transfer, curves[-1])),
    )


def _curve(usable: Sequence[PatchReading], channel: Channel) -> NoiseCurve:
    level, noise, pixels = np.array(sorted((*_level_and_noise(r, channel), r.pixels) for r in usable)).T
    (read, shot, uneven), read_error = _model(level, noise, pixels)
    darkest = float(level[0])
    one, ten = (_sure_level(snr, read, shot, uneven, read_error) for snr in (1.0, 10.0))
    return NoiseCurve(
        channel=channel,
        points=tuple(
            NoisePoint(level=float(v), noise=float(n), snr_db=20 * math.log10(v / n))
            for v, n in zip(level, noise, strict=True)
        ),
        shot=shot,
        read=read,
        read_error=read_error,
        uneven=uneven,
        dynamic_range_ev=None if not one else -math.log2(one),
        dynamic_range_10_ev=None if not ten else -math.log2(ten),
        beyond_ev=max(0.0, math.log2(darkest / one)) if one else 0.0,
    )


def _level_and_noise(reading: PatchReading, channel: Channel) -> tuple[float, float]:
    if channel == "luminance":
        return reading.luminance, reading.noise_luminance
    index = _CHANNELS.index(channel)
    # A patch without noise in one colour (rounding) has at least that of a hundredth of a level of 8 bits.
    return reading.mean[index], max(reading.noise[index], 1e-5)


def _model(
    level: Float64[np.ndarray, "n"], noise: Float64[np.ndarray, "n"], pixels: Float64[np.ndarray, "n"]
) -> tuple[tuple[float, float, float], float]:
    """Non-negative least squares on relative errors: a variance is known to a share of itself, √(2/pixels).

    Returns:
        read, shot and unevenness; and the standard error of the first.
    """
    variance = noise * noise
    columns = np.stack([np.ones_like(level), level, level * level], axis=-1)
    fit = np.zeros(3)
    expected = variance
    for _ in range(4):
        # First by what was seen, then by what the model says: patches with too little noise by chance weigh less.
        weight = np.sqrt(pixels / 2) / expected
        fit, _ = nnls(columns * weight[:, None], variance * weight)
        expected = np.maximum(columns @ fit, 0.1 * variance)
    covariance = np.linalg.pinv((columns * weight[:, None]).T @ (columns * weight[:, None]))
    return (float(fit[0]), float(fit[1]), float(fit[2])), float(np.sqrt(max(covariance[0, 0], 0.0)))


def _sure_level(snr: float, read: float, shot: float, uneven: float, read_error: float) -> float | None:
    """The level of a signal-to-noise ratio; None where two standard errors of the read noise move it by half a stop."""
    level = _level_of_snr(snr, read, shot, uneven)
    worse = _level_of_snr(snr, read + 2 * read_error, shot, uneven)
    return level if level and worse and worse < math.sqrt(2) * level else None


def _level_of_snr(snr: float, read: float, shot: float, uneven: float) -> float | None:
    """Level at which level² = snr² (read + shot · level + uneven · level²); None where it is never reached."""
    s2 = snr * snr
    a, b, c = 1 - s2 * uneven, s2 * shot, s2 * read
    if a <= 0 or b + c <= 0:
        return None
    return (b + math.sqrt(b * b + 4 * a * c)) / (2 * a)


def _warnings(
    readings: Sequence[PatchReading], usable: Sequence[PatchReading], transfer: Transfer, luminance: NoiseCurve
) -> list[str]:
    warnings = []
    if len(usable) < len(readings):
        warnings.append(f"{len(readings) - len(usable)} of {len(readings)} patches are clipped or black; left out")
    correlation = float(np.median([r.correlation for r in usable]))
    if correlation > _CORRELATED:
        warnings.append(
            f"noise of neighbouring pixels is correlated ({correlation:.2f}): the file was demosaiced, denoised or "
            "compressed, and single-pixel noise looks smaller than it is"
        )
    if transfer != "linear":
        warnings.append("levels were decoded with the sRGB curve; a camera's own tone curve would shift them")
    light = [r.luminance for r in usable]
    if max(light) < 4 * min(light):
        warnings.append("the patches span less than 2 EV; shot and read noise are hard to tell apart")
    if luminance.dynamic_range_ev is None:
        warnings.append("the patches are too bright or too few to tell the read noise: no dynamic range is stated")
    return warnings
