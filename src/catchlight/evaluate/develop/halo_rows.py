"""Halos of tone mapping: what is drawn along an edge between two even surfaces, where one curve would draw nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import srgb_encode
from catchlight.develop.auto_exposure import MID_GREY
from catchlight.develop.tone_curve import filmic_tables, log_logistic
from catchlight.develop.tone_local import local_gain_ev, map_tones, plan_local_tone, shrink
from catchlight.evaluate.develop.part import Part
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.result_cache import Figures
from catchlight.measure.halo import measure_halo

Kind = Literal["step", "lamp", "tower before the sky"]
Picture = Float32[np.ndarray, "h w 3"]

KINDS: tuple[Kind, ...] = ("step", "lamp", "tower before the sky")
# Without any halo by construction, and without a word about local tone mapping.
ONE_CURVE = ("OpenCV Reinhard (one curve)", "OpenCV Drago (one curve)")
HALO = "halo: largest ΔL* from 4 px on"
STEPS_EV = range(1, 9)
# A sharp edge, and one out of focus; half width of its transition.
SOFT_PX = (0.0, 12.0)
FROM_PX = 4.0
_SIZE_PX = (240, 360)
# The brighter surface, and what lifts it to a usual exposure of a picture that exceeds white by 1.5 EV.
_LIGHT, _GAIN_EV, _WHITE_EV = 0.5, 1.5, 1.5
# OpenCV's curves give display values themselves.
_GAMMA = 2.2


def halo_part(quick: bool) -> Part:
    """Edges of 1 to 8 EV: a straight step, a lamp in the dark, and a dark tower before the sky; sharp and soft."""
    # The kinds hardly differ in time; a step has the most pixels near its edge.
    kinds, softs = (KINDS[:1], SOFT_PX[:1]) if quick else (KINDS, SOFT_PX)
    return Part(
        name="halo",
        what=f"two even surfaces, {_SIZE_PX[1]}×{_SIZE_PX[0]} px, edges of 1 to 8 EV; the largest mean |ΔL*| of the "
        f"1-px rings at least {FROM_PX:g} px from the edge and its transition, against the same surface far from it; "
        "of all steps the worst; one curve for all pixels has 0 by construction",
        jobs={_case(kind, soft): partial(halo_scores, kind, soft) for kind in kinds for soft in softs},
        rows=_rows,
        apart=ONE_CURVE,
    )


def halo_scores(kind: Kind, soft_px: float) -> Figures:
    """Largest |ΔL*| of every method over all steps."""
    figures: Figures = {}
    for step_ev in STEPS_EV:
        light, distance_px = edge_scene(kind, float(step_ev), soft_px)
        for name, work in _METHODS.items():
            halo = measure_halo(work(light), distance_px, soft_px=max(soft_px, 1.5))
            figures[name] = max(figures.get(name, 0.0), halo.beyond(FROM_PX + soft_px))
    return figures


def edge_scene(kind: Kind, step_ev: float, soft_px: float) -> tuple[Picture, Float32[np.ndarray, "h w"]]:
    """Linear grey of two even surfaces, and every pixel's distance from their border (> 0: the brighter one).

    Args:
        kind: form of the border.
        step_ev: how much brighter one surface is.
        soft_px: half width of the transition; a sharp one is as a lens draws it (σ 0.7 px).
    """
    h, w = _SIZE_PX
    y, x = np.mgrid[0:h, 0:w] + 0.5
    distances = {
        "step": x - w / 2,
        "lamp": h / 10 - np.hypot(x - w / 2, y - h / 2),
        "tower before the sky": np.maximum(np.abs(x - w / 2) - w / 24, 0.3 * h - y),
    }
    distance = distances[kind].astype(np.float32)
    t = np.clip(distance / max(2 * soft_px, 1.0) + 0.5, 0, 1)
    light = np.asarray(_LIGHT * 2.0 ** (-step_ev * (1 - t * t * (3 - 2 * t))), np.float32)
    if soft_px == 0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), 0.7), np.float32)
    return np.repeat(light[..., None], 3, axis=2), distance


def _ours(light: Picture) -> Picture:
    identity = np.eye(3)
    tone = plan_local_tone(
        shrink(light, identity), gain_ev=_GAIN_EV, black=0.0, white_ev=_WHITE_EV, shadows=1.0, saturation=1.0
    )
    out = np.empty_like(light)
    map_tones(light, identity, tone, filmic_tables(white=2.0**_WHITE_EV, contrast=1.0), out=out)
    return out


def _gaussian_base(light: Picture) -> Picture:
    """The same lift and curve on a base that knows no edges: a twentieth of the picture's height wide."""
    log_light = np.log2(light[..., 0].astype(np.float64))
    base = np.asarray(cv2.GaussianBlur(log_light, (0, 0), log_light.shape[0] / 20), np.float64)
    above = (base + _GAIN_EV - np.log2(MID_GREY)).ravel()
    lift = local_gain_ev(above, white_ev=_WHITE_EV, shadows=1.0).reshape(base.shape)
    shown = srgb_encode(log_logistic(2.0 ** (log_light + _GAIN_EV + lift), white=2.0**_WHITE_EV, contrast=1.0))
    return np.repeat(np.asarray(shown, np.float32)[..., None], 3, axis=2)


def _opencv(tonemap: cv2.Tonemap, light: Picture) -> Picture:
    # Its own code makes it warn of itself.
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        shown = tonemap.process(light)
    finally:
        cv2.utils.logging.setLogLevel(level)
    return np.clip(np.nan_to_num(np.asarray(shown, np.float32)), 0, 1)


_METHODS: dict[str, Callable[[Picture], Picture]] = {
    "catchlight": _ours,
    "Gaussian base": _gaussian_base,
    "OpenCV Mantiuk": partial(_opencv, cv2.createTonemapMantiuk(_GAMMA)),
    ONE_CURVE[0]: partial(_opencv, cv2.createTonemapReinhard(_GAMMA)),
    ONE_CURVE[1]: partial(_opencv, cv2.createTonemapDrago(_GAMMA)),
}


def _case(kind: Kind, soft_px: float) -> str:
    return f"{kind}, " + (f"soft over ±{soft_px:g} px" if soft_px else "sharp") + ", 1 to 8 EV"


def _rows(found: Mapping[str, Figures]) -> list[Row]:
    return [
        Row(method=method, case=case, metric=HALO, value=value, ci95=None, unit="L*", higher_is_better=False)
        for case, figures in found.items()
        for method, value in figures.items()
    ]
