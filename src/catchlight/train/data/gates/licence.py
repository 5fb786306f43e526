"""Gate: may these photos train weights that are shipped?"""

from __future__ import annotations

from catchlight.train.data.gates.finding import GateFinding
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.licences import judged_licence
from catchlight.train.data.set_facts import SetFacts

NAME = "licence"


def judge_licence(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """A stop for each source whose licence does not allow it; a note when the weights stay with their maker."""
    findings = []
    for source in seen.manifest.sources:
        files = tuple(entry.file for entry in seen.manifest.kept() if entry.source == source.name)
        licence = judged_licence(source.licence)
        if not files or licence.shippable:
            continue
        count = f"{len(files)} {'photo' if len(files) == 1 else 'photos'}"
        findings.append(
            GateFinding(
                gate=NAME,
                severity="stop" if policy.shipped else "note",
                entries=files,
                sentence=f"{source.name}: {count} under the licence {source.licence!r} cannot train shipped weights: "
                f"{licence.why}",
            )
        )
    return findings
