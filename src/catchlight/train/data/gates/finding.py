"""What a gate has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from catchlight.core import ContractError

Severity = Literal["stop", "drop", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFinding:
    """One finding.

    Args:
        gate: its name.
        severity: `stop`: no training until it is settled or acknowledged; `drop`: the entries in `drops` are not used;
            `note`: worth knowing.
        entries: files that it is about.
        drops: those of them that are not used because of it.
        sentence: what was found, in one line.
    """

    gate: str
    severity: Severity
    entries: tuple[str, ...]
    sentence: str
    drops: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.drops) != (self.severity == "drop") or not set(self.drops) <= set(self.entries):
            raise ContractError(f"a finding drops some of its entries exactly when it says so; found {self}")


def drop(gate: str, file: str, sentence: str) -> GateFinding:
    """The finding that one photo is not used."""
    return GateFinding(gate=gate, severity="drop", entries=(file,), drops=(file,), sentence=f"{file}: {sentence}")
