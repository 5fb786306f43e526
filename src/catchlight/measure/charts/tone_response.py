"""Output levels against known light: the opto-electronic conversion function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catchlight.core.colour import srgb_encode
from catchlight.core.errors import ContractError
from catchlight.core.frame import Transfer
from catchlight.measure.charts.patch_reading import PatchReading

# Slopes of decoded light against true light farther from 1 than this are a tone curve, not an error of the chart.
_CURVED = 0.1
_MUCH_CLIPPED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneResponse:
    """What the file makes of known light.

    Args:
        log_exposure: log10 of the light, relative, of each patch used: minus its density.
        linear: luminance of each patch in linear light (decoded where the file is encoded).
        stored: the same as it stands in the file, 0…1.
        slope: of log10(linear) against log10(light) by least squares: 1 for a linear file, or for a true sRGB curve.
        worst_ev: largest distance of a patch from that line.
        warnings: why a number may be off, each one line.
    """

    log_exposure: tuple[float, ...]
    linear: tuple[float, ...]
    stored: tuple[float, ...]
    slope: float
    worst_ev: float
    warnings: tuple[str, ...]


def tone_response(readings: Sequence[PatchReading], densities: Sequence[float], *, transfer: Transfer) -> ToneResponse:
    """Tone response from patches of known density.

    Args:
        readings: of grey patches.
        densities: -log10 of the reflectance of each.
        transfer: of the file they were read from.

    Raises:
        ContractError: not one density a reading, or fewer than three unclipped ones.

    Source: ISO 14524:2009 (OECF), focal-plane method replaced by a reflection chart; glare is not removed.
    """
    if len(readings) != len(densities):
        raise ContractError(f"one density a patch is expected; found {len(densities)} for {len(readings)}")
    kept = [(-float(d), r.luminance) for r, d in zip(readings, densities, strict=True) if r.clipped <= _MUCH_CLIPPED]
    kept = [(e, v) for e, v in kept if v > 0]
    if len(kept) < 3:
        raise ContractError(f"a tone response needs three unclipped patches; found {len(kept)}")
    exposure, level = np.array(sorted(kept)).T
    slope, start = np.polyfit(exposure, np.log10(level), 1)
    distance = np.abs(np.log10(level) - start - slope * exposure) / np.log10(2)
    warnings = []
    if abs(slope - 1) > _CURVED:
        curve = "this file is not linear" if transfer == "linear" else "its tone curve is not sRGB's"
        warnings.append(f"levels follow light to the power {slope:.2f} where 1 is expected: {curve}")
    stored = level if transfer == "linear" else srgb_encode(level)
    return ToneResponse(
        log_exposure=tuple(float(v) for v in exposure),
        linear=tuple(float(v) for v in level),
        stored=tuple(float(v) for v in stored),
        slope=float(slope),
        worst_ev=float(distance.max()),
        warnings=tuple(warnings),
    )
