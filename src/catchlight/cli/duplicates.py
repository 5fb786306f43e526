"""Finds frames that are the same file under several names: averaging them removes no noise."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from hashlib import file_digest, sha256
from pathlib import Path

_SAMPLE_BYTES = 1 << 16


def duplicate_lines(files: Sequence[Path]) -> list[str]:
    """One line for each group of files with the same content."""
    groups = [list(files)]
    # Each step reads more, of the few files that the one before could not tell apart.
    for key in (_size, _middle, _whole):
        groups = [part for group in groups for part in _apart(group, key)]
    return [
        f"{_listed([f.name for f in group])} are the same file content: averaging them removes no noise"
        for group in groups
    ]


def _apart(files: Iterable[Path], key: Callable[[Path], Hashable]) -> list[list[Path]]:
    parts: dict[Hashable, list[Path]] = defaultdict(list)
    for file in files:
        try:
            parts[key(file)].append(file)
        except OSError:  # reading the pictures tells it
            continue
    return [part for part in parts.values() if len(part) > 1]


def _size(file: Path) -> int:
    return file.stat().st_size


def _middle(file: Path) -> bytes:
    # The pixels: heads of frames from one camera are often alike.
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _SAMPLE_BYTES) // 2, os.SEEK_SET)
        return sha256(stream.read(_SAMPLE_BYTES)).digest()


def _whole(file: Path) -> bytes:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").digest()


def _listed(names: list[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"
