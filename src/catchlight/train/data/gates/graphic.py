"""Gate: drawings, charts and screenshots among the photos."""

from __future__ import annotations

from catchlight.train.data.gates.finding import GateFinding, drop
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.set_facts import SetFacts

NAME = "graphic"
# Found with these: 21 of 26 graphics among the 209 training pictures of CID22 (missed: four collages of photos and a
# poster over a soft ramp) and four screenshots in 41 pictures of CLIC. False alarms: of the 220 photos there one (a
# glass cut out on white), of 180 others (CID22 validation, gb82, Kodak, CBSD68, PolyU, Set5) none.
_LEAST_EVEN, _LEAST_FINEST_DN = 0.55, 42.0


def judge_graphic(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """Drops pictures that are mostly even to the last bit and have strokes one pixel wide or edges one pixel steep.

    A photo's even parts carry noise, or lie out of focus beside edges that an optic has rounded. Collages of photos are
    not found: they are photos, but for their seams.
    """
    return [
        drop(
            NAME, file, f"{facts.even_share:.0%} is even, its edges as steep as drawn ones ({facts.finest_dn:.0f}/255)"
        )
        for file, facts in seen.facts.items()
        if facts.even_share >= _LEAST_EVEN and facts.finest_dn >= _LEAST_FINEST_DN
    ]
