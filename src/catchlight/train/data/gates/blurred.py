"""Gate: photos without anything sharp in them."""

from __future__ import annotations

from catchlight.train.data.gates.finding import GateFinding, drop
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.set_facts import SetFacts

NAME = "blurred"
# Of 24 photos blurred by a Gaussian of 3 px more than 9 of 10 are found, by 2 px 4 of 10. Of the photos of CID22, CLIC,
# gb82 and Kodak one is (an aurora over soft mountains).
_MOST_BLUR_PX = 1.5


def judge_blurred(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """Drops photos whose steepest edges are surely wide.

    Judged by the lower end of the blur's interval: a photo of soft things (a sky, fur) has few steep edges and a wide
    interval. Photos of which no blur can be told pass.
    """
    return [
        drop(NAME, file, f"its steepest edges are blurred by {facts.blur_px:.1f} px (surely {facts.blur_low_px:.1f})")
        for file, facts in seen.facts.items()
        if facts.blur_px is not None and facts.blur_low_px is not None and facts.blur_low_px > _MOST_BLUR_PX
    ]
