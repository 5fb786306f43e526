"""Pictures → figures: what `catchlight measure` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from catchlight.core import CatchlightError, ColourSpace, ContractError, Frame, InputError, RawFrame, UsageError
from catchlight.io import expand_inputs, read_picture
from catchlight.measure.colour.luminance import luminance
from catchlight.measure.no_reference.blockiness import blockiness
from catchlight.measure.no_reference.blur_estimate import estimate_blur
from catchlight.measure.no_reference.niqe import niqe
from catchlight.measure.sfr.measure_edges import EdgesFound, measure_edges
from catchlight.pipelines.measurement.chart_figures import ChartFigures, chart_figures
from catchlight.pipelines.measurement.measured_light import CHANNELS, MeasuredLight, measured_light
from catchlight.pipelines.measurement.measurement import MeasuredPicture, Measurement
from catchlight.pipelines.report.pictures import Screen
from catchlight.pipelines.stopwatch import Progress, Stopwatch

# No edge of 20 px with two flat sides fits into less.
_LEAST_SIDE_PX = 32
_LEAST_SIDE_FOR_BLOCKS_PX = 64
# Undamaged photos reach 1.04 (gb82 and kodak24); JPEG of quality 85 has 1.11 on the median of them.
_BLOCKY = 1.10
# A picture of 64 to 128 px has few borders: undamaged crops of those photos reach 1.21 there, and the stairs of one
# slanted edge (7°: a step every eighth row) 1.26.
_FEW_BLOCKS_PX, _BLOCKY_WHEN_FEW = 128, 1.35
_MUCH_CLIPPED = 0.02
# That of an edge whose MTF50 has a standard error of 7 %, or that is both clipped and lopsided.
_LITTLE_CONFIDENCE = 0.25
_PREVIEW_PX = 1600

Source = Path | RawFrame | Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSettings:
    """What is measured, and how the numbers of a file are taken.

    Args:
        linear: the numbers of pictures that are not RAW are linear light, whatever their files say.
        channels: some of Y, R, G, B; empty for all that a picture has.

    Raises:
        UsageError: an unknown channel.
    """

    linear: bool = False
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.channels if name not in CHANNELS]
        if unknown:
            raise UsageError(f"--channel: expected some of {' '.join(CHANNELS)}; found {' '.join(unknown)}")


def measure(
    inputs: str | Path | Sequence[str | Path] | Sequence[RawFrame | Frame],
    settings: MeasureSettings | None = None,
    *,
    with_preview: bool = True,
    progress: Progress | None = None,
) -> Measurement:
    """Measures pictures of charts, or of anything with straight edges.

    Args:
        inputs: files, folders and globs, or pictures in memory. An unreadable file among others is left out and told.
        settings: None for the defaults.
        with_preview: keep a small copy of each picture, which the report shows.
        progress: called as progress(stage, picture, pictures).

    Raises:
        InputError: nothing readable.
        UsageError: a channel that no picture has.
    """
    settings = settings or MeasureSettings()
    watch = Stopwatch(progress)
    sources = _sources(inputs)
    pictures: list[MeasuredPicture] = []
    skipped: list[str] = []
    names = _names(sources)
    for index, (name, source) in enumerate(zip(names, sources, strict=True), 1):
        try:
            with watch("read", index, len(sources)):
                picture = read_picture(source) if isinstance(source, Path) else source
            with watch("linear light", index, len(sources)):
                light = measured_light(picture, linear=settings.linear, channels=settings.channels)
        except CatchlightError as error:
            if len(sources) == 1:
                raise
            skipped.append(str(error))
            continue
        del picture
        measured = _measured(name, light, watch, (index, len(sources)))
        preview = Screen.for_frame(light.frame).whole(light.frame, _PREVIEW_PX) if with_preview else None
        pictures.append(replace(measured, preview=preview))
    if not pictures:
        raise InputError(f"none of the {len(sources)} pictures can be measured; the last: {skipped[-1]}")
    return Measurement(pictures=tuple(pictures), skipped=tuple(skipped), timings_s=watch.timings_s)


def _sources(inputs: str | Path | Sequence[str | Path] | Sequence[RawFrame | Frame]) -> Sequence[Source]:
    if isinstance(inputs, str | Path):
        return expand_inputs([inputs])
    frames = [i for i in inputs if isinstance(i, RawFrame | Frame)]
    if frames and len(frames) == len(inputs):
        return frames
    return expand_inputs([i for i in inputs if isinstance(i, str | Path)])


def _names(sources: Sequence[Source]) -> list[str]:
    """File names, with their folders where two are alike; numbers for pictures in memory."""
    short = [s.name if isinstance(s, Path) else f"picture {i}" for i, s in enumerate(sources, 1)]
    return [str(s) if short.count(n) > 1 else n for n, s in zip(short, sources, strict=True)]


def _measured(name: str, light: MeasuredLight, watch: Stopwatch, step: tuple[int, int]) -> MeasuredPicture:
    small = min(light.shape) < _LEAST_SIDE_PX
    blocks = _blockiness(light)
    with watch("edges", *step):
        found = EdgesFound(edges=(), warnings=(_too_small(light),)) if small else _edges(light)
        if _compressed(light, blocks):
            # Compression at quality 50 costs MTF10 a fifth, which no edge shows by itself.
            found = replace(found, edges=tuple(replace(e, confidence=e.confidence / 2) for e in found.edges))
    with watch("charts", *step):
        charts = ChartFigures() if small else chart_figures(light)
    with watch("whole picture", *step):
        blur = estimate_blur(luminance(light.rgb))
        naturalness = _naturalness(light)
    return MeasuredPicture(
        name=name,
        shape=light.shape,
        metadata=light.metadata,
        domain=light.domain,
        raw=light.raw,
        channels=tuple(light.channels),
        edges=found.edges,
        charts=charts,
        clipped=light.clipped,
        blockiness=blocks,
        blur=blur,
        niqe=naturalness,
        warnings=(*found.warnings, *charts.warnings, *light.doubts, *_file_warnings(light, blocks)),
    )


def _edges(light: MeasuredLight) -> EdgesFound:
    found = measure_edges(light.channels, guide=light.guide)
    best = max((e.confidence for e in found.edges), default=1.0)
    if best >= _LITTLE_CONFIDENCE:
        return found
    doubt = f"doubtful: no edge has a confidence above {best:.2f} (of 1); the figures may be wrong"
    return replace(found, warnings=(doubt, *found.warnings))


def _too_small(light: MeasuredLight) -> str:
    h, w = light.shape
    return f"no usable edge: the picture has {w}×{h} pixels, at least {_LEAST_SIDE_PX}×{_LEAST_SIDE_PX} are needed"


def _blockiness(light: MeasuredLight) -> float | None:
    if light.encoded is None or min(light.shape) < _LEAST_SIDE_FOR_BLOCKS_PX:
        return None
    return blockiness(light.encoded)


def _most_blocky(light: MeasuredLight) -> float:
    return _BLOCKY if min(light.shape) >= _FEW_BLOCKS_PX else _BLOCKY_WHEN_FEW


def _compressed(light: MeasuredLight, blocks: float | None) -> bool:
    return blocks is not None and blocks > _most_blocky(light)


def _naturalness(light: MeasuredLight) -> float | None:
    shown = light.frame.in_space(ColourSpace.SRGB, "srgb").pixels
    try:
        return niqe(shown)
    except ContractError:  # too small, or flat
        return None


def _file_warnings(light: MeasuredLight, blocks: float | None) -> list[str]:
    lines = []
    low, high = light.clipped
    if high > _MUCH_CLIPPED:
        lines.append(f"{high:.0%} of the samples are clipped at white; edges there cannot be measured: expose less")
    if low > _MUCH_CLIPPED:
        lines.append(f"{low:.0%} of the samples are clipped at black; edges there cannot be measured: expose more")
    if blocks is not None and _compressed(light, blocks):
        lines.append(
            f"compressed: steps at the borders of 8×8 blocks are {blocks:.2f} times the others (above "
            f"{_most_blocky(light):.2f} it shows); fine detail is missing or invented, so confidence is halved; "
            "use a RAW or a less compressed file"
        )
    return lines
