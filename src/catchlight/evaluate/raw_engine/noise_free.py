"""Demosaicing without noise, as the literature measures it: encoded values, 8 bits in and out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.core import BayerName, CfaPattern
from catchlight.evaluate.develop.part import name_of
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine.code_of import prediction_code
from catchlight.evaluate.raw_engine.demosaic_bases import interpolations
from catchlight.evaluate.raw_engine.engines import MeasuredEngine
from catchlight.evaluate.raw_engine.subject import Picture, Pictures, Prediction, Subject

PART = "demosaic"
BORDER_PX = 10


def noise_free_subjects(
    case: str, photos: Sequence[Path | Photo], cfa: BayerName, engines: Sequence[MeasuredEngine], *, side_px: int | None
) -> list[Subject]:
    """One subject for each photo.

    Args:
        case: what rows call it.
        photos: finished pictures.
        cfa: order of the colours.
        engines: to be measured.
        side_px: of the middle that is taken; None for the whole photo.
    """
    return [
        Subject(
            part=PART, case=case, source=photo, name=name_of(photo), bits=8, border_px=BORDER_PX,
            pictures=partial(_pictures, CfaPattern(name=cfa), tuple(engines), side_px),
        )
        for photo in photos
    ]  # fmt: skip


def _pictures(cfa: CfaPattern, engines: Sequence[MeasuredEngine], side_px: int | None, photo: Photo) -> Pictures:
    truth = _eight_bits(_middle(photo.frame.pixels, side_px))
    mosaic = cfa.sample(truth)
    code = prediction_code().demosaic
    methods = {
        name: Prediction(version=code, make=partial(work, mosaic, cfa)) for name, work in interpolations().items()
    }
    for engine in engines:
        make = partial(engine.engine.interpolate, mosaic, cfa)
        methods[engine.name] = Prediction(version=f"{code} {engine.version}", make=make)
    return Pictures(truth=Prediction(version=code, make=lambda: truth), methods=methods)


def _middle(pixels: Picture, side_px: int | None) -> Float32[np.ndarray, "_ _ 3"]:
    h, w = (side // 2 * 2 if side_px is None else min(side_px, side // 2 * 2) for side in pixels.shape[:2])
    top, left = ((whole - part) // 2 for whole, part in zip(pixels.shape[:2], (h, w), strict=True))
    return pixels[top : top + h, left : left + w]


def _eight_bits(values: Float32[np.ndarray, "h w 3"]) -> Picture:
    rounded: Picture = np.rint(np.clip(values, 0, 1) * np.float32(255)) / np.float32(255)
    return rounded
