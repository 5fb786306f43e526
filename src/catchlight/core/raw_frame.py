"""One undeveloped frame: what the sensor wrote down."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, UInt16

from catchlight.core.camera_colour import CameraColour
from catchlight.core.cfa import CfaPattern
from catchlight.core.errors import ContractError
from catchlight.core.metadata import Metadata
from catchlight.core.noise_model import NoiseModel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawFrame:
    """A mosaic with everything needed to interpret it.

    Pixel centres lie at 0.5; row 0 is the top row of the stored (unrotated) picture. Even-sized, at least 16×16, and
    of whole blocks of one colour: multiples of 4 for QUAD_ patterns, of 6 for NONA_ ones.

    Args:
        mosaic: digital numbers as read, masked borders already cut off.
        cfa: colour filters, from the top-left photosite on.
        black_dn: black level at even and odd rows and columns, row by row: of the four sites of a Bayer tile. Other
            patterns usually have the same one everywhere.
        white_dn: digital number at which a photosite is full.
        analog_gain: gain before the converter, 1 at base sensitivity; None when unknown.
        noise: noise of this frame at its gain; None when the file does not say.
        colour: matrices and white.
        metadata: exposure, time, orientation, EXIF.

    Raises:
        ContractError: wrong type, odd or tiny size, or levels that leave no range.
    """

    mosaic: UInt16[np.ndarray, "h w"]
    cfa: CfaPattern
    black_dn: tuple[float, float, float, float]
    white_dn: float
    analog_gain: float | None = None
    noise: NoiseModel | None = None
    colour: CameraColour = field(default_factory=CameraColour)
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        if self.mosaic.ndim != 2 or self.mosaic.dtype != np.uint16:
            raise ContractError(f"a mosaic is uint16, h×w; found {self.mosaic.dtype} {self.mosaic.shape}")
        h, w = self.mosaic.shape
        if h < 16 or w < 16 or h % 2 or w % 2:
            raise ContractError(f"a mosaic has an even height and width of at least 16; found {h}×{w}")
        step = {"QUAD": 4, "NONA": 6}.get(self.cfa.name[:4], 2)
        if h % step or w % step:
            raise ContractError(f"a {self.cfa.name} mosaic has sides that are multiples of {step}; found {h}×{w}")
        if len(self.black_dn) != 4 or not all(0 <= b < self.white_dn for b in self.black_dn):
            raise ContractError(f"four black levels lie below white {self.white_dn}; found {self.black_dn}")
        if not self.white_dn <= 65535:
            raise ContractError(f"a 16-bit white level is at most 65535; found {self.white_dn}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in photosites."""
        h, w = self.mosaic.shape
        return h, w

    @property
    def range_dn(self) -> float:
        """White minus the mean black level."""
        return self.white_dn - sum(self.black_dn) / 4

    @property
    def black_of_sites_dn(self) -> tuple[float, ...]:
        """Black level of every site of the filters' tile, in `cfa.planes`' order; their mean without filters."""
        if self.cfa.side == 1:
            return (sum(self.black_dn) / 4,)
        sites = range(self.cfa.side)
        return tuple(self.black_dn[(y & 1) * 2 + (x & 1)] for y in sites for x in sites)

    def normalised(self) -> Float32[np.ndarray, "h w"]:
        """The mosaic as signal: black 0, white 1; noise may take it below 0."""
        signal = np.empty(self.shape, np.float32)
        for site, black in enumerate(self.black_dn):
            plane = (slice(site >> 1, None, 2), slice(site & 1, None, 2))
            signal[plane] = (self.mosaic[plane].astype(np.float32) - np.float32(black)) / np.float32(
                self.white_dn - black
            )
        return signal

    @property
    def exposure_s(self) -> float | None:
        """Exposure time in seconds."""
        return self.metadata.exposure_s

    @property
    def timestamp_ns(self) -> int | None:
        """Time of the shot in nanoseconds."""
        return self.metadata.timestamp_ns

    @property
    def orientation(self) -> int:
        """EXIF orientation of the stored pixels."""
        return self.metadata.orientation
