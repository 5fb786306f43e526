"""Colour difference ΔE: CIE 1976, CIE 1994 and CIEDE2000, and the colour error of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from catchlight.core.colour import ColourSpace, srgb_decode
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.measure.colour.cielab import LabWhite, lab_from_rgb

Formula = Literal["2000", "94", "76"]
# Rows converted at a time: the formula keeps some twenty temporaries.
_ROWS = 64
# 25⁷ in the chroma terms of CIEDE2000.
_P7 = 25.0**7


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourError:
    """How far the colours of a picture are from the truth.

    Args:
        mean: mean ΔE over all pixels.
        median: half of the pixels are closer.
        p95: 95 % of the pixels are closer.
        worst: the largest ΔE.
        formula: "2000", "94" or "76".
    """

    mean: float
    median: float
    p95: float
    worst: float
    formula: Formula


def delta_e_76(
    candidate: Float[np.ndarray, "*shape 3"], truth: Float[np.ndarray, "*shape 3"]
) -> Float[np.ndarray, "*shape"]:
    """Euclidean distance in L*a*b*; symmetric, and about 1 where a difference just shows.

    Source: CIE 15:2018, section 8.2.1.3 (CIE 1976).

    >>> float(delta_e_76(np.array([50.0, 3.0, 0.0]), np.array([50.0, 0.0, 4.0])))
    5.0
    """
    return np.asarray(np.sqrt(np.sum(np.square(candidate - truth), axis=-1)))


def delta_e_94(
    candidate: Float[np.ndarray, "*shape 3"], truth: Float[np.ndarray, "*shape 3"]
) -> Float[np.ndarray, "*shape"]:
    """CIE 1994 difference with the weights of graphic arts; `truth` is the reference, so it is not symmetric.

    Source: CIE 116-1995, with kL = kC = kH = 1, K1 = 0.045 and K2 = 0.015.
    """
    chroma, chroma_truth = (np.hypot(lab[..., 1], lab[..., 2]) for lab in (candidate, truth))
    d_light = candidate[..., 0] - truth[..., 0]
    d_chroma = chroma - chroma_truth
    d_hue_2 = np.square(candidate[..., 1:] - truth[..., 1:]).sum(axis=-1) - d_chroma**2
    s_chroma, s_hue = 1 + 0.045 * chroma_truth, 1 + 0.015 * chroma_truth
    return np.asarray(np.sqrt(d_light**2 + (d_chroma / s_chroma) ** 2 + np.maximum(d_hue_2, 0) / s_hue**2))


def delta_e_2000(
    candidate: Float[np.ndarray, "*shape 3"], truth: Float[np.ndarray, "*shape 3"]
) -> Float[np.ndarray, "*shape"]:
    """CIEDE2000 difference of L*a*b* colours, with kL = kC = kH = 1; symmetric.

    Args:
        candidate: L*a*b* (L* 0…100), any shape with the three coordinates last.
        truth: the same of the reference; same shape.

    Returns:
        ΔE00 of every colour; 1 is about the smallest difference that people see on large neighbouring patches.

    Source: Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes, supplementary
    test data, and mathematical observations", eq. 2 to 22.

    >>> a, b = np.array([50.0, 2.6772, -79.7751]), np.array([50.0, 0.0, -82.7485])
    >>> float(delta_e_2000(a, b).round(4))
    2.0425
    """
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(candidate, -1, 0), np.moveaxis(truth, -1, 0)
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + _P7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))

    grey = c1 * c2 == 0
    turn = h2 - h1
    d_h = np.where(grey, 0, turn - 360 * np.round(turn / 360))
    # Exactly opposite hues: eq. 10 keeps +180 as it is, where rounding to even would turn it about.
    d_h = np.where(~grey & (np.abs(turn) == 180), turn, d_h)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(d_h / 2))
    total = h1 + h2
    mean_h = np.where(np.abs(turn) <= 180, total, np.where(total < 360, total + 360, total - 360)) / 2
    mean_h = np.where(grey, total, mean_h)

    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_light = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_chroma, s_hue = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    blue_turn = np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    rotation = -np.sin(blue_turn) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + _P7))
    light, chroma, hue = (l2 - l1) / s_light, (c2 - c1) / s_chroma, d_hue / s_hue
    squared = light**2 + chroma**2 + hue**2 + rotation * chroma * hue
    return np.asarray(np.sqrt(np.maximum(squared, 0)), candidate.dtype)


_FORMULAS = {"2000": delta_e_2000, "94": delta_e_94, "76": delta_e_76}


def colour_error(candidate: Frame, truth: Frame, *, formula: Formula = "2000", white: LabWhite = "D65") -> ColourError:
    """ΔE of a frame against the true one, pixel by pixel, over the whole picture.

    Each frame is taken from its own colour space and transfer curve to L*a*b* under `white`, its value 1 being the
    white. Noise counts as colour error: average patches first (`lab_from_rgb`, `delta_e_2000`) to judge colours alone.

    Raises:
        ContractError: different shapes, or camera RGB.
    """
    if candidate.shape != truth.shape:
        raise ContractError(f"ΔE compares two frames of one shape; found {candidate.shape} and {truth.shape}")
    h, w = truth.shape
    errors = np.empty((h, w))
    for top in range(0, h, _ROWS):
        rows = slice(top, top + _ROWS)
        errors[rows] = _FORMULAS[formula](_lab(candidate, rows, white), _lab(truth, rows, white))
    return ColourError(
        mean=float(errors.mean()),
        median=float(np.median(errors)),
        p95=float(np.percentile(errors, 95)),
        worst=float(errors.max()),
        formula=formula,
    )


def _lab(frame: Frame, rows: slice, white: LabWhite) -> Float[np.ndarray, "h w 3"]:
    # Double precision: near black and between equal colours ΔE is a small difference of large numbers.
    pixels = frame.pixels[rows].astype(np.float64)
    linear = pixels if frame.transfer == "linear" else srgb_decode(pixels)
    space: ColourSpace = frame.space
    return lab_from_rgb(linear, space=space, white=white)
