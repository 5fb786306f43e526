"""Muon: momentum whose update is brought to equal size in all directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

# Coefficients of the quintic iteration, and how often it is applied: singular values end between 0.7 and 1.2.
_QUINTIC, _ROUNDS = (3.4445, -4.7750, 2.0315), 5
# An update as large as AdamW's would be, so that both take the same learning rate.
_AS_ADAM = 0.2


class Muon(torch.optim.Optimizer):
    """For the filters inside of a network, not its first and last layers; a filter bank is a matrix `out × rest`.

    Args:
        filters: parameters with two axes at least.
        lr: learning rate, on AdamW's scale.
        momentum: of the mean of the gradients.
        weight_decay: share of the weight that goes with every unit of rate.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; size of the update from Liu
    et al. 2025, "Muon is Scalable for LLM Training", equation 4. Banks of equal shape are brought to size together.
    """

    def __init__(
        self, filters: Iterable[Tensor], *, lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(filters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step; there is no closure."""
        assert closure is None
        for group in self.param_groups:
            alike: dict[tuple[int, ...], list[Tensor]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    alike.setdefault((p.shape[0], p[0].numel()), []).append(p)
            for shape, banks in alike.items():
                updates = torch.stack([self._update(p, group["momentum"]).reshape(shape) for p in banks])
                even = orthogonalised(updates) * (_AS_ADAM * max(shape) ** 0.5)
                for p, update in zip(banks, even, strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update.reshape(p.shape), alpha=-group["lr"])

    def _update(self, p: Tensor, momentum: float) -> Tensor:
        state = self.state[p]
        if "mean" not in state:
            state["mean"] = torch.zeros_like(p)
        mean = state["mean"]
        assert p.grad is not None
        mean.lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(mean, momentum)


def orthogonalised(matrices: Tensor) -> Tensor:
    """U Vᵀ of each matrix U S Vᵀ, roughly: singular values between 0.7 and 1.2.

    Args:
        matrices: `n rows columns`.
    """
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    a, b, c = _QUINTIC
    for _ in range(_ROUNDS):
        square = x @ x.mT
        x = a * x + (b * square + c * (square @ square)) @ x
    x = x.float()
    return x.mT if tall else x
