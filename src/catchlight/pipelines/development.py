"""What `develop` is asked and what it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment
from catchlight.core import ContractError, Frame, LinearMosaic, NoiseModel, RawFrame
from catchlight.develop import NaturalLook
from catchlight.pipelines.burst_source import Skipped
from catchlight.pipelines.known_camera import KnownCamera

Render = Literal["natural", "linear", "mosaic"]
Engine = Literal["best", "fast", "classical"]
SCALES = (1.0, 1.5, 2.0)
NoiseFrom = Literal["file", "settings", "camera profile", "estimate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopSettings:
    """The dials of `develop`.

    Args:
        render: `natural`, a finished photo; `linear`, linear sRGB in the reference's exact geometry without tone,
            sharpening or crop (and without white balance where the file has none); `mosaic`, the merged RAW alone,
            undeveloped.
        reference: index of the frame that gives the geometry; None takes the sharpest.
        strict: fail at a frame that cannot be read instead of leaving it out.
        denoise: how much of the noise left after merging is removed, 0 (none)…2; frames that are RGB already keep it.
        noise: noise of one frame, normalised; None takes the file's own, or estimates it.
        look: dials of the natural rendering.
        camera: what is known of the camera; RAW frames get its noise, defects, shading and colour. `noise` goes first.
        engine: what removes noise and demosaics a Bayer mosaic: the learned RAW engine in one of its sizes, or the
            classical chain. Other colour filters have their own way.
        scale: pixels of the picture for each photosite of a RAW frame along a side: 1, 1.5 or 2.
        gain_map: also tell displays with headroom how bright the highlights were (natural rendering); frames that are
            RGB already keep what the reference's own gain map tells.
    """

    render: Render = "natural"
    reference: int | None = None
    strict: bool = False
    denoise: float = 1.0
    noise: NoiseModel | None = None
    look: NaturalLook = field(default_factory=NaturalLook)
    camera: KnownCamera | None = None
    engine: Engine = "best"
    scale: float = 1.0
    gain_map: bool = False

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ContractError(f"scale is 1, 1.5 or 2; found {self.scale:g}")
        if self.render not in ("natural", "linear", "mosaic"):
            raise ContractError(f"render is natural, linear or mosaic; found {self.render!r}")
        if not (math.isfinite(self.denoise) and 0 <= self.denoise <= 2):
            raise ContractError(f"denoise lies in 0…2; found {self.denoise}")
        if self.noise is not None and self.noise.domain != "normalised":
            raise ContractError("the noise of a camera is given normalised (black 0, white 1)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameRecord:
    """What became of one frame that was merged.

    Args:
        index: its place in the input.
        name: its file name.
        alignment: where the reference's places are found in it.
        brightness: factor that brought it to the reference's exposure.
        trust: mean weight, 0…1.
        trust_map: weights, reduced to at most 320 px.
    """

    index: int
    name: str
    alignment: Alignment
    brightness: float
    trust: float
    trust_map: Float32[np.ndarray, "_ _"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Development:
    """The result of `develop` and how it came about.

    Args:
        frame: the picture; None with render `mosaic`.
        merged: the merged mosaic before noise removal; None for frames that were RGB already.
        reference_raw: the reference as it was read, for levels, matrices and metadata; None for RGB frames.
        noise: noise of one frame, normalised.
        noise_from: where that was found.
        reference_index: index of the reference in the input.
        reference_name: its file name.
        records: the other frames that were merged, in order.
        skipped: frames that were left out.
        share: mean share of the noise variance of one frame that is left after merging.
        timings_s: seconds for each stage, in order.
        orientation: EXIF orientation of the reference's stored pixels, in which records and maps are.
        before: the reference alone, developed in the same way, when a report was asked for.
        notes: what the user should know of the camera's profile and these frames.
        camera_rgb: white-balanced camera RGB where `merged` cannot hold the result: a scale other than 1 with render
            `mosaic`.
    """

    frame: Frame | None
    merged: LinearMosaic | None
    reference_raw: RawFrame | None
    noise: NoiseModel
    noise_from: NoiseFrom
    reference_index: int
    reference_name: str
    records: tuple[FrameRecord, ...]
    skipped: tuple[Skipped, ...]
    share: float
    timings_s: tuple[tuple[str, float], ...]
    orientation: int = 1
    before: Frame | None = None
    notes: tuple[str, ...] = ()
    camera_rgb: Float32[np.ndarray, "H W 3"] | None = None
