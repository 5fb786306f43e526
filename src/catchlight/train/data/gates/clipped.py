"""Gate: photos that are mostly white or black, where there is nothing to learn from."""

from __future__ import annotations

from catchlight.train.data.gates.finding import GateFinding, drop
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.set_facts import SetFacts

NAME = "clipped"
# Of 290 photos by CID22 and CLIC one is darker (glasses before black, 65 %) and one brighter (a glass before white).
_MOST_EMPTY = 0.7
# 1 in 100 photos of these sets has more than a third without light or full in all channels.
_NOTED_EMPTY = 0.33


def judge_clipped(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """Drops photos of which most is full or empty in all channels, and notes those with a third of it."""
    findings = []
    for file, facts in seen.facts.items():
        empty = facts.white_share + facts.black_share
        said = f"{facts.white_share:.0%} white, {facts.black_share:.0%} black, without anything in it"
        if empty > _MOST_EMPTY:
            findings.append(drop(NAME, file, said))
        elif empty > _NOTED_EMPTY:
            findings.append(GateFinding(gate=NAME, severity="note", entries=(file,), sentence=f"{file}: {said}"))
    return findings
