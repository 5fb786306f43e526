"""How far the colours of a photographed ColorChecker are from the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.optimize import least_squares

from catchlight.core.camera_colour import Rows, Triple
from catchlight.core.colour import ColourSpace, convert
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.measure.charts.colour_checker import COLUMNS, ROWS, LocatedColourChecker
from catchlight.measure.charts.colour_checker_reference import (
    GREY_DENSITIES,
    GREY_PATCHES,
    PATCH_NAMES,
    Edition,
    reference_linear_srgb,
)
from catchlight.measure.charts.patch_reading import PatchReading, read_patch
from catchlight.measure.charts.tone_response import ToneResponse, tone_response
from catchlight.measure.colour.cielab import lab_from_rgb
from catchlight.measure.colour.delta_e import delta_e_76, delta_e_2000

# Share of a patch's width and height that is read: the inner half.
_INNER = 0.5
# Patches that are read from fewer pixels have means that wander by a tenth of their noise and borders that leak in.
_SMALL_PIXELS = 100
# Share of clipped pixels above which a patch's mean is too dark to be believed.
_MUCH_CLIPPED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourErrors:
    """ΔE of the 24 patches after one kind of normalisation, CIE L*a*b* under D65.

    Args:
        mean_2000: mean CIEDE2000.
        median_2000: median.
        worst_2000: largest.
        worst_patch: its name.
        mean_76: mean CIE 1976 difference.
        mean_chroma: mean |ΔC*| (1976): how much too pale or too vivid.
        each_2000: every patch, row by row from dark skin.
    """

    mean_2000: float
    median_2000: float
    worst_2000: float
    worst_patch: str
    mean_76: float
    mean_chroma: float
    each_2000: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartColours:
    """A photographed ColorChecker against the reference.

    Args:
        patches: the readings, row by row from dark skin; linear.
        as_shot: the file's colours as they are.
        balanced: after the exposure and white balance (three factors) that fit the grey row best.
        corrected: after the 3×3 matrix that fits all patches best: what is left is not linear.
        gains: red, green, blue factors of `balanced`.
        matrix: of `corrected`, linear sRGB from the file's linear values, row by row.
        snr_grey: mean over noise of luminance on the patch neutral 5; None where there is no noise.
        tone: response of the grey row to its printed densities; None where too much of it is clipped.
        corners_xy: of the 6×4 lattice in px, from the one before dark skin clockwise on the chart.
        confidence: of the detection, 0…1.
        used: patches that took part (not much clipped).
        warnings: why a number may be off, each one line.
    """

    patches: tuple[PatchReading, ...]
    as_shot: ColourErrors
    balanced: ColourErrors
    corrected: ColourErrors
    gains: Triple
    matrix: Rows
    snr_grey: float | None
    tone: ToneResponse | None
    corners_xy: tuple[tuple[float, float], ...]
    confidence: float
    used: tuple[int, ...]
    warnings: tuple[str, ...]


def chart_colours(frame: Frame, chart: LocatedColourChecker, *, edition: Edition = "since 2014") -> ChartColours:
    """Colour error of a photo by the chart found in it.

    Much clipped patches stay out of all fits, and their ΔE counts all the same: they are wrong in the photo too.

    Args:
        frame: the photo the chart was found in; camera RGB is read as if it were linear sRGB, and only `corrected`
            means something for it.
        chart: where the chart lies.
        edition: of the reference values.

    Raises:
        ContractError: a patch is too small to be read (under 16 pixels), or nearly all are clipped.
    """
    readings = _read(frame, chart)
    warnings = _warnings(readings)
    measured = np.array([r.mean for r in readings])
    if frame.space not in (ColourSpace.CAMERA, ColourSpace.SRGB):
        measured = convert(measured, target=ColourSpace.SRGB, source=frame.space)
    truth = reference_linear_srgb(edition)
    used = np.array([i for i, r in enumerate(readings) if r.clipped <= _MUCH_CLIPPED])
    greys = np.array([i for i in GREY_PATCHES if i in used])
    if len(used) < 12 or len(greys) < 2:
        raise ContractError(f"12 unclipped patches and 2 greys are needed; found {len(used)} and {len(greys)}")
    # Relative errors: an absolute fit would be one to the white patch alone.
    ratio = measured[greys] / truth[greys]
    gains = ratio.sum(axis=0) / np.maximum((ratio * ratio).sum(axis=0), 1e-12)
    ccm = _best_matrix(measured[used] * gains, truth[used]) * gains
    tone = None
    if len(greys) >= 3:
        row = [readings[i] for i in greys]
        tone = tone_response(row, [GREY_DENSITIES[GREY_PATCHES.index(i)] for i in greys], transfer=frame.transfer)
    neutral = readings[21]
    a, b, c = ((float(r[0]), float(r[1]), float(r[2])) for r in ccm)
    return ChartColours(
        patches=tuple(readings),
        as_shot=_errors(measured, truth),
        balanced=_errors(measured * gains, truth),
        corrected=_errors(measured @ ccm.T, truth),
        gains=(float(gains[0]), float(gains[1]), float(gains[2])),
        matrix=(a, b, c),
        snr_grey=neutral.luminance / neutral.noise_luminance if neutral.noise_luminance > 0 else None,
        tone=tone,
        corners_xy=tuple((float(x), float(y)) for x, y in chart.corners_xy),
        confidence=chart.confidence,
        used=tuple(int(i) for i in used),
        warnings=(*warnings, *(tone.warnings if tone else ())),
    )


def _read(frame: Frame, chart: LocatedColourChecker) -> list[PatchReading]:
    readings = []
    for index in range(ROWS * COLUMNS):
        reading = read_patch(frame, chart.patch_corners(index), inner=_INNER)
        if reading is None:
            raise ContractError(
                f"the patch {PATCH_NAMES[index]} is too small to be read (distance between patches "
                f"{chart.pitch_px:.1f} px); come closer, so that it is 12 px at least"
            )
        readings.append(reading)
    return readings


def _warnings(readings: list[PatchReading]) -> list[str]:
    warnings = []
    clipped = [PATCH_NAMES[i] for i, r in enumerate(readings) if r.clipped > _MUCH_CLIPPED]
    if clipped:
        warnings.append(f"clipped patches are left out of the fits: {', '.join(clipped)}; expose less")
    fewest = min(r.pixels for r in readings)
    if fewest < _SMALL_PIXELS:
        warnings.append(
            f"the smallest patch was read from {fewest} px; {_SMALL_PIXELS} or more are wanted: come closer"
        )
    if np.any(np.diff([readings[i].luminance for i in GREY_PATCHES]) >= 0):
        warnings.append("the grey row does not fall from white to black: uneven light or a reflection on the chart")
    return warnings


def _best_matrix(measured: Float64[np.ndarray, "n 3"], truth: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "3 3"]:
    """Least squares in linear light, then in L*a*b*, where errors look as large as they are.

    Differences beyond 1 ΔE count linearly: cyan lies outside of sRGB, and a file that clipped it must not
    bend the rest.
    """
    start = np.linalg.lstsq(measured, truth, rcond=None)[0].T
    wanted = lab_from_rgb(truth)

    def residual(flat: Float64[np.ndarray, "9"]) -> Float64[np.ndarray, "m"]:
        return (lab_from_rgb(measured @ flat.reshape(3, 3).T) - wanted).ravel()

    found: Float64[np.ndarray, "3 3"] = least_squares(
        residual, start.ravel(), loss="soft_l1", f_scale=1.0, max_nfev=60
    ).x.reshape(3, 3)
    return found


def _errors(linear: Float64[np.ndarray, "24 3"], truth: Float64[np.ndarray, "24 3"]) -> ColourErrors:
    lab, wanted = lab_from_rgb(linear), lab_from_rgb(truth)
    e2000, e76 = delta_e_2000(lab, wanted), delta_e_76(lab, wanted)
    chroma = np.abs(np.hypot(lab[:, 1], lab[:, 2]) - np.hypot(wanted[:, 1], wanted[:, 2]))
    return ColourErrors(
        mean_2000=float(e2000.mean()),
        median_2000=float(np.median(e2000)),
        worst_2000=float(e2000.max()),
        worst_patch=PATCH_NAMES[int(e2000.argmax())],
        mean_76=float(e76.mean()),
        mean_chroma=float(chroma.mean()),
        each_2000=tuple(float(v) for v in e2000),
    )
