"""The folder of a training run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from catchlight.core import OutputError
from catchlight.io import atomic_output
from catchlight.train.moment import Moment


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run keeps its files; each is written whole or not at all.

    Args:
        path: made where missing.
    """

    path: Path

    @property
    def checkpoint(self) -> Path:
        """All that the next step depends on."""
        return self.path / "checkpoint.pt"

    @property
    def best(self) -> Path:
        """Mean weights of the best validation."""
        return self.path / "best.safetensors"

    @property
    def latest(self) -> Path:
        """Mean weights when the run last ended."""
        return self.path / "latest.safetensors"

    @property
    def metrics(self) -> Path:
        """One line of JSON for each moment."""
        return self.path / "metrics.jsonl"

    @property
    def provenance(self) -> Path:
        """How the weights came to be."""
        return self.path / "recipe.json"

    def open(self, *, step: int) -> None:
        """Makes the folder, and removes what a run that was killed left after `step`.

        Raises:
            OutputError: it cannot be made or written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.path}: the folder cannot be made: {error.strerror}; choose another with --to"
            ) from error
        for file in (self.checkpoint, self.best, self.latest, self.metrics, self.provenance):
            for torn in self.path.glob(f".{file.stem}.????????{file.suffix}"):
                with suppress(OSError):
                    torn.unlink()
        if self.metrics.is_file():
            kept = [json.dumps(line) for line in read_metrics(self.metrics) if line["step"] <= step]
            with atomic_output(self.metrics, force=True) as temporary:
                temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def write_weights(self, weights: Mapping[str, Tensor], path: Path) -> None:
        """Tensors as safetensors; raises OutputError when they cannot be written."""
        whole = save({name: value.detach().cpu().contiguous() for name, value in weights.items()})
        with atomic_output(path, force=True) as temporary:
            temporary.write_bytes(whole)

    def write_provenance(self, facts: Mapping[str, Any]) -> None:
        """Facts as JSON; raises OutputError when they cannot be written."""
        with atomic_output(self.provenance, force=True) as temporary:
            temporary.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def note(self, moment: Moment) -> None:
        """Adds the moment to the metrics; raises OutputError when it cannot."""
        line: dict[str, Any] = {
            "step": moment.step,
            "steps": moment.steps,
            "loss": moment.loss,
            "rate": moment.rate,
            "seconds": round(moment.seconds, 2),
            "left_s": round(moment.left_s, 1),
        }
        if moment.scores is not None:
            # A perfect picture has an infinite PSNR, which JSON does not know.
            line["scores"] = {k: v if math.isfinite(v) else None for k, v in moment.scores.items()}
            line["better"] = moment.better
        try:
            with self.metrics.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise OutputError(f"{self.metrics}: cannot be written: {error.strerror}; free some space") from error


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a metrics file; one that is not complete is left out."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if isinstance(fields, dict) and "step" in fields:
            yield fields
