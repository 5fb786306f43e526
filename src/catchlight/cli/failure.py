"""What went wrong, in one line and one exit code."""

from __future__ import annotations

import traceback
from pathlib import Path

from catchlight.cli.interrupts import Interrupted
from catchlight.cli.terminal import shown
from catchlight.core import CatchlightError

TRACEBACK_VARIABLE = "CATCHLIGHT_TRACEBACK"


def describe_failure(error: BaseException) -> tuple[str, int]:
    """The line to print on stderr and the exit code.

    >>> describe_failure(KeyboardInterrupt())
    ('catchlight: interrupted; nothing half-written is left behind', 130)
    """
    if isinstance(error, CatchlightError):
        # Such a message is one line: a line break in it belongs to a file's name.
        return f"catchlight: {shown(str(error).strip())}", error.exit_code
    if isinstance(error, KeyboardInterrupt):
        code = error.exit_code if isinstance(error, Interrupted) else 130
        word = "interrupted" if code == 130 else "ended by a signal"
        return _line(f"{word}; nothing half-written is left behind"), code
    if isinstance(error, MemoryError):
        return _line("out of memory; close other programs, or develop fewer megapixels at once"), 1
    # Wrong usage as the parser tells it, whichever library it is built on.
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "catchlight"
        said = error.format_message().rstrip(".").replace(": Value error, ", ": ")
        return _line(f"{said}; see {command} --help"), int(error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"catchlight: {shown(place + error.strerror)}", 1
    return _line(
        f"unexpected {type(error).__name__}: {str(error) or 'no message'} ({_place(error)}); please report this; "
        f"{TRACEBACK_VARIABLE}=1 shows the traceback"
    ), 1


def _line(message: str) -> str:
    return "catchlight: " + shown(" ".join(message.split()))


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
