"""Libraries that only training needs."""

from __future__ import annotations

import importlib
from typing import Any

from catchlight.core import UsageError


def needed(module: str, purpose: str) -> Any:
    """The imported module.

    Args:
        module: its name.
        purpose: what it is needed for, as the end of "… is needed".

    Raises:
        UsageError: not installed; says which extra to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(f'{module} is needed {purpose}; install it: pip install "catchlight[train]"') from error
