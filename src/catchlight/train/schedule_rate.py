"""The learning rate of each step."""

from __future__ import annotations

import math

from catchlight.train.recipe import Schedule


def rate_at(schedule: Schedule, step: int) -> float:
    """Learning rate of step `step`, counted from 0.

    >>> plan = Schedule(steps=100, warm_up=10, decay=40, rate=1.0)
    >>> [round(rate_at(plan, step), 6) for step in (4, 50, 80)]
    [0.5, 1.0, 0.5]
    """
    warm = min((step + 1) / schedule.warm_up, 1.0) if schedule.warm_up else 1.0
    left = schedule.steps - step
    decay = 1.0 if left >= schedule.decay else 0.5 - 0.5 * math.cos(math.pi * left / schedule.decay)
    return schedule.rate * warm * decay
