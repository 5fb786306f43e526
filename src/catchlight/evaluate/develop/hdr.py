"""The high-dynamic-range part of the develop benchmark: range gained, and pictures against the simulated truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.camera.noise_root import interpolate_mosaic
from catchlight.evaluate.develop.hdr_bracket import (
    FIVE,
    SCENE_WHITE,
    THREE,
    Bracket,
    Motion,
    high_contrast,
    linear_frames,
    merge_bracket,
)
from catchlight.evaluate.develop.hdr_peers import fitted, opencv_merge
from catchlight.evaluate.develop.hdr_wedge import range_gain
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.photo_sets import GB82_NO_PHOTOS, Photo, data_folder, photo_files, read_photo, synthetic_photos
from catchlight.measure import block_psnr, psnr
from catchlight.simulate import SimulatedBurst

CATCHLIGHT, MIDDLE = "catchlight", "middle frame alone"
DEBEVEC, ROBERTSON = "OpenCV MergeDebevec, our alignment", "OpenCV MergeRobertson, our alignment"
DEBEVEC_MTB = "OpenCV MergeDebevec, AlignMTB"
RANGE_GAIN, RANGE_SHORT = "dynamic range gain", "dynamic range gain short of theory"
PSNR_MU, WORST_MU = "PSNR-µ", "worst block, PSNR-µ"
# Compression of the logarithmic scale on which HDR pictures are compared. Source: Kalantari & Ramamoorthi 2017, "Deep
# high dynamic range imaging of dynamic scenes", equation 8.
_MU = 5000.0
_BORDER_PX, _BLOCK_PX = 32, 64
_SIDE_PX = 448
_MOTIONS: tuple[Motion, ...] = ("static", "shaken and rotated", "disc, shaken and rotated")

Picture = Float32[np.ndarray, "h w 3"]


def hdr_rows(quick: bool, data: Path | None = None) -> list[Row]:
    """Rows of dynamic range and of HDR pictures.

    Args:
        quick: fewer photos and seeds.
        data: the folder with photos; None for CATCHLIGHT_DATA, or synthetic towns without it.
    """
    rows = [row for bracket in _wedge_brackets() for row in _range_rows(bracket, seeds=4 if quick else 20)]
    photos = _photos(data, 2 if quick else 6)
    for gain in (1.0, 8.0):
        for motion in _MOTIONS:
            bracket = Bracket(gain=gain, motion=motion)
            found = [picture_scores(_burst(bracket, photo), bracket) for photo in photos]
            rows += _picture_rows(bracket.name, found)
    return rows


def picture_scores(burst: SimulatedBurst, bracket: Bracket) -> dict[str, tuple[float, float]]:
    """PSNR-µ in dB of every method, and that of its worst 64-px block, where a ghost would be."""
    pictures, truth = bracket_pictures(burst, bracket)
    seen_truth = mu_law(truth)
    inner = (slice(_BORDER_PX, -_BORDER_PX),) * 2
    scores = {}
    for method, picture in pictures.items():
        seen = mu_law(picture)
        worst = float(block_psnr(seen[inner], seen_truth[inner], size_px=_BLOCK_PX).min())
        scores[method] = (psnr(seen, seen_truth, border_px=_BORDER_PX), worst)
    return scores


def bracket_pictures(burst: SimulatedBurst, bracket: Bracket) -> tuple[dict[str, Picture], Picture]:
    """White-balanced camera RGB of every method, and the truth; 1 is the white of the middle frame."""
    linear = linear_frames(list(burst), bracket.factors)
    truth = np.minimum(burst.truth().balanced_rgb, np.float32(SCENE_WHITE))
    pictures = {CATCHLIGHT: interpolate_mosaic(merge_bracket(linear)[0]), MIDDLE: interpolate_mosaic(linear[0])}
    for name, method in ((DEBEVEC, "debevec"), (ROBERTSON, "robertson")):
        pictures[name] = fitted(opencv_merge(linear, method, aligned_by="catchlight"), truth)  # type: ignore[arg-type]
    pictures[DEBEVEC_MTB] = fitted(opencv_merge(linear, "debevec", aligned_by="mtb"), truth)
    return pictures, truth


def mu_law(picture: Picture) -> Picture:
    """Values 0…SCENE_WHITE on a logarithmic scale 0…1, as the eye weighs them better than linear light.

    Source: Kalantari & Ramamoorthi 2017, equation 8.
    """
    light = np.clip(picture * np.float32(1 / SCENE_WHITE), 0, 1)
    seen: Picture = np.log1p(np.float32(_MU) * light) * np.float32(1 / np.log1p(_MU))
    return seen


def _wedge_brackets() -> list[Bracket]:
    motions: tuple[Motion, ...] = ("static", "shaken and rotated")
    return [Bracket(gain=g, factors=f, motion=m) for g in (1.0, 8.0) for f in (THREE, FIVE) for m in motions]


def _range_rows(bracket: Bracket, *, seeds: int) -> list[Row]:
    found = range_gain(bracket, seeds=seeds)
    figures = ((RANGE_GAIN, found.gain_ev, True), (RANGE_SHORT, found.theory_ev - found.gain_ev, False))
    return [
        Row(method=CATCHLIGHT, case=bracket.name, metric=m, value=v, ci95=None, unit="EV", higher_is_better=high)
        for m, v, high in figures
    ]


def _photos(data: Path | None, count: int) -> list[Photo]:
    folder = data_folder(data)
    if folder is None:
        return synthetic_photos(count)
    return [read_photo(path) for path in photo_files(folder, "gb82", without=GB82_NO_PHOTOS, at_most=count)]


def _burst(bracket: Bracket, photo: Photo) -> SimulatedBurst:
    h, w = (min(_SIDE_PX, (side - 68) // 2 * 2) for side in photo.frame.shape)
    return bracket.burst(high_contrast(photo.frame), seed_name=photo.name, side_px=(h, w))


def _picture_rows(case: str, found: Sequence[Mapping[str, tuple[float, float]]]) -> list[Row]:
    rows = []
    for method in found[0]:
        mean, ci95 = mean_ci95([scores[method][0] for scores in found])
        worst = min(scores[method][1] for scores in found)
        for metric, value, spread in ((PSNR_MU, mean, ci95), (WORST_MU, worst, None)):
            rows.append(
                Row(method=method, case=case, metric=metric, value=value, ci95=spread, unit="dB", higher_is_better=True)
            )
    return rows
