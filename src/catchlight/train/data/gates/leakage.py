"""Gate: a scene or a class in two splits, so that what is tested was trained on."""

from __future__ import annotations

from collections import defaultdict

from catchlight.train.data.gates.finding import GateFinding
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.manifest import Entry
from catchlight.train.data.set_facts import SetFacts

NAME = "leakage"


def judge_leakage(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """A stop for each value of the policy's facts that appears in several splits."""
    findings = []
    for fact in policy.in_one_split:
        holders: dict[str, list[Entry]] = defaultdict(list)
        for entry in seen.manifest.kept():
            value = getattr(entry, fact)
            if value is not None:
                holders[value].append(entry)
        for value, entries in sorted(holders.items()):
            splits = sorted({entry.split for entry in entries})
            if len(splits) > 1 and not all(NAME in entry.reviewed for entry in entries):
                findings.append(
                    GateFinding(
                        gate=NAME,
                        severity="stop",
                        entries=tuple(entry.file for entry in entries),
                        sentence=f"the {fact} {value!r} is in {' and '.join(splits)}: {len(entries)} photos",
                    )
                )
    return findings
