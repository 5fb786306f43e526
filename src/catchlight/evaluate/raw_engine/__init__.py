"""The benchmark of the RAW engine."""

from catchlight.evaluate.raw_engine.benchmark import TARGETS, evaluate_raw_engine

__all__ = ["TARGETS", "evaluate_raw_engine"]
