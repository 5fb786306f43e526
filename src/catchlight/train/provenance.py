"""How the weights of a folder came to be."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
import torch

import catchlight
from catchlight.train.recipe import Recipe
from catchlight.train.train_state import TrainState


def provenance(recipe: Recipe, state: TrainState, *, minutes: float, device: str, processes: int) -> dict[str, Any]:
    """Recipe, code, libraries, machine and state, as JSON values.

    The same recipe gives the same weights, bit by bit, with the same code, libraries, processes and threads on the same
    kind of CPU.
    """
    # Not before it is needed: the package around it loads every benchmark.
    from catchlight.evaluate.code_revision import code_revision

    plan = recipe.schedule
    return {
        "name": recipe.name,
        "fingerprint": recipe.fingerprint(),
        "schedule": {"steps": plan.steps, "warm_up": plan.warm_up, "decay": plan.decay, "rate": plan.rate},
        "notes": dict(recipe.notes),
        "parameters": sum(p.numel() for p in state.network.parameters()),
        "step": state.step,
        "best": state.best,
        "minutes": round(minutes, 2),
        "device": device,
        "processes": processes,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "versions": {
            "catchlight": catchlight.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
        },
        "code": code_revision(),
    }
