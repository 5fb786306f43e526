"""What RAW bursts and RGB bursts have in common while they are developed."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment
from catchlight.core import Frame, LinearMosaic, NoiseModel
from catchlight.pipelines.burst_source import Picture
from catchlight.pipelines.development import NoiseFrom
from catchlight.pipelines.stopwatch import Stopwatch


@runtime_checkable
class BurstInProgress(Protocol):
    """A burst that begins with its reference; the other frames are added one by one, then it is rendered.

    `linearise` turns a picture into what `grey` and `add` take: a mosaic or RGB pixels in linear light.
    """

    noise: NoiseModel
    noise_from: NoiseFrom
    merged: LinearMosaic | None
    camera_rgb: Float32[np.ndarray, "h w 3"] | None
    share: float

    def grey(self, linear: Any | None = None) -> list[Float32[np.ndarray, "_ _"]]:
        """Grey pyramid to align by, of a frame or of the reference."""

    def grey_variance(self) -> float:
        """Noise variance of the reference's finest grey picture."""

    def exposure_scale(self, picture: Picture) -> float | None:
        """Factor from the files' own exposure that brings a frame to the reference's; None when they do not tell."""

    def linearise(self, picture: Any) -> Any:
        """Another frame, in linear light and at the reference's stated exposure."""

    def add(self, linear: Any, alignment: Alignment, brightness: float) -> Float32[np.ndarray, "_ _"]:
        """Merges one frame, made `brightness` times as bright; returns its weights."""

    def finish_merge(self) -> None:
        """Closes the merge and frees what it held."""

    def render(self, watch: Stopwatch) -> Frame | None:
        """The picture; None where only the mosaic is asked for."""

    def render_reference(self) -> Frame | None:
        """The reference alone, toned like the picture."""
