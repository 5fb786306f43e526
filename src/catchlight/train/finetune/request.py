"""What is asked of a fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catchlight.camera.profile.camera_profile import CameraProfile
from catchlight.core import UnsupportedError, UsageError
from catchlight.core.cfa import CfaPattern

# Full learning rate of AdamW. Thin matrices that begin at nothing take a higher one than filters that are trained.
_RATE: dict[str, float] = {"low-rank": 2e-3, "last-blocks": 5e-4}


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuneRequest:
    """One's own camera and photos, and how to tune.

    Args:
        model: `raw_engine_best`, `raw_engine_fast`, a training folder, or a weights file.
        photos: folder of clean photos.
        camera: its noise and colours.
        folder: for the result; holds the run while it goes on.
        method: `low-rank` adapters on all filters, or the `last-blocks` alone.
        rank: of the adapters.
        minutes: of training.
        steps: in place of minutes: the result then does not depend on this machine's speed.
        rate: learning rate; None takes the method's own.
        crop_px: height and width of a training crop.
        batch: crops of a step.
        seed: of everything.

    Raises:
        UsageError: a value out of range.
        UnsupportedError: a camera without Bayer filters.
    """

    model: str
    photos: Path
    camera: CameraProfile
    folder: Path
    method: str = "low-rank"
    rank: int = 4
    minutes: float = 10.0
    steps: int | None = None
    rate: float | None = None
    crop_px: int = 96
    batch: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in _RATE:
            raise UsageError(f"--method is {' or '.join(_RATE)}; found {self.method!r}")
        if not 1 <= self.rank <= 64:
            raise UsageError(f"--rank is a whole number, 1…64; found {self.rank}")
        if not 0 < self.minutes <= 24 * 60:
            raise UsageError(f"--minutes is above 0, at most a day; found {self.minutes:g}")
        if self.steps is not None and self.steps < 1:
            raise UsageError(f"--steps is at least 1; found {self.steps}")
        if not CfaPattern(name=self.camera.sensor.cfa).is_bayer:
            raise UnsupportedError(
                f"the RAW engine is tuned for Bayer cameras; {self.camera.name} has {self.camera.sensor.cfa} filters"
            )

    @property
    def full_rate(self) -> float:
        """The learning rate that is held."""
        return _RATE[self.method] if self.rate is None else self.rate
