"""From scores to rows: means over photos, slices, and paired differences from the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.raw_engine import merged, noise_free, single_frame
from catchlight.evaluate.raw_engine.classical_chain import CHAIN
from catchlight.evaluate.raw_engine.demosaic_bases import AHD, BILINEAR, CLASSICAL, MALVAR, MENON
from catchlight.evaluate.raw_engine.engines import ENGINES, SIZES, engine_name
from catchlight.evaluate.raw_engine.score_table import CaseScores
from catchlight.evaluate.release_gate import photo_key
from catchlight.evaluate.slices import sliced_psnr, tercile_masks

AHEAD_DEMOSAIC, AHEAD_TUNED = "ahead of the best classical demosaic", "ahead of the best tuned denoiser"
AHEAD_MERGED, AHEAD_CHAIN = "ahead of merge + classical demosaic", "ahead of catchlight's chain"
INT8_SHORT, FAST_SHORT = "int8 short of fp32", "fast short of best"
PerPhoto = dict[str, dict[str, float]]
# What the engine is compared with, part by part: of several baselines the best of the case.
_BASELINES: Mapping[str, Mapping[str, Sequence[str]]] = {
    noise_free.PART: {AHEAD_DEMOSAIC: (MENON, MALVAR, BILINEAR, CLASSICAL)},
    single_frame.PART: {
        AHEAD_TUNED: tuple(single_frame.tuned_name(base) for base in (MENON, CLASSICAL, AHD)),
        AHEAD_CHAIN: (CHAIN,),
    },
    merged.PART: {AHEAD_MERGED: (MENON, CLASSICAL), AHEAD_CHAIN: (CHAIN,)},
}


def by_slice(metric: str) -> str:
    """The name of a figure that is asked of slices."""
    return f"{metric} by slice"


def score_rows(table: Mapping[str, CaseScores]) -> tuple[list[Row], PerPhoto]:
    """Rows of every case in its order, and the figures of the engines photo by photo for the release gate.

    Args:
        table: scores by case.
    """
    rows: list[Row] = []
    per_photo: PerPhoto = {}
    for case, scores in table.items():
        figures = _figures(case, scores)
        for (method, where, metric), values in figures.items():
            rows.append(_row(method, where, metric, list(values.values())))
            if method in ENGINES:
                per_photo[photo_key(method, where, metric)] = dict(values)
        rows += _ahead(case, scores) + _short(case, scores)
    return rows, per_photo


def _figures(case: str, scores: CaseScores) -> dict[tuple[str, str, str], dict[str, float]]:
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    masks = tercile_masks(scores.features)
    for method, photos in scores.scores.items():
        for photo, scored in photos.items():
            for metric, value in scored.whole.items():
                found.setdefault((method, case, metric), {})[photo] = value
    for name, mask in masks.items():
        for method, photos in scores.scores.items():
            for photo, scored in photos.items():
                inside = sliced_psnr(scored.patches, mask[photo])
                if inside is not None:
                    key = (method, f"{case}, {name}", by_slice(scores.main_metric))
                    found.setdefault(key, {})[photo] = inside
    return found


def _ahead(case: str, scores: CaseScores) -> list[Row]:
    rows = []
    for metric, names in _BASELINES[scores.part].items():
        known = [name for name in names if name in scores.scores]
        if not known:
            continue
        best = max(known, key=lambda name: sum(_main(scores, name).values()))
        rows += [
            _row(engine, case, metric, _differences(_main(scores, engine), _main(scores, best)))
            for engine in ENGINES
            if engine in scores.scores
        ]
    return rows


def _short(case: str, scores: CaseScores) -> list[Row]:
    pairs = [(INT8_SHORT, engine_name(s, "int8"), engine_name(s, "fp32")) for s in SIZES]
    pairs += [(FAST_SHORT, engine_name("fast", p), engine_name("best", p)) for p in ("fp32", "int8")]
    return [
        _row(name, case, metric, _differences(_main(scores, other), _main(scores, name)), higher_is_better=False)
        for metric, name, other in pairs
        if name in scores.scores and other in scores.scores
    ]


def _main(scores: CaseScores, method: str) -> dict[str, float]:
    return {photo: scored.whole[scores.main_metric] for photo, scored in scores.scores[method].items()}


def _differences(first: Mapping[str, float], second: Mapping[str, float]) -> list[float]:
    return [value - second[photo] for photo, value in first.items()]


def _row(method: str, case: str, metric: str, values: Sequence[float], *, higher_is_better: bool = True) -> Row:
    mean, ci95 = mean_ci95(values)
    return Row(
        method=method, case=case, metric=metric, value=mean, ci95=ci95, unit="dB", higher_is_better=higher_is_better
    )
