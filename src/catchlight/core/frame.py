"""One picture in red, green and blue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float32

from catchlight.core.colour import ColourSpace, convert, srgb_decode, srgb_encode
from catchlight.core.errors import ContractError
from catchlight.core.gain_map import GainMap
from catchlight.core.metadata import Metadata

Transfer = Literal["linear", "srgb"]
White = Literal["sensor clip", "diffuse white", "display white"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """RGB pixels with the facts that give them a meaning.

    Args:
        pixels: finite values, nominally 0…1; linear frames may exceed 1 (highlights) or fall below 0 (noise, gamut).
        space: the colour space of the three channels.
        transfer: `linear` light, or encoded with the `srgb` curve.
        white: what the value 1.0 stands for.
        metadata: exposure, time, orientation, EXIF.
        provenance: one short line for each step that made these pixels, oldest first.
        gain_map: how a display with headroom shows it brighter; no larger than the picture; None: as it is.

    Raises:
        ContractError: wrong type or shape, an empty picture, NaN or infinity, or a gain map larger than the picture.
    """

    pixels: Float32[np.ndarray, "h w 3"]
    space: ColourSpace = ColourSpace.SRGB
    transfer: Transfer = "linear"
    white: White = "diffuse white"
    metadata: Metadata = field(default_factory=Metadata)
    provenance: tuple[str, ...] = ()
    gain_map: GainMap | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.float32:
            raise ContractError(f"a frame is float32, h×w×3; found {self.pixels.dtype} {self.pixels.shape}")
        if min(self.pixels.shape) < 1:
            raise ContractError(f"a frame has at least one pixel; found {self.pixels.shape}")
        # Summing is one pass without a temporary; any NaN or infinity survives into the sum.
        with np.errstate(invalid="ignore"):
            total = self.pixels.sum(dtype=np.float64)
        if not np.isfinite(total):
            raise ContractError("a frame holds finite numbers; found NaN or infinity")
        if self.gain_map is not None and any(np.greater(self.gain_map.shape, self.shape)):
            raise ContractError(f"a gain map is no larger than its picture; found {self.gain_map.shape}, {self.shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        h, w, _ = self.pixels.shape
        return h, w

    def to_linear(self) -> Float32[np.ndarray, "h w 3"]:
        """The pixels in linear light, in the same colour space."""
        return self.pixels if self.transfer == "linear" else srgb_decode(self.pixels)

    def in_space(self, space: ColourSpace, transfer: Transfer) -> Frame:
        """The same picture in another colour space or transfer curve; out-of-gamut values are kept.

        A gain map with one gain for all channels stays; one with three belongs to the old primaries and goes with them.
        """
        if space is self.space and transfer == self.transfer:
            return self
        keeps_map = space is self.space or (self.gain_map is not None and self.gain_map.is_grey)
        # In bands, so that the curves' temporaries stay small beside the picture.
        pixels = np.empty_like(self.pixels)
        for top in range(0, self.pixels.shape[0], 64):
            band = self.pixels[top : top + 64]
            linear = band if self.transfer == "linear" else srgb_decode(band)
            linear = convert(linear, target=space, source=self.space)
            pixels[top : top + 64] = linear if transfer == "linear" else srgb_encode(linear)
        return Frame(
            pixels=pixels,
            space=space,
            transfer=transfer,
            white=self.white,
            metadata=self.metadata,
            provenance=(*self.provenance, f"{self.space.label} → {space.label}, {transfer}"),
            gain_map=self.gain_map if keeps_map else None,
        )
