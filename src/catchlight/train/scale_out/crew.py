"""The processes that train one network together."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed, nn

from catchlight.core import CatchlightError

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """One of `size` processes that take the same steps; with a size of 1 nothing is exchanged.

    Every call but `numbers` must be made by all of them, in the same order.

    Args:
        rank: of this process, from 0, which alone writes and validates.
        size: processes in all.
        device: what is exchanged lies there: `cpu` for gloo, `cuda` for NCCL.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this process writes and validates."""
        return self.rank == 0

    def numbers(self, rounds: int) -> Iterator[int]:
        """Numbers of this process's batches after so many rounds in which each process took one.

        >>> list(itertools.islice(Crew(rank=1, size=2).numbers(10), 3))
        [21, 23, 25]
        """
        return itertools.count(rounds * self.size + self.rank, self.size)

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Makes every gradient the mean of those of all processes."""
        if self.size == 1:
            return
        trained = [p for p in parameters if p.requires_grad]
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).reshape(-1) for p in trained])
        distributed.all_reduce(flat)
        flat /= self.size
        for p, mean in zip(trained, flat.split([p.numel() for p in trained]), strict=True):
            p.grad = torch.empty_like(p).copy_(mean.view(p.shape))

    def mean(self, value: float) -> float:
        """Mean over all processes."""
        return self._total(value) / self.size

    def any(self, flag: bool) -> bool:
        """Whether it holds in any process."""
        return self._total(float(flag)) > 0

    def all_same(self, value: int) -> bool:
        """Whether all processes gave the same number."""
        # Equal numbers are their own mean, and only they have no distance from it anywhere.
        return not self.any(self.mean(float(value)) != value)

    def in_lead(self, work: Callable[[], Made]) -> Made | None:
        """What the work gives in the leading process, None in the others.

        An error is raised in all of them: they would wait for the leading one without an end.
        """
        made: Made | None = None
        error: Exception | None = None
        if self.leads:
            try:
                made = work()
            except Exception as raised:
                error = raised
        if self.any(error is not None):
            said = [str(error)]
            if self.size > 1:
                distributed.broadcast_object_list(said, device=torch.device(self.device))
            raise error or CatchlightError(said[0])
        return made

    def _total(self, value: float) -> float:
        if self.size == 1:
            return value
        total = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return float(total)


@contextmanager
def joined_crew(device: str = "cpu") -> Iterator[Crew]:
    """The crew that this process belongs to: that of torchrun or of Ray, else it alone.

    Args:
        device: `cpu` (gloo) or `cuda` (NCCL, one GPU for each process; untested).
    """
    ours = not distributed.is_initialized()
    if ours and int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield Crew(device=device)
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % max(torch.cuda.device_count(), 1))
    if ours:
        distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Crew(rank=distributed.get_rank(), size=distributed.get_world_size(), device=device)
    finally:
        if ours:
            distributed.destroy_process_group()
