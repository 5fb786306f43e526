"""What a recipe states: network, data, objective, schedule. A recipe is a Python file whose `recipe()` returns one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from torch import Tensor, nn

from catchlight.core import ContractError

Batch = tuple[Tensor, ...]


@runtime_checkable
class BatchSource(Protocol):
    """Training data: batch `number` is the same whenever and wherever it is asked for."""

    def batch(self, number: int) -> Batch:
        """Tensors of one batch; the first holds the network's input."""

    def describe(self) -> Mapping[str, Any]:
        """What decides the batches, as JSON values: sets with their hashes, plan, seed."""


# Mean loss of a batch.
Objective = Callable[[nn.Module, Batch], Tensor]
# Scores of a network, higher is better; the first decides which weights are the best so far.
Validation = Callable[[nn.Module], Mapping[str, float]]
# What a network makes of a fixed input, as sRGB code values, for people to look at.
Drawing = Callable[[nn.Module], UInt8[np.ndarray, "h w 3"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Warm up, hold, decay: where the hold ends need not be known when it begins.

    Args:
        steps: of the optimiser in all.
        warm_up: steps from no rate to the full one.
        decay: last steps, along half a cosine to nothing.
        rate: full learning rate.
        stop: step at which the run ends, in the middle of its decay: another one goes on from there. None: all of them.

    Source: Hu et al. 2024, "MiniCPM", section 4 (WSD); the decay here is a half cosine.
    """

    steps: int
    warm_up: int = 500
    decay: int
    rate: float = 1e-3
    stop: int | None = None

    def __post_init__(self) -> None:
        if not (self.steps > 0 and self.warm_up >= 0 and 0 <= self.decay <= self.steps and self.rate > 0):
            raise ContractError(f"a schedule has steps > 0, warm_up and decay within them, a rate > 0; found {self}")
        if self.stop is not None and not 0 < self.stop <= self.steps:
            raise ContractError(f"a schedule stops within its {self.steps} steps; found {self.stop}")

    @property
    def last(self) -> int:
        """Steps that are done in all."""
        return self.steps if self.stop is None else self.stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that decides the weights.

    Args:
        name: of the model; also that of its folder.
        network: makes it, untrained.
        data: training batches.
        objective: what is minimised.
        validate: scores on data that is not trained on.
        begin: another recipe, whose weights this one begins with; see `train_stages`.
        schedule: steps and learning rate.
        weight_decay: of AdamW, for weights with more than one axis.
        clip_norm: largest norm of a gradient.
        optimiser: `adamw`, or `muon` for the filters inside of the network.
        ends: names that the parameters of the network's first and last layers begin with; AdamW's in any case.
        ema: decay of the mean of the weights that is validated and shipped.
        accumulate: batches of a step.
        bf16: mixed precision: bfloat16 where it is safe, float32 elsewhere; on a CPU and, untested, with CUDA.
        validate_every: steps.
        patience: validations without a better one after which training stops; None never.
        seed: of the first weights.
        notes: for the card.
        draw: a picture after each validation; None draws none.

    Raises:
        ContractError: a value out of range.
    """

    name: str
    network: Callable[[], nn.Module]
    data: BatchSource
    objective: Objective
    validate: Validation
    schedule: Schedule
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    optimiser: Literal["adamw", "muon"] = "muon"
    ends: tuple[str, ...] = ()
    ema: float = 0.999
    accumulate: int = 1
    bf16: bool = True
    validate_every: int = 2000
    patience: int | None = None
    seed: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)
    draw: Drawing | None = None
    begin: Callable[[], Recipe] | None = None

    def __post_init__(self) -> None:
        if not (self.weight_decay >= 0 and self.clip_norm > 0 and 0 <= self.ema < 1):
            raise ContractError(
                "weight_decay is ≥ 0, clip_norm > 0, ema 0…1 without 1; "
                f"found {self.weight_decay}, {self.clip_norm}, {self.ema}"
            )
        if min(self.accumulate, self.validate_every) < 1 or (self.patience is not None and self.patience < 0):
            raise ContractError(
                "accumulate and validate_every are ≥ 1, patience ≥ 0; "
                f"found {self.accumulate}, {self.validate_every}, {self.patience}"
            )

    def fingerprint(self) -> dict[str, Any]:
        """What must be equal for a checkpoint to go on; the number of steps may grow while the rate is held."""
        rest = self.schedule
        return {
            "name": self.name,
            "data": dict(self.data.describe()),
            "schedule": {"warm_up": rest.warm_up, "rate": rest.rate},
            "weight_decay": self.weight_decay,
            "clip_norm": self.clip_norm,
            "optimiser": self.optimiser,
            "ends": list(self.ends),
            "ema": self.ema,
            "accumulate": self.accumulate,
            "bf16": self.bf16,
            "seed": self.seed,
        }
