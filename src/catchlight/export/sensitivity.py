"""Which layers lose most in eight bits."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.export.quantise_int8 import Calibration, layers_of, quantise_int8
from catchlight.models.onnx_session import OnnxSession


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerGain:
    """What it is worth to keep one layer in float32.

    Args:
        layer: name of its module.
        gain: score with it in float32 less that with all in eight bits.
    """

    layer: str
    gain: float


def sensitivity(
    model: bytes,
    batches: Iterable[Float32[np.ndarray, "n c h w"]],
    *,
    score: Callable[[OnnxSession], float],
    keep_float: Collection[str] = (),
    calibration: Calibration = "minmax",
) -> tuple[LayerGain, ...]:
    """Quantises all layers but one, each in its turn; the layer with the largest gain first.

    Args:
        model: as `to_onnx` writes it.
        batches: inputs by which the ranges are chosen, once for all layers.
        score: of a file; higher is better.
        keep_float: layers that stay in float32 in any case.
        calibration: see `quantise_int8`.
    """
    with tempfile.TemporaryDirectory(prefix="catchlight-ranges-") as folder:
        ranges = Path(folder) / "ranges.json"

        def scored(kept: Collection[str]) -> float:
            made = quantise_int8(model, batches, keep_float=kept, calibration=calibration, ranges=ranges)
            return score(OnnxSession(made))

        # First, as this is what writes the ranges.
        base = scored(keep_float)
        rest = [layer for layer in layers_of(model) if layer not in keep_float]
        gains = [LayerGain(layer=layer, gain=scored([*keep_float, layer]) - base) for layer in rest]
    return tuple(sorted(gains, key=lambda found: -found.gain))
