"""A benchmark by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catchlight.core import UsageError
from catchlight.evaluate.develop import evaluate_develop
from catchlight.evaluate.evaluation import Evaluation, Progress
from catchlight.evaluate.measure import evaluate_measure
from catchlight.evaluate.raw_engine import evaluate_raw_engine
from catchlight.evaluate.result_cache import ResultCache, default_folder, open_cache

BENCHMARKS = {"develop": evaluate_develop, "measure": evaluate_measure, "raw_engine": evaluate_raw_engine}


def run(
    name: str,
    *,
    data: Path | None = None,
    quick: bool = False,
    cache: Path | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Runs one benchmark and keeps the figures of each photo, so that what was interrupted goes on where it stopped.

    Args:
        name: one of BENCHMARKS.
        data: folder of the real data; None takes CATCHLIGHT_DATA, else what is made from nothing.
        quick: a small part, within a minute.
        cache: folder for the figures; None takes one in the user's cache that belongs to this very configuration and
            code. A folder that holds those of another configuration is refused.
        fresh: measure all again.
        progress: called as progress(what, done, total).

    Raises:
        UsageError: an unknown name, or a cache of another configuration.
    """
    if name not in BENCHMARKS:
        raise UsageError(f"expected a benchmark: {', '.join(BENCHMARKS)}; found {name!r}")

    def cache_for(config: dict[str, Any]) -> ResultCache:
        return open_cache(cache or default_folder(name, config), config, fresh=fresh)

    return BENCHMARKS[name](data, quick, cache_for=cache_for, progress=progress)
