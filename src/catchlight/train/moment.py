"""What a training run tells while it goes on, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

Ended = Literal["done", "time", "early", "asked"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moment:
    """What a training run has to tell.

    Args:
        step: done so far.
        steps: in all.
        loss: mean since the last moment.
        rate: learning rate.
        seconds: since the run began, or was resumed.
        left_s: seconds to the end, at this speed.
        scores: of a validation, when there was one.
        better: whether that validation was the best so far.
        picture: of that validation, sRGB code values, where the recipe draws one.
    """

    step: int
    steps: int
    loss: float
    rate: float
    seconds: float
    left_s: float
    scores: Mapping[str, float] | None = None
    better: bool = False
    picture: UInt8[np.ndarray, "h w 3"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    Args:
        step: done.
        ended: `done` after all steps, `time` when the minutes were over, `early` when it did not improve any more,
            `asked` when the caller wanted it.
        best: the best validation score; None before the first validation.
        weights: file of the best weights; of the latest ones before the first validation.
        minutes: of work in this folder, earlier runs included.
        scores: of the last validation of this run; empty when there was none.
    """

    step: int
    ended: Ended
    best: float | None
    weights: Path
    minutes: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)
