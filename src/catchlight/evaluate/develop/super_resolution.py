"""More resolution than the sensor: shaken bursts at 1.5 and 2 times its sampling, against enlarged pictures."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import Frame, RawFrame, srgb_decode, srgb_encode
from catchlight.core.cfa import CfaName
from catchlight.develop import render_linear
from catchlight.evaluate.develop.burst_case import EXPOSURE, FRAMES
from catchlight.evaluate.develop.burst_methods import plain_linear
from catchlight.evaluate.develop.demosaic import methods as demosaic_methods
from catchlight.evaluate.develop.part import Part, loaded, name_of
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.photo_sets import GB82_NO_PHOTOS, Photo, photo_files, synthetic_photos
from catchlight.evaluate.result_cache import Figures
from catchlight.measure import psnr, ssim
from catchlight.measure.sfr import Channel, measure_edges
from catchlight.pipelines import DevelopSettings, develop
from catchlight.simulate import SENSORS, BurstPlan, HandShake, SimulatedBurst, simulate_burst
from catchlight.simulate.charts import ChartView, slanted_edges

PSNR, SSIM, AHEAD = "super-resolution: PSNR sRGB", "super-resolution: SSIM sRGB", "super-resolution: PSNR ahead"
MTF50 = "super-resolution: MTF50, cycles per photosite"
MTF50_TIMES = "super-resolution: MTF50 over the single frame's"
OURS, MERGED, SINGLE = "catchlight", "merged burst + bicubic", "single frame, denoised + bicubic"
MENON, TRUTH = "single frame, Menon + bicubic", "truth"
GAINS, SCALES = (1.0, 4.0, 16.0), (2.0, 1.5)
# The sampling of the photo: what the truth can show.
_PHOTO_SCALE = 2
_SHAKE = HandShake(shift_px=12.0, rotation_deg=0.5)
# A photosite sees as much as two photo pixels of a row, one of them and half of each neighbour: light falls on all of
# it, not on its centre alone.
_PHOTOSITE = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25]).astype(np.float32)
_LENS_BLUR_PX = 0.3
# Cut from each edge, in photosites: the shake takes this much out of sight in some frames.
_BORDER_PX = 16
# What shake, rotation and the filter that resamples need around the chart's frames, in photosites.
_ROOM_PX = 18
_CHART_PX, _SQUARES = 316, 3
# Bursts of the chart whose mean is measured where there is noise: it halves.
_CHARTS = 4
_ALONE = "single frame, denoised"
# Fewer edges than this say nothing of a method.
_LEAST_EDGES = 4

Picture = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperResolutionCase:
    """Eight frames of a static scene, held by hand.

    Args:
        gain: before the converter.
        scale: pixels of the picture for each photosite along a side, 1.5 or 2.
        cfa: colour filters on an IMX477.
        size_px: height and width of the frames; None for the largest that the photo has room for.
    """

    gain: float
    scale: float
    cfa: CfaName = "RGGB"
    size_px: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """What the rows call it."""
        return f"×{self.scale:g}, IMX477 {self.cfa}, gain {self.gain:g}"

    def burst(self, photo: Frame, *, seed_name: str) -> SimulatedBurst:
        """The burst of a photo that has twice the sampling of the sensor; `seed_name` fixes shake and noise."""
        plan = BurstPlan(
            frames=FRAMES,
            gain=self.gain,
            exposure=EXPOSURE,
            shake=_SHAKE,
            scale=1 / _PHOTO_SCALE,
            lens_kernel=_PHOTOSITE,
            lens_blur_px=_LENS_BLUR_PX,
            size_px=self.size_px,
            seed=zlib.crc32(f"{seed_name} {self.gain:g}".encode()),
        )
        return simulate_burst(photo, sensor=replace(SENSORS["IMX477"], cfa=self.cfa), plan=plan)

    def truth(self, photo: Frame, burst: SimulatedBurst) -> Picture:
        """What photosites as fine as the photo's pixels would have seen without noise, in linear sRGB 0…1."""
        plan = replace(burst.plan, lens_kernel=None, size_px=burst.shape)
        sharp = simulate_burst(photo, sensor=burst.sensor, plan=plan)
        if self.scale == _PHOTO_SCALE:
            return np.clip(sharp.truth(_PHOTO_SCALE).linear_srgb, 0, 1)
        # Between: the mean of what lies on each pixel, of a sampling that divides it evenly.
        fine = np.clip(sharp.truth(2 * _PHOTO_SCALE - 1).linear_srgb, 0, 1)
        h, w = (round(side * self.scale) for side in burst.shape)
        return np.asarray(cv2.resize(fine, (w, h), interpolation=cv2.INTER_AREA), np.float32)


def super_resolution_part(folder: Path | None, quick: bool) -> Part:
    """Photos at every gain and scale, and a chart of slanted edges."""
    photos = {name_of(photo): photo for photo in _photos(folder, quick)}
    cases = [SuperResolutionCase(gain=g, scale=s) for s in SCALES for g in GAINS]
    jobs: dict[str, Callable[[], Figures]] = {}
    for case in cases[:1] if quick else cases:
        jobs |= {f"{case.name} | {name}": partial(picture_scores, case, photo) for name, photo in photos.items()}
        jobs[f"{case.name} | chart"] = partial(edge_scores, case, charts=1 if case.gain == 1 else _CHARTS)
    return Part(
        name="super-resolution",
        what=f"SYNTHETIC: {FRAMES} frames of a static scene at half of the photo's sampling, shaken by at most ±12 px "
        "and ±0.5°, every photosite the mean over its whole area, lens σ 0.3 px; truth: the same light on photosites "
        f"as fine as the picture's pixels; {_BORDER_PX} photosites of border cut; single frames are denoised (Menon's "
        "not), then enlarged as encoded pictures by OpenCV's bicubic; MTF50 of the green channel: median over the "
        f"edges of {_SQUARES}×{_SQUARES} squares of contrast 4, over gain 1 in the mean picture of {_CHARTS} bursts, "
        "against that of the denoised single frame before enlarging",
        jobs=jobs,
        rows=_rows,
        photos=photos,
        apart=(TRUTH, *(_ahead_of(other) for other in (SINGLE, MENON, MERGED))),
    )


def picture_scores(case: SuperResolutionCase, photo: Path | Photo) -> Figures:
    """PSNR and SSIM of every method on a photo, by the key `method | metric`."""
    scene = loaded(photo)
    burst = case.burst(scene.frame, seed_name=scene.name)
    truth = srgb_encode(case.truth(scene.frame, burst))
    border = round(_BORDER_PX * case.scale)
    inner = (slice(border, -border),) * 2
    figures: Figures = {}
    for name, picture in super_resolved(case, list(burst)).items():
        seen = srgb_encode(np.clip(picture, 0, 1))
        figures[f"{name} | {PSNR}"] = psnr(seen, truth, border_px=border)
        figures[f"{name} | {SSIM}"] = ssim(seen[inner], truth[inner])
    return figures


def edge_scores(case: SuperResolutionCase, *, charts: int = 1) -> Figures:
    """MTF50 of every method, and how many times the single frame's it is; methods whose edges are lost are missing.

    Args:
        case: what is taken.
        charts: so many bursts of one chart, each with its own shake and noise; the mean of what a method makes of them
            is measured, as noise would hide the edges of one.
    """
    case = case if case.size_px is not None else replace(case, size_px=(_CHART_PX, _CHART_PX))
    photo = _chart(case)
    total: dict[str, Picture] = {}
    for number in range(charts):
        burst = case.burst(photo, seed_name=f"chart {number}")
        frames = list(burst)
        for name, picture in {**super_resolved(case, frames), _ALONE: _developed(frames[:1])}.items():
            total[name] = picture / charts + total.get(name, np.float32(0))
    total[TRUTH] = case.truth(photo, burst)
    alone = _mtf50(total.pop(_ALONE), 1.0)
    figures: Figures = {}
    for name, picture in total.items():
        mtf50 = _mtf50(picture, case.scale)
        if mtf50 is not None:
            figures[f"{name} | {MTF50}"] = mtf50
            if alone is not None:
                figures[f"{name} | {MTF50_TIMES}"] = mtf50 / alone
    return figures


def super_resolved(case: SuperResolutionCase, frames: Sequence[RawFrame]) -> dict[str, Picture]:
    """Linear sRGB of every method at the scale of the case."""
    pictures = {
        OURS: _developed(frames, case.scale),
        MERGED: _enlarged(_developed(frames), case.scale),
        SINGLE: _enlarged(_developed(frames[:1]), case.scale),
    }
    menon = next((work for name, work in demosaic_methods().items() if name.startswith("Menon")), None)
    if menon is not None and case.cfa == "RGGB":
        linear = plain_linear(frames[0])
        rgb = render_linear(menon(linear.values), wb=linear.gains, colour=frames[0].colour).pixels
        pictures[MENON] = _enlarged(rgb, case.scale)
    return pictures


def _developed(frames: Sequence[RawFrame], scale: float = 1.0) -> Picture:
    frame = develop(list(frames), DevelopSettings(render="linear", reference=0, scale=scale)).frame
    assert frame is not None
    return frame.pixels


def _enlarged(picture: Picture, scale: float) -> Float32[np.ndarray, "H W 3"]:
    """As a finished picture is enlarged: under the display's curve, where bicubic rings less."""
    h, w = (round(side * scale) for side in picture.shape[:2])
    seen = cv2.resize(srgb_encode(np.clip(picture, 0, 1)), (w, h), interpolation=cv2.INTER_CUBIC)
    return srgb_decode(np.clip(np.asarray(seen, np.float32), 0, 1))


def _chart(case: SuperResolutionCase) -> Frame:
    assert case.size_px is not None
    side = _PHOTO_SCALE * (max(case.size_px) + 2 * _ROOM_PX)
    view = ChartView(
        height=side,
        width=side,
        image_from_chart=((float(side), 0.0, 0.0), (0.0, float(side), 0.0), (0.0, 0.0, 1.0)),
        # The lens of the burst blurs enough; its pixels average light over their area.
        sigma_px=0.0,
        aperture_px=1.0,
    )
    chart = slanted_edges(view, rows=_SQUARES, columns=_SQUARES, chart_height=1.0)
    return Frame(pixels=chart.light, transfer="linear")


def _mtf50(picture: Picture, scale: float) -> float | None:
    """Of the green channel, in cycles per photosite; None where its edges cannot be measured."""
    border = round(_BORDER_PX * scale)
    green = np.ascontiguousarray(picture[border:-border, border:-border, 1])
    found = measure_edges({"G": Channel(plane=green)}).edges
    if len(found) < _LEAST_EDGES:
        return None
    return float(np.median([edge.mtf50_cy_px for edge in found])) * scale


def _photos(folder: Path | None, quick: bool) -> list[Path | Photo]:
    if folder is None:
        return list(synthetic_photos(1 if quick else 4))
    gb82 = photo_files(folder, "gb82", without=GB82_NO_PHOTOS)
    return [*gb82[:1]] if quick else [*gb82[::3], *photo_files(folder, "kodak24", at_most=2)]


def _rows(found: Mapping[str, Figures]) -> list[Row]:
    by_case: dict[str, list[Figures]] = {}
    charts: dict[str, Figures] = {}
    for job, figures in found.items():
        case, _, what = job.partition(" | ")
        if what == "chart":
            charts[case] = figures
        else:
            by_case.setdefault(case, []).append(figures)
    rows = [row for case, figures in by_case.items() for row in _picture_rows(case, figures)]
    for case, figures in charts.items():
        for key, value in figures.items():
            method, _, metric = key.partition(" | ")
            unit = "×" if metric == MTF50_TIMES else "1"
            rows.append(
                Row(method=method, case=f"{case}, chart", metric=metric, value=value, ci95=None, unit=unit,
                    higher_is_better=True)
            )  # fmt: skip
    return rows


def _picture_rows(case: str, found: Sequence[Figures]) -> list[Row]:
    def row(method: str, metric: str, values: Sequence[float]) -> Row:
        mean, ci95 = mean_ci95(values)
        unit = "1" if metric == SSIM else "dB"
        return Row(method=method, case=case, metric=metric, value=mean, ci95=ci95, unit=unit, higher_is_better=True)

    rows = []
    for key in found[0]:
        method, _, metric = key.partition(" | ")
        rows.append(row(method, metric, [figures[key] for figures in found]))
    ours = [figures[f"{OURS} | {PSNR}"] for figures in found]
    for other in (SINGLE, MENON, MERGED):
        key = f"{other} | {PSNR}"
        if key in found[0]:
            ahead = [mine - figures[key] for mine, figures in zip(ours, found, strict=True)]
            rows.append(row(_ahead_of(other), AHEAD, ahead))
    return rows


def _ahead_of(other: str) -> str:
    return f"catchlight, of {other}"
