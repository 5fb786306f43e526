"""Whether a file gives what the network gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from catchlight.models.onnx_session import OnnxSession

# In units of `multiple`: the least, odd and even, wide and high, one of two pictures.
_SIDES = ((1, 1, 1), (1, 3, 2), (1, 2, 9), (2, 5, 4), (1, 16, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How far a file is from its network.

    Args:
        worst: largest absolute difference of a value.
        rms: root mean square difference, of the size where it is largest.
        sizes: that were compared, n h w.
    """

    worst: float
    rms: float
    sizes: tuple[tuple[int, int, int], ...]


def parity(network: nn.Module, model: bytes, *, channels: int, multiple: int = 1, seed: int = 0) -> Parity:
    """Runs both on the same random values in 0…1, in several sizes; rounding is all that an fp32 file may differ by."""
    session = OnnxSession(model, multiple=multiple)
    rng = np.random.default_rng(seed)
    worst, rms = 0.0, 0.0
    sizes = tuple((n, h * multiple, w * multiple) for n, h, w in _SIDES)
    was_training = network.training
    network.eval()
    for n, h, w in sizes:
        values = rng.random((n, channels, h, w), dtype=np.float32)
        with torch.inference_mode():
            expected = network(torch.from_numpy(values)).numpy()
        off = np.abs(session.run(values) - expected)
        worst, rms = max(worst, float(off.max())), max(rms, float(np.sqrt(np.mean(off**2))))
    network.train(was_training)
    return Parity(worst=worst, rms=rms, sizes=sizes)
