"""What is printed: names with odd characters cannot disturb the terminal, and a reader who left is no failure."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def shown(text: str) -> str:
    r"""The text with control characters, line breaks and undecodable bytes as escapes.

    >>> shown("night\n\x1b[2J.dng × 3")
    'night\\n\\x1b[2J.dng × 3'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def say(*lines: str) -> None:
    """Prints results on stdout; a closed pipe or a full disk there changes nothing, the files are what counts."""
    _print("stdout", lines)


def warn(*lines: str) -> None:
    """Prints lines on stderr, also with `--quiet`."""
    _print("stderr", [f"catchlight: {line}" for line in lines])


def open_missing_streams() -> None:
    """Gives a program started without stdin, stdout or stderr (`>&-`) ones that lead nowhere.

    In this order, so that they get the numbers 0, 1 and 2, and no output file gets what a library prints.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Open as long as the program runs.
            nowhere = Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nowhere)
    # A terminal that knows no "×" shows an escape.
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _print(name: str, lines: tuple[str, ...] | list[str]) -> None:
    if not lines:
        return
    try:
        print("\n".join(map(shown, lines)), file=getattr(sys, name), flush=True)
    except OSError:
        # What is left in its buffer would fail again at the end.
        setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
