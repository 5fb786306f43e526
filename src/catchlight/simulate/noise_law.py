"""How a sensor's noise follows its gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from catchlight.core.errors import ContractError

_FULL_RANGE_GAINS = tuple(float(2**stop) for stop in range(9))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseKnot:
    """Noise at one gain, normalised (black 0, white 1).

    Args:
        gain: gain before the converter, 1 at base sensitivity.
        shot: slope of the variance against the signal.
        read: variance at zero signal.
        row: variance of the offset that all photosites of one row share; 0 when unknown.
    """

    gain: float
    shot: float
    read: float
    row: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseLaw:
    """Noise at any gain: straight lines in log gain against log variance between knots, and beyond the last ones.

    A power law needs two knots, a table one for each of its rows.

    Args:
        knots: at least two, gain strictly rising; shot and read > 0.

    Raises:
        ContractError: fewer than two knots, gains that do not rise, or values out of range.
    """

    knots: tuple[NoiseKnot, ...]

    def __post_init__(self) -> None:
        gains = [k.gain for k in self.knots]
        if len(gains) < 2 or gains[0] <= 0 or any(b <= a for a, b in pairwise(gains)):
            raise ContractError(f"a noise law has two or more knots with rising gains > 0; found {gains}")
        if not all(k.shot > 0 and k.read > 0 and k.row >= 0 for k in self.knots):
            raise ContractError("shot and read noise of a knot are > 0, row noise ≥ 0")

    @classmethod
    def from_electrons(cls, *, full_well_e: float, before_gain_e: float, after_gain_e: float) -> NoiseLaw:
        """The law read² = a·gain² + b of a sensor with read noise before and after its amplifier.

        Args:
            full_well_e: electrons at white level and gain 1; shot = gain / full_well_e.
            before_gain_e: standard deviation in electrons of what the gain amplifies: a = (before / full well)².
            after_gain_e: the same of what comes later, in electrons at gain 1: b = (after / full well)².

        Source: EMVA standard 1288 release 4.0, section 2 (linear camera model); Hasinoff et al. 2010, "Noise-optimal
        capture for high dynamic range photography" (the noise model).

        >>> law = NoiseLaw.from_electrons(full_well_e=8000.0, before_gain_e=2.0, after_gain_e=2.0)
        >>> round(law.at(4.0).shot * 8000, 6), round((law.at(4.0).read * 8000**2) ** 0.5, 3)
        (4.0, 8.246)
        """
        before, after = before_gain_e / full_well_e, after_gain_e / full_well_e
        knots = [
            NoiseKnot(gain=gain, shot=gain / full_well_e, read=(before * gain) ** 2 + after**2)
            for gain in _FULL_RANGE_GAINS
        ]
        return cls(knots=tuple(knots))

    @classmethod
    def from_log_linear(
        cls,
        *,
        range_dn: float,
        dn_per_e: tuple[float, float],
        read: tuple[float, float],
        row: tuple[float, float],
    ) -> NoiseLaw:
        """The law of a calibration that fits log σ = slope · log K + bias, with K in DN per electron.

        Args:
            range_dn: white minus black of the file.
            dn_per_e: K at gain 1 and at the highest gain measured.
            read: slope and bias for the read noise σ in DN.
            row: slope and bias for the row noise σ in DN.

        Source: Wei et al. 2020, "A Physics-based Noise Formation Model for Extreme Low-light Raw Denoising"
        (the joint distribution of the parameters; its scatter about the fit is left out).
        """
        knots = []
        for k in dn_per_e:
            sigma_read = math.exp(read[0] * math.log(k) + read[1]) / range_dn
            sigma_row = math.exp(row[0] * math.log(k) + row[1]) / range_dn
            knots.append(NoiseKnot(gain=k / dn_per_e[0], shot=k / range_dn, read=sigma_read**2, row=sigma_row**2))
        return cls(knots=tuple(knots))

    def at(self, gain: float) -> NoiseKnot:
        """The noise at `gain`."""
        if not (math.isfinite(gain) and gain > 0):
            raise ContractError(f"a gain is a finite number > 0; found {gain}")
        right = next((i for i, k in enumerate(self.knots) if k.gain >= gain), len(self.knots) - 1)
        low, high = self.knots[max(right - 1, 0)], self.knots[max(right, 1)]
        share = math.log(gain / low.gain) / math.log(high.gain / low.gain)

        def between(a: float, b: float) -> float:
            return a * (b / a) ** share if a > 0 and b > 0 else 0.0

        return NoiseKnot(
            gain=gain,
            shot=between(low.shot, high.shot),
            read=between(low.read, high.read),
            row=between(low.row, high.row),
        )
