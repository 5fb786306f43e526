"""The optimiser of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from catchlight.train.muon import Muon
from catchlight.train.recipe import Recipe


class Optimiser:
    """Muon for the filters inside of the network, AdamW for its ends and biases; or AdamW for all.

    Args:
        network: its parameters.
        recipe: which, and its dials.
    """

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
        inner = {
            name for name, p in named
            if recipe.optimiser == "muon" and p.ndim > 1 and not name.startswith(recipe.ends)
        }  # fmt: skip
        rate, decay = recipe.schedule.rate, recipe.weight_decay
        rest = [(name, p) for name, p in named if name not in inner]
        groups = [
            {"params": [p for _, p in rest if p.ndim > 1], "weight_decay": decay},
            {"params": [p for _, p in rest if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.parts: dict[str, torch.optim.Optimizer] = {}
        if any(group["params"] for group in groups):
            self.parts["adamw"] = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), fused=True)
        if inner:
            self.parts["muon"] = Muon([p for name, p in named if name in inner], lr=rate, weight_decay=decay)

    def step(self, rate: float) -> None:
        """One step at this learning rate."""
        for part in self.parts.values():
            for group in part.param_groups:
                group["lr"] = rate
            part.step()

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for part in self.parts.values():
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """State of each part, by name."""
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """What `state_dict` gave."""
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
