"""What `catchlight measure` found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from catchlight.core import Metadata
from catchlight.measure.no_reference.blur_estimate import BlurEstimate
from catchlight.measure.sfr.measure_edges import MeasuredEdge
from catchlight.pipelines.measurement.chart_figures import ChartFigures
from catchlight.pipelines.measurement.field_zones import ZoneFigures, direction_figures, zone_figures

# What is reported first: luminance, else green, which has the most photosites.
_FIRST_CHOICE = ("Y", "G")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredPicture:
    """One picture's figures; places are in stored pixels, centres at 0.5, an EXIF orientation not applied.

    Args:
        name: of its file; with its folder where another file has the same.
        shape: height and width in pixels.
        metadata: of its file.
        domain: in words, how its values became linear light.
        raw: measured on the photosites of a mosaic.
        channels: measured, in order.
        edges: by channel in that order.
        charts: what charts in it say.
        clipped: shares of the samples at the file's lower and upper limit.
        blockiness: steps at the borders of compression blocks over other steps; None where it says nothing (linear
            files, small pictures).
        blur: of the picture's own edges, which needs no chart.
        niqe: how unlike undamaged photos it looks (on a scale of our own); None where it is too small or flat.
        warnings: one line each.
        preview: the picture in 8-bit sRGB, its longer side at most 1600; None where it was not kept.
    """

    name: str
    shape: tuple[int, int]
    metadata: Metadata
    domain: str
    raw: bool
    channels: tuple[str, ...]
    edges: tuple[MeasuredEdge, ...]
    charts: ChartFigures
    clipped: tuple[float, float]
    blockiness: float | None
    blur: BlurEstimate
    niqe: float | None
    warnings: tuple[str, ...]
    preview: UInt8[np.ndarray, "h w 3"] | None = None

    @property
    def main_channel(self) -> str:
        """The channel whose figures stand for the picture: the first choice of those that have edges."""
        choice = [*(n for n in _FIRST_CHOICE if n in self.channels), *self.channels]
        return next((name for name in choice if self.edges_of(name)), choice[0])

    def edges_of(self, channel: str) -> tuple[MeasuredEdge, ...]:
        """The edges of one channel."""
        return tuple(e for e in self.edges if e.channel == channel)

    def directions(self, channel: str | None = None) -> tuple[ZoneFigures, ...]:
        """Figures of upright and of level edges, where there are both."""
        return direction_figures(self.edges_of(channel or self.main_channel))

    def zones(self, channel: str | None = None) -> tuple[ZoneFigures, ...]:
        """Figures of the whole picture and of its zones; of the main channel unless another is named."""
        return zone_figures(self.edges_of(channel or self.main_channel), self.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """The figures of all pictures of one call.

    Args:
        pictures: in the order of the input.
        skipped: why files were left out, one line each.
        timings_s: (stage, seconds).
    """

    pictures: tuple[MeasuredPicture, ...]
    skipped: tuple[str, ...] = ()
    timings_s: tuple[tuple[str, float], ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings; with the picture's name where there are several."""
        several = len(self.pictures) + len(self.skipped) > 1
        own = [f"{p.name}: {line}" if several else line for p in self.pictures for line in p.warnings]
        return (*(f"left out {line}" for line in self.skipped), *own)
