"""From the figures of single bursts to rows, and how far ahead Catchlight is."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from catchlight.evaluate.develop.peers.measured_peer import PEAK_MB, PROCESSOR_S, SECONDS, failure_of
from catchlight.evaluate.develop.peers.peer_score import PSNR, SSIM, WORST
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.result_cache import Figures

AHEAD, WORST_AHEAD, TIME_SHARE = "PSNR ahead of the best peer", "worst block ahead of the best peer", "share of time"
FAILURES = "bursts failed"
_UNITS = {PSNR: "dB", SSIM: "1", WORST: "dB", SECONDS: "s", PROCESSOR_S: "s", PEAK_MB: "MB"}
_HIGHER = (PSNR, SSIM, WORST)


def method_rows(method: str, case: str, found: Sequence[Figures]) -> list[Row]:
    """Rows of one method in one case.

    PSNR and SSIM are means over the photos it managed, the worst block the worst of them, times medians, memory the
    largest; a last row counts failures where there are any.
    """
    good = [figures for figures in found if failure_of(figures) is None]
    rows = []
    for metric, unit in _UNITS.items():
        values = [figures[metric] for figures in good if metric in figures]
        if not values:
            continue
        value, ci95 = _pooled(metric, values)
        rows.append(
            Row(method=method, case=case, metric=metric, value=value, ci95=ci95, unit=unit,
                higher_is_better=metric in _HIGHER)
        )  # fmt: skip
    if len(good) < len(found):
        failed = float(len(found) - len(good))
        rows.append(
            Row(method=method, case=case, metric=FAILURES, value=failed, ci95=None, unit="1", higher_is_better=False)
        )
    return rows


def _pooled(metric: str, values: Sequence[float]) -> tuple[float, float | None]:
    if metric == WORST:
        return min(values), None
    if metric == PEAK_MB:
        return max(values), None
    if metric in (SECONDS, PROCESSOR_S):
        return statistics.median(values), None
    return mean_ci95(values)


def ahead_rows(ours: str, peers: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """For each case what we are ahead of the best peer that failed nowhere, and our share of each stack's time.

    Args:
        ours: name of our method.
        peers: names of the others.
        rows: of all cases.
    """
    by_case: dict[str, dict[tuple[str, str], float]] = {}
    for row in rows:
        by_case.setdefault(row.case, {})[row.method, row.metric] = row.value
    made = []
    for case, values in by_case.items():
        whole = [peer for peer in peers if (peer, FAILURES) not in values]
        for metric, ahead in ((PSNR, AHEAD), (WORST, WORST_AHEAD)):
            theirs = [values[peer, metric] for peer in whole if (peer, metric) in values]
            if theirs and (ours, metric) in values:
                made.append(_row(ours, case, ahead, values[ours, metric] - max(theirs), "dB", higher=True))
        for peer in peers:
            share = _share(values, ours, peer)
            if share is not None:
                made.append(_row(ours, case, f"{TIME_SHARE} of {peer}", share, "1", higher=False))
    return made


def _share(values: Mapping[tuple[str, str], float], ours: str, peer: str) -> float | None:
    mine, theirs = values.get((ours, SECONDS)), values.get((peer, SECONDS))
    return None if mine is None or not theirs else mine / theirs


def _row(method: str, case: str, metric: str, value: float, unit: str, *, higher: bool) -> Row:
    return Row(method=method, case=case, metric=metric, value=value, ci95=None, unit=unit, higher_is_better=higher)
