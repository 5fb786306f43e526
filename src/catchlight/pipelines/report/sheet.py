"""Before and after in one picture that can be sent: both whole, and the same places of both at full size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from catchlight.core import ContractError

_GAP_PX, _LINE_PX, _LETTER_PX = 16, 40, 0.62
# Crops may reach this much farther than the whole pictures before they begin a new row.
_ROOM = 1.05
_GROUND, _BEFORE, _AFTER = (19, 19, 21), (169, 185, 203), (243, 189, 107)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """One part of both pictures, in 8-bit sRGB.

    Args:
        what: it is; may be empty.
        before: as one frame shows it.
        after: as the result shows it, of the same size.

    Raises:
        ContractError: two sizes.
    """

    what: str
    before: UInt8[np.ndarray, "h w 3"]
    after: UInt8[np.ndarray, "_ _ 3"]

    def __post_init__(self) -> None:
        if self.before.shape != self.after.shape:
            raise ContractError(f"before and after have one size; found {self.before.shape} and {self.after.shape}")


def before_after_sheet(whole: Pair, crops: Sequence[Pair], *, names: tuple[str, str]) -> UInt8[np.ndarray, "_ _ 3"]:
    """The sheet: the whole pictures side by side, and below them the crops, as many in a row as fit.

    Args:
        whole: both pictures, reduced.
        crops: parts at full size.
        names: what before and after are called.
    """
    rows = [_row(whole, names)]
    wide = round(rows[0].shape[1] * _ROOM)
    shown = [_row(crop, names) for crop in crops]
    at = 0
    while at < len(shown):
        line, used = [shown[at]], shown[at].shape[1]
        at += 1
        while at < len(shown) and used + _GAP_PX + shown[at].shape[1] <= wide:
            line.append(shown[at])
            used += _GAP_PX + shown[at].shape[1]
            at += 1
        rows.append(_side_by_side(line))
    width = max(row.shape[1] for row in rows) + 2 * _GAP_PX
    height = sum(row.shape[0] + _GAP_PX for row in rows) + _GAP_PX
    sheet = np.full((height, width, 3), _GROUND, np.uint8)
    top = _GAP_PX
    for row in rows:
        sheet[top : top + row.shape[0], _GAP_PX : _GAP_PX + row.shape[1]] = row
        top += row.shape[0] + _GAP_PX
    return sheet


def _row(pair: Pair, names: tuple[str, str]) -> UInt8[np.ndarray, "_ _ 3"]:
    both = _side_by_side([pair.before, pair.after])
    row = np.full((both.shape[0] + _LINE_PX, both.shape[1], 3), _GROUND, np.uint8)
    row[_LINE_PX:] = both
    prefix = f"{pair.what}: " if pair.what else ""
    half = pair.before.shape[1] + _GAP_PX
    for left, name, colour in ((0, prefix + names[0], _BEFORE), (half, names[1], _AFTER)):
        _write(row, name, left, pair.before.shape[1], colour)
    return row


def _write(row: UInt8[np.ndarray, "h w 3"], text: str, left: int, room_px: int, colour: tuple[int, int, int]) -> None:
    """Draws one line of text into `row`, smaller where there is little room."""
    text = text.encode("ascii", "replace").decode("ascii")  # OpenCV's letters know no others
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, _LETTER_PX, 1)
    size = _LETTER_PX * min(1.0, room_px / max(width, 1))
    place = (left, _LINE_PX - 12)
    cv2.putText(row, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def _side_by_side(pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]]) -> UInt8[np.ndarray, "_ _ 3"]:
    height = max(p.shape[0] for p in pictures)
    width = sum(p.shape[1] for p in pictures) + _GAP_PX * (len(pictures) - 1)
    row = np.full((height, width, 3), _GROUND, np.uint8)
    left = 0
    for picture in pictures:
        row[: picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1] + _GAP_PX
    return row
