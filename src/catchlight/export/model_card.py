"""The card of a family: what is measured is written, what only a person knows is left to be filled in."""

from __future__ import annotations

from collections.abc import Sequence

from catchlight.export.file_cost import FileCost
from catchlight.models.model_entry import ModelEntry

BEGIN, END = "<!-- files begin -->", "<!-- files end -->"


def model_card(entries: Sequence[ModelEntry], costs: Sequence[FileCost], *, old: str | None = None) -> str:
    """Markdown; in an old card only what stands between its markers is replaced, and appended where they are missing.

    Args:
        entries: the family's models.
        costs: of those measured in this run.
        old: the card so far.
    """
    block = f"{BEGIN}\n{_tables(entries, costs)}{END}\n"
    if old is None:
        first = entries[0]
        return (
            f"# {first.family}\n\n{first.task}\n\n## What it is for\n\n(to be written)\n\n"
            f"## What it fails at\n\n(to be written)\n\n## Against its baselines\n\n(to be written)\n\n"
            f"## Files\n\n{block}"
        )
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return f"{old.rstrip()}\n\n## Files\n\n{block}"
    return before + block + after.removeprefix("\n")


def _tables(entries: Sequence[ModelEntry], costs: Sequence[FileCost]) -> str:
    lines = ["| model | precision | parameters | bytes | licence | sha256 |", "|---|---|---:|---:|---|---|"]
    lines += [
        f"| {e.name} | {e.precision} | {e.parameters:,} | {e.bytes:,} | {e.licence} | `{e.sha256[:16]}…` |"
        for e in entries
    ]
    for title, value in (("Data", "data"), ("Recipe", "recipe"), ("Input", "input_range")):
        stated = dict.fromkeys(getattr(entry, value) for entry in entries)
        lines += ["", f"{title}: {'; '.join(stated)}."]
    if costs:
        # Times depend on the machine: the first file, the largest as a rule, is the measure of the others.
        first = costs[0]
        lines += ["", "| file | score | against the first | processor time, times the first | memory, MB |"]
        lines += ["|---|---:|---:|---:|---:|"]
        for cost in costs:
            memory = "–" if cost.memory_mb is None else f"{cost.memory_mb:.0f}"
            lines.append(
                f"| {cost.name} | {cost.score:.3f} | {cost.score - first.score:+.3f} | "
                f"{cost.cpu_ms / first.cpu_ms:.2f} | {memory} |"
            )
    return "\n".join(lines) + "\n"
