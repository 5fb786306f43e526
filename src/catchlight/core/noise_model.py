"""The Poisson-Gaussian noise model that every stage of the camera shares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from catchlight.core.errors import ContractError

Domain = Literal["normalised", "dn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseModel:
    """Noise of one photosite: variance = shot · signal + read, for red, green and blue.

    In the `normalised` domain black is 0 and the sensor's white level is 1 (the domain of the DNG tag NoiseProfile);
    in `dn` the signal is in digital numbers above black, and so are shot (DN) and read (DN²).

    Args:
        shot: slope of the variance against the signal, for red, green, blue; ≥ 0.
        read: variance at zero signal, for red, green, blue; ≥ 0.
        domain: the unit of signal and variance.

    Raises:
        ContractError: a value is negative or not finite, or there are not three of each.

    Source: Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data".

    >>> NoiseModel.same(shot=1e-3, read=1e-6).variance(0.5, channel=1)
    0.000501
    """

    shot: tuple[float, float, float]
    read: tuple[float, float, float]
    domain: Domain = "normalised"

    def __post_init__(self) -> None:
        for name, values in (("shot", self.shot), ("read", self.read)):
            if len(values) != 3 or not all(math.isfinite(v) and v >= 0 for v in values):
                raise ContractError(f"noise {name} is three finite numbers ≥ 0 (red, green, blue); found {values}")

    @classmethod
    def same(cls, *, shot: float, read: float, domain: Domain = "normalised") -> NoiseModel:
        """A model with the same two numbers for all three colours."""
        return cls(shot=(shot,) * 3, read=(read,) * 3, domain=domain)

    def variance(self, signal: float, *, channel: int) -> float:
        """Variance at `signal` (clipped at 0) for colour index `channel`."""
        return self.shot[channel] * max(float(signal), 0.0) + self.read[channel]

    def variance_map(self, signal: Float[np.ndarray, "..."], *, channel: int) -> Float[np.ndarray, "..."]:
        """Variance for every value of an array, of the array's own float type."""
        result: Float[np.ndarray, "..."] = np.maximum(signal, 0) * signal.dtype.type(self.shot[channel])
        return result + signal.dtype.type(self.read[channel])

    def scaled(self, factor: float) -> NoiseModel:
        """The model after every value is multiplied by `factor`: shot by factor, read by factor²."""
        if not (math.isfinite(factor) and factor > 0):
            raise ContractError(f"a scale is a finite number > 0; found {factor}")
        red, green, blue = self.shot
        r_red, r_green, r_blue = self.read
        f2 = factor * factor
        return NoiseModel(
            shot=(red * factor, green * factor, blue * factor),
            read=(r_red * f2, r_green * f2, r_blue * f2),
            domain=self.domain,
        )

    def averaged(self, frames: float) -> NoiseModel:
        """The model of the mean of `frames` independent frames."""
        if not frames >= 1:
            raise ContractError(f"a mean is over at least one frame; found {frames}")
        return NoiseModel(
            shot=(self.shot[0] / frames, self.shot[1] / frames, self.shot[2] / frames),
            read=(self.read[0] / frames, self.read[1] / frames, self.read[2] / frames),
            domain=self.domain,
        )

    def to_normalised(self, *, range_dn: float) -> NoiseModel:
        """The model with black at 0 and white at 1, where white - black = `range_dn`."""
        if self.domain == "normalised":
            return self
        scaled = self.scaled(1.0 / range_dn)
        return NoiseModel(shot=scaled.shot, read=scaled.read, domain="normalised")

    def to_dn(self, *, range_dn: float) -> NoiseModel:
        """The model in digital numbers above black, where white - black = `range_dn`."""
        if self.domain == "dn":
            return self
        scaled = self.scaled(range_dn)
        return NoiseModel(shot=scaled.shot, read=scaled.read, domain="dn")
