"""How far a training run is: a bar with the time left on a terminal, and one line for each validation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from catchlight.cli.terminal import say

if TYPE_CHECKING:
    from catchlight.train.moment import Moment

Listener = Callable[["Moment"], None]


@contextmanager
def shown_training(*, quiet: bool, minutes: float | None) -> Iterator[Listener]:
    """Gives the listener for `train`.

    Args:
        quiet: show nothing.
        minutes: after which the run ends; the time left is no longer than that.
    """
    if quiet:
        yield lambda moment: None
        return
    if sys.stderr is None or not sys.stderr.isatty():

        def tell(moment: Moment) -> None:
            if moment.scores is not None:
                say(validation_line(moment))

        yield tell
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    what, left = TextColumn("{task.description}"), TextColumn("{task.fields[left]}")
    console = Console(stderr=True)
    # Lines stand above the bar where both are on the terminal; where stdout is a file, they belong there.
    beside = sys.stdout.isatty()
    with Progress(
        SpinnerColumn(), what, BarColumn(bar_width=24), left,
        console=console, transient=True, redirect_stdout=False, redirect_stderr=False,
    ) as bars:  # fmt: skip
        task = bars.add_task("first steps", total=None, left="")

        def show(moment: Moment) -> None:
            if moment.scores is not None and beside:
                console.print(validation_line(moment), markup=False, highlight=False)
            elif moment.scores is not None:
                say(validation_line(moment))
            left_s = moment.left_s if minutes is None else min(moment.left_s, minutes * 60 - moment.seconds)
            done = f"step {moment.step} of {moment.steps}, loss {moment.loss:.4g}"
            bars.update(
                task, description=done, completed=moment.step, total=moment.steps, left=f"{in_words(left_s)} left"
            )

        yield show


def validation_line(moment: Moment) -> str:
    """Step, loss and scores; a star where they are the best so far."""
    scores = ", ".join(f"{name} {score:.3f}" for name, score in (moment.scores or {}).items())
    return f"step {moment.step}: loss {moment.loss:.4g}, {scores}{' *' if moment.better else ''}"


def in_words(seconds: float) -> str:
    """A duration, as exact as one wants to know it.

    >>> in_words(42.3), in_words(125.0), in_words(3 * 3600 + 1500.0)
    ('42 s', '2 min', '3 h 25 min')
    """
    minutes = max(seconds, 0.0) / 60
    if minutes < 1:
        return f"{max(seconds, 0.0):.0f} s"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
