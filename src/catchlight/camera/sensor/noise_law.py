"""How a sensor's noise follows its gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from catchlight.core.camera_colour import Triple
from catchlight.core.errors import ContractError
from catchlight.core.noise_model import NoiseModel

_FULL_RANGE_GAINS = tuple(float(2**stop) for stop in range(9))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseKnot:
    """Noise at one gain, normalised (black 0, white 1).

    Args:
        gain: gain before the converter, 1 at base sensitivity.
        shot: slope of the variance against the signal, for all colours.
        read: variance at zero signal, for all colours; row noise is not in it.
        row: variance of the offset that all photosites of one row share; 0 when unknown.
        shot_rgb: the slopes of red, green and blue where they are known one by one; they take the place of `shot`.
        read_rgb: the same for `read`.

    Raises:
        ContractError: a value that is not finite, shot or read ≤ 0, or row < 0.
    """

    gain: float
    shot: float
    read: float
    row: float = 0.0
    shot_rgb: Triple | None = None
    read_rgb: Triple | None = None

    def __post_init__(self) -> None:
        values = [self.shot, self.read, *(self.shot_rgb or ()), *(self.read_rgb or ())]
        if not all(math.isfinite(v) and v > 0 for v in values) or not (math.isfinite(self.row) and self.row >= 0):
            raise ContractError(
                f"shot and read noise of a knot are finite and > 0, row noise ≥ 0; found shot {self.shot}, "
                f"read {self.read}, row {self.row} at gain {self.gain}"
            )
        for name, triple in (("shot_rgb", self.shot_rgb), ("read_rgb", self.read_rgb)):
            if triple is not None and len(triple) != 3:
                raise ContractError(f"{name} is three numbers (red, green, blue); found {len(triple)}")

    @property
    def shots(self) -> Triple:
        """Slope for red, green and blue."""
        return self.shot_rgb or (self.shot, self.shot, self.shot)

    @property
    def reads(self) -> Triple:
        """Variance at zero signal for red, green and blue."""
        return self.read_rgb or (self.read, self.read, self.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseLaw:
    """Noise at any gain: straight lines in log gain against log variance between knots, and beyond the last ones.

    A power law needs two knots, a table one for each of its rows. One knot alone stands for a sensor whose noise is
    all amplified by the gain: shot grows with the gain, read and row with its square.

    Args:
        knots: at least one, gain strictly rising.

    Raises:
        ContractError: no knot, or gains that do not rise from above 0.
    """

    knots: tuple[NoiseKnot, ...]

    def __post_init__(self) -> None:
        gains = [k.gain for k in self.knots]
        if not gains or not all(math.isfinite(g) and g > 0 for g in gains) or any(b <= a for a, b in pairwise(gains)):
            raise ContractError(f"a noise law has one or more knots with rising gains > 0; found {gains}")

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
        if len(self.knots) == 1:
            return _amplified(self.knots[0], gain)
        right = next((i for i, k in enumerate(self.knots) if k.gain >= gain), len(self.knots) - 1)
        low, high = self.knots[max(right - 1, 0)], self.knots[max(right, 1)]
        share = math.log(gain / low.gain) / math.log(high.gain / low.gain)

        def between(a: float, b: float) -> float:
            # Where one is 0 there is no power law between them, only a straight line.
            return a * (b / a) ** share if a > 0 and b > 0 else max(a + (b - a) * share, 0.0)

        def colours(a: Triple, b: Triple) -> Triple:
            return between(a[0], b[0]), between(a[1], b[1]), between(a[2], b[2])

        return NoiseKnot(
            gain=gain,
            shot=between(low.shot, high.shot),
            read=between(low.read, high.read),
            row=between(low.row, high.row),
            shot_rgb=colours(low.shots, high.shots) if low.shot_rgb or high.shot_rgb else None,
            read_rgb=colours(low.reads, high.reads) if low.read_rgb or high.read_rgb else None,
        )

    def model_at(self, gain: float) -> NoiseModel:
        """Shot and read noise at `gain` as the model that the rest of the camera weighs with; row noise is left out."""
        knot = self.at(gain)
        return NoiseModel(shot=knot.shots, read=knot.reads)


def _amplified(knot: NoiseKnot, gain: float) -> NoiseKnot:
    ratio = gain / knot.gain

    def times(triple: Triple | None, factor: float) -> Triple | None:
        return None if triple is None else (triple[0] * factor, triple[1] * factor, triple[2] * factor)

    return NoiseKnot(
        gain=gain,
        shot=knot.shot * ratio,
        read=knot.read * ratio**2,
        row=knot.row * ratio**2,
        shot_rgb=times(knot.shot_rgb, ratio),
        read_rgb=times(knot.read_rgb, ratio**2),
    )
