"""A chart of 24 colours in a dark frame, as the camera sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError
from catchlight.simulate.charts.paint import paint, rectangle
from catchlight.simulate.charts.view import ChartView

ROWS, COLUMNS = 4, 6
# Shares of the distance between patches, as on the ColorChecker Classic (40 mm patches every 46.5 mm, frame of 12 mm).
_PATCH = 0.86
_BORDER = 0.19
_PITCH = 1.0 / (COLUMNS + 2 * _BORDER)

#: Height of the board in units of its width.
COLOUR_CHECKER_HEIGHT = (ROWS + 2 * _BORDER) * _PITCH


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourCheckerScene:
    """A picture of the chart and where its patches are.

    Args:
        light: linear.
        centres_xy: of the 24 patches in px (centres at 0.5), row by row from the one called dark skin.
        corners_xy: of the 6×4 lattice (half a pitch beyond the outer centres): before the first patch, after the
            sixth, after the last, before the nineteenth.
    """

    light: Float32[np.ndarray, "h w 3"]
    centres_xy: Float64[np.ndarray, "24 2"]
    corners_xy: Float64[np.ndarray, "4 2"]


def colour_checker(
    view: ChartView,
    colours: Float64[np.ndarray, "24 3"],
    *,
    background: Float32[np.ndarray, "h w 3"] | None = None,
    frame_light: float = 0.03,
) -> ColourCheckerScene:
    """A 6×4 colour chart on a board of 1 × `COLOUR_CHECKER_HEIGHT`, in linear light.

    Args:
        view: the camera.
        colours: linear red, green, blue of the patches, row by row.
        background: what surrounds the board, linear; a mid-grey wall without it.
        frame_light: of the frame; 0.03 is the black plastic (density 1.5).

    Raises:
        ContractError: colours that are not finite and ≥ 0.
    """
    if colours.shape != (24, 3) or not np.all(np.isfinite(colours)) or colours.min() < 0:
        raise ContractError("24 colours of three finite numbers ≥ 0 are expected; clip out-of-gamut ones to 0")
    dark = (frame_light,) * 3
    shapes = [rectangle(0.0, 0.0, 1.0, COLOUR_CHECKER_HEIGHT, light=dark, on=None)]
    centres = []
    for index, (red, green, blue) in enumerate(colours):
        row, column = divmod(index, COLUMNS)
        x, y = (_BORDER + column + 0.5) * _PITCH, (_BORDER + row + 0.5) * _PITCH
        side = _PATCH * _PITCH
        light = (float(red), float(green), float(blue))
        shapes.append(rectangle(x - side / 2, y - side / 2, side, side, light=light, on=dark))
        centres.append((x, y))
    left, top = _BORDER * _PITCH, _BORDER * _PITCH
    right, bottom = 1.0 - left, COLOUR_CHECKER_HEIGHT - top
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    wall = (0.18, 0.18, 0.18) if background is None else background
    return ColourCheckerScene(
        light=paint(view, shapes, background=wall),
        centres_xy=view.to_image(np.array(centres)),
        corners_xy=view.to_image(corners),
    )
