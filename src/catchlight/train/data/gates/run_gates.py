"""All gates, one after the other, and what is left of the set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from catchlight.core import CatchlightError
from catchlight.train.data.gates import (
    blurred,
    clipped,
    drift,
    graphic,
    grayscale,
    leakage,
    licence,
    near_duplicates,
    too_small,
    unreadable,
)
from catchlight.train.data.gates.finding import GateFinding
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.photo_set import PhotoSet
from catchlight.train.data.set_facts import SetFacts, measure_set

Gate = Callable[[SetFacts, GatePolicy], list[GateFinding]]
GATES: dict[str, Gate] = {
    licence.NAME: licence.judge_licence,
    unreadable.NAME: unreadable.judge_unreadable,
    near_duplicates.NAME: near_duplicates.judge_near_duplicates,
    leakage.NAME: leakage.judge_leakage,
    graphic.NAME: graphic.judge_graphic,
    grayscale.NAME: grayscale.judge_grayscale,
    blurred.NAME: blurred.judge_blurred,
    clipped.NAME: clipped.judge_clipped,
    too_small.NAME: too_small.judge_too_small,
    drift.NAME: drift.judge_drift,
}
# The gate on the gates.
TOO_MANY = "dropped"


class GateStopError(CatchlightError):
    """A gate forbids to train on a set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the gates found.

    Args:
        findings: in the order of the gates.
        kept: files that are used.
        acknowledged: gates whose stops were accepted.
    """

    findings: tuple[GateFinding, ...]
    kept: tuple[str, ...]
    acknowledged: frozenset[str] = frozenset()

    @property
    def dropped(self) -> dict[str, tuple[str, ...]]:
        """Files that are not used, each with the gates that say so."""
        gates: dict[str, tuple[str, ...]] = {}
        for finding in self.findings:
            for file in finding.drops:
                gates[file] = (*gates.get(file, ()), finding.gate)
        return gates

    @property
    def stops(self) -> tuple[GateFinding, ...]:
        """Findings that forbid to train and are not acknowledged."""
        return tuple(f for f in self.findings if f.severity == "stop" and f.gate not in self.acknowledged)

    def check(self) -> None:
        """Passes a set that may be trained on.

        Raises:
            GateStopError: a gate stops.
        """
        stops = self.stops
        if stops:
            more = f" (and {len(stops) - 1} more)" if len(stops) > 1 else ""
            gates = ", ".join(dict.fromkeys(f.gate for f in stops))
            raise GateStopError(
                f"the set may not be trained on: {stops[0].sentence}{more}; settle it in the manifest, "
                f"or acknowledge the gate: {gates}"
            )


def run_gates(
    photo_set: PhotoSet,
    policy: GatePolicy | None = None,
    *,
    workers: int = 0,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> GateReport:
    """Measures a set and judges it.

    Args:
        photo_set: the set.
        policy: how strictly.
        workers: processes that measure.
        progress: see `measure_set`.

    Raises:
        GateStopError: a gate stops and is not acknowledged.
    """
    report = judge(measure_set(photo_set, workers=workers, progress=progress), policy)
    report.check()
    return report


def judge(seen: SetFacts, policy: GatePolicy | None = None) -> GateReport:
    """What the gates find in a set that was measured; nothing is raised."""
    rules = policy or GatePolicy()
    findings = [_with_reviews(finding, seen) for gate in GATES.values() for finding in gate(seen, rules)]
    files = [entry.file for entry in seen.manifest.kept()]
    dropped = {file for finding in findings for file in finding.drops}
    share = len(dropped) / max(len(files), 1)
    if share > rules.most_dropped_share:
        findings.append(
            GateFinding(
                gate=TOO_MANY,
                severity="stop",
                entries=tuple(sorted(dropped)),
                sentence=f"the gates drop {share:.0%} of the photos, more than {rules.most_dropped_share:.0%}",
            )
        )
    return GateReport(
        findings=tuple(findings),
        kept=tuple(file for file in files if file not in dropped),
        acknowledged=rules.acknowledged,
    )


def _with_reviews(finding: GateFinding, seen: SetFacts) -> GateFinding:
    """A drop becomes a note where a person looked at the photo and kept it."""
    if finding.severity != "drop":
        return finding
    reviewed = {entry.file for entry in seen.manifest.entries if finding.gate in entry.reviewed}
    drops = tuple(file for file in finding.drops if file not in reviewed)
    if drops == finding.drops:
        return finding
    sentence = f"{finding.sentence}; reviewed and kept"
    return replace(finding, severity="drop" if drops else "note", drops=drops, sentence=sentence)
