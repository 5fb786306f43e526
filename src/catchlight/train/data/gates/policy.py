"""How strictly a set is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from catchlight.core import ContractError

Marked = Literal["group", "label"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """What decides; limits of single gates stand beside their reasons in the gates.

    Args:
        shipped: the weights are for everybody: licences count.
        least_side_px: smaller photos are not used.
        in_one_split: facts whose value may not appear in two splits: the scene of photos, and for recognition of new
            classes the label.
        most_dropped_share: more than that dropped and the set is not what it was taken for.
        acknowledged: gates whose `stop` a person has seen and accepted.
    """

    shipped: bool = True
    least_side_px: int = 128
    in_one_split: tuple[Marked, ...] = ("group",)
    most_dropped_share: float = 0.25
    acknowledged: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.least_side_px < 1 or not 0 < self.most_dropped_share <= 1:
            raise ContractError(f"a policy has a least side ≥ 1 px and a share within 0…1; found {self}")
