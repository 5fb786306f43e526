"""The state of a training run, written whole or not at all."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from catchlight.core import InputError, UsageError
from catchlight.io import atomic_output

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """Everything that the next step depends on.

    Args:
        step: of the next one.
        network: weights and buffers.
        ema: their mean.
        optimiser: its state.
        best: score of the best validation so far; None before the first.
        stale: validations since.
        random: state of torch's generator.
        fingerprint: of the recipe.
        minutes: of work so far.
        processes: that took the steps together; the batches of a step depend on it.
    """

    step: int
    network: Tensors
    ema: Tensors
    optimiser: dict[str, Any]
    best: float | None
    stale: int
    random: torch.Tensor
    fingerprint: dict[str, Any]
    minutes: float = 0.0
    processes: int = 1

    def write(self, path: Path) -> None:
        """To a file, moved into place when it is complete.

        Raises:
            OutputError: no room or no permission; an earlier file is as it was.
        """
        # Through memory: torch's own writer tells of a full disk without saying so.
        whole = io.BytesIO()
        torch.save({name: getattr(self, name) for name in self.__dataclass_fields__}, whole)
        with atomic_output(path, force=True) as temporary:
            temporary.write_bytes(whole.getbuffer())


def read_checkpoint(path: Path, *, fingerprint: dict[str, Any], processes: int = 1) -> Checkpoint:
    """The checkpoint in a file.

    Raises:
        InputError: no checkpoint, or a damaged one.
        UsageError: of another recipe, or of another number of processes.
    """
    try:
        found = Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, EOFError, TypeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise InputError(
            f"{path}: expected a checkpoint; found a damaged or other file; delete it to begin anew"
        ) from error
    changed = sorted(k for k in {*fingerprint, *found.fingerprint} if fingerprint.get(k) != found.fingerprint.get(k))
    if changed:
        raise UsageError(
            f"{path} belongs to another recipe (changed: {', '.join(changed)}); "
            "name another folder with --to, or delete it to begin anew"
        )
    if found.processes != processes:
        raise UsageError(
            f"{path} was trained by {found.processes} processes together, found {processes}: each step would see other "
            "batches; start as many, or name another folder with --to"
        )
    return found
