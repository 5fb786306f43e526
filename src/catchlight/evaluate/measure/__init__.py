"""The benchmark of `measure` and `calibrate`."""

from catchlight.evaluate.measure.benchmark import evaluate_measure

__all__ = ["evaluate_measure"]
