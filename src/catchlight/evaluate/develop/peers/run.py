"""Runs the benchmark of peers with its cache, as `catchlight.evaluate.run` does for the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catchlight.evaluate.develop.peers.benchmark import evaluate_peers
from catchlight.evaluate.evaluation import Evaluation, Progress
from catchlight.evaluate.result_cache import ResultCache, default_folder, open_cache


def run_peers(
    *,
    data: Path | None = None,
    quick: bool = False,
    cache: Path | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """What `catchlight evaluate develop --peers` does; the figures of each burst and program are kept.

    Args:
        data: folder of the real data; None takes CATCHLIGHT_DATA, else what is made from nothing.
        quick: a small part, within a minute.
        cache: folder for the figures; None takes one in the user's cache for this very configuration and code.
        fresh: measure all again.
        progress: called as progress(what, done, total).

    Raises:
        UsageError: a cache of another configuration, or no such data folder.
        InputError: a photo is missing.
    """

    def cache_for(config: dict[str, Any]) -> ResultCache:
        return open_cache(cache or default_folder("develop-peers", config), config, fresh=fresh)

    return evaluate_peers(data, quick, cache_for=cache_for, progress=progress)
