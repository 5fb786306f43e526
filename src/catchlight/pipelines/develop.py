"""A burst or a single frame → one finished picture: what `catchlight develop` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst import align, brightness_ratio
from catchlight.core import Frame, InputError, RawFrame, UsageError
from catchlight.io import expand_inputs
from catchlight.pipelines.burst_in_progress import BurstInProgress
from catchlight.pipelines.burst_source import BurstSource, Kinship, Picture, Source, kinship, require_same_kind
from catchlight.pipelines.development import Development, DevelopSettings, FrameRecord
from catchlight.pipelines.kernel_burst import KernelBurst
from catchlight.pipelines.mosaic_burst import MosaicBurst
from catchlight.pipelines.raw_rendering import mosaic_sharpness
from catchlight.pipelines.rgb_burst import RgbBurst, rgb_sharpness
from catchlight.pipelines.stopwatch import Progress, Stopwatch

# The exposure that the files state is corrected by what is measured, within this factor either way.
_BRIGHTNESS_RANGE = 1.3
# Without a stated exposure, four stops either way are believed.
_UNKNOWN_RANGE = 16.0
_MAP_SIDE_PX = 320


def develop(
    inputs: str | Path | Sequence[str | Path] | Sequence[RawFrame | Frame],
    settings: DevelopSettings | None = None,
    *,
    with_before: bool = False,
    progress: Progress | None = None,
) -> Development:
    """Develops one frame, or merges a burst and develops the result.

    Args:
        inputs: files, folders and globs, or frames in memory (any sequence that makes them when asked). RAW frames and
            frames that are RGB already both work, not mixed.
        settings: dials; None for the defaults.
        with_before: also develop the reference alone, for a comparison.
        progress: called as progress(stage, step, steps).

    Raises:
        InputError: nothing readable, or frames that cannot be of one burst.
        UsageError: a reference that does not exist.
    """
    settings = settings or DevelopSettings()
    watch = Stopwatch(progress)
    source = BurstSource(_sources(inputs), strict=settings.strict, camera=settings.camera)
    if settings.reference is not None and not 0 <= settings.reference < len(source):
        raise UsageError(
            f"--reference is one of 0…{len(source) - 1} for {len(source)} frames; found {settings.reference}"
        )
    with watch("read and choose the reference"):
        index, reference = _choose_reference(source, settings)
    with watch("linearise"):
        burst = _begun(reference, settings)
    kin, metadata = kinship(reference), reference.metadata
    reference_raw = reference if isinstance(reference, RawFrame) else None
    del reference
    records = _merge(source, index, kin, burst, watch) if len(source) - len(source.skipped) > 1 else []
    with watch("finish merge"):
        burst.finish_merge()
    frame = burst.render(watch)
    before = burst.render_reference() if with_before else None
    return Development(
        frame=frame,
        merged=burst.merged,
        reference_raw=reference_raw,
        noise=burst.noise,
        noise_from=burst.noise_from,
        reference_index=index,
        reference_name=source.name(index),
        records=tuple(records),
        skipped=tuple(source.skipped.values()),
        share=burst.share,
        timings_s=watch.timings_s,
        orientation=metadata.orientation,
        before=before,
        notes=_notes(reference_raw, settings),
        camera_rgb=burst.camera_rgb,
    )


def _begun(reference: Picture, settings: DevelopSettings) -> BurstInProgress:
    if not isinstance(reference, RawFrame):
        return RgbBurst(reference, settings)
    return MosaicBurst(reference, settings) if reference.cfa.is_bayer else KernelBurst(reference, settings)


def _notes(reference: RawFrame | None, settings: DevelopSettings) -> tuple[str, ...]:
    if settings.camera is None:
        return ()
    if reference is None:
        return ("the camera profile is not used: these frames are RGB already, no longer what the sensor saw",)
    return settings.camera.notes(reference)


def _sources(inputs: str | Path | Sequence[str | Path] | Sequence[RawFrame | Frame]) -> Sequence[Source]:
    if isinstance(inputs, str | Path):
        return list(expand_inputs([inputs]))
    if len(inputs) == 0:
        raise InputError("no input: name at least one file, folder or glob")
    if not isinstance(inputs, list | tuple):
        return inputs  # type: ignore[return-value]  # makes its frames when asked: not looked into
    paths = [item for item in inputs if isinstance(item, str | Path)]
    if paths and len(paths) < len(inputs):
        raise UsageError("the frames are either files or pictures in memory; found both")
    return list(expand_inputs(paths)) if paths else inputs


def _choose_reference(source: BurstSource, settings: DevelopSettings) -> tuple[int, Picture]:
    """The asked or the sharpest frame; for the latter all are read once, and what cannot be merged is known early."""
    if len(source) == 1:
        return 0, source.read(0)
    if settings.reference is not None:
        return settings.reference, source.read(settings.reference)
    best, best_score = -1, -1.0
    first: tuple[Kinship, str] | None = None
    noise = None
    for index, picture in source.stream(range(len(source)), ahead=2):
        if first is None:
            first = kinship(picture), source.name(index)
        require_same_kind(*first, kinship(picture), source.name(index))
        if isinstance(picture, RawFrame):
            score, noise = mosaic_sharpness(picture, settings, noise)
        else:
            score, noise = rgb_sharpness(picture, settings, noise)
        # The next frame must be clearly sharper: noise alone makes no difference.
        if score > best_score * 1.02:
            best, best_score = index, score
        del picture
    return best, source.read(best)


def _merge(
    source: BurstSource, index: int, kin: Kinship, burst: BurstInProgress, watch: Stopwatch
) -> list[FrameRecord]:
    still, variance = burst.grey(), burst.grey_variance()
    others = [i for i in range(len(source)) if i != index]
    records: list[FrameRecord] = []
    stream = source.stream(others)
    while True:
        with watch("read", len(records) + 1, len(others)):
            item = next(stream, None)
        if item is None:
            return records
        other, picture = item
        require_same_kind(kin, source.name(index), kinship(picture), source.name(other))
        with watch("linearise", len(records) + 1, len(others)):
            scale = burst.exposure_scale(picture)
            linear = burst.linearise(picture)
        with watch("align", len(records) + 1, len(others)):
            moved = burst.grey(linear)
            alignment = align(still, moved, noise_variance=variance)
            small = alignment.affine.astype(np.float32)
            small[:, 2] /= 2 * 2 ** (len(still) - 1)
            factor = brightness_ratio(still[-1], moved[-1], small, full=scale or 1.0)
            most = _BRIGHTNESS_RANGE if scale is not None else _UNKNOWN_RANGE
            factor = float(np.clip(factor, 1 / most, most))
        with watch("merge", len(records) + 1, len(others)):
            weights = burst.add(linear, alignment, factor)
        brightness = factor * (scale or 1.0)
        # Gone before the next one comes: only the reference, one frame and the one that is read ahead are in memory.
        del item, picture, linear, moved
        records.append(
            FrameRecord(
                index=other,
                name=source.name(other),
                alignment=alignment,
                brightness=brightness,
                trust=float(weights.mean()),
                trust_map=_reduced(weights),
            )
        )


def _reduced(weights: Float32[np.ndarray, "_ _"]) -> Float32[np.ndarray, "_ _"]:
    shrink = max(weights.shape) / _MAP_SIDE_PX
    if shrink <= 1:
        return weights
    size = (max(1, round(weights.shape[1] / shrink)), max(1, round(weights.shape[0] / shrink)))
    return cv2.resize(weights, size, interpolation=cv2.INTER_AREA)
