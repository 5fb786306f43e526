"""Gate: files that are damaged, missing, or not those of the manifest."""

from __future__ import annotations

from catchlight.train.data.gates.finding import GateFinding, drop
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.photo_set import MOST_FAULTY
from catchlight.train.data.set_facts import SetFacts

NAME = "unreadable"


def judge_unreadable(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """Each is dropped; more than 1 % of the set is a stop."""
    total = len(seen.facts) + len(seen.faults)
    findings = [drop(NAME, file, reason.removeprefix(f"{file}: ")) for file, reason in seen.faults.items()]
    if len(seen.faults) > MOST_FAULTY * total:
        findings.append(
            GateFinding(
                gate=NAME,
                severity="stop",
                entries=tuple(seen.faults),
                sentence=f"{len(seen.faults)} of {total} photos cannot be used, more than {MOST_FAULTY:.0%}",
            )
        )
    return findings
