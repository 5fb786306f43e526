"""Sensors with other filters than Bayer's: X-Trans, Quad-Bayer, nona and monochrome bursts against the truth."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.core import RawFrame, srgb_encode
from catchlight.core.cfa import CfaName
from catchlight.develop import render_linear
from catchlight.evaluate.develop.burst_case import EXPOSURE, FRAMES
from catchlight.evaluate.develop.part import Part, loaded, name_of
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.photo_sets import GB82_NO_PHOTOS, Photo, photo_files, synthetic_photos
from catchlight.evaluate.result_cache import Figures
from catchlight.io import write_dng_cfa
from catchlight.measure import psnr
from catchlight.pipelines import DevelopSettings, develop
from catchlight.simulate import SENSORS, SHAKEN_AND_ROTATED, BurstPlan, simulate_burst

OTHER_PSNR, OTHER_GAIN = "other sensors: PSNR sRGB", "other sensors: PSNR gained by 8 frames"
OURS, CLEANED, NOISY = "catchlight", "single frame, denoised", "single frame"
LIBRAW = "LibRaw, single frame"
PATTERNS: tuple[CfaName, ...] = ("RGGB", "XTRANS", "QUAD_RGGB", "NONA_RGGB", "MONO")
GAINS = (1.0, 8.0)
_QUICK_SIDE_PX, _SIDE_PX = 240, 480
# What shake and rotation need around the frame; sides are whole tiles of every pattern.
_ROOM_PX, _TILE_PX = 68, 12
_BORDER_PX = 32
# LibRaw refuses smaller mosaics.
_LIBRAW_SIDE_PX = 528
# LibRaw's own developer of each: adaptive homogeneity for Bayer, Markesteijn in three passes for X-Trans.
_LIBRAW_KNOWS = ("RGGB", "XTRANS")

Picture = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorCase:
    """Eight frames of an IMX477 with other filters, shaken by at most ±24 px and ±1°."""

    cfa: CfaName
    gain: float
    side_px: int = _SIDE_PX

    @property
    def name(self) -> str:
        """What the rows call it."""
        return f"IMX477 with {self.cfa}, gain {self.gain:g}"

    def scores(self, photo: Path | Photo) -> Figures:
        """PSNR in dB of every method. Shake and noise depend on the photo and the gain, not on the filters."""
        scene = loaded(photo)
        h, w = (min(self.side_px, side - _ROOM_PX) // _TILE_PX * _TILE_PX for side in scene.frame.shape)
        plan = BurstPlan(
            frames=FRAMES,
            gain=self.gain,
            exposure=EXPOSURE,
            shake=SHAKEN_AND_ROTATED,
            size_px=(h, w),
            seed=zlib.crc32(f"{scene.name} {self.gain:g}".encode()),
        )
        burst = simulate_burst(scene.frame, sensor=replace(SENSORS["IMX477"], cfa=self.cfa), plan=plan)
        truth = srgb_encode(np.clip(burst.truth().linear_srgb, 0, 1))
        frames = list(burst)
        pictures = {
            OURS: _developed(frames),
            CLEANED: _developed(frames[:1]),
            NOISY: _developed(frames[:1], denoise=0.0),
        }
        if self.cfa in _LIBRAW_KNOWS:
            pictures[LIBRAW] = libraw_picture(frames[0])
        return {
            name: psnr(srgb_encode(np.clip(picture, 0, 1)), truth, border_px=_BORDER_PX)
            for name, picture in pictures.items()
        }


def other_sensors_part(folder: Path | None, quick: bool) -> Part:
    """Every pattern at low and high gain, the plain Bayer sensor first."""
    photos = {name_of(photo): photo for photo in _photos(folder, quick)}
    side_px = _QUICK_SIDE_PX if quick else _SIDE_PX
    cases = [SensorCase(cfa=cfa, gain=g, side_px=side_px) for g in (GAINS[1:] if quick else GAINS) for cfa in PATTERNS]
    return Part(
        name="other sensors",
        what=f"SYNTHETIC: {FRAMES} frames of at most {side_px}×{side_px} px, photos at the sensor's own sampling, "
        f"shaken and rotated; linear sRGB clipped to 0…1, encoded, {_BORDER_PX} px of border cut; a sensor without "
        "filters against the true luminance. `single frame` and LibRaw (AHD for Bayer, Markesteijn in 3 passes for "
        "X-Trans, on a DNG of the first frame, camera RGB, then our colours) keep their noise",
        jobs={f"{c.name} | {name}": partial(c.scores, photo) for c in cases for name, photo in photos.items()},
        rows=_rows,
        photos=photos,
    )


def libraw_picture(raw: RawFrame) -> Picture:
    """Linear sRGB of one frame as LibRaw demosaics it, brought from camera RGB to linear sRGB as `develop` does."""
    import rawpy

    h, w = raw.shape
    # Continued by itself in whole tiles, far from what is scored.
    mosaic = np.pad(raw.mosaic, ((0, max(0, _LIBRAW_SIDE_PX - h)), (0, max(0, _LIBRAW_SIDE_PX - w))), mode="wrap")
    gains = raw.colour.white_balance()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "frame.dng"
        write_dng_cfa(path, replace(raw, mosaic=mosaic))
        with rawpy.imread(str(path)) as opened:
            camera_rgb = opened.postprocess(
                demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
                user_wb=[gains[0], gains[1], gains[2], gains[1]],
                output_color=rawpy.ColorSpace.raw,
                output_bps=16,
                gamma=(1, 1),
                no_auto_bright=True,
                adjust_maximum_thr=0.0,
                user_flip=0,
            )
    rgb = np.ascontiguousarray(camera_rgb[:h, :w], np.float32) / np.float32(65535)
    return render_linear(rgb, wb=gains, colour=raw.colour).pixels


def _developed(frames: Sequence[RawFrame], *, denoise: float = 1.0) -> Picture:
    frame = develop(list(frames), DevelopSettings(render="linear", reference=0, denoise=denoise)).frame
    assert frame is not None
    return frame.pixels


def _photos(folder: Path | None, quick: bool) -> list[Path | Photo]:
    if folder is None:
        return list(synthetic_photos(1 if quick else 4))
    gb82 = photo_files(folder, "gb82", without=GB82_NO_PHOTOS)
    return [*gb82[:1]] if quick else [*gb82[::3], *photo_files(folder, "kodak24", at_most=2)]


def _rows(found: Mapping[str, Figures]) -> list[Row]:
    by_case: dict[str, list[Figures]] = {}
    for job, figures in found.items():
        by_case.setdefault(job.partition(" | ")[0], []).append(figures)
    rows = []
    for case, scores in by_case.items():
        rows += [_row(method, case, OTHER_PSNR, [s[method] for s in scores]) for method in scores[0]]
        rows.append(_row(OURS, case, OTHER_GAIN, [s[OURS] - s[CLEANED] for s in scores]))
    return rows


def _row(method: str, case: str, metric: str, values: Sequence[float]) -> Row:
    mean, ci95 = mean_ci95(values)
    return Row(method=method, case=case, metric=metric, value=mean, ci95=ci95, unit="dB", higher_is_better=True)
