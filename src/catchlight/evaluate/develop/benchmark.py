"""The benchmark of `develop`: synthetic bursts with the truth, demosaicing, and the parts beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import catchlight
from catchlight.evaluate.code_revision import code_revision, source_hash
from catchlight.evaluate.develop.burst_case import EXPOSURE, FRAMES, GAINS, BurstCase, cases
from catchlight.evaluate.develop.burst_rows import burst_rows
from catchlight.evaluate.develop.burst_scores import BLOCK_PX, BORDER_PX, PERFECT, burst_scores
from catchlight.evaluate.develop.demosaic import BORDER_PX as DEMOSAIC_BORDER_PX
from catchlight.evaluate.develop.demosaic import CPSNR, demosaic_scores, demosaic_times, methods
from catchlight.evaluate.develop.part import Part, fingerprint, loaded, name_of
from catchlight.evaluate.develop.parts import parts_of
from catchlight.evaluate.evaluation import Evaluation, Progress, Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.photo_sets import (
    GB82_NO_PHOTOS,
    Photo,
    data_folder,
    photo_files,
    read_photo,
    synthetic_photos,
)
from catchlight.evaluate.result_cache import CacheFor, Figures, ResultCache

IDEAL_GAIN_DB = 10 * math.log10(FRAMES)
TARGETS = {
    "merge gain, static": f"within 0.7 dB of the ideal {IDEAL_GAIN_DB:.2f} dB at every gain",
    "merge gain, shaken and rotated": "within 1.5 dB of static",
    "worst block, mosaic": "with a moving object, never over 0.5 dB below the single frame",
    "CPSNR, kodak24": "no worse than Menon 2007",
    "CPSNR, gb82": "no worse than the best of Menon, Malvar and OpenCV VNG",
    "times faster than Menon": "at least 20",
    "super-resolution: PSNR ahead": "×2: at least 1.5 dB over a single frame, enlarged",
    "super-resolution: MTF50 over the single frame's": "×2: at least 1.3",
    "dynamic range gain short of theory": "at most 0.3 EV",
}
_QUICK_SIDE_PX, _SIDE_PX = 256, 480


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    photo: Path | Photo
    case: BurstCase

    @property
    def name(self) -> str:
        return name_of(self.photo)


def evaluate_develop(
    data: Path | None = None,
    quick: bool = False,
    *,
    cache_for: CacheFor | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measures `develop` and its baselines. All bursts are synthetic.

    Args:
        data: folder that holds `photos/gb82`, `photos/kodak24` and `photos/clic2025_960`; None takes CATCHLIGHT_DATA.
            Without either, procedural night towns are used and CPSNR is left out.
        quick: two photos, gains 1 and 8, 256 px, and the smallest cases of every part: within a minute.
        cache_for: opens the cache for a configuration; None keeps nothing.
        progress: called as progress(what, done, total).

    Raises:
        UsageError: `data` is not a folder.
        InputError: a set of photos is missing there.
    """
    folder = data_folder(data)
    jobs, demosaic_files = _plan(folder, quick)
    parts = parts_of(folder, quick)
    side_px = _QUICK_SIDE_PX if quick else _SIDE_PX
    # Asked for now: the files may change while this runs, what was loaded does not.
    revision = code_revision()
    config = _config(jobs, demosaic_files, parts, quick=quick, side_px=side_px)
    cache = cache_for(config) if cache_for else ResultCache()
    tell = progress or (lambda what, done, total: None)
    total = len(jobs) + sum(len(files) for files in demosaic_files.values()) + sum(len(part.jobs) for part in parts)
    by_case: dict[BurstCase, list[Figures]] = {}
    last: Photo | None = None
    for done, job in enumerate(jobs):
        tell(f"{job.case.name}: {job.name}", done, total)
        if last is None or last.name != job.name:
            last = loaded(job.photo)
        photo = last
        measure = partial(_burst, photo, job.case, side_px)
        by_case.setdefault(job.case, []).append(cache.get(f"burst {job.case.name} {photo.name}", measure))
    rows = burst_rows(by_case, ideal_gain_db=IDEAL_GAIN_DB)
    done = len(jobs)
    for name, files in demosaic_files.items():
        found: dict[str, Figures] = {}
        for path in files:
            tell(f"demosaic: {path.parent.name}/{path.stem}", done, total)
            found[path.stem] = cache.get(f"demosaic {name} {path.stem}", partial(_demosaic, path))
            done += 1
        rows += _demosaic_rows(name, found)
    for part in parts:
        measured: dict[str, Figures] = {}
        for which, measurement in part.jobs.items():
            tell(f"{part.name}: {which}", done, total)
            measured[which] = cache.get(f"{part.name} {which}", measurement)
            done += 1
        rows += part.rows(measured)
    if not quick:
        tell("time of demosaicing 12 MP", done, total)
        timed = read_photo(next(iter(demosaic_files.values()))[0]) if demosaic_files else synthetic_photos(1)[0]
        rows += demosaic_times(timed)
    tell("done", total, total)
    notes = {"from_cache": cache.hits, "measured": cache.misses}
    return Evaluation(benchmark="develop", commit=revision, config=config | notes, rows=tuple(rows))


def _burst(photo: Photo, case: BurstCase, side_px: int) -> Figures:
    return burst_scores(case.burst(photo.frame, seed_name=photo.name, side_px=side_px))


def _demosaic(path: Path) -> Figures:
    return demosaic_scores(read_photo(path))


def _plan(folder: Path | None, quick: bool) -> tuple[list[_Job], dict[str, list[Path]]]:
    """What to measure; ordered by photo, so that each is read once."""
    photos: Sequence[Path | Photo]
    few: Sequence[Path | Photo]
    demosaic: dict[str, list[Path]] = {}
    if folder is None:
        photos = synthetic_photos(2 if quick else 6)
        few = photos[:1] if quick else photos[::2]
    else:
        gb82 = photo_files(folder, "gb82", without=GB82_NO_PHOTOS)
        if quick:
            photos = [p for p in gb82 if p.stem in ("nyc", "flowers")] or gb82[:2]
            few = photos[:1]
            demosaic["kodak24"] = photo_files(folder, "kodak24", at_most=3)
            demosaic["gb82"] = photo_files(folder, "gb82", at_most=3)
        else:
            kodak = photo_files(folder, "kodak24")
            clic = photo_files(folder, "clic2025_960/validation", at_most=2)
            photos = [*gb82, *photo_files(folder, "kodak24", at_most=2), *clic]
            few = photos[::3]
            demosaic["kodak24"] = kodak
            demosaic["gb82"] = photo_files(folder, "gb82")
    gains = (1.0, 8.0) if quick else GAINS
    main = cases(
        ["IMX477"],
        gains,
        ["static", "shaken", "shaken and rotated", "disc", "disc, shaken and rotated", "lantern, shaken and rotated"],
    )
    protocol = cases(["burst protocol"], gains, ["static", "shaken and rotated", "disc, shaken and rotated"])
    jobs = [_Job(photo=photo, case=case) for photo in photos for case in (*main, *(protocol if photo in few else ()))]
    return jobs, demosaic


def _config(
    jobs: Sequence[_Job], demosaic: dict[str, list[Path]], parts: Sequence[Part], *, quick: bool, side_px: int
) -> dict[str, Any]:
    photos = {job.name: job.photo for job in jobs}
    for part in parts:
        photos |= part.photos
    return {
        "version": catchlight.__version__,
        "source": source_hash(),
        "quick": quick,
        "bursts": (
            f"SYNTHETIC, made by catchlight.simulate from clean photos: {FRAMES} frames of at most "
            f"{side_px}×{side_px} px, reference 0, photo white at {EXPOSURE:g} of sensor white, noise model told; "
            "shaken: at most ±24 px; rotated: at most ±1°; disc and lantern: objects that move about 11 px a frame"
        ),
        "photos": {name: fingerprint(photo) for name, photo in photos.items()},
        "cases": sorted({job.case.name for job in jobs}),
        "scores": (
            f"pictures: linear sRGB clipped to 0…1, {BORDER_PX} px of border cut; worst block: {BLOCK_PX}×{BLOCK_PX} "
            "px of the encoded picture, whole frame, PSNR lost against the single frame (negative: better "
            "everywhere). Mosaics: against the clean mosaic of the reference; merge gain: PSNR over the single frame, "
            f"{BORDER_PX} px cut unless it says whole frame; worst block: whole frame. Means and 95 % intervals over "
            "photos; worst is the worst of all photos"
        ),
        "demosaic": {name: {p.stem: fingerprint(p) for p in files} for name, files in demosaic.items()},
        "demosaic_scores": f"encoded values, RGGB, 8 bits in and out, {DEMOSAIC_BORDER_PX} px of border cut",
        "demosaic_methods": sorted(methods()),
        "parts": {part.name: {"what": part.what, "jobs": list(part.jobs)} for part in parts},
        "oracle": PERFECT,
        "apart": [PERFECT, *(method for part in parts for method in part.apart)],
        "targets": TARGETS,
        "notes": _notes(demosaic),
    }


def _notes(demosaic: dict[str, list[Path]]) -> list[str]:
    notes = []
    if not demosaic:
        notes.append("no photos (--data, CATCHLIGHT_DATA): procedural night towns instead, no CPSNR")
    if not any(name.startswith("Menon") for name in methods()):
        notes.append("colour-demosaicing is not installed (extra `bench`): no Menon, Malvar and bilinear")
    return notes


def _demosaic_rows(name: str, found: dict[str, Figures]) -> list[Row]:
    groups = {name: list(found)}
    if name == "gb82" and (photos := [stem for stem in found if stem not in GB82_NO_PHOTOS]) != list(found):
        groups["gb82, photos only"] = photos
    rows = []
    for case, stems in groups.items():
        for method in next(iter(found.values())):
            mean, ci95 = mean_ci95([found[stem][method] for stem in stems])
            rows.append(
                Row(method=method, case=case, metric=CPSNR, value=mean, ci95=ci95, unit="dB", higher_is_better=True)
            )
    return rows
