"""A look at a run while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from catchlight.train.raw_engine.objective import seen_l1
from catchlight.train.recipe import BatchSource

# Far beyond any step's own batch.
_FIRST, _BATCHES = 10**9, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch:
    """A validation on the photos that are trained on: the held-out ones are seen once, at the end; see `Recipe`.

    Args:
        data: batches of the training.
    """

    data: BatchSource

    def __call__(self, network: nn.Module) -> Mapping[str, float]:
        """The loss on four batches of its own, negative: higher is better."""
        losses = [float(seen_l1(network, self.data.batch(_FIRST + n))) for n in range(_BATCHES)]
        return {"loss, negative": -sum(losses) / len(losses)}
