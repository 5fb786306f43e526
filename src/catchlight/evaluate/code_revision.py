"""Which code made a figure."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from pathlib import Path

import catchlight

_PACKAGE = Path(catchlight.__file__).parent
# What these hold has no influence on a figure.
_WITHOUT = ("cli", "server", "samples")


@cache
def source_hash() -> str:
    """First 16 hex digits of the SHA-256 of the package's Python files: changes with any of them, committed or not."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        relative = path.relative_to(_PACKAGE)
        if relative.parts[0] not in _WITHOUT:
            digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def code_revision() -> str:
    """Git revision of the package, with `+changes` when files of it differ; its version when it is installed."""
    try:
        if not _git("ls-files", "--", "__init__.py"):
            return f"version {catchlight.__version__}"
        changed = _git("status", "--porcelain", "--", ".")
        return _git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return f"version {catchlight.__version__}"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(_PACKAGE), *arguments], capture_output=True, check=True, text=True, timeout=10
    )
    return done.stdout.strip()
