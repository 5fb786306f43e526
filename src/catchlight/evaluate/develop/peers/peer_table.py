"""The one table of all methods."""

from __future__ import annotations

from collections.abc import Sequence

from catchlight.evaluate.develop.peers.measured_peer import PEAK_MB, SECONDS
from catchlight.evaluate.develop.peers.peer_rows import FAILURES, TIME_SHARE
from catchlight.evaluate.develop.peers.peer_score import PSNR, SSIM, WORST
from catchlight.evaluate.evaluation import Evaluation, Row

_COLUMNS = {PSNR: 2, SSIM: 4, WORST: 2, SECONDS: 1, PEAK_MB: 0}
_BEST = (PSNR, SSIM, WORST)


def peer_table(found: Evaluation) -> str:
    """Markdown: a line for each case and method; the best of a case is bold, a failure stands in its line.

    Reads `config["failures"]` (`case | method` to reason) for what failed, and `config["missing"]`.
    """
    failures: dict[str, str] = dict(found.config.get("failures", {}))
    by_case: dict[str, dict[str, dict[str, Row]]] = {}
    for row in found.rows:
        if row.metric in _COLUMNS or row.metric == FAILURES:
            by_case.setdefault(row.case, {}).setdefault(row.method, {})[row.metric] = row
    heads = [f"{PSNR} dB", SSIM, f"{WORST} dB", "s", "MB"]
    lines = ["| case | method | " + " | ".join(heads) + " |", "|---|---|" + "---:|" * len(heads)]
    for case, methods in by_case.items():
        best = {m: max((r[m].value for r in methods.values() if m in r), default=None) for m in _BEST}
        for method, rows in methods.items():
            cells = [_cell(rows[m], digits, best.get(m)) if m in rows else "" for m, digits in _COLUMNS.items()]
            reason = failures.get(f"{case} | {method}")
            name = f"{method} (failed {rows[FAILURES].value:.0f}×: {reason})" if FAILURES in rows else method
            lines.append(f"| {case} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ahead_lines(rows: Sequence[Row]) -> list[str]:
    """One line a case: how far ahead, and which share of each other's time."""
    by_case: dict[str, list[str]] = {}
    for row in rows:
        if row.metric.startswith(TIME_SHARE):
            if "Siril" in row.metric:
                by_case.setdefault(row.case, []).append(f"{row.value:.2f} of Siril's time")
        elif row.metric.endswith("ahead of the best peer"):
            by_case.setdefault(row.case, []).append(f"{row.metric} {row.value:+.2f} dB")
    return [f"{case}: {', '.join(parts)}" for case, parts in by_case.items()]


def _cell(row: Row, digits: int, best: float | None) -> str:
    text = f"{row.value:.{digits}f}"
    return f"**{text}**" if best is not None and row.value == best else text
