"""Training of the last blocks alone."""

from __future__ import annotations

from torch import nn

from catchlight.core import ContractError

# The finest level on the way up, and the head.
_LAST = ("decoders.0.", "head.")


def free_last_blocks(network: nn.Module) -> int:
    """Freezes all of a `RawUNet` but the finest decoder level and the head, in place; how many numbers train.

    Raises:
        ContractError: a network without such blocks.
    """
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(_LAST))
    count = sum(p.numel() for p in network.parameters() if p.requires_grad)
    if not count:
        raise ContractError(f"the last blocks are called {' and '.join(_LAST)}; this network has none of them")
    return count
