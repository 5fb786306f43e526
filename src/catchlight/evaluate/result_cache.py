"""Figures of single photos, kept on disk, so that an interrupted or repeated benchmark does not start from nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catchlight.core import OutputError, UsageError
from catchlight.io import atomic_output

Figures = dict[str, float]
_CONFIG, _RESULTS = "catchlight-evaluate.json", "photos"


@dataclass(slots=True)
class ResultCache:
    """A folder with one small JSON file for each photo and case, and the configuration that made them.

    Made by `open_cache`; `folder` None keeps nothing.
    """

    folder: Path | None = None
    hits: int = 0
    misses: int = 0

    def get(self, key: str, measure: Callable[[], Figures]) -> Figures:
        """The stored figures of `key`, or those that `measure` finds, which are stored."""
        name = re.sub(r"[^a-zA-Z0-9_+.-]+", "_", key)
        path = None if self.folder is None else self.folder / _RESULTS / f"{name}.json"
        if path is not None and path.is_file():
            # What cannot be read is measured again.
            with suppress(OSError, json.JSONDecodeError):
                stored: Figures = json.loads(path.read_text(encoding="utf-8"))
                self.hits += 1
                return stored
        self.misses += 1
        figures = measure()
        if path is not None:
            with atomic_output(path, force=True) as temporary:
                temporary.write_text(json.dumps(figures), encoding="utf-8")
        return figures


# Opens the cache of a configuration.
CacheFor = Callable[[dict[str, Any]], ResultCache]


def default_folder(benchmark: str, config: Mapping[str, Any]) -> Path:
    """Where results of this very configuration are kept: a folder of its own in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "catchlight" / "evaluate" / f"{benchmark}-{config_hash(config)}"


def config_hash(config: Mapping[str, Any]) -> str:
    """First 16 hex digits of the SHA-256 of a configuration."""
    return hashlib.sha256(_text(config).encode()).hexdigest()[:16]


def open_cache(folder: Path, config: Mapping[str, Any], *, fresh: bool = False) -> ResultCache:
    """The cache in `folder`, made when it is missing.

    Args:
        folder: of its own for the cache.
        config: all that decides the figures, code included.
        fresh: throw away what was stored.

    Raises:
        UsageError: the folder holds results of another configuration, or something else.
        OutputError: it cannot be made.

    Source: the habit of keeping predictions and refusing a changed configuration is that of glue-factory's
    `eval_pipeline`. Deviation: the figures of each photo are kept, not the pictures, which would be gigabytes.
    """
    stored = folder / _CONFIG
    if folder.exists() and not stored.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--cache {folder}: expected a new folder or one of this benchmark; found something else")
    if stored.is_file():
        before = stored.read_text(encoding="utf-8")
        if before != _text(config) and not fresh:
            raise UsageError(
                f"--cache {folder} holds results of another configuration ({_difference(before, config)}); "
                "pass --fresh to throw them away, or name another folder"
            )
    try:
        if fresh and (folder / _RESULTS).is_dir():
            shutil.rmtree(folder / _RESULTS)
        (folder / _RESULTS).mkdir(parents=True, exist_ok=True)
        with atomic_output(stored, force=True) as temporary:
            temporary.write_text(_text(config), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"--cache {folder}: cannot be written: {error.strerror or error}") from error
    return ResultCache(folder)


def _text(config: Mapping[str, Any]) -> str:
    return json.dumps(config, indent=1, sort_keys=True, ensure_ascii=False)


def _difference(before: str, config: Mapping[str, Any]) -> str:
    try:
        old = json.loads(before)
    except json.JSONDecodeError:
        return "its description is damaged"
    new = json.loads(_text(config))
    keys = sorted(k for k in {*old, *new} if old.get(k) != new.get(k))
    return "changed: " + ", ".join(keys)
