"""From the figures of single bursts to rows: means over photos, worst cases, and what the targets ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catchlight.evaluate.develop.burst_case import BurstCase
from catchlight.evaluate.develop.burst_scores import (
    CATCHLIGHT,
    MERGE_GAIN,
    MERGE_LOSS,
    PICTURE_LOSS,
    SSIM_SRGB,
)
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.result_cache import Figures

SHORT_OF_IDEAL, SHORT_OF_STATIC = "merge gain short of ideal", "merge gain short of static"
_LOSSES = (PICTURE_LOSS, MERGE_LOSS)


def burst_rows(by_case: Mapping[BurstCase, Sequence[Figures]], *, ideal_gain_db: float) -> list[Row]:
    """Rows of every case, in its order.

    Args:
        by_case: figures of each photo under the key `method | metric`, photos in the same order in every case of one
            sensor.
        ideal_gain_db: PSNR that a mean of all frames gains where nothing moves.
    """
    rows: list[Row] = []
    for case, found in by_case.items():
        for key in found[0]:
            method, _, metric = key.partition(" | ")
            rows += _rows(method, case.name, metric, [figures[key] for figures in found])
        gains = [figures[f"{CATCHLIGHT} | {MERGE_GAIN}"] for figures in found]
        if case.motion == "static":
            rows.append(_mean_row(CATCHLIGHT, case.name, SHORT_OF_IDEAL, [ideal_gain_db - g for g in gains]))
        static = by_case.get(BurstCase(sensor=case.sensor, gain=case.gain, motion="static"))
        if static is not None and case.motion in ("shaken", "shaken and rotated"):
            key = f"{CATCHLIGHT} | {MERGE_GAIN}"
            lost = [still[key] - figures[key] for still, figures in zip(static, found, strict=True)]
            rows.append(_mean_row(CATCHLIGHT, case.name, SHORT_OF_STATIC, lost))
    return rows


def _rows(method: str, case: str, metric: str, values: Sequence[float]) -> list[Row]:
    if metric not in _LOSSES:
        return [_mean_row(method, case, metric, values)]
    mean = _mean_row(method, case, f"{metric}, mean", values)
    worst = Row(
        method=method, case=case, metric=metric, value=max(values), ci95=None, unit="dB", higher_is_better=False
    )
    return [worst, mean]


def _mean_row(method: str, case: str, metric: str, values: Sequence[float]) -> Row:
    mean, ci95 = mean_ci95(values)
    better_high = not (metric.startswith(_LOSSES) or metric in (SHORT_OF_IDEAL, SHORT_OF_STATIC))
    unit = "1" if metric == SSIM_SRGB else "dB"
    return Row(method=method, case=case, metric=metric, value=mean, ci95=ci95, unit=unit, higher_is_better=better_high)
