"""ColorCheckers and dot grids rendered with their truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core import Frame, NoiseModel
from catchlight.core.colour import srgb_encode
from catchlight.evaluate.result_cache import Figures
from catchlight.measure.charts import chart_colours, find_colour_checker, grid_geometry, reference_linear_srgb
from catchlight.simulate import mirrored
from catchlight.simulate.charts import (
    COLOUR_CHECKER_HEIGHT,
    ChartView,
    RadialMap,
    colour_checker,
    dot_grid,
    perspective,
    recording,
)

HEIGHT, WIDTH = 600, 800
FINDERS = ("catchlight", "OpenCV mcc")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourCheckerCase:
    """One random ColorChecker: ±30° of perspective, any quarter turn, 20 to 90 % of the width, blur, noise, a cast."""

    index: int

    def score(self, photo: Frame) -> Figures:
        """Found or not and corner error of each finder; our mean ΔE2000 against the rendered colours.

        Args:
            photo: what surrounds the chart.
        """
        background = np.ascontiguousarray(mirrored(photo, height_px=HEIGHT, width_px=WIDTH).to_linear())
        rng = np.random.default_rng([self.index, 63])
        fill = float(rng.uniform(0.2, 0.75))
        view = ChartView(
            height=HEIGHT,
            width=WIDTH,
            image_from_chart=perspective(
                height=HEIGHT,
                width=WIDTH,
                chart_height=COLOUR_CHECKER_HEIGHT,
                fill=fill,
                yaw_deg=float(rng.uniform(-30, 30)),
                pitch_deg=float(rng.uniform(-30, 30)),
                roll_deg=90.0 * (self.index % 4) + float(rng.uniform(-12, 12)),
            ),
            sigma_px=float(rng.uniform(0.5, 2.0)),
        )
        scene = colour_checker(view, np.maximum(reference_linear_srgb(), 0), background=background)
        shot = float(rng.choice([1e-4, 1e-3]))
        light = recording(scene.light, noise=NoiseModel.same(shot=shot, read=shot * 0.02), seed=self.index)
        light = np.clip(light, 0, 1)
        found = find_colour_checker(light)
        figures: Figures = {
            f"{FINDERS[0]}|found": 0.0,
            **_judged(FINDERS[0], None if found is None else found.corners_xy, scene.corners_xy),
            **_judged(FINDERS[1], _opencv(light), scene.corners_xy),
        }
        if found is not None and figures[f"{FINDERS[0]}|found"]:
            colours = chart_colours(Frame(pixels=light.astype(np.float32)), found)
            figures["delta e"] = colours.as_shot.mean_2000
        return figures


def _judged(finder: str, corners: Float64[np.ndarray, "4 2"] | None, truth: Float64[np.ndarray, "4 2"]) -> Figures:
    """Found counts when the corners, in their order, are within half a patch of the truth."""
    pitch = float(np.linalg.norm(truth[1] - truth[0])) / 6
    if corners is None:
        return {f"{finder}|found": 0.0}
    error = float(np.linalg.norm(corners - truth, axis=1).max()) / pitch
    if error > 0.5:
        return {f"{finder}|found": 0.0, f"{finder}|wrong": 1.0}
    return {f"{finder}|found": 1.0, f"{finder}|corner": error}


def _opencv(light: Float32[np.ndarray, "h w 3"]) -> Float64[np.ndarray, "4 2"] | None:
    """OpenCV's detector, where it is built in; its outline is that of the patches' outer edges."""
    if not hasattr(cv2, "mcc"):
        return None
    encoded = np.rint(srgb_encode(light)[..., ::-1] * 255).astype(np.uint8)
    detector = cv2.mcc.CCheckerDetector.create()
    if not detector.process(np.ascontiguousarray(encoded), 1):
        return None
    box = detector.getBestColorChecker().getBox()
    return np.asarray(box, np.float64) + 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCase:
    """One random dot grid: distortion, lateral colour, slight perspective, blur and noise."""

    index: int

    def score(self) -> Figures:
        """Error of the distortion at the edge of what was seen, in % of the radius; of lateral colour, in px."""
        rng = np.random.default_rng([self.index, 64])
        distortion = RadialMap(cubic=float(rng.uniform(-0.12, 0.06)))
        red, blue = (RadialMap(scale=float(rng.uniform(-1e-3, 1e-3))) for _ in range(2))
        view = ChartView(
            height=HEIGHT,
            width=WIDTH,
            image_from_chart=perspective(
                height=HEIGHT,
                width=WIDTH,
                chart_height=0.75,
                fill=1.0,
                yaw_deg=float(rng.uniform(-5, 5)),
                pitch_deg=float(rng.uniform(-5, 5)),
            ),
            distortion=distortion,
            red=red,
            blue=blue,
            sigma_px=float(rng.uniform(0.6, 1.2)),
        )
        scene = dot_grid(view, chart_height=0.75)
        light = np.clip(recording(scene.light, noise=NoiseModel.same(shot=3e-4, read=1e-6), seed=self.index), 0, 1)
        found = grid_geometry(Frame(pixels=light.astype(np.float32)))
        if found is None:
            return {"found": 0.0}
        radius = found.seen_radius
        ideal = float(distortion.unmoved(np.array([radius]))[0])
        measured = found.k1 * ideal**2 + found.k2 * ideal**4
        half = math.hypot(HEIGHT, WIDTH) / 2
        errors = [
            abs((colour.scale + colour.cubic * radius**2) - truth.scale) * radius * half
            for colour, truth in ((found.red, red), (found.blue, blue))
        ]
        return {
            "found": 1.0,
            "distortion": 100 * (measured - distortion.cubic * ideal**2),
            "lateral": max(errors),
            "true distortion": 100 * distortion.cubic * ideal**2,
        }
