"""What every benchmark answers: rows of figures with their spread, and the configuration that made them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catchlight.core import ContractError

# Told what is being measured, how many measurements are done and how many there are.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Args:
        method: what was measured: `catchlight`, or the name of a baseline.
        case: on what: sensor, gain, motion, set of photos.
        metric: the name of the figure.
        value: the figure; finite.
        ci95: half width of its 95 % confidence interval over photos; None where one makes no sense (a worst case, or a
            single measurement).
        unit: `dB`, `s`, `1` (none) or `×`.
        higher_is_better: which direction is good.
    """

    method: str
    case: str
    metric: str
    value: float
    ci95: float | None
    unit: str
    higher_is_better: bool

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or (self.ci95 is not None and not self.ci95 >= 0):
            raise ContractError(
                f"a row holds a finite figure and a spread ≥ 0; found {self.value} ± {self.ci95} "
                f"for {self.method}, {self.case}, {self.metric}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The result of one benchmark.

    Args:
        benchmark: its name.
        commit: revision of the code; see `catchlight.evaluate.code_revision`.
        config: everything that decides the figures, as JSON values: plan, data, targets, notes.
        rows: the figures.
    """

    benchmark: str
    commit: str
    config: Mapping[str, Any]
    rows: tuple[Row, ...]

    def to_json(self) -> str:
        """The fixed form for machines: keys benchmark, commit, config, rows."""
        whole = {
            "benchmark": self.benchmark,
            "commit": self.commit,
            "config": dict(self.config),
            "rows": [asdict(row) for row in self.rows],
        }
        return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def value(self, *, method: str, case: str, metric: str) -> float:
        """One figure.

        Raises:
            ContractError: there is no such row, or more than one.
        """
        found = [r.value for r in self.rows if (r.method, r.case, r.metric) == (method, case, metric)]
        if len(found) != 1:
            raise ContractError(f"expected one row for {method!r}, {case!r}, {metric!r}; found {len(found)}")
        return found[0]
