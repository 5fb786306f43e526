"""The report for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from catchlight.train.data.gates.run_gates import GateReport
from catchlight.train.data.report.tally import tally
from catchlight.train.data.set_facts import SetFacts


def data_record(seen: SetFacts, report: GateReport) -> dict[str, Any]:
    """Sources, findings, dropped and kept files, and a row of figures for every photo; JSON values only."""
    return {
        "set": seen.manifest.name,
        "sources": [asdict(row) for row in tally(seen.manifest, report)],
        "findings": [
            {
                "gate": f.gate,
                "severity": f.severity,
                "acknowledged": f.severity == "stop" and f.gate in report.acknowledged,
                "sentence": f.sentence,
                "entries": list(f.entries),
                "drops": list(f.drops),
            }
            for f in report.findings
        ],
        "set_aside": [{"file": e.file, "why": e.dropped} for e in seen.manifest.entries if e.dropped],
        "unreadable": dict(seen.faults),
        "dropped": {file: list(gates) for file, gates in report.dropped.items()},
        "kept": list(report.kept),
        "photos": [
            {
                "file": entry.file,
                "split": entry.split,
                "width_px": facts.width_px,
                "height_px": facts.height_px,
                "brightness": round(facts.mean_brightness, 4),
                "saturation": round(facts.mean_saturation, 4),
                "blur_px": None if facts.blur_px is None else round(facts.blur_px, 3),
                "noise_dn": round(facts.noise_dn, 3),
                "white_share": round(facts.white_share, 4),
                "black_share": round(facts.black_share, 4),
                "clipped_share": round(facts.clipped_share, 4),
                "even_share": round(facts.even_share, 4),
                "tinted_share": round(facts.tinted_share, 4),
                "perceptual_hash": f"{facts.perceptual_hash:016x}",
            }
            for entry in seen.entries
            for facts in [seen.facts[entry.file]]
        ],
    }
