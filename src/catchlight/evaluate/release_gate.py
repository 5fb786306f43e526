"""Whether a new release may replace the old one: no slice may have become worse than chance explains."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catchlight.core import CatchlightError, ContractError, InputError, UsageError
from catchlight.evaluate.evaluation import Evaluation, Row
from catchlight.evaluate.interval import mean_ci95

# What two digits of a table do not show is no drop, however sure it is.
_LEAST_DROP = {"dB": 0.01}


class GateError(CatchlightError):
    """The release gate is shut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A figure that became worse than its interval allows.

    Args:
        method: as in the row.
        case: as in the row.
        metric: as in the row.
        lost: by how much it is worse, > 0, in the row's unit; infinite where the figure is gone.
        allowed: half width of the 95 % interval of the difference.
        unit: as in the row.
        paired: the interval is that of the differences photo by photo; else of two independent means.
    """

    method: str
    case: str
    metric: str
    lost: float
    allowed: float
    unit: str
    paired: bool

    @property
    def text(self) -> str:
        """One line.

        >>> Drop(method="m", case="dark", metric="PSNR", lost=0.5, allowed=0.1, unit="dB", paired=True).text
        'm, dark: PSNR 0.50 dB worse (allowed 0.10)'
        """
        if math.isinf(self.lost):
            return f"{self.method}, {self.case}: {self.metric} is missing"
        digits, unit = (3, "") if self.unit == "1" else (2, f" {self.unit}")
        return (
            f"{self.method}, {self.case}: {self.metric} {self.lost:.{digits}f}{unit} worse "
            f"(allowed {self.allowed:.{digits}f})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """What the gate says.

    Args:
        drops: the worst first, against what is allowed.
        compared: figures that were compared.
    """

    drops: tuple[Drop, ...]
    compared: int

    @property
    def passed(self) -> bool:
        """Whether nothing dropped."""
        return not self.drops

    def require(self) -> None:
        """Nothing, when the gate is open.

        Raises:
            GateError: it is shut; the message names the slices.
        """
        if self.drops:
            told = "; ".join(drop.text for drop in self.drops)
            raise GateError(
                f"release gate: expected no figure to drop beyond its interval; {len(self.drops)} of {self.compared} "
                f"did: {told}; keep the old weights, or find out why"
            )


def release_gate(before: Evaluation, after: Evaluation) -> GateVerdict:
    """Compares the figures of a release with those of the one before it.

    Rows with an interval are compared, of the methods that `before` lists as `gated` in its configuration (of all when
    there is no list). Where both hold the figures photo by photo (`per_photo`), the interval is that of the differences
    on the photos that both have. A row that is gone counts as a drop.

    Args:
        before: the release that is out.
        after: the one that shall replace it.

    Raises:
        UsageError: they are not of one benchmark, or not of the same cases, or nothing can be compared.
    """
    if before.benchmark != after.benchmark:
        raise UsageError(f"--against: expected an evaluation of {after.benchmark}; found one of {before.benchmark}")
    for key in ("quick", "cases"):
        if before.config.get(key) != after.config.get(key):
            raise UsageError(
                f"--against: expected an evaluation of the same cases; found another `{key}`; "
                "evaluate both with the same --quick and --data"
            )
    gated = before.config.get("gated")
    found = {(row.method, row.case, row.metric): row for row in after.rows}
    drops: list[Drop] = []
    compared = 0
    for row in before.rows:
        if row.ci95 is None or (gated is not None and row.method not in gated):
            continue
        compared += 1
        new = found.get((row.method, row.case, row.metric))
        drop = _missing(row) if new is None else _drop(row, new, before, after)
        if drop is not None:
            drops.append(drop)
    if not compared:
        raise UsageError("--against: expected figures with intervals, of an engine; found none; evaluate it first")
    return GateVerdict(drops=tuple(sorted(drops, key=lambda d: d.allowed - d.lost)), compared=compared)


def read_evaluation(path: Path) -> Evaluation:
    """What `catchlight evaluate NAME --json` wrote.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    try:
        whole = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = tuple(Row(**row) for row in whole["rows"])
        benchmark, commit, config = str(whole["benchmark"]), str(whole["commit"]), dict(whole["config"])
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected an evaluation; it cannot be read; check the path") from error
    except (json.JSONDecodeError, KeyError, TypeError, ValueError, ContractError) as error:
        raise InputError(
            f"{path}: expected what `catchlight evaluate --json` writes; found something else; write it again"
        ) from error
    return Evaluation(benchmark=benchmark, commit=commit, config=config, rows=rows)


def _missing(row: Row) -> Drop:
    return Drop(
        method=row.method, case=row.case, metric=row.metric, lost=math.inf, allowed=0.0, unit=row.unit, paired=False
    )


def _drop(old: Row, new: Row, before: Evaluation, after: Evaluation) -> Drop | None:
    sign = 1 if old.higher_is_better else -1
    pairs = _pairs(old, before, after)
    lost = sign * (old.value - new.value)
    allowed = math.hypot(old.ci95 or 0.0, new.ci95 or 0.0)
    if len(pairs) > 1:
        lost, half = mean_ci95([sign * (a - b) for a, b in pairs])
        allowed = half or 0.0
    if lost <= max(allowed, _LEAST_DROP.get(old.unit, 0.0)):
        return None
    return Drop(
        method=old.method, case=old.case, metric=old.metric, lost=lost, allowed=allowed, unit=old.unit,
        paired=len(pairs) > 1,
    )  # fmt: skip


def _pairs(row: Row, before: Evaluation, after: Evaluation) -> list[tuple[float, float]]:
    key = photo_key(row.method, row.case, row.metric)
    old, new = (_per_photo(e).get(key, {}) for e in (before, after))
    return [(float(old[photo]), float(new[photo])) for photo in old if photo in new]


def photo_key(method: str, case: str, metric: str) -> str:
    """The name of a figure in the `per_photo` of an evaluation's configuration."""
    return f"{method} | {case} | {metric}"


def _per_photo(evaluation: Evaluation) -> Mapping[str, Mapping[str, float]]:
    found: Mapping[str, Mapping[str, float]] = evaluation.config.get("per_photo", {})
    return found
