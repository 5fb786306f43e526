"""How long a step of training takes on this machine."""

from __future__ import annotations

import math
import time

import torch
from torch import nn

from catchlight.train.recipe import BatchSource, Objective

# After the first, which also sets things up.
_STEPS = 3
# Reading, validation and checkpoints take their part; the rest is steps.
_TRAINING_SHARE = 0.85
# Beyond, tuning on some dozen photos gains nothing any more.
_MOST_STEPS = 2000
_LEAST_STEPS = 20


def step_time_s(network: nn.Module, data: BatchSource, objective: Objective, *, bf16: bool) -> float:
    """Seconds of one step, batch included; the network's gradients are left empty, its weights as they were."""
    for step in range(_STEPS + 1):
        if step == 1:
            began = time.monotonic()
        batch = data.batch(step)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = objective(network, batch)
        loss.backward()
    network.zero_grad(set_to_none=True)
    return (time.monotonic() - began) / _STEPS


def steps_within(minutes: float, step_s: float) -> int:
    """Steps that fit into so many minutes: 20 at least, 2000 at most, in whole tens.

    >>> steps_within(10.0, 0.5), steps_within(10.0, 0.01), steps_within(0.1, 5.0)
    (1020, 2000, 20)
    """
    fit = math.floor(_TRAINING_SHARE * minutes * 60 / step_s / 10) * 10
    return min(max(fit, _LEAST_STEPS), _MOST_STEPS)
