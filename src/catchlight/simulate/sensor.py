"""A sensor as the simulator knows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from catchlight.core.camera_colour import CameraColour
from catchlight.core.cfa import BayerName, CfaPattern
from catchlight.core.errors import ContractError
from catchlight.core.noise_model import NoiseModel
from catchlight.simulate.noise_law import NoiseLaw


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorProfile:
    """Levels, colour filter, colour matrices and noise of one sensor.

    Args:
        name: what a person would call it.
        bits: bits of its files; white_dn fits into them.
        black_dn: digital number of no light.
        white_dn: digital number at which a photosite is full.
        cfa: Bayer tile.
        noise: noise against gain.
        colour: matrices; no neutral (that depends on the light). Empty: the filters are taken for sRGB's primaries.
        base_iso: ISO speed at gain 1.
        source: where the numbers come from, and which of them are approximate.

    Raises:
        ContractError: levels that leave no range or do not fit into the bits.
    """

    name: str
    bits: int
    black_dn: float
    white_dn: float
    cfa: BayerName
    noise: NoiseLaw
    colour: CameraColour = field(default_factory=CameraColour)
    base_iso: float = 100.0
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.black_dn < self.white_dn <= 2**self.bits - 1 <= 65535:
            raise ContractError(
                f"0 ≤ black < white ≤ {2**self.bits - 1} at {self.bits} bits; found {self.black_dn} and {self.white_dn}"
            )

    @property
    def range_dn(self) -> float:
        """White minus black."""
        return self.white_dn - self.black_dn

    @property
    def pattern(self) -> CfaPattern:
        """The Bayer tile as the core's type."""
        return CfaPattern(name=self.cfa)

    def noise_at(self, gain: float, *, row_noise: bool = False) -> NoiseModel:
        """What a calibration of the simulated frames would find: the law plus the converter's rounding of 1/12 DN²."""
        knot = self.noise.at(gain)
        rounding = 1 / 12 / self.range_dn**2
        return NoiseModel.same(shot=knot.shot, read=knot.read + rounding + (knot.row if row_noise else 0.0))
