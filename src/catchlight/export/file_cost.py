"""What a file costs and what it gives, beside others in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from catchlight.core import ContractError
from catchlight.export.peak_memory import peak_memory_mb
from catchlight.models.onnx_session import OnnxSession


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCost:
    """One row of a card's table. Times compare only with those of the same run.

    Args:
        name: of the file.
        bytes: of the file.
        score: higher is better; a validation's mean PSNR in dB, say.
        wall_ms: shortest time of one input, on all cores.
        cpu_ms: least processor time of one input, all cores together; says more where other work goes on.
        memory_mb: most memory above the input; None where it cannot be known.
    """

    name: str
    bytes: int
    score: float
    wall_ms: float
    cpu_ms: float
    memory_mb: float | None


def file_costs(
    files: Mapping[str, bytes],
    *,
    score: Callable[[OnnxSession], float],
    shape: tuple[int, int, int, int],
    rounds: int = 5,
) -> tuple[FileCost, ...]:
    """Scores each file and times them in turns, so that a busy moment slows all of them.

    Args:
        files: content by name.
        score: of a file; higher is better.
        shape: of the input that is timed, n c h w; 1 8 512 512 are the quads of one megapixel.
        rounds: turns after one that is not counted.
    """
    if rounds < 1:
        raise ContractError(f"files are timed in one round at least; found {rounds}")
    sessions = {name: OnnxSession(content, name=name) for name, content in files.items()}
    values = np.random.default_rng(0).random(shape, dtype=np.float32)
    wall: dict[str, list[float]] = {name: [] for name in files}
    processor: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(rounds + 1):
        for name, session in sessions.items():
            began, worked = time.perf_counter(), time.process_time()
            session.run(values)
            wall[name].append(time.perf_counter() - began)
            processor[name].append(time.process_time() - worked)
    return tuple(
        FileCost(
            name=name, bytes=len(content), score=score(sessions[name]), wall_ms=1e3 * min(wall[name][1:]),
            cpu_ms=1e3 * min(processor[name][1:]), memory_mb=peak_memory_mb(content, shape),
        )
        for name, content in files.items()
    )  # fmt: skip
