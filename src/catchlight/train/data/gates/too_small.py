"""Gate: photos smaller than what is cut out of them."""

from __future__ import annotations

from catchlight.train.data.gates.finding import GateFinding, drop
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.set_facts import SetFacts

NAME = "too small"


def judge_too_small(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """Drops photos whose shorter side is below the policy's."""
    return [
        drop(NAME, file, f"{facts.width_px}×{facts.height_px} px, less than {policy.least_side_px} on a side")
        for file, facts in seen.facts.items()
        if min(facts.width_px, facts.height_px) < policy.least_side_px
    ]
