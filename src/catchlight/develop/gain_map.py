"""The gain map of a natural rendering: highlights as a display with headroom can show them."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.gain_map import DEFAULT_OFFSET, GainMap
from catchlight.develop.auto_exposure import MID_GREY
from catchlight.develop.open_shoulder import open_shoulder
from catchlight.develop.tone_curve import INDEX_BEND, CurveTables
from catchlight.develop.tone_local import LocalTone, map_tones

# Displays of today show two to three EV above the white of text; more would only be thrown away there.
MOST_HEADROOM_EV = 3.0
# Below this, nobody sees the difference and the file is larger for nothing.
_LEAST_HEADROOM_EV = 0.3
# What is brighter than all but 0.02 % of the local tone's cells (means of tens of pixels, so neither noise nor a stuck
# pixel) may clip; with 0.1 % street lamps, which cover less than that, would get no headroom of their own.
_TOP_PERCENT = 99.98
# A map's cell covers about this many pixels a side, 2 to 4 in the files of phones. Of a night photo's pixels above
# mid-grey, 68 % get their gain within 0.05 EV by cells of 3 px, 83 % by 1.5 px, which doubles time and bytes.
_CELL_PX = 2.3
_MOST_CURVE_LIGHT = 64.0


def hdr_gain(
    rgb: Float32[np.ndarray, "h w 3"],
    matrix: Float64[np.ndarray, "3 3"],
    tone: LocalTone,
    tables: CurveTables,
    *,
    unheld: LocalTone | None = None,
    headroom_ev: float = MOST_HEADROOM_EV,
) -> GainMap | None:
    """The gains from what `map_tones` makes of the same arguments to the rendition with an open shoulder.

    Exposure, local lift and colour are the same in both; up to mid-grey nothing changes, above it the gain rises with
    brightness. It comes from each place's own light, so that lamps get no halos. To be called before `map_tones`
    overwrites `rgb`.

    Args:
        rgb: linear camera RGB as `map_tones` takes it.
        matrix: to linear sRGB, see there.
        tone: the local exposure, see there.
        tables: the standard rendition's curve.
        unheld: the same local exposure planned with `white_ev` 0, that is, without holding bright regions back, which
            a display with headroom need not do; None: as `tone`.
        headroom_ev: EV above white that may be used at most.

    Returns:
        One gain for all channels, a cell for 2 to 3 pixels a side; None when the scene has less than 0.3 EV above
        white to show.
    """
    per_cell = max(1, round(tone.cell_px / _CELL_PX))
    small = _reduced(rgb, tone, per_cell)
    tone = replace(tone, cell_px=per_cell)
    unheld = tone if unheld is None else replace(unheld, cell_px=per_cell)
    opened = hdr_curve(small, matrix, unheld, tables, headroom_ev=headroom_ev)
    if opened is None:
        return None
    sdr = _light(small, matrix, tone, tables, tables.curve.astype(np.float64))
    hdr = _light(small, matrix, unheld, tables, opened)
    offset = np.float32(DEFAULT_OFFSET)
    gain = np.log2((np.maximum(hdr, sdr) + offset) / (sdr + offset))
    # Dark details within a bright region belong to what stays.
    gain *= np.clip(1 + np.log2(np.maximum(sdr, np.float32(1e-6)) / np.float32(MID_GREY)), 0, 1)
    most_ev, shown_ev = float(gain.max()), math.log2(float(hdr.max()))
    if min(most_ev, shown_ev) < _LEAST_HEADROOM_EV:
        return None
    return GainMap(
        log2_gain=gain,
        gain_map_min=(0.0,) * 3,
        gain_map_max=(most_ev,) * 3,
        alternate_headroom_ev=shown_ev,
    )


def hdr_curve(
    rgb: Float32[np.ndarray, "h w 3"],
    matrix: Float64[np.ndarray, "3 3"],
    tone: LocalTone,
    tables: CurveTables,
    *,
    headroom_ev: float = MOST_HEADROOM_EV,
) -> Float64[np.ndarray, "n"] | None:
    """The open curve for this scene, up to its brightest 0.02 %; None when that is hardly above white.

    Arguments as for `hdr_gain`; the curve's grid is that of `CurveTables`, its last value the peak.
    """
    # The headroom can be told from the cells of the local tone, several times as coarse: many scenes end here.
    coarse, coarse_tone = _reduced(rgb, tone, 1), replace(tone, cell_px=1)
    free = open_shoulder(tables.curve, top=_MOST_CURVE_LIGHT, headroom_ev=math.log2(_MOST_CURVE_LIGHT))
    shown = float(np.percentile(_light(coarse, matrix, coarse_tone, tables, free), _TOP_PERCENT))
    if math.log2(max(shown, 1e-6)) < _LEAST_HEADROOM_EV:
        return None
    index = min(int(np.searchsorted(free, shown)), free.size - 1) / free.size
    return open_shoulder(tables.curve, top=INDEX_BEND * index / (1 - index), headroom_ev=headroom_ev)


def _reduced(rgb: Float32[np.ndarray, "h w 3"], tone: LocalTone, per_cell: int) -> Float32[np.ndarray, "r c 3"]:
    """The picture with `per_cell` pixels for each side of a cell of the local tone."""
    h, w, _ = rgb.shape
    # The last cell may be cut: a fraction of a small pixel at the far edges, against a base that is smooth over many.
    rows, columns = (max(1, round(side * per_cell / tone.cell_px)) for side in (h, w))
    small: Float32[np.ndarray, "r c 3"] = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA)
    return small


def _light(
    rgb: Float32[np.ndarray, "r c 3"],
    matrix: Float64[np.ndarray, "3 3"],
    tone: LocalTone,
    tables: CurveTables,
    curve: Float64[np.ndarray, "n"],
) -> Float32[np.ndarray, "r c"]:
    """Display luminance, linear, that `map_tones` gives with another curve."""
    most = max(1.0, float(curve[-1]))
    # The tables end at 1: the curve is scaled to that, and the encoding is left out.
    linear = replace(tables, curve=(curve / most).astype(np.float32), encode=np.array([0, 1], np.float32))
    luma, _ = map_tones(rgb, matrix, tone, linear, out=np.empty_like(rgb))
    result: Float32[np.ndarray, "r c"] = luma.astype(np.float32) * np.float32(most)
    return result
