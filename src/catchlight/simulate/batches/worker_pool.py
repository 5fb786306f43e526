"""Work on many items by several processes, results in order."""

from __future__ import annotations

import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import cv2

from catchlight.core import CatchlightError, ContractError

T = TypeVar("T")
R = TypeVar("R")
# Results that wait for their turn, for each worker.
_AHEAD = 3


def mapped(
    work: Callable[[T], R], items: Iterable[T], *, workers: int = 0, begin: Callable[[], None] | None = None
) -> Iterator[R]:
    """`work` of each item, in their order; an error of one is raised when it would come.

    Args:
        work: picklable where there are workers.
        items: may be endless; little more is taken than is yielded.
        workers: processes that work ahead; 0 works in this one. A script that asks for any must keep its own work under
            `if __name__ == "__main__":`, since each worker imports it.
        begin: called once in each worker, before its first item; picklable where there are workers.

    Raises:
        CatchlightError: a worker died.
        ContractError: a negative number of workers.
    """
    if workers < 0:
        raise ContractError(f"workers are ≥ 0; found {workers}")
    return _elsewhere(work, iter(items), workers, begin) if workers else map(work, items)


def _elsewhere(
    work: Callable[[T], R], items: Iterator[T], workers: int, begin: Callable[[], None] | None
) -> Iterator[R]:
    # Forked children would inherit the locks of our threads; a new interpreter has none of them.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(begin,))
    try:
        ahead: deque[Future[R]] = deque(pool.submit(work, item) for item in itertools.islice(items, _AHEAD * workers))
        while ahead:
            result = ahead.popleft().result()
            ahead.extend(pool.submit(work, item) for item in itertools.islice(items, 1))
            yield result
    except BrokenProcessPool as error:
        raise CatchlightError(
            f"one of the {workers} worker processes ended unexpectedly (out of memory, or a script without "
            'if __name__ == "__main__":); use fewer workers, or workers=0 to see why'
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(begin: Callable[[], None] | None) -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Each worker is one of many: more threads would only stand in each other's way.
    os.environ["CATCHLIGHT_THREADS"] = "1"
    cv2.setNumThreads(1)
    if begin is not None:
        begin()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
