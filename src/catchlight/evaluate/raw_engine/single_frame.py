"""One noisy frame: demosaicing with the best usual denoiser, Catchlight's chain, and the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from catchlight.evaluate.develop.part import name_of
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine.classical_chain import CHAIN, classical_chain
from catchlight.evaluate.raw_engine.code_of import prediction_code
from catchlight.evaluate.raw_engine.demosaic_bases import noisy_bases
from catchlight.evaluate.raw_engine.denoisers import denoised, encoded
from catchlight.evaluate.raw_engine.engines import MeasuredEngine, learned_chain
from catchlight.evaluate.raw_engine.noisy_case import SENSOR, NoisyCase
from catchlight.evaluate.raw_engine.subject import Picture, Pictures, Prediction, Subject
from catchlight.evaluate.raw_engine.tuning import BORDER_PX, Tuned

PART = "single frame"


def single_frame_subjects(
    photos: Sequence[Path | Photo],
    gains: Sequence[float],
    tuned: Mapping[tuple[str, float], Tuned],
    engines: Sequence[MeasuredEngine],
    *,
    side_px: int,
) -> list[Subject]:
    """One subject for each gain and photo.

    Args:
        photos: clean.
        gains: noise levels.
        tuned: the denoiser of each demosaicing and gain.
        engines: to be measured.
        side_px: of the frames, at most.
    """
    return [
        Subject(
            part=PART, case=case_name(gain), source=photo, name=name_of(photo), bits=16, border_px=BORDER_PX,
            pictures=partial(_pictures, gain, tuned, tuple(engines), side_px),
        )
        for gain in gains
        for photo in photos
    ]  # fmt: skip


def case_name(gain: float) -> str:
    """What rows call it."""
    return f"{PART}, {SENSOR}, gain {gain:g}"


def tuned_name(base: str) -> str:
    """What rows call a demosaicing with its tuned denoiser."""
    return f"{base} + best denoiser"


def _pictures(
    gain: float,
    tuned: Mapping[tuple[str, float], Tuned],
    engines: Sequence[MeasuredEngine],
    side_px: int,
    photo: Photo,
) -> Pictures:
    case = NoisyCase(photo, gain, 1, side_px)
    code = prediction_code().frame

    @cache
    def base_rgb(base: str) -> Picture:
        return noisy_bases()[base](case.raw, case.mosaic)

    def with_denoiser(base: str) -> Picture:
        return denoised(base_rgb(base), tuned[base, gain].way, case.mosaic, case.raw.colour)

    def seen(rgb: Picture) -> Picture:
        return encoded(rgb, case.mosaic, case.raw.colour)

    methods: dict[str, Prediction] = {}
    for base in noisy_bases():
        way = tuned[base, gain].way.text
        methods[tuned_name(base)] = Prediction(version=f"{code} {side_px} {way}", make=partial(with_denoiser, base))
    methods[CHAIN] = Prediction(
        version=f"{prediction_code().chain} {side_px}", make=lambda: seen(classical_chain(case.mosaic))
    )
    for engine in engines:
        methods[engine.name] = Prediction(
            version=f"{code} {side_px} {engine.version}",
            make=lambda engine=engine: seen(learned_chain(engine.engine, case.mosaic)),  # type: ignore[misc]
        )
    return Pictures(truth=Prediction(version=f"{code} {side_px}", make=case.truth), methods=methods)
