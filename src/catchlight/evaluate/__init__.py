"""One package a benchmark: figures of every photo are measured once and kept, baselines in the same run."""

from catchlight.evaluate.code_revision import code_revision, source_hash
from catchlight.evaluate.develop import evaluate_develop
from catchlight.evaluate.evaluation import Evaluation, Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.markdown_table import markdown_table
from catchlight.evaluate.measure import evaluate_measure
from catchlight.evaluate.result_cache import ResultCache, default_folder, open_cache
from catchlight.evaluate.run import BENCHMARKS, run

__all__ = [
    "BENCHMARKS",
    "Evaluation",
    "ResultCache",
    "Row",
    "code_revision",
    "default_folder",
    "evaluate_develop",
    "evaluate_measure",
    "markdown_table",
    "mean_ci95",
    "open_cache",
    "run",
    "source_hash",
]
