"""What the engine is trained for."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from catchlight.train.recipe import Batch


def seen_l1(network: nn.Module, batch: Batch) -> Tensor:
    """Mean absolute error under the engine's curve, after the camera's colour matrix; crops weighted.

    The matrix makes differences between the camera's colours two to three times as large, and their errors too. Applied
    under the curve it is right for what is nearly grey, which is most of what is seen. Its rows are brought to the size
    of the identity's, so that a camera's crop counts as much as any other.
    """
    seen, clean, weight, colour = batch
    return shown_l1(network(seen), clean, weight, colour)


def shown_l1(made: Tensor, wanted: Tensor, weight: Tensor, colour: Tensor) -> Tensor:
    """The same of RGB quads that are made already: `n 12 h w`, `n 12 h w`, `n`, `n 3 3`."""
    n, _, h, w = wanted.shape
    error = (made - wanted).reshape(n, 3, 4 * h * w)
    shown = torch.bmm(colour / colour.abs().sum(2).mean(1)[:, None, None], error)
    return (shown.abs().mean((1, 2)) * weight).mean()
