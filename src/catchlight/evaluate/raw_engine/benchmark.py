"""The benchmark of the RAW engine: noise-free, noisy, merged and flat mosaics, its baselines beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import catchlight
from catchlight.evaluate.code_revision import code_revision
from catchlight.evaluate.develop.part import loaded
from catchlight.evaluate.evaluation import Evaluation, Progress, Row
from catchlight.evaluate.photo_sets import Photo, data_folder
from catchlight.evaluate.raw_engine import score_rows as rows_of
from catchlight.evaluate.raw_engine.code_of import code_of, prediction_code
from catchlight.evaluate.raw_engine.demosaic_bases import MENON, interpolations
from catchlight.evaluate.raw_engine.denoisers import has_scikit_image
from catchlight.evaluate.raw_engine.engines import ENGINES, MeasuredEngine, load_engines
from catchlight.evaluate.raw_engine.flat_noise import (
    GRAIN_LEFT,
    NOISE_LEFT,
    WORST_OCTAVE,
    FlatCase,
    Method,
    flat_cases,
    flat_methods,
    flat_rows,
    flat_scores,
)
from catchlight.evaluate.raw_engine.merged import merged_subjects
from catchlight.evaluate.raw_engine.noise_free import noise_free_subjects
from catchlight.evaluate.raw_engine.plan import RawEnginePlan, plan_of
from catchlight.evaluate.raw_engine.prediction_cache import PredictionCache
from catchlight.evaluate.raw_engine.score_rows import by_slice, score_rows
from catchlight.evaluate.raw_engine.score_table import CPSNR, PSNR_LINEAR, PSNR_SRGB, CaseScores
from catchlight.evaluate.raw_engine.single_frame import single_frame_subjects
from catchlight.evaluate.raw_engine.subject import Subject
from catchlight.evaluate.raw_engine.timing import MEMORY, SECONDS, TIMES_FASTER, large_rows, ratio_rows
from catchlight.evaluate.raw_engine.tuning import Tuned, tune
from catchlight.evaluate.result_cache import CacheFor, Figures, ResultCache

TARGETS = {
    "CPSNR, kodak24, engine best": "at least 41.5, goal 42.5 dB",
    f"{rows_of.AHEAD_DEMOSAIC}, gb82": "at least 3 dB",
    rows_of.AHEAD_TUNED: "at least 2.5 dB at gains 1, 4 and 16",
    rows_of.AHEAD_MERGED: "at least 1.5 dB at every gain",
    rows_of.INT8_SHORT: "at most 0.1 dB",
    rows_of.FAST_SHORT: "at most 1 dB",
    TIMES_FASTER: "at least 1.8 at one megapixel",
    SECONDS: "12 megapixels on two cores: best 8 s, fast 2.5 s",
    MEMORY: "at most 600 MB",
}
# What tables show, in this order; slices and the rest stand in the JSON.
SHOWN = (
    CPSNR, PSNR_SRGB, PSNR_LINEAR, rows_of.AHEAD_DEMOSAIC, rows_of.AHEAD_TUNED, rows_of.AHEAD_MERGED,
    rows_of.AHEAD_CHAIN, rows_of.INT8_SHORT, rows_of.FAST_SHORT, NOISE_LEFT, WORST_OCTAVE, GRAIN_LEFT,
    TIMES_FASTER, SECONDS, MEMORY,
)  # fmt: skip
SLICED = (by_slice(CPSNR), by_slice(PSNR_SRGB))


def evaluate_raw_engine(
    data: Path | None = None,
    quick: bool = False,
    *,
    cache_for: CacheFor | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measures the RAW engine and its baselines. All noise is synthetic.

    Pictures are kept in the cache and scored afterwards. The cache belongs to photos and sizes; each picture in it to
    the code, or the weights, that made it.

    Args:
        data: folder that holds `photos/kodak24`, `photos/gb82` and `photos/cid22_512`; None takes CATCHLIGHT_DATA.
            Without either, procedural night towns are used.
        quick: two photos of each kind, small: within a minute.
        cache_for: opens the cache for a configuration; None keeps nothing.
        progress: called as progress(what, done, total).

    Raises:
        UsageError: `data` is not a folder.
        InputError: a set of photos is missing there.
    """
    folder = data_folder(data)
    plan = plan_of(folder, quick=quick)
    # Asked for now: the files may change while this runs, what was loaded does not.
    revision, _ = code_revision(), prediction_code()
    figures = cache_for(plan.config()) if cache_for else ResultCache()
    # Beside the figures, so that what throws them away throws these away too.
    pictures = PredictionCache(None if figures.folder is None else figures.folder / "photos" / "pictures")
    tell = progress or (lambda what, done, total: None)
    engines, notes = load_engines()
    tuned = tune(
        plan.gains, plan.tuning, side_px=plan.tuning_px, quick=quick, cache=figures, tell=lambda w: tell(w, 0, 1)
    )
    table = _scored(_subjects(plan, tuned, engines), pictures, tell)
    rows, per_photo = score_rows(table)
    rows += _flat(plan, engines, figures, tell)
    if not quick:
        tell("time", 1, 1)
        rows += ratio_rows(engines)
        if any(engine.name.endswith("int8") for engine in engines):
            timed, failed = large_rows()
            rows, notes = rows + timed, (*notes, *failed)
    config: dict[str, Any] = plan.config() | {
        "version": catchlight.__version__,
        "how": plan.how,
        "cases": list(dict.fromkeys(row.case for row in rows if row.ci95 is not None)),
        "tuned": _told_tuned(tuned),
        "engines": {engine.name: engine.version for engine in engines},
        "gated": list(ENGINES),
        "per_photo": per_photo,
        "targets": TARGETS,
        "tables": list(SHOWN),
        "notes": [*notes, *_notes(folder), *(f"tuned for {k}: {v}" for k, v in _told_tuned(tuned).items())],
        "from_cache": pictures.hits + figures.hits,
        "measured": pictures.misses + figures.misses,
    }
    return Evaluation(benchmark="raw_engine", commit=revision, config=config, rows=tuple(rows))


def _subjects(
    plan: RawEnginePlan, tuned: Mapping[tuple[str, float], Tuned], engines: Sequence[MeasuredEngine]
) -> list[Subject]:
    found: list[Subject] = []
    for case, (cfa, photos) in plan.demosaic.items():
        found += noise_free_subjects(case, photos, cfa, engines, side_px=plan.demosaic_px)
    found += single_frame_subjects(plan.noisy, plan.gains, tuned, engines, side_px=plan.side_px)
    return found + merged_subjects(plan.noisy, plan.gains, engines, side_px=plan.side_px)


def _scored(subjects: Sequence[Subject], cache: PredictionCache, tell: Progress) -> dict[str, CaseScores]:
    table: dict[str, CaseScores] = {}
    last: tuple[str, Photo] | None = None
    for done, subject in enumerate(subjects):
        tell(f"{subject.case}: {subject.name}", done, len(subjects))
        if last is None or last[0] != subject.name:
            last = subject.name, loaded(subject.source)
        scores = table.setdefault(subject.case, CaseScores(part=subject.part))
        pictures = subject.pictures(last[1])
        name = f"{subject.case} {subject.name}"
        truth = cache.get(f"truth {name}", version=pictures.truth.version, bits=subject.bits, make=pictures.truth.make)
        scores.add_truth(subject, truth)
        for method, how in pictures.methods.items():
            picture = cache.get(f"{method} {name}", version=how.version, bits=subject.bits, make=how.make)
            scores.add(subject, method, picture, truth)
    tell("scored", len(subjects), len(subjects))
    return table


def _flat(plan: RawEnginePlan, engines: Sequence[MeasuredEngine], cache: ResultCache, tell: Progress) -> list[Row]:
    code = f"{prediction_code().chain} {code_of('evaluate/raw_engine/flat_noise.py')}"
    versions = {engine.name: engine.version for engine in engines}
    cases = flat_cases(plan.gains, quick=plan.quick)
    found: dict[str, dict[str, list[Figures]]] = {}
    for done, case in enumerate(cases):
        tell(case.name, done, len(cases))
        for method, work in flat_methods(engines).items():
            found.setdefault(case.name, {})[method] = [
                cache.get(
                    f"flat {method} {case.name} {seed} {code} {versions.get(method, '')}",
                    partial(_flat_scores, case, work, seed),
                )
                for seed in range(plan.seeds)
            ]
    return flat_rows(found)


def _flat_scores(case: FlatCase, work: Method, seed: int) -> Figures:
    mosaic = case.mosaic(seed)
    return flat_scores(work(mosaic), mosaic, level=case.level)


def _notes(folder: Path | None) -> list[str]:
    notes = []
    if folder is None:
        notes.append("no photos (--data, CATCHLIGHT_DATA): procedural night towns instead")
    if MENON not in interpolations():
        notes.append("colour-demosaicing is not installed (extra `bench`): no Menon, Malvar and bilinear")
    if not has_scikit_image():
        notes.append("scikit-image is not installed (extra `bench`): no NLM and wavelets, the bilateral filter alone")
    return notes


def _told_tuned(tuned: Mapping[tuple[str, float], Tuned]) -> dict[str, str]:
    return {
        f"{base}, gain {gain:g}": f"{t.way.text} ({t.psnr_db:.2f} dB there, {t.without_db:.2f} with the noise left in)"
        for (base, gain), t in tuned.items()
    }
