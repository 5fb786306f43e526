"""Batches that are made while the network works on earlier ones, in order."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from catchlight.train.recipe import Batch, BatchSource


def prefetched(source: BatchSource, numbers: Iterable[int], *, ahead: int = 3) -> Generator[Batch, None, None]:
    """The batches of these numbers, one after the other; an error of one is raised when it would come."""
    left = iter(numbers)
    # A thread is enough: numpy lets go of the interpreter while it computes.
    with ThreadPoolExecutor(1, thread_name_prefix="batch") as pool:
        waiting: deque[Future[Batch]] = deque(pool.submit(source.batch, n) for n in itertools.islice(left, ahead))
        try:
            while waiting:
                batch = waiting.popleft().result()
                waiting.extend(pool.submit(source.batch, n) for n in itertools.islice(left, 1))
                yield batch
        finally:
            for future in waiting:
                future.cancel()
