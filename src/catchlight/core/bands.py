"""Runs a kernel over bands of rows on all cores; the kernels release the GIL, so threads are enough."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache


def core_count() -> int:
    """Cores this process may use (`CATCHLIGHT_THREADS` overrides it)."""
    asked = os.environ.get("CATCHLIGHT_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(core_count(), thread_name_prefix="band")


def split(height: int, *, step: int = 2, at_most: int = 128) -> list[tuple[int, int]]:
    """Row ranges that cover 0…height, each a multiple of `step` rows (the last one may be shorter).

    >>> split(10, at_most=4)
    [(0, 4), (4, 8), (8, 10)]
    """
    wanted = max(step, min(at_most, -(-height // core_count())))
    rows = -(-wanted // step) * step
    return [(top, min(top + rows, height)) for top in range(0, height, rows)]


def for_bands(work: Callable[[int, int], None], height: int, *, step: int = 2, at_most: int = 128) -> None:
    """Calls `work(top, bottom)` for every band of rows, in parallel; an exception in one of them is raised here.

    No band is running any more when this returns or raises. Must not be nested: `work` runs on the pool that it would
    wait for.
    """
    bands = split(height, step=step, at_most=at_most)
    if len(bands) == 1 or core_count() == 1:
        for top, bottom in bands:
            work(top, bottom)
        return
    running = [_pool().submit(work, top, bottom) for top, bottom in bands]
    try:
        for done in running:
            done.result()
    finally:
        for left in running:
            left.cancel()
        wait(running)
