"""How one camera's RGB relates to the colours that people see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catchlight.core.colour import (
    Chromaticity,
    ColourSpace,
    Matrix,
    adaptation,
    matrix,
    xyz_from_xy,
)
from catchlight.core.errors import ContractError

Triple = tuple[float, float, float]
Rows = tuple[Triple, Triple, Triple]

# EXIF LightSource codes that DNG's CalibrationIlluminant uses, with their correlated colour temperature in kelvin.
# Source: DNG specification 1.7.1, chapter 4, "CalibrationIlluminant1" (values of Adobe's dng_camera_profile).
ILLUMINANT_CCT_K: dict[int, float] = {
    1: 5500, 2: 4150, 3: 2850, 4: 5500, 9: 5500, 10: 6500, 11: 7500, 12: 6400, 13: 5050, 14: 4150, 15: 3525,
    17: 2850, 18: 5500, 19: 6500, 20: 5500, 21: 6500, 22: 7500, 23: 5000, 24: 3200,
}  # fmt: skip
STANDARD_LIGHT_A, D65 = 17, 21


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraColour:
    """Colour matrices and white of one RAW frame, in the terms of the DNG specification.

    Args:
        neutral: camera RGB of a white surface under the scene's light (AsShotNeutral), scaled so that green is 1;
            None when the file does not say.
        matrix_1: XYZ → camera RGB under `illuminant_1` (ColorMatrix1); None when the file has none.
        matrix_2: the same under `illuminant_2` (ColorMatrix2).
        illuminant_1: EXIF LightSource code of matrix_1 (17 = standard light A, 21 = D65).
        illuminant_2: the same of matrix_2.

    Raises:
        ContractError: a neutral that is not positive, or a matrix that cannot be inverted.
    """

    neutral: Triple | None = None
    matrix_1: Rows | None = None
    matrix_2: Rows | None = None
    illuminant_1: int = D65
    illuminant_2: int = D65

    def __post_init__(self) -> None:
        if self.neutral is not None and not all(np.isfinite(v) and v > 0 for v in self.neutral):
            raise ContractError(f"a neutral is three finite numbers > 0; found {self.neutral}")
        for rows in (self.matrix_1, self.matrix_2):
            if rows is None:
                continue
            values = np.asarray(rows, float)
            if values.shape != (3, 3) or not np.isfinite(values).all() or abs(np.linalg.det(values)) < 1e-6:
                raise ContractError("a colour matrix is 3×3, finite and invertible")

    def white_balance(self) -> Triple:
        """Gains for red, green, blue that make the neutral grey, the smallest 1; all 1 without a neutral."""
        neutral = self.neutral or (1.0, 1.0, 1.0)
        gains = [1.0 / v for v in neutral]
        return gains[0] / min(gains), gains[1] / min(gains), gains[2] / min(gains)

    def camera_from_xyz(self, white: Chromaticity) -> Matrix | None:
        """XYZ → camera matrix for the scene white, interpolated between the two calibrations in mired.

        Source: DNG specification 1.7.1, chapter 6, "Translating White Balance xy Coordinates to Camera Neutral".
        """
        first, second = self.matrix_1, self.matrix_2
        if first is None or second is None:
            only = first if first is not None else second
            return None if only is None else np.asarray(only, float)
        cct_1 = ILLUMINANT_CCT_K.get(self.illuminant_1, 6500.0)
        cct_2 = ILLUMINANT_CCT_K.get(self.illuminant_2, 6500.0)
        if cct_1 == cct_2:
            return np.asarray(second, float)
        share = (1 / cct_k_from_xy(white) - 1 / cct_1) / (1 / cct_2 - 1 / cct_1)
        share = min(max(share, 0.0), 1.0)
        return (1 - share) * np.asarray(first, float) + share * np.asarray(second, float)

    def white_xy(self, neutral: Triple) -> Chromaticity:
        """Chromaticity of the scene's white from the camera's neutral, by the specification's fixed-point iteration."""
        white = (0.3457, 0.3585)
        for _ in range(30):
            camera = self.camera_from_xyz(white)
            if camera is None:
                return 0.3127, 0.3290
            xyz = np.linalg.solve(camera, np.asarray(neutral, float))
            total = float(xyz.sum())
            if not total > 0:
                return white
            update = (float(xyz[0]) / total, float(xyz[1]) / total)
            if not (0.1 < update[0] < 0.7 and 0.1 < update[1] < 0.7):
                return white
            step = abs(update[0] - white[0]) + abs(update[1] - white[1])
            white = update
            if step < 1e-7:
                break
        return white

    def rgb_from_camera(self, target: ColourSpace, neutral: Triple | None = None) -> Matrix:
        """Matrix from white-balanced camera RGB (a white surface is 1, 1, 1) to linear `target`; white stays white.

        Without any colour matrix the camera's primaries are taken for those of sRGB.
        """
        if target is ColourSpace.CAMERA:
            raise ContractError("camera RGB is where this matrix starts; ask for another space")
        at = neutral or self.neutral or (1.0, 1.0, 1.0)
        white = self.white_xy(at)
        camera = self.camera_from_xyz(white)
        if camera is None:
            return matrix(target, ColourSpace.SRGB)
        xyz = np.linalg.inv(camera) @ np.diag(camera @ xyz_from_xy(white))
        if target.primaries is None:
            return adaptation(white, target.white) @ xyz
        rgb_from_xyz = np.linalg.inv(matrix(ColourSpace.XYZ_D65, target))
        return rgb_from_xyz @ adaptation(white, target.white) @ xyz


def cct_k_from_xy(xy: Chromaticity) -> float:
    """Correlated colour temperature in kelvin of a chromaticity, within 1500–25000 K.

    Source: McCamy 1992, "Correlated color temperature as an explicit function of chromaticity coordinates", eq. 1.

    >>> round(cct_k_from_xy((0.3127, 0.3290)), -1)
    6510.0
    """
    x, y = xy
    n = (x - 0.3320) / (y - 0.1858)
    cct = -449.0 * n**3 + 3525.0 * n**2 - 6823.3 * n + 5520.33
    return min(max(cct, 1500.0), 25000.0)
