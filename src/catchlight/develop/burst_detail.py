"""Empty: to be deleted together with its two lines in `develop/__init__.py`."""

from __future__ import annotations


def add_burst_detail() -> None:
    """Nothing; the refinement (`burst.regress`) has taken its place."""
