"""RGB colour spaces, chromatic adaptation and the sRGB transfer curve."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

import numpy as np
from jaxtyping import Float, Float64

from catchlight.core.errors import ContractError

Chromaticity = tuple[float, float]
Matrix = Float64[np.ndarray, "3 3"]

# Source: CIE 015:2018 (2° observer) as rounded by ISO 22028-1 and the sRGB standard.
WHITE_D65: Chromaticity = (0.3127, 0.3290)
WHITE_D50: Chromaticity = (0.34567, 0.35850)

# Source: Lam 1985, the linearised Bradford transform, as printed in the ICC specification, annex E.
BRADFORD: Matrix = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@dataclass(frozen=True, slots=True)
class _Definition:
    label: str
    white: Chromaticity
    primaries: tuple[Chromaticity, Chromaticity, Chromaticity] | None


class ColourSpace(Enum):
    """The spaces that a Frame may be in; `CAMERA` is the sensor's own, before any matrix."""

    SRGB = _Definition("sRGB", WHITE_D65, ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)))
    DISPLAY_P3 = _Definition("Display P3", WHITE_D65, ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)))
    REC2020 = _Definition("Rec. 2020", WHITE_D65, ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)))
    XYZ_D65 = _Definition("CIE XYZ, D65", WHITE_D65, None)
    XYZ_D50 = _Definition("CIE XYZ, D50", WHITE_D50, None)
    CAMERA = _Definition("camera RGB", WHITE_D65, None)

    @property
    def label(self) -> str:
        """The name a person would use."""
        return self.value.label

    @property
    def white(self) -> Chromaticity:
        """CIE xy of the space's white."""
        return self.value.white

    @property
    def primaries(self) -> tuple[Chromaticity, Chromaticity, Chromaticity] | None:
        """CIE xy of red, green and blue; None for XYZ and camera RGB."""
        return self.value.primaries


def xyz_from_xy(xy: Chromaticity) -> Float64[np.ndarray, "3"]:
    """Tristimulus values with Y = 1 of a chromaticity."""
    x, y = xy
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def adaptation(source: Chromaticity, target: Chromaticity) -> Matrix:
    """Bradford matrix that turns XYZ under the white `source` into XYZ under the white `target`.

    >>> bool(np.allclose(adaptation(WHITE_D65, WHITE_D65), np.eye(3)))
    True
    """
    gain = (BRADFORD @ xyz_from_xy(target)) / (BRADFORD @ xyz_from_xy(source))
    return np.linalg.solve(BRADFORD, gain[:, None] * BRADFORD)


@cache
def _xyz_from(space: ColourSpace) -> Matrix:
    if space is ColourSpace.CAMERA:
        raise ContractError("camera RGB has no fixed place in XYZ; use the matrices of the frame's CameraColour")
    if space.primaries is None:
        return np.eye(3)
    columns = np.stack([xyz_from_xy(p) for p in space.primaries], axis=1)
    return columns * np.linalg.solve(columns, xyz_from_xy(space.white))


def matrix(target: ColourSpace, source: ColourSpace) -> Matrix:
    """Matrix `target_from_source` between linear colour spaces, adapted with Bradford where the whites differ.

    Source: Lindbloom, "RGB/XYZ Matrices"; SMPTE RP 177.

    >>> matrix(ColourSpace.XYZ_D65, ColourSpace.SRGB)[1].round(4).tolist()
    [0.2126, 0.7152, 0.0722]
    """
    xyz = adaptation(source.white, target.white) @ _xyz_from(source)
    result: Matrix = np.linalg.solve(_xyz_from(target), xyz)
    return result


def convert(
    pixels: Float[np.ndarray, "*shape 3"], *, target: ColourSpace, source: ColourSpace
) -> Float[np.ndarray, "*shape 3"]:
    """Linear pixels of `source` expressed in `target`; same shape and float type, out-of-gamut values kept."""
    if target is source:
        return pixels
    return pixels @ matrix(target, source).T.astype(pixels.dtype)


def srgb_encode(linear: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Encoded sRGB (also Display P3's curve) of linear light; odd about zero, so negative values survive.

    Source: IEC 61966-2-1:1999.

    >>> float(srgb_encode(np.array([0.5]))[0].round(4))
    0.7354
    """
    size = np.abs(linear)
    bent = 1.055 * np.power(np.maximum(size, 0.0031308), 1 / 2.4) - 0.055
    return np.copysign(np.where(size <= 0.0031308, 12.92 * size, bent), linear).astype(linear.dtype)


def srgb_decode(encoded: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Linear light of encoded sRGB; the inverse of `srgb_encode`."""
    size = np.abs(encoded)
    bent = np.power((np.maximum(size, 0.04045) + 0.055) / 1.055, 2.4)
    return np.copysign(np.where(size <= 0.04045, size / 12.92, bent), encoded).astype(encoded.dtype)
