"""Rows as tables that people read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from catchlight.evaluate.evaluation import Row


def markdown_table(rows: Sequence[Row], *, metric: str, apart: Collection[str] = ()) -> str:
    """One Markdown table of one metric: a line for each case, a column for each method; empty without such rows.

    The best figure of a line is bold where there are several; methods in `apart` (an oracle, say) do not compete.

    >>> both = dict(case="static", metric="PSNR", ci95=None, unit="dB", higher_is_better=True)
    >>> print(markdown_table([Row(method="a", value=30.0, **both), Row(method="b", value=31.0, **both)], metric="PSNR"))
    | PSNR (dB) | a | b |
    |---|---:|---:|
    | static | 30.00 | **31.00** |
    """
    mine = [row for row in rows if row.metric == metric]
    if not mine:
        return ""
    methods = list(dict.fromkeys(row.method for row in mine))
    cells: dict[str, dict[str, Row]] = {}
    for row in mine:
        cells.setdefault(row.case, {})[row.method] = row
    unit = "" if mine[0].unit == "1" else f" ({mine[0].unit})"
    lines = [f"| {metric}{unit} | " + " | ".join(methods) + " |", "|---|" + "---:|" * len(methods)]
    for case, found in cells.items():
        values = [row.value for row in found.values() if row.method not in apart]
        best = (max if mine[0].higher_is_better else min)(values, default=None)
        texts = [
            _cell(found[m], bold=len(values) > 1 and found[m].value == best) if m in found else "" for m in methods
        ]
        lines.append(f"| {case} | " + " | ".join(texts) + " |")
    return "\n".join(lines)


def _cell(row: Row, *, bold: bool) -> str:
    digits = 4 if row.unit == "1" else 2
    text = f"{row.value:.{digits}f}"
    if bold:
        text = f"**{text}**"
    return text if row.ci95 is None else f"{text} ± {row.ci95:.{digits}f}"
