"""Low-rank adapters on filters."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from catchlight.core import UsageError


class LowRank(nn.Module):
    """A filter W plus the product of two thin matrices, which begins as nothing.

    Args:
        weight: W, of any shape; its first axis are the rows.
        rank: of the product.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        columns = weight[0].numel()
        self.inner = nn.Parameter(torch.randn(rank, columns) / math.sqrt(columns))
        self.outer = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, weight: Tensor) -> Tensor:
        """W + outer · inner, of W's shape."""
        # In full precision: the sum is what is merged in the end.
        with torch.autocast(weight.device.type, enabled=False):
            return weight + (self.outer @ self.inner).view_as(weight)


def add_low_rank(network: nn.Module, *, rank: int, without: tuple[str, ...] = ("interpolate",)) -> int:
    """Freezes a network's filters and gives each an adapter; biases, and filters as thin as the rank, train themselves.

    Args:
        network: changed in place.
        rank: of the adapters.
        without: layers that stay frozen as they are.

    Returns:
        How many numbers train.

    Raises:
        UsageError: a rank below 1.

    Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", equation 3, with α = rank; a k×k
    filter is taken for the matrix of its outputs by its inputs × k × k.
    """
    if rank < 1:
        raise UsageError(f"--rank is a whole number from 1 on; found {rank}")
    for name, layer in network.named_modules():
        if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            continue
        frozen = name in without
        if layer.bias is not None:
            layer.bias.requires_grad_(not frozen)
        few = min(layer.weight.shape[0], layer.weight[0].numel()) <= rank
        layer.weight.requires_grad_(few and not frozen)
        if not frozen and not few:
            parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def merge_low_rank(network: nn.Module) -> None:
    """Adds the adapters to the filters and takes them away: the layers are plain ones again."""
    for layer in list(network.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
