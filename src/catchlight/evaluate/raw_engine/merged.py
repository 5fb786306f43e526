"""A shaken burst, merged: what demosaicing, Catchlight's chain and the engine make of the merged mosaic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from catchlight.camera import interpolate_mosaic
from catchlight.core import LinearMosaic
from catchlight.evaluate.develop.part import name_of
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine.classical_chain import CHAIN, classical_chain
from catchlight.evaluate.raw_engine.code_of import prediction_code
from catchlight.evaluate.raw_engine.demosaic_bases import CLASSICAL, MENON, interpolations, under_root
from catchlight.evaluate.raw_engine.denoisers import encoded
from catchlight.evaluate.raw_engine.engines import MeasuredEngine, learned_chain
from catchlight.evaluate.raw_engine.noisy_case import BURST_FRAMES, SENSOR, NoisyCase
from catchlight.evaluate.raw_engine.subject import Picture, Pictures, Prediction, Subject

PART = "merged"
# What the shake takes out of sight in some frames.
BORDER_PX = 32


def merged_subjects(
    photos: Sequence[Path | Photo], gains: Sequence[float], engines: Sequence[MeasuredEngine], *, side_px: int
) -> list[Subject]:
    """One subject for each gain and photo; all methods get the same merge.

    Args:
        photos: clean.
        gains: noise levels.
        engines: to be measured.
        side_px: of the frames, at most.
    """
    return [
        Subject(
            part=PART, case=case_name(gain), source=photo, name=name_of(photo), bits=16, border_px=BORDER_PX,
            pictures=partial(_pictures, gain, tuple(engines), side_px),
        )
        for gain in gains
        for photo in photos
    ]  # fmt: skip


def case_name(gain: float) -> str:
    """What rows call it."""
    return f"{BURST_FRAMES} frames merged, {SENSOR}, gain {gain:g}"


def merge_methods() -> dict[str, Callable[[LinearMosaic], Picture]]:
    """Name → white-balanced camera RGB of a merged mosaic."""
    found: dict[str, Callable[[LinearMosaic], Picture]] = {CLASSICAL: interpolate_mosaic}
    if MENON in interpolations():
        found[MENON] = lambda mosaic: under_root(mosaic, interpolations()[MENON])
    found[CHAIN] = classical_chain
    return found


def _pictures(gain: float, engines: Sequence[MeasuredEngine], side_px: int, photo: Photo) -> Pictures:
    case = NoisyCase(photo, gain, BURST_FRAMES, side_px)
    truth_code, code = f"{prediction_code().frame} {side_px}", f"{prediction_code().merge} {side_px}"

    def seen(work: Callable[[LinearMosaic], Picture]) -> Picture:
        return encoded(work(case.mosaic), case.mosaic, case.raw.colour)

    methods = {name: Prediction(version=code, make=partial(seen, work)) for name, work in merge_methods().items()}
    for engine in engines:
        methods[engine.name] = Prediction(
            version=f"{code} {engine.version}", make=partial(seen, partial(learned_chain, engine.engine))
        )
    return Pictures(truth=Prediction(version=truth_code, make=case.truth), methods=methods)
