"""Grey steps of known density, and even fields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError
from catchlight.simulate.charts.paint import paint, rectangle
from catchlight.simulate.charts.view import ChartView

#: Height of a wedge's board in units of its width.
STEP_WEDGE_HEIGHT = 0.22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepWedgeScene:
    """A picture of a step wedge, where its steps are and what they reflect.

    Args:
        light: linear.
        centres_xy: middles of the steps in px, brightest first.
        densities: -log10 of what each step reflects.
    """

    light: Float32[np.ndarray, "h w 3"]
    centres_xy: Float64[np.ndarray, "n 2"]
    densities: tuple[float, ...]


def step_wedge(
    view: ChartView,
    *,
    steps: int = 20,
    density_step: float = 0.1,
    first_density: float = 0.05,
    white: float = 1.0,
    gap: float = 0.12,
    frame_light: float = 0.02,
    background: Float32[np.ndarray, "h w 3"] | None = None,
) -> StepWedgeScene:
    """Grey steps side by side, separated by a dark frame, on a board of 1 × `STEP_WEDGE_HEIGHT`.

    Args:
        view: the camera.
        steps: how many.
        density_step: between neighbours; 0.1 is a third of a stop.
        first_density: of the brightest step; 0.05 is white paper.
        white: light that a density of 0 sends to the sensor.
        gap: share of a step's width that is frame.
        frame_light: of the frame between the steps.
        background: what surrounds the board; a mid-grey wall without it.

    Raises:
        ContractError: fewer than 2 steps, or values out of range.
    """
    if steps < 2 or density_step <= 0 or not 0 <= gap < 1 or not 0 < white <= 1:
        raise ContractError("a wedge has 2 steps or more of rising density, gap and white in 0…1; found others")
    densities = tuple(first_density + i * density_step for i in range(steps))
    frame = (frame_light,) * 3
    pitch = 1.0 / (steps + 1)
    height = 0.7 * STEP_WEDGE_HEIGHT
    shapes = [rectangle(0.0, 0.0, 1.0, STEP_WEDGE_HEIGHT, light=frame, on=None)]
    centres = []
    for i, density in enumerate(densities):
        x = (i + 0.5 + gap / 2) * pitch
        light = (white * 10.0**-density,) * 3
        shapes.append(rectangle(x, 0.15 * STEP_WEDGE_HEIGHT, (1 - gap) * pitch, height, light=light, on=frame))
        centres.append(((i + 1) * pitch, STEP_WEDGE_HEIGHT / 2))
    wall = (0.18, 0.18, 0.18) if background is None else background
    return StepWedgeScene(
        light=paint(view, shapes, background=wall),
        centres_xy=view.to_image(np.array(centres)),
        densities=densities,
    )


def flat_field(view: ChartView, *, light: tuple[float, float, float]) -> Float32[np.ndarray, "h w 3"]:
    """An evenly lit wall of one colour: only vignetting shows.

    Args:
        view: the camera; its homography does not matter.
        light: linear red, green, blue.
    """
    return paint(view, [], background=light)
