"""The benchmark of `develop`."""

from catchlight.evaluate.develop.benchmark import TARGETS, evaluate_develop

__all__ = ["TARGETS", "evaluate_develop"]
