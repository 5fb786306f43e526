"""One frame as calibration sees it: digital numbers, levels, filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import UInt16

from catchlight.core import CameraColour, CfaName, CfaPattern, ContractError, Frame, InputError, Metadata, RawFrame
from catchlight.io import read_picture
from catchlight.measure.noise.plane_stack import PlaneStack

# Where floats of 0…1 go in 16 bits: the numbers below leave room for noise below black.
_FLOAT_BLACK_DN, _FLOAT_WHITE_DN = 8192.0, 65535.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What the user says of files that do not tell: PNG and TIFF.

    Args:
        cfa: colour filters; None takes a grey picture for one of a sensor without filters.
        black_dn: digital number of no light; None for 0.
        white_dn: digital number at which a photosite is full; None for the largest that the file can hold.

    Raises:
        ContractError: unknown filters, or levels that leave no range.
    """

    cfa: CfaName | None = None
    black_dn: float | None = None
    white_dn: float | None = None

    def __post_init__(self) -> None:
        if self.cfa is not None:
            CfaPattern(name=self.cfa)
        black = 0.0 if self.black_dn is None else self.black_dn
        if not 0 <= black < (65535 if self.white_dn is None else self.white_dn) <= 65535:
            raise ContractError(
                f"0 ≤ black < white ≤ 65535 is expected of the levels; found {self.black_dn} and {self.white_dn}"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensorFrame:
    """A mosaic, or a picture with three linear channels, with its levels.

    Args:
        name: file name, or number in the sequence.
        samples: digital numbers, h×w for a mosaic, h×w×3 for RGB.
        cfa: filters of a mosaic; None for RGB.
        origin: row and column of the filters' tile at the first photosite.
        black_dn: black level of each site of the tile, row by row; of each channel for RGB.
        white_dn: digital number at which a photosite is full.
        analog_gain: where the file tells; None otherwise.
        metadata: ISO, exposure and the like.
        colour: matrices of the camera.
        assumed: what the file did not tell, in words.
    """

    name: str
    samples: UInt16[np.ndarray, "h w *c"]
    cfa: CfaName | None
    black_dn: tuple[float, ...]
    white_dn: float
    origin: tuple[int, int] = (0, 0)
    analog_gain: float | None = None
    metadata: Metadata = field(default_factory=Metadata)
    colour: CameraColour = field(default_factory=CameraColour)
    assumed: tuple[str, ...] = ()

    @property
    def layout_name(self) -> str:
        """Name of the filters, or RGB."""
        return self.cfa or "RGB"

    @property
    def camera(self) -> str:
        """Make and model; empty where the file does not tell."""
        told = f"{self.metadata.make} {self.metadata.model}".strip()
        # What DNG writers put where they know no camera.
        return "" if told.casefold() == "unknown" else told

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.samples.shape[0], self.samples.shape[1]

    @property
    def range_dn(self) -> float:
        """White minus the mean black level."""
        return self.white_dn - sum(self.black_dn) / len(self.black_dn)

    @property
    def rounding(self) -> float:
        """Variance that rounding to whole numbers adds, 1/12 DN², normalised."""
        return 1 / 12 / self.range_dn**2

    @property
    def tile_px(self) -> int:
        """Side of the tile of filters; 1 for RGB and sensors without filters."""
        return 1 if self.cfa is None else CfaPattern(name=self.cfa).side

    def planes(self) -> list[tuple[int, float, UInt16[np.ndarray, "rows columns"]]]:
        """Colour, black level and photosites of every plane, all of one size; views."""
        if self.cfa is None:
            return [(c, self.black_dn[c], self.samples[..., c]) for c in range(3)]
        pattern = CfaPattern(name=self.cfa, origin=self.origin)
        side = pattern.side
        h, w = (n // side * side for n in self.shape)
        whole = self.samples[:h, :w]
        return [(c, black, whole[plane]) for (c, plane), black in zip(pattern.planes, self.black_dn, strict=True)]


def stacks(frames: Sequence[SensorFrame]) -> list[PlaneStack]:
    """The planes of frames of one scene, each through all frames; black is the mean of theirs."""
    first = frames[0]
    every = [frame.planes() for frame in frames]
    return [
        PlaneStack(
            values=tuple(planes[i][2] for planes in every),
            colour=colour,
            black_dn=sum(planes[i][1] for planes in every) / len(every),
            white_dn=first.white_dn,
            range_dn=first.range_dn,
        )
        for i, (colour, _, _) in enumerate(every[0])
    ]


def read_sensor_frame(source: Path | RawFrame | Frame, *, name: str, assumed: Assumed) -> SensorFrame:
    """A file or a picture in memory as calibration needs it.

    Raises:
        InputError: unreadable, 8 bits, or encoded with a tone curve.
    """
    picture = read_picture(source) if isinstance(source, Path) else source
    if isinstance(picture, RawFrame):
        return SensorFrame(
            name=name,
            samples=picture.mosaic,
            cfa=picture.cfa.name,
            origin=picture.cfa.origin,
            black_dn=picture.black_of_sites_dn,
            white_dn=picture.white_dn,
            analog_gain=picture.analog_gain,
            metadata=picture.metadata,
            colour=picture.colour,
        )
    return _of_picture(picture, name=name, assumed=assumed)


def _of_picture(picture: Frame, *, name: str, assumed: Assumed) -> SensorFrame:
    bits, floats = _depth(picture)
    if bits <= 8:
        raise InputError(
            f"{name}: expected RAW, or 16-bit linear PNG or TIFF; found 8 bits: a tone curve and rounding hide the "
            "sensor's noise; give the camera's RAW files"
        )
    notes = []
    if picture.transfer != "linear":
        if any("profile" in line or "→" in line for line in picture.provenance[1:]):
            raise InputError(f"{name}: expected linear light, found an encoded colour profile; give RAW files")
        notes.append("light taken for linear")
    pixels = picture.pixels
    grey = bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())
    if assumed.cfa is not None and not grey:
        raise InputError(f"{name}: expected one channel for --cfa {assumed.cfa}, found an RGB picture; leave --cfa out")
    values = pixels[..., 0] if grey else pixels
    full = float(2**bits - 1)
    if floats:
        black, white = _FLOAT_BLACK_DN, _FLOAT_WHITE_DN
        samples = values * np.float32(white - black) + np.float32(black)
    else:
        black = 0.0 if assumed.black_dn is None else assumed.black_dn
        white = full if assumed.white_dn is None else assumed.white_dn
        samples = values * np.float32(full)
        told = [f"black {black:g}"] * (assumed.black_dn is None) + [f"white {white:g}"] * (assumed.white_dn is None)
        notes += told
    cfa = (assumed.cfa or "MONO") if grey else None
    if grey and assumed.cfa is None:
        notes.append("no colour filters")
    sites = 3 if cfa is None else CfaPattern(name=cfa).side ** 2
    return SensorFrame(
        name=name,
        samples=np.clip(np.rint(samples), 0, 65535).astype(np.uint16),
        cfa=cfa,
        black_dn=(black,) * sites,
        white_dn=white,
        metadata=picture.metadata,
        assumed=tuple(notes),
    )


def _depth(picture: Frame) -> tuple[int, bool]:
    """Bits of the file and whether they are a float's; frames that were made in memory are floats."""
    said = re.search(r"(\d+) bits( float)?", picture.provenance[0]) if picture.provenance else None
    return (int(said[1]), said[2] is not None) if said else (32, True)
