"""The few dials of the natural rendering."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catchlight.core import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalLook:
    """How `render_natural` departs from what it would do by itself; the defaults are neutral.

    Args:
        exposure_ev: added to the exposure that the scene asks for, −5…5 EV.
        contrast: slope of the tone curve at mid-grey against the default, 0.8 (nearly straight)…1.5.
        shadows: share of the default lift of dark regions; 0 leaves them as they are, at most 1.5.
        saturation: factor on the distance from grey, 0 (monochrome)…2.
        sharpness: factor on the default sharpening; 0 switches it off, at most 3.
        warmth: how much of the warmth of lamps low light keeps. At 0 that is nothing where the file says what was
            white, and what an eye in the dark keeps where that had to be found; 1 keeps it always, −1 never.

    Raises:
        ContractError: a value that is not finite or beyond its range.
    """

    exposure_ev: float = 0.0
    contrast: float = 1.0
    shadows: float = 1.0
    saturation: float = 1.0
    sharpness: float = 1.0
    warmth: float = 0.0

    def __post_init__(self) -> None:
        limits = {
            "exposure_ev": (-5.0, 5.0),
            "contrast": (0.8, 1.5),
            "shadows": (0.0, 1.5),
            "saturation": (0.0, 2.0),
            "sharpness": (0.0, 3.0),
            "warmth": (-1.0, 1.0),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise ContractError(f"{name} lies in {low:g}…{high:g}; found {value}; choose a value in that range")
