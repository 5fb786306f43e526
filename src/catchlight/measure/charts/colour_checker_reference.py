"""What the 24 patches of a ColorChecker Classic look like."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float64

from catchlight.core.colour import WHITE_D50, ColourSpace, matrix, xyz_from_xy
from catchlight.core.errors import ContractError

Edition = Literal["since 2014", "average"]

PATCH_NAMES = (
    "dark skin", "light skin", "blue sky", "foliage", "blue flower", "bluish green",
    "orange", "purplish blue", "moderate red", "purple", "yellow green", "orange yellow",
    "blue", "green", "red", "yellow", "magenta", "cyan",
    "white", "neutral 8", "neutral 6.5", "neutral 5", "neutral 3.5", "black",
)  # fmt: skip

#: Positions of the grey row, white first, and its nominal densities as printed on the chart.
GREY_PATCHES = (18, 19, 20, 21, 22, 23)
GREY_DENSITIES = (0.05, 0.23, 0.44, 0.70, 1.05, 1.50)

# CIE L*a*b* under D50 (2° observer). Source: X-Rite, "New color specifications for ColorChecker SG and Classic charts"
# (formulations after November 2014).
_SINCE_2014 = (
    (37.54, 14.37, 14.92), (64.66, 19.27, 17.50), (49.32, -3.82, -22.54), (43.46, -12.74, 22.72),
    (54.94, 9.61, -24.79), (70.48, -32.26, -0.37), (62.73, 35.83, 56.50), (39.43, 10.75, -45.17),
    (50.57, 48.64, 16.67), (30.10, 22.54, -20.87), (71.77, -24.13, 58.19), (71.51, 18.24, 67.37),
    (28.37, 15.42, -49.80), (54.38, -39.72, 32.27), (42.43, 51.05, 28.62), (81.80, 2.67, 80.41),
    (50.63, 51.28, -14.12), (49.57, -29.71, -28.32), (95.19, -1.03, 2.93), (81.29, -0.57, 0.44),
    (66.89, -0.75, -0.06), (50.76, -0.13, 0.14), (35.63, -0.46, -0.48), (20.64, 0.07, -0.46),
)  # fmt: skip

# The same, mean of 30 charts of earlier years. Source: BabelColor, "The ColorChecker pages" (Pascale 2006, updated
# 2012), xyY values as in the dataset of colour-science, here as L*a*b*.
_AVERAGE = (
    (38.45, 13.60, 14.54), (65.94, 17.88, 17.88), (50.06, -4.51, -22.26), (43.29, -13.23, 21.94),
    (55.32, 8.83, -24.60), (70.69, -33.03, -0.12), (62.65, 35.35, 57.85), (40.25, 9.76, -44.37),
    (51.60, 47.80, 16.89), (30.50, 21.06, -20.03), (72.46, -23.29, 57.00), (71.95, 19.48, 68.14),
    (28.88, 14.80, -50.14), (55.14, -37.81, 31.64), (42.28, 54.10, 28.68), (82.28, 4.03, 80.02),
    (51.92, 49.80, -13.83), (50.72, -28.10, -27.94), (96.53, -0.47, 2.40), (81.21, -0.66, 0.27),
    (66.48, -0.53, -0.03), (50.83, -0.63, -0.15), (35.85, -0.54, -0.50), (20.83, 0.02, -0.39),
)  # fmt: skip


def reference_lab_d50(edition: Edition = "since 2014") -> Float64[np.ndarray, "24 3"]:
    """CIE L*a*b* of the patches under D50, row by row.

    Args:
        edition: charts made since November 2014, or the average of 30 earlier ones; they differ by 1 ΔE or so.

    Raises:
        ContractError: an unknown edition.
    """
    if edition not in ("since 2014", "average"):
        raise ContractError(f"editions are 'since 2014' and 'average'; found {edition!r}")
    return np.array(_SINCE_2014 if edition == "since 2014" else _AVERAGE)


def reference_linear_srgb(edition: Edition = "since 2014") -> Float64[np.ndarray, "24 3"]:
    """Linear sRGB of the patches lit by D65 (Bradford from D50); cyan lies outside and has a negative red.

    A perfect diffuser is 1.

    >>> reference_linear_srgb()[21].round(3).tolist()  # neutral 5
    [0.19, 0.191, 0.19]
    """
    lab = reference_lab_d50(edition)
    # The inverse of CIE 15:2018, section 8.2.1.
    f_y = (lab[:, 0] + 16) / 116
    f = np.stack([f_y + lab[:, 1] / 500, f_y, f_y - lab[:, 2] / 200], axis=-1)
    bent = np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2)
    xyz = bent * xyz_from_xy(WHITE_D50)
    return xyz @ matrix(ColourSpace.SRGB, ColourSpace.XYZ_D50).T
