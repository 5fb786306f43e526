"""Ctrl-C and SIGTERM become one exception, so that temporary files are removed on the way out."""

from __future__ import annotations

import signal
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """The user or the system asked the program to end.

    Args:
        signal_number: SIGINT (Ctrl-C), SIGTERM or SIGHUP.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells expect: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.signal_number


class Interrupts:
    """Raises `Interrupted` at the first signal and remembers it.

    An exception that strikes inside a callback of compiled code (a destructor, say) is swallowed there; `check`, called
    between the stages of the work, raises it again.
    """

    def __init__(self) -> None:
        self._received = 0

    def install(self) -> None:
        """Takes over SIGINT, SIGTERM and, where it exists, SIGHUP; only the main thread may call it."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # A signal that the parent ignores (nohup) stays ignored.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._strike)

    def check(self) -> None:
        """Raises `Interrupted` when a signal came in before."""
        if self._received:
            raise Interrupted(self._received)

    def _strike(self, number: int, _frame: FrameType | None) -> None:
        self._received = number
        raise Interrupted(number)
