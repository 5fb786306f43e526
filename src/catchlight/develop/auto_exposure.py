"""How bright a scene should be shown: day as day, night as night."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core import Metadata

MID_GREY = 0.18
# Share of its distance from mid-grey (in EV) that a scene keeps: full daylight keeps little, night about half.
_KEEPS_DAY, _KEEPS_UNKNOWN, _KEEPS_NIGHT = 0.2, 0.42, 0.55
# Light values (EV at ISO 100) of a room in daylight and of a lit street at night, as exposure tables have them.
_DAY_LV, _NIGHT_LV = 9.0, 3.0
# The 95th percentile is kept at or below this before the shoulder, so that what is bright keeps its drawing.
_BRIGHT_AT_MOST = 0.85
# A scene that leaves the upper range empty is raised towards it by this share of the gap, by no more than this: a night
# without lamps is shown dim, not grey.
_FILLS, _FILLS_EV_AT_MOST = 0.75, 2.0
# Filling the range may show this much more noise, in EV: a dull picture is worse than a grainy one.
_FILLS_NOISE_EV = 1.0
# Noise of black may come to this in display light (1 = white) before brightening stops.
_NOISE_AT_MOST = 0.008
_GAIN_EV_AT_MOST = 5.0
# Share of the darkest cells that is taken for black, and the most that is.
_VEIL, _BLACK_AT_MOST = 0.7, 0.004
# What counts as real black, and what then becomes black, in deviations of the noise: 69 % of it lies below that.
_BLACK_SIGMAS, _NOISE_BELOW_BLACK = 2.0, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneExposure:
    """Exposure of one scene.

    Args:
        gain_ev: EV by which the linear picture is brightened; ≥ 0 for a single exposure (so that sensor clip stays
            white), ≥ −log2(highlights) where a shorter one reached further.
        black: linear value before the gain that is shown as black, ≥ 0.
        white: linear value after the gain that is shown as white, ≥ 1.
    """

    gain_ev: float
    black: float
    white: float


def auto_exposure(
    brightness: Float32[np.ndarray, "r c"],
    peak: Float32[np.ndarray, "r c"],
    *,
    clip: float,
    highlights: float = 1.0,
    dark_noise: float = 0.0,
    metadata: Metadata | None = None,
) -> SceneExposure:
    """Exposure from a small picture, by robust percentiles.

    Args:
        brightness: mean linear brightness of each cell of the picture, sensor clip about 1.
        peak: the same of the largest channel.
        clip: the largest value that the picture can hold.
        highlights: factor by which that exceeds what a single frame can hold, ≥ 1.
        dark_noise: standard deviation of the noise in black.
        metadata: exposure time, ISO and aperture tell day from night; without them the picture alone decides.

    Source: log-average key after Reinhard et al. 2002, "Photographic tone reproduction for digital images".
    Deviations: trimmed, only part of the way to mid-grey, limited by highlights and noise.
    """
    floor = max(dark_noise, 1e-5)
    low, bright = (float(v) for v in np.percentile(brightness, (10, 95)))
    trimmed = brightness[(brightness >= low) & (brightness <= max(bright, low))]
    key = max(2.0 ** float(np.mean(np.log2(np.maximum(trimmed, floor)), dtype=np.float64)), floor)
    keeps = _keeps(key, metadata)
    gain_ev = (1 - keeps) * math.log2(MID_GREY / key)
    gain_ev = _softly_below(gain_ev, math.log2(_BRIGHT_AT_MOST / max(bright, floor)))
    quiet_ev = math.log2(_NOISE_AT_MOST / dark_noise) if dark_noise > 0 else math.inf
    gain_ev = _softly_below(gain_ev, quiet_ev)
    top = min(max(float(np.percentile(peak, 99.8)), floor), clip)
    fill_ev = _softly_below(min(_FILLS * math.log2(1 / top), _FILLS_EV_AT_MOST), quiet_ev + _FILLS_NOISE_EV)
    gain_ev = min(max(gain_ev, fill_ev, -math.log2(highlights)), _GAIN_EV_AT_MOST)
    # Only a faint veil is taken for black: a fog is not.
    darkest = max(float(np.percentile(brightness, 0.5)), 0.0)
    black = min(_VEIL * darkest, 0.012 * key + dark_noise)
    # Where the scene has real black, most of its noise goes below it, and hardly any shadow does.
    if darkest < _BLACK_SIGMAS * dark_noise:
        black = max(black, _NOISE_BELOW_BLACK * (dark_noise - darkest / _BLACK_SIGMAS))
    black = min(black, _BLACK_AT_MOST)
    return SceneExposure(gain_ev=gain_ev, black=black, white=max(1.0, top * 2.0**gain_ev))


def _keeps(key: float, metadata: Metadata | None) -> float:
    if metadata is None or metadata.exposure_s is None or metadata.iso is None:
        return _KEEPS_UNKNOWN
    aperture = metadata.aperture_f or 2.8
    light_value = math.log2(aperture**2 / metadata.exposure_s * 100 / metadata.iso) + math.log2(key / MID_GREY)
    share = min(max((light_value - _NIGHT_LV) / (_DAY_LV - _NIGHT_LV), 0.0), 1.0)
    return _KEEPS_NIGHT + share * (_KEEPS_DAY - _KEEPS_NIGHT)


def _softly_below(value: float, limit: float) -> float:
    """The smaller of both, rounded off over about one EV."""
    return value - math.log1p(math.exp(max(min(2.5 * (value - limit), 60.0), -700.0))) / 2.5
