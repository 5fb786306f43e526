"""A burst or a single frame → one finished picture: what `catchlight develop` does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment, align, align_verdict, brightness_ratio
from catchlight.burst.light.flicker import with_row_gains
from catchlight.core import Frame, InputError, RawFrame, UsageError
from catchlight.io import expand_inputs
from catchlight.pipelines.burst_in_progress import BurstInProgress
from catchlight.pipelines.burst_scan import BurstScan, scan_burst
from catchlight.pipelines.burst_source import BurstSource, Kinship, Picture, Source, kinship, require_same_kind
from catchlight.pipelines.development import Development, DevelopSettings, FrameRecord
from catchlight.pipelines.frame_light import FrameLight
from catchlight.pipelines.free_memory import return_freed_memory
from catchlight.pipelines.kernel_burst import KernelBurst
from catchlight.pipelines.mosaic_burst import MosaicBurst
from catchlight.pipelines.rgb_burst import RgbBurst
from catchlight.pipelines.stopwatch import Progress, Stopwatch

# The exposure that the files state is corrected by what is measured, within this factor either way.
_BRIGHTNESS_RANGE = 1.3
# That of a bracket within this: its frames are dark and noisy or half clipped, and shutters are more exact than that.
_BRACKET_RANGE = 1.05
# Without a stated exposure, four stops either way are believed.
_UNKNOWN_RANGE = 16.0
# Larger frames than this are merged with as little memory as can be, and take longer.
_LARGE_PX = 16e6
# Exposures that differ by less clip alike.
_EQUAL_EXPOSURE = 0.02
_MAP_SIDE_PX = 320

_Pyramid = list[Float32[np.ndarray, "_ _"]]


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
    scan = BurstScan(order=(0,), mixed=False)
    if len(source) > 1:
        with watch("read and choose the reference"):
            scan = scan_burst(source, settings)
    merged = _merged(source, scan, settings, watch)
    # Lit by a flash, the reference is unlike all others: the next best one takes its place.
    if merged.light is not None and merged.light.reference_lit and settings.reference is None and len(scan.order) > 2:
        flash = f"{source.name(scan.order[0])}: this frame alone was lit by a flash"
        if settings.strict:
            raise InputError(flash)
        source.leave_out(scan.order[0], flash)
        del merged
        merged = _merged(source, replace(scan, order=scan.order[1:]), settings, watch)
    burst = merged.burst
    if scan.mixed and burst.merged is not None and burst.merged.exposure > 1:
        merged.notes.append(_range_note(burst.merged.exposure, settings))
    frame = burst.render(watch)
    before = burst.render_reference() if with_before else None
    return Development(
        frame=frame,
        merged=burst.merged,
        reference_raw=merged.reference if isinstance(merged.reference, RawFrame) else None,
        noise=burst.noise,
        noise_from=burst.noise_from,
        reference_index=merged.index,
        reference_name=source.name(merged.index),
        records=tuple(merged.records),
        skipped=tuple(source.skipped.values()),
        share=burst.share,
        timings_s=watch.timings_s,
        orientation=merged.reference.metadata.orientation,
        before=before,
        notes=(*_notes(merged.reference, settings), *merged.notes),
        camera_rgb=burst.camera_rgb,
    )


@dataclass(slots=True)
class _Merged:
    burst: BurstInProgress
    index: int
    reference: Picture
    records: list[FrameRecord]
    light: FrameLight | None
    notes: list[str]


def _merged(source: BurstSource, scan: BurstScan, settings: DevelopSettings, watch: Stopwatch) -> _Merged:
    """The burst, merged onto the first frame of `scan.order`."""
    index, others = scan.order[0], sorted(scan.order[1:])
    with watch("linearise"):
        reference = source.read(index)
        if math.prod(reference.shape) > _LARGE_PX:
            return_freed_memory()
        burst = _begun(reference, settings, mixed=scan.mixed)
    records: list[FrameRecord] = []
    light: FrameLight | None = None
    notes: list[str] = []
    if others:
        still, variance = burst.grey(), burst.grey_variance()
        if isinstance(reference, RawFrame):
            light = FrameLight(still=still, variance=variance)
        kin = kinship(reference)
        records = _merge(source, index, kin, others, burst, light, scan.doubtful, watch)
        if light is not None and isinstance(burst, MosaicBurst):
            bands = light.reference_bands()
            if bands is not None:
                burst.even_out(bands)
            notes += light.notes()
            with watch("look for blur"):
                blurred = burst.blur_note(len(records) + 1)
            notes += [] if blurred is None else [blurred]
    with watch("finish merge"):
        burst.finish_merge()
    return _Merged(burst=burst, index=index, reference=reference, records=records, light=light, notes=notes)


def _begun(reference: Picture, settings: DevelopSettings, *, mixed: bool) -> BurstInProgress:
    if not isinstance(reference, RawFrame):
        return RgbBurst(reference, settings)
    if reference.cfa.is_bayer:
        return MosaicBurst(reference, settings, mixed=mixed)
    return KernelBurst(reference, settings)


def _range_note(ceiling: float, settings: DevelopSettings) -> str:
    told = f"frames of different exposure: merged up to {math.log2(ceiling):.1f} EV above the reference's white"
    return told + (f"; 1.0 in the file is {ceiling:.4g} times that white" if settings.render == "linear" else "")


def _notes(reference: Picture, settings: DevelopSettings) -> tuple[str, ...]:
    if settings.camera is None:
        return ()
    if not isinstance(reference, RawFrame):
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


def _merge(
    source: BurstSource,
    index: int,
    kin: Kinship,
    others: Sequence[int],
    burst: BurstInProgress,
    light: FrameLight | None,
    doubtful: Mapping[int, str],
    watch: Stopwatch,
) -> list[FrameRecord]:
    still, variance = burst.grey(), burst.grey_variance()
    records: list[FrameRecord] = []
    done = 0
    with closing(source.stream(others)) as stream:
        while True:
            done += 1
            with watch("read", done, len(others)):
                item = next(stream, None)
            if item is None:
                return records
            other, picture = item
            require_same_kind(kin, source.name(index), kinship(picture), source.name(other))
            with watch("linearise", done, len(others)):
                scale = burst.exposure_scale(picture)
                linear = burst.linearise(picture)
            with watch("align", done, len(others)):
                moved = burst.grey(linear)
                full = (1.0, scale) if scale is not None and abs(scale - 1) > _EQUAL_EXPOSURE else None
                alignment = align(still, moved, noise_variance=variance, full=full)
                most = _BRIGHTNESS_RANGE if scale is not None else _UNKNOWN_RANGE
                if full is not None:
                    most = _BRACKET_RANGE
                factor = _brightness(still, moved, alignment, full=scale or 1.0, most=most)
                if light is not None and full is None:
                    bands = light.bands_first(moved, alignment, full=(scale or 1.0) * factor)
                    if bands is not None:
                        even = burst.grey(with_row_gains(linear, bands))
                        again = align(still, even, noise_variance=variance)
                        if again.correlation > alignment.correlation:
                            alignment = again
                            factor = _brightness(still, even, alignment, full=scale or 1.0, most=most)
                        del even
            reason = None
            if other in doubtful and not align_verdict(alignment).belongs:
                reason = doubtful[other]
            elif light is not None and full is None:
                # Of another exposure, half clipped or in the noise, a frame cannot tell a flash or a flicker surely.
                with watch("compare light", done, len(others)):
                    moved = [level * np.float32(factor) for level in moved]
                    verdict, bands = light.judge(moved, alignment, full=(scale or 1.0) * factor)
                    if verdict.lit == "frame":
                        reason = f"{source.name(other)}: {verdict.reason}"
                    else:
                        linear = with_row_gains(linear, bands)
            if reason is not None:
                if source.strict:
                    raise InputError(reason)
                source.leave_out(other, reason)
                continue
            with watch("merge", done, len(others)):
                weights = burst.add(linear, alignment, factor)
            brightness = factor * (scale or 1.0)
            # Gone before the next one comes: only the reference, one frame and the one read ahead are in memory.
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


def _brightness(still: _Pyramid, moved: _Pyramid, alignment: Alignment, *, full: float, most: float) -> float:
    """Factor that makes a frame as bright as the reference, at most `most` either way."""
    small = alignment.affine.astype(np.float32)
    small[:, 2] /= 2 * 2 ** (len(still) - 1)
    return float(np.clip(brightness_ratio(still[-1], moved[-1], small, full=full), 1 / most, most))


def _reduced(weights: Float32[np.ndarray, "_ _"]) -> Float32[np.ndarray, "_ _"]:
    shrink = max(weights.shape) / _MAP_SIDE_PX
    if shrink <= 1:
        return weights
    size = (max(1, round(weights.shape[1] / shrink)), max(1, round(weights.shape[0] / shrink)))
    return cv2.resize(weights, size, interpolation=cv2.INTER_AREA)
