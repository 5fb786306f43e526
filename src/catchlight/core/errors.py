"""What can go wrong, said in one line each.

Every message states what was expected, what was found, and what to do next. The command line prints it and exits with
`exit_code`; nothing else in the package calls `sys.exit`.
"""

from __future__ import annotations

from typing import ClassVar


class CatchlightError(Exception):
    """Base of every error that Catchlight raises on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(CatchlightError):
    """A file or value given by the user cannot be used: missing, damaged, empty, of another kind."""


class UnsupportedError(InputError):
    """The input is sound, but this version has no way to handle it (an X-Trans mosaic, say)."""


class OutputError(CatchlightError):
    """A result cannot be written: no room, no permission, or it is there already and `--force` was not given."""


class UsageError(CatchlightError):
    """The request itself contradicts itself or names something that does not exist."""

    exit_code: ClassVar[int] = 2


class ContractError(CatchlightError, ValueError):
    """A value breaks the contract of its type (wrong shape, range or unit); raised at construction."""
