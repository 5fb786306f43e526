"""Lens map and dual pixel from a focus sweep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int64

from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.lens.lens_map import LensMap
from catchlight.camera.lens.thin_lens import signed_coc_px
from catchlight.camera.profile import CameraProfile
from catchlight.core import GREEN, ContractError, InputError, RawFrame, UnsupportedError
from catchlight.io import read_picture
from catchlight.measure.focus.dual_pixel_disparity import disparity_between
from catchlight.measure.focus.dual_pixel_slope import measure_dual_pixel
from catchlight.measure.focus.sharpness import SHARPNESS
from catchlight.pipelines.calibration.sweep_table import SweepFrame, sweep_table

# Views believed less than this say nothing.
_LEAST_CONFIDENCE = 0.3
_LEAST_FRAMES = 4
# Frames of one target lie within this many dioptres.
_SAME_TARGET_D = 1e-3
_ROUNDS = 8
# Disparities agree with the kernels' to about this, whatever the noise.
_LEAST_ERROR_PX = 0.02

Plane = Float32[np.ndarray, "h w"]
Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFigures:
    """What a focus sweep told.

    Args:
        frames: how many.
        dual_pixel: slope and offset of disparity against the circle of confusion; None when that is not known.
        slope_se: standard error of the slope.
        used: frames whose disparity was believed.
        disparity_per_dac: pixels of disparity per step of the actuator; None without both.
        sharpest_dac: position of best contrast for each target, rising by its distance in dioptres.
        zero_dac: position of no disparity for each target; NaN where there is none.
        targets_d: the targets, in dioptres; empty when they are not known.
        lens_map: from the targets; None for fewer than two.
        warnings: one line each.
    """

    frames: int
    dual_pixel: DualPixel | None
    slope_se: float
    used: int
    disparity_per_dac: float | None
    sharpest_dac: tuple[float, ...]
    zero_dac: tuple[float, ...]
    targets_d: tuple[float, ...]
    lens_map: LensMap | None
    warnings: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Lines for people."""
        result = []
        if self.dual_pixel is not None:
            result.append(
                f"dual pixel: {self.dual_pixel.slope:.4f} ± {self.slope_se:.4f} px of disparity per px of blur, "
                f"{self.dual_pixel.offset_px:+.3f} px in focus ({self.used} of {self.frames} frames)"
            )
        if self.disparity_per_dac is not None:
            result.append(f"dual pixel: {self.disparity_per_dac:+.4f} px of disparity per step of the actuator")
        if self.lens_map is not None:
            points = ", ".join(
                f"{d:g} d at {p:.1f}" for d, p in zip(self.lens_map.focus_d, self.lens_map.position_dac, strict=True)
            )
            result.append(f"lens map: {points}")
        elif self.sharpest_dac:
            result.append(f"sharpest at {', '.join(f'{p:.1f}' for p in self.sharpest_dac)}")
        return result

    def record(self) -> dict[str, object]:
        """The figures for machines."""
        dual, lens_map = self.dual_pixel, self.lens_map
        return {
            "frames": self.frames,
            "used": self.used,
            "dual_pixel": None if dual is None else {"slope": dual.slope, "offset_px": dual.offset_px},
            "slope_se": self.slope_se if math.isfinite(self.slope_se) else None,
            "disparity_px_per_dac": self.disparity_per_dac,
            "targets_d": list(self.targets_d),
            "sharpest_dac": [v if math.isfinite(v) else None for v in self.sharpest_dac],
            "zero_dac": [v if math.isfinite(v) else None for v in self.zero_dac],
            "lens_map": None
            if lens_map is None
            else {"focus_d": list(lens_map.focus_d), "position_dac": list(lens_map.position_dac)},
        }


def focus_sweep(folder: Path, *, base: CameraProfile | None = None) -> SweepFigures:
    """Measures a sweep: disparity of the two views against blur and lens position, and contrast against position.

    The target fills the window of the table, else the middle half of the pictures. The circle of confusion is that of
    the table, else it follows from its distances and the lens of `base`.

    Raises:
        InputError: no sweep, too few frames, or nothing that could be told from them.
    """
    table = sweep_table(folder)
    if len(table.frames) < _LEAST_FRAMES:
        raise InputError(f"{folder}: a focus sweep has {_LEAST_FRAMES} frames at least, found {len(table.frames)}")
    coc = np.array([_coc_px(f, base) for f in table.frames])
    views = [_views(f, table.window) for f in table.frames]
    disparity, trust = _disparities(views, base.dual_pixel if base is not None else None)
    dual = _dual_pixel(views, coc, disparity)
    slope_se = math.inf
    if dual is not None:
        # The kernels' shape is known now, and with it how far apart views look.
        disparity, trust = _disparities(views, dual)
        usable = np.isfinite(coc) & np.isfinite(disparity)
        _, _, slope_se = _robust_line(coc[usable], disparity[usable], trust[usable])
    dac = np.array([math.nan if f.dac is None else f.dac for f in table.frames])
    targets, sharpest, zeros, rates = [], [], [], []
    if np.isfinite(dac).all():
        contrast = np.array([_contrast(f, table.window) for f in table.frames])
        for target, members in _targets(table.frames):
            targets.append(target)
            sharpest.append(_peak(dac[members], contrast[members]))
            rate, zero = _line(dac[members], disparity[members], trust[members])
            rates.append(rate)
            zeros.append(zero)
    warnings = []
    lens_map = None
    # Contrast needs no calibration; the views find the focus better, once what they show in focus is known to be none.
    known = [(t, p) for t, p in zip(targets, sharpest, strict=True) if math.isfinite(t) and math.isfinite(p)]
    if len(known) >= 2:
        known.sort()
        try:
            lens_map = LensMap(focus_d=tuple(t for t, _ in known), position_dac=tuple(p for _, p in known))
        except ContractError as error:
            warnings.append(f"the sweep gives no lens map: {error}")
    elif targets:
        warnings.append("a lens map needs targets at two distances or more, given as object_d in the sweep's table")
    finite = [r for r in rates if math.isfinite(r)]
    if dual is None and not finite and not any(map(math.isfinite, sharpest)):
        raise InputError(
            f"{folder}: nothing can be told from this sweep: it needs left and right views with coc_px (or object_d, "
            "focus_d and a profile with the lens to update), or dac with a contrast that has a peak"
        )
    return SweepFigures(
        frames=len(table.frames),
        dual_pixel=dual,
        slope_se=slope_se,
        used=int(np.isfinite(disparity).sum()),
        disparity_per_dac=float(np.median(finite)) if finite else None,
        sharpest_dac=tuple(sharpest),
        zero_dac=tuple(zeros),
        targets_d=tuple(t for t in targets if math.isfinite(t)),
        lens_map=lens_map,
        warnings=tuple(warnings),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Views:
    """The target in both views, and how many photosites of the picture one of their pixels covers."""

    left: Plane
    right: Plane
    shrink: float

    @property
    def largest_px(self) -> float:
        """Largest disparity to look for."""
        return float(min(16, (self.left.shape[1] - 16) // 2 - 1))


def _views(frame: SweepFrame, window: Window | None) -> _Views | None:
    if frame.left is None or frame.right is None:
        return None
    left, right = _plane(frame.left), _plane(frame.right)
    # Views of 2×2 photosites are half as large as the picture, and so are disparities in them.
    shrink = 1.0 if frame.file is None else read_picture(frame.file).shape[1] / left.shape[1]
    at = _window(left.shape, window, shrink)
    return _Views(left=np.ascontiguousarray(left[at]), right=np.ascontiguousarray(right[at]), shrink=shrink)


def _disparities(
    views: Sequence[_Views | None], dual: DualPixel | None
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Disparity in photosites of the picture and its weight (0: not believed) for each frame."""
    found, trust = [], []
    for pair in views:
        if pair is None:
            found.append(math.nan)
            trust.append(0.0)
            continue
        shape = dual or DualPixel()
        small = DualPixel(slope=shape.slope, offset_px=shape.offset_px / pair.shrink)
        measured = disparity_between(pair.left, pair.right, largest_px=pair.largest_px, dual_pixel=small)
        believed = measured.confidence >= _LEAST_CONFIDENCE and math.isfinite(measured.sd_px)
        found.append(measured.px * pair.shrink if believed else math.nan)
        trust.append(1 / max(measured.sd_px * pair.shrink, _LEAST_ERROR_PX) ** 2 if believed else 0.0)
    return np.array(found), np.array(trust)


def _dual_pixel(
    views: Sequence[_Views | None], coc: Float64[np.ndarray, "n"], disparity: Float64[np.ndarray, "n"]
) -> DualPixel | None:
    """Slope and offset of the two views against the circle of confusion; None where it is not known."""
    usable = np.isfinite(coc) & np.isfinite(disparity)
    if usable.sum() < _LEAST_FRAMES or np.ptp(coc[usable]) < 1:
        return None
    if np.corrcoef(coc[usable], disparity[usable])[0, 1] < 0:
        raise InputError(
            "the two views move apart the wrong way round (nearer things must have x(left) > x(right)): are left and "
            "right exchanged?"
        )
    pairs = [(v, c) for v, c, known in zip(views, coc, usable, strict=True) if v is not None and known]
    shrink = pairs[0][0].shrink
    try:
        fit = measure_dual_pixel(
            [(v.left, v.right) for v, _ in pairs],
            np.array([c / v.shrink for v, c in pairs]),
            largest_px=min(v.largest_px for v, _ in pairs),
        ).dual_pixel
    except ContractError as problem:
        raise InputError(f"the sweep's disparities fit no dual pixel: {problem}") from problem
    return DualPixel(slope=fit.slope, offset_px=fit.offset_px * shrink)


def _robust_line(
    x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"], weight: Float64[np.ndarray, "n"]
) -> tuple[float, float, float]:
    """Slope, offset and the slope's standard error; points far off the line count less with every round.

    Source: Huber 1964, "Robust estimation of a location parameter" (weights), with the deviation from the MAD.
    """
    w = weight.copy()
    slope, offset = 0.0, 0.0
    for _ in range(_ROUNDS):
        mx, my = np.average(x, weights=w), np.average(y, weights=w)
        slope = float((w * (x - mx) * (y - my)).sum() / max(float((w * np.square(x - mx)).sum()), 1e-30))
        offset = float(my - slope * mx)
        off = np.abs(y - slope * x - offset)
        scale = max(1.4826 * float(np.median(off)), 1e-3)
        w = weight * np.minimum(1.0, 1.345 * scale / np.maximum(off, 1e-12))
    residual = y - slope * x - offset
    mx = np.average(x, weights=w)
    spread = float((w * np.square(residual)).sum() / w.sum()) * x.size / max(x.size - 2, 1)
    error = math.sqrt(spread * float(w.sum()) / x.size / max(float((w * np.square(x - mx)).sum()), 1e-30))
    return slope, offset, error


def _line(
    dac: Float64[np.ndarray, "n"], disparity: Float64[np.ndarray, "n"], trust: Float64[np.ndarray, "n"]
) -> tuple[float, float]:
    """Disparity per step and where it is zero; NaN where too few views are believed."""
    usable = np.isfinite(disparity)
    if usable.sum() < _LEAST_FRAMES or np.ptp(dac[usable]) == 0:
        return math.nan, math.nan
    slope, offset, _ = _robust_line(dac[usable], disparity[usable], trust[usable])
    return slope, -offset / slope if slope != 0 else math.nan


def _targets(frames: Sequence[SweepFrame]) -> list[tuple[float, Int64[np.ndarray, "_"]]]:
    """Frames by target: its dioptres (NaN when unknown) and their indices."""
    order = sorted({round(f.object_d / _SAME_TARGET_D) for f in frames if f.object_d is not None})
    groups: list[tuple[float, Int64[np.ndarray, "_"]]] = []
    for key in order:
        members = [
            i for i, f in enumerate(frames) if f.object_d is not None and round(f.object_d / _SAME_TARGET_D) == key
        ]
        if len(members) >= _LEAST_FRAMES:
            groups.append((key * _SAME_TARGET_D, np.array(members)))
    unknown = [i for i, f in enumerate(frames) if f.object_d is None]
    return groups + ([(math.nan, np.array(unknown))] if len(unknown) >= _LEAST_FRAMES else [])


def _peak(dac: Float64[np.ndarray, "n"], contrast: Float64[np.ndarray, "n"]) -> float:
    """Position of the highest contrast: a parabola through the logarithm of the three best; NaN at an end."""
    order = np.argsort(dac)
    x, y = dac[order], np.log(np.maximum(contrast[order], 1e-30))
    best = int(y.argmax())
    if best in (0, x.size - 1):
        return math.nan
    a, b, _ = np.polyfit(x[best - 1 : best + 2] - x[best], y[best - 1 : best + 2], 2)
    return float(x[best] - b / (2 * a)) if a < 0 else math.nan


def _contrast(frame: SweepFrame, window: Window | None) -> float:
    if frame.file is not None:
        plane = _plane(frame.file)
        shrink = read_picture(frame.file).shape[1] / plane.shape[1]
    else:
        assert frame.left is not None
        plane, shrink = _plane(frame.left), 1.0
    part = plane[_window(plane.shape, window, shrink)]
    return SHARPNESS["tenengrad"](np.ascontiguousarray(part)) / max(float(part.mean()), 1e-6) ** 2


def _window(shape: tuple[int, ...], window: Window | None, shrink: float) -> tuple[slice, slice]:
    h, w = shape[:2]
    if window is None:
        return slice(h // 4, h - h // 4), slice(w // 4, w - w // 4)
    top, left, bottom, right = (round(v / shrink) for v in window)
    return slice(top, bottom), slice(left, right)


def _plane(path: Path) -> Plane:
    """Linear green light of a picture; half size for a mosaic, like the views of a dual-pixel sensor."""
    picture = read_picture(path)
    if isinstance(picture, RawFrame):
        if not picture.cfa.is_bayer:
            raise UnsupportedError(
                f"{path}: RAW frames of a focus sweep are Bayer mosaics; found {picture.cfa.name}: develop them first"
            )
        light = (picture.mosaic.astype(np.float32) - np.float32(sum(picture.black_dn) / 4)) * np.float32(
            1 / picture.range_dn
        )
        return picture.cfa.half_size_green(light)
    return np.ascontiguousarray(picture.to_linear()[..., GREEN])


def _coc_px(frame: SweepFrame, base: CameraProfile | None) -> float:
    if frame.coc_px is not None:
        return frame.coc_px
    if base is None or base.lens is None or base.sensor.pixel_pitch_um is None or frame.object_d is None:
        return math.nan
    focus_d = frame.focus_d
    if focus_d is None and frame.dac is not None and base.lens_map is not None:
        focus_d = base.lens_map.dioptres_at(frame.dac)
    if focus_d is None:
        return math.nan
    return float(
        signed_coc_px(base.lens, object_d=frame.object_d, focus_d=focus_d, pixel_pitch_um=base.sensor.pixel_pitch_um)
    )
