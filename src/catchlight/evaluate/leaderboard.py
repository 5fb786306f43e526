"""The section of a benchmark in the leaderboard, written by the command that measures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from catchlight.core import InputError
from catchlight.evaluate.evaluation import Evaluation
from catchlight.evaluate.markdown_table import markdown_table
from catchlight.io import atomic_output


def leaderboard_section(evaluation: Evaluation, *, measured: datetime) -> str:
    """Tables of an evaluation, with its date and the revision of the code that made it.

    Args:
        evaluation: the figures; `tables` in its configuration are the metrics that get one, in their order, `how` what
            is said before them and `notes` what is said after.
        measured: when.
    """
    quick = " **A quick part of it only.**" if evaluation.config.get("quick") else ""
    lines = [
        f"`catchlight evaluate {evaluation.benchmark}`, {measured:%Y-%m-%d}, commit {evaluation.commit[:20]}.{quick} "
        "± is the 95 % interval over photos.",
    ]
    lines += [str(said) for said in evaluation.config.get("how", [])]
    for metric in evaluation.config.get("tables", []):
        table = markdown_table(evaluation.rows, metric=metric, apart=evaluation.config.get("apart", ()))
        if table:
            lines.append(table)
    notes = "\n".join(f"- {note}" for note in evaluation.config.get("notes", []))
    return "\n\n".join([*lines, *([notes] if notes else [])]) + "\n"


def write_leaderboard(path: Path, *, benchmark: str, section: str) -> None:
    """Puts a section between the benchmark's markers, `<!-- NAME begin -->` and `<!-- NAME end -->`.

    What stood there is replaced; a file without the markers gets them at its end. All else stays byte for byte.

    Raises:
        InputError: the file is missing or no text, or its markers are torn.
        OutputError: it cannot be written.
    """
    begin, end = f"<!-- {benchmark} begin -->", f"<!-- {benchmark} end -->"
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected the leaderboard, a Markdown file; it cannot be read; check it") from error
    counts = text.count(begin), text.count(end)
    block = f"{begin}\n{section.strip()}\n{end}"
    if counts == (0, 0):
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        changed = f"{text}{gap}{block}\n"
    elif counts == (1, 1) and text.index(begin) < text.index(end):
        changed = text[: text.index(begin)] + block + text[text.index(end) + len(end) :]
    else:
        raise InputError(
            f"{path}: expected {begin} and after it {end}, once each; found {counts[0]} and {counts[1]}; "
            "repair the markers by hand"
        )
    with atomic_output(path, force=True) as temporary:
        temporary.write_bytes(changed.encode("utf-8"))
