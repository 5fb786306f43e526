"""Mains flicker under a rolling shutter: how much light each row of a frame gets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """A lamp whose light swings twice in every period of the mains.

    Args:
        mains_hz: 50 or 60; the light swings at twice that.
        depth: swing of the light over its mean, 0…1: 0.1 (incandescent) to 1 (LEDs without a capacitor).
        phase_rad: of the swing at time 0.

    Raises:
        ContractError: a value out of range.
    """

    mains_hz: float = 50.0
    depth: float = 0.3
    phase_rad: float = 0.0

    def __post_init__(self) -> None:
        if not (self.mains_hz > 0 and 0 <= self.depth <= 1 and math.isfinite(self.phase_rad)):
            raise ContractError(f"mains_hz is > 0, depth lies in 0…1, the phase is finite; found {self}")

    def row_light(
        self, rows: int, *, exposure_s: float, readout_s: float, start_s: float = 0.0
    ) -> Float32[np.ndarray, "rows"]:
        """Light of every row over the lamp's mean.

        Args:
            rows: how many.
            exposure_s: each row is open for; ≥ 0.
            readout_s: from the first row's opening to the last one's.
            start_s: when the first row opens.

        Source: the mean of 1 + depth · cos(ωt + φ) over the exposure, ω = 4π · mains: the swing is damped by
        sin(ωT/2)/(ωT/2) and vanishes where the exposure is a whole number of swings.
        """
        omega = 4 * math.pi * self.mains_hz
        middle_s = start_s + np.arange(rows) / max(rows - 1, 1) * readout_s + exposure_s / 2
        damped = self.depth * float(np.sinc(omega * exposure_s / (2 * math.pi)))
        return (1 + damped * np.cos(omega * middle_s + self.phase_rad)).astype(np.float32)
