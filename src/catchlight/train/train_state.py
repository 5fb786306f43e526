"""What changes from step to step: weights, their mean, the optimiser's state, the best score."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from catchlight.train.checkpoint import Checkpoint
from catchlight.train.optimiser import Optimiser
from catchlight.train.recipe import Recipe


@dataclass(slots=True, kw_only=True, eq=False)
class TrainState:
    """All that a step changes.

    Args:
        network: being trained.
        ema: mean of its weights and buffers.
        optimiser: with its own state.
        step: done so far.
        best: score of the best validation; None before the first.
        stale: validations since.
        minutes: of work in earlier runs.
    """

    network: nn.Module
    ema: dict[str, Tensor]
    optimiser: Optimiser
    step: int = 0
    best: float | None = None
    stale: int = 0
    minutes: float = 0.0

    @classmethod
    def begin(cls, recipe: Recipe, *, device: str) -> TrainState:
        """Untrained; the first weights depend on the recipe's seed alone."""
        torch.manual_seed(recipe.seed)
        network = recipe.network().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        ema = {name: value.detach().clone() for name, value in network.state_dict().items()}
        return cls(network=network, ema=ema, optimiser=Optimiser(network, recipe))

    def restore(self, saved: Checkpoint) -> None:
        """Goes on where the checkpoint was made."""
        self.network.load_state_dict(saved.network)
        self.ema = {name: value.to(self.ema[name].device) for name, value in saved.ema.items()}
        self.optimiser.load_state_dict(saved.optimiser)
        self.step, self.best, self.stale, self.minutes = saved.step, saved.best, saved.stale, saved.minutes
        torch.set_rng_state(saved.random)

    def checkpoint(self, recipe: Recipe, *, minutes: float, processes: int) -> Checkpoint:
        """All of it, to be written before the next step."""
        return Checkpoint(
            step=self.step, network=self.network.state_dict(), ema=self.ema, optimiser=self.optimiser.state_dict(),
            best=self.best, stale=self.stale, random=torch.get_rng_state(), fingerprint=recipe.fingerprint(),
            minutes=minutes, processes=processes,
        )  # fmt: skip

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Moves the mean towards the weights of the step that was just done."""
        # Early on the mean is over what there is.
        decay = min(decay, self.step / (self.step + 9))
        now = self.network.state_dict()
        smooth = [name for name, mean in self.ema.items() if mean.is_floating_point()]
        torch._foreach_lerp_([self.ema[name] for name in smooth], [now[name] for name in smooth], 1 - decay)
        for name in self.ema.keys() - set(smooth):
            self.ema[name].copy_(now[name])

    @torch.no_grad()
    def is_finite(self) -> bool:
        """Whether every weight and every mean is a number; one of a gradient's that is none ends up in them."""
        values = [*self.network.state_dict().values(), *self.ema.values()]
        return all(bool(v.isfinite().all()) for v in values if v.is_floating_point())

    @contextmanager
    def averaged(self) -> Iterator[nn.Module]:
        """The network with the mean weights, for validation; afterwards it is as it was."""
        trained = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.ema)
        self.network.eval()
        try:
            with torch.no_grad():
                yield self.network
        finally:
            self.network.load_state_dict(trained)
            self.network.train()
