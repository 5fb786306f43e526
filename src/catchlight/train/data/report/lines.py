"""The report as lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from catchlight.train.data.gates.run_gates import GateReport
from catchlight.train.data.manifest import SPLITS
from catchlight.train.data.report.tally import tally
from catchlight.train.data.set_facts import SetFacts

# More findings of one gate are counted, not listed.
_MOST_LISTED = 5


def report_lines(seen: SetFacts, report: GateReport) -> list[str]:
    """A table of sources and splits, then the findings, the gravest first, then what is left."""
    rows = [("source", "licence", *SPLITS, "set aside", "dropped")]
    rows += [
        (t.name, t.licence + ("" if t.shippable else " ✗"), *(str(t.counts[s] or "–") for s in SPLITS),
         str(t.dropped_before or "–"), str(t.dropped_now or "–"))
        for t in tally(seen.manifest, report)
    ]  # fmt: skip
    lines = _table(rows)
    for severity in ("stop", "drop", "note"):
        found = [finding for finding in report.findings if finding.severity == severity]
        for gate in dict.fromkeys(finding.gate for finding in found):
            mine = [finding for finding in found if finding.gate == gate]
            said = " (acknowledged)" if severity == "stop" and gate in report.acknowledged else ""
            lines += [f"{severity}{said}, {gate}: {finding.sentence}" for finding in mine[:_MOST_LISTED]]
            if len(mine) > _MOST_LISTED:
                lines.append(f"{severity}, {gate}: {len(mine) - _MOST_LISTED} more")
    lines.append(f"{len(report.kept)} photos kept, {len(report.dropped)} dropped by the gates")
    return lines


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            [
                *(cell.ljust(n) for cell, n in zip(row[:2], widths[:2], strict=True)),
                *(cell.rjust(n) for cell, n in zip(row[2:], widths[2:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    ]
