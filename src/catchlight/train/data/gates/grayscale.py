"""Gate: pictures without colour teach a demosaicer that there is none."""

from __future__ import annotations

from catchlight.train.data.gates.finding import GateFinding, drop
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.set_facts import SetFacts

NAME = "grayscale"
# Fog over a forest (CID22, 1292115) has 18 %, a grey glass with some blue (1129482) 3 %.
_LEAST_TINTED = 0.05


def judge_grayscale(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """Drops photos in which next to nothing has a colour."""
    return [
        drop(NAME, file, f"only {facts.tinted_share:.1%} of it has a colour")
        for file, facts in seen.facts.items()
        if facts.tinted_share < _LEAST_TINTED
    ]
