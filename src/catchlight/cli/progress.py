"""One line on the terminal that says what is being done; silent where stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, int, int], None]


@contextmanager
def shown_progress(*, quiet: bool, check: Callable[[], None]) -> Iterator[Listener]:
    """Gives the listener for `develop`; what it showed is gone when the block ends.

    Args:
        quiet: show nothing.
        check: called at every stage; may raise to end the work.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():

        def listen_only(stage: str, done: int, total: int) -> None:
            check()

        yield listen_only
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("reading", total=None)

        def listen(stage: str, done: int, total: int) -> None:
            check()
            if total:
                bars.update(task, description=f"{stage}, frame {done} of {total}", completed=done - 1, total=total)
            else:
                bars.update(task, description=stage, total=None)

        yield listen
