"""How many photos of which source, licence and split there are."""

from __future__ import annotations

from dataclasses import dataclass

from catchlight.train.data.gates.run_gates import GateReport
from catchlight.train.data.licences import judged_licence
from catchlight.train.data.manifest import SPLITS, Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTally:
    """One source.

    Args:
        name: its name.
        licence: of its photos.
        shippable: they may train shipped weights.
        why: the reason.
        counts: photos for each split that the manifest uses.
        dropped_before: those that the manifest does not use.
        dropped_now: those that the gates drop.
    """

    name: str
    licence: str
    shippable: bool
    why: str
    counts: dict[str, int]
    dropped_before: int
    dropped_now: int


def tally(manifest: Manifest, report: GateReport) -> list[SourceTally]:
    """One for each source, in the manifest's order."""
    dropped = set(report.dropped)
    rows = []
    for source in manifest.sources:
        entries = [entry for entry in manifest.entries if entry.source == source.name]
        kept = [entry for entry in entries if not entry.dropped]
        licence = judged_licence(source.licence)
        rows.append(
            SourceTally(
                name=source.name,
                licence=source.licence,
                shippable=licence.shippable,
                why=licence.why,
                counts={split: sum(entry.split == split for entry in kept) for split in SPLITS},
                dropped_before=len(entries) - len(kept),
                dropped_now=sum(entry.file in dropped for entry in kept),
            )
        )
    return rows
