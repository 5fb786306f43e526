"""A sensor: its levels, its colours and its noise."""

from __future__ import annotations

from dataclasses import dataclass, field

from catchlight.camera.sensor.noise_law import NoiseLaw
from catchlight.camera.sensor.pattern_noise import PatternNoise
from catchlight.core.camera_colour import CameraColour
from catchlight.core.cfa import CfaName, CfaPattern
from catchlight.core.errors import ContractError
from catchlight.core.noise_model import NoiseModel


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorProfile:
    """Levels, colour filter, colour matrices and noise of one sensor.

    Args:
        name: what a person would call it.
        bits: bits of its files; white_dn fits into them.
        black_dn: digital number of no light.
        white_dn: digital number at which a photosite is full.
        cfa: its colour filters; their tile begins at its first photosite.
        noise: noise against gain.
        colour: matrices; no neutral (that depends on the light). Empty: the filters are taken for sRGB's primaries.
        base_iso: ISO speed at gain 1.
        pattern_noise: what is not independent from photosite to photosite or from frame to frame; none by default.
        size_px: height and width of its mosaic, where known.
        pixel_pitch_um: distance of neighbouring photosites, where known.
        readout_s: time from the first to the last row's readout; None when unknown, 0 for a global shutter.
        rounding_in_read: the read noise was measured on recorded values, so the converter's rounding is in it.
        source: where the numbers come from, and which of them are approximate.

    Raises:
        ContractError: levels that leave no range or do not fit into the bits, or a size, pitch or time out of range.
    """

    name: str
    bits: int
    black_dn: float
    white_dn: float
    cfa: CfaName
    noise: NoiseLaw
    colour: CameraColour = field(default_factory=CameraColour)
    base_iso: float = 100.0
    pattern_noise: PatternNoise = field(default_factory=PatternNoise)
    size_px: tuple[int, int] | None = None
    pixel_pitch_um: float | None = None
    readout_s: float | None = None
    rounding_in_read: bool = False
    source: str

    def __post_init__(self) -> None:
        CfaPattern(name=self.cfa)
        if not 1 <= self.bits <= 16:
            raise ContractError(f"a sensor's files have 1 to 16 bits; found {self.bits}")
        if not 0 <= self.black_dn < self.white_dn <= 2**self.bits - 1:
            raise ContractError(
                f"0 ≤ black < white ≤ {2**self.bits - 1} at {self.bits} bits; found {self.black_dn} and {self.white_dn}"
            )
        if not 0 < self.base_iso < float("inf"):
            raise ContractError(f"an ISO speed is a finite number > 0; found {self.base_iso}")
        if self.size_px is not None and (len(self.size_px) != 2 or min(self.size_px) < 1):
            raise ContractError(f"a sensor's size is its height and width in px, each ≥ 1; found {self.size_px}")
        if self.pixel_pitch_um is not None and not 0 < self.pixel_pitch_um < float("inf"):
            raise ContractError(f"a pixel pitch is a finite number of µm > 0; found {self.pixel_pitch_um}")
        if self.readout_s is not None and not 0 <= self.readout_s < float("inf"):
            raise ContractError(f"a readout time is a finite number of seconds ≥ 0; found {self.readout_s}")

    @property
    def range_dn(self) -> float:
        """White minus black."""
        return self.white_dn - self.black_dn

    @property
    def pattern(self) -> CfaPattern:
        """The colour filters."""
        return CfaPattern(name=self.cfa)

    @property
    def rounding(self) -> float:
        """Variance that rounding to whole numbers adds, 1/12 DN², normalised."""
        return 1 / 12 / self.range_dn**2

    def noise_at(self, gain: float, *, row_noise: bool = False) -> NoiseModel:
        """What a calibration of recorded frames finds: the law, and the converter's rounding if it is not in it."""
        knot = self.noise.at(gain)
        rounding = 0.0 if self.rounding_in_read else self.rounding
        row = knot.row if row_noise else 0.0
        red, green, blue = (read + rounding + row for read in knot.reads)
        return NoiseModel(shot=knot.shots, read=(red, green, blue))
