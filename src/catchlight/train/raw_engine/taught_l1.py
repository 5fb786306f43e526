"""What the small engine is trained for: the truth, and what the large engine makes of the same samples."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from catchlight.train.raw_engine.objective import shown_l1
from catchlight.train.recipe import Batch


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaughtL1:
    """An objective: `seen_l1` against the truth and against a teacher.

    Under noise the truth holds detail that nobody could know; the teacher shows what can be known.

    Args:
        teacher: a trained network; it is left as it is.
        share: of the teacher in the loss, 0…1.

    Source: Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"; here for regression.
    """

    teacher: nn.Module
    share: float = 0.5

    def __call__(self, network: nn.Module, batch: Batch) -> torch.Tensor:
        """Mean loss of a batch."""
        seen, clean, weight, colour = batch
        self.teacher.to(seen.device)
        with torch.no_grad():
            shown = self.teacher(seen)
        made = network(seen)
        truth = shown_l1(made, clean, weight, colour)
        return torch.lerp(truth, shown_l1(made, shown, weight, colour), self.share)
