"""How sharp a response looks to an eye at a stated distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from catchlight.core.errors import ContractError
from catchlight.measure.sfr.frequency_response import FrequencyResponse

# Contrast sensitivity of the CPIQ metric, a·v^c·exp(-b·v): 0 at frequency 0, its maximum at c/b = 4.5 cycles/degree.
_A, _B, _C = 75.0, 0.2, 0.9
_MOST_CY_DEG = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """How a picture is looked at.

    Args:
        name: in words.
        pitch_mm: size of a picture pixel as shown.
        distance_mm: from eye to picture.

    Raises:
        ContractError: not > 0.
    """

    name: str
    pitch_mm: float
    distance_mm: float

    def __post_init__(self) -> None:
        if not (self.pitch_mm > 0 and self.distance_mm > 0):
            raise ContractError("a viewing condition has a pixel pitch and a distance > 0")

    @property
    def cy_deg_per_cy_px(self) -> float:
        """Cycles per degree of one cycle per pixel."""
        return math.pi / 180 * self.distance_mm / self.pitch_mm

    @classmethod
    def print_of(cls, picture_height_px: int, *, height_mm: float, distance_mm: float, name: str) -> Viewing:
        """A picture shown at this height."""
        return cls(name=name, pitch_mm=height_mm / picture_height_px, distance_mm=distance_mm)


# Pixel by pixel on a desktop monitor of 96 pixels per inch.
MONITOR_100_PERCENT = Viewing(name="monitor, one to one", pitch_mm=25.4 / 96, distance_mm=600.0)


def acutance(response: FrequencyResponse, viewing: Viewing = MONITOR_100_PERCENT) -> float:
    """Share of the visible contrast that passes: ∫ MTF·CSF / ∫ CSF over cycles per degree; 1 for a perfect picture.

    The display is taken for perfect: only the camera is judged. Sharpening can raise it above 1.

    Source: IEEE 1858-2016 (CPIQ), "Acutance"; contrast sensitivity a·v^c·exp(-b·v) with
    a = 75, b = 0.2, c = 0.9 and v in cycles per degree (its scale cancels).
    """
    v = np.linspace(0, _MOST_CY_DEG, 1201)
    sensitivity = _A * v**_C * np.exp(-_B * v)
    frequency = v / viewing.cy_deg_per_cy_px
    passed = np.interp(frequency, response.frequency_cy_px, response.modulation, right=0.0)
    # What the picture cannot hold (above its Nyquist frequency) is no detail but alias.
    passed = np.where(frequency <= 0.5, passed, 0.0)
    return float((passed * sensitivity).sum() / sensitivity.sum())
