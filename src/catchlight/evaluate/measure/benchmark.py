"""The benchmark of `measure` and `calibrate`: everything whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import catchlight
from catchlight.evaluate.code_revision import code_revision, source_hash
from catchlight.evaluate.evaluation import Evaluation, Progress, Row
from catchlight.evaluate.measure import rows as rows_of
from catchlight.evaluate.measure.analytic_edges import SERIES
from catchlight.evaluate.measure.colour_and_grid import ColourCheckerCase, GridCase
from catchlight.evaluate.measure.dual_pixel import FILES, kernel_slopes
from catchlight.evaluate.measure.noise_fits import SENSOR_GAINS, FlatsCase, StaticBurstCase
from catchlight.evaluate.measure.real_pictures import edge_agreement, found_in_photo
from catchlight.evaluate.measure.rendered_charts import ChartCase
from catchlight.evaluate.photo_sets import Photo, data_folder, photo_files, read_photo, synthetic_photos
from catchlight.evaluate.result_cache import CacheFor, Figures, ResultCache

Job = Callable[[], Figures]

TARGETS = {
    "MTF50, analytic edges": "largest error ≤ 0.5 %, rms ≤ 0.25 %",
    "MTF50, noise 0.03": "standard deviation ≤ 2.5 %",
    "edges found": "≥ 95 % on rendered charts, none in photos without one",
    "flats, 2 × 6 levels": "shot and read within 2 %",
    "static burst": "shot and read within 10 %",
    "dual pixel": "linear, right sign, slope within 3 % of the kernels' own",
}
_EDGES_PER_GROUP = 20


def evaluate_measure(
    data: Path | None = None,
    quick: bool = False,
    *,
    cache_for: CacheFor | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measures the measuring: edges, charts, noise, dual pixel.

    Args:
        data: folder with `photos`, `mtf` and `focus`; None takes CATCHLIGHT_DATA. Without either, what needs no data.
        quick: a small part, within a minute.
        cache_for: opens the cache for a configuration; None keeps nothing.
        progress: called as progress(what, done, total).

    Raises:
        UsageError: `data` is not a folder.
        InputError: a set of photos is missing there.
    """
    folder = data_folder(data)
    revision = code_revision()
    jobs = _jobs(folder, quick)
    config: dict[str, Any] = {
        "version": catchlight.__version__,
        "source": source_hash(),
        "quick": quick,
        "jobs": sorted(jobs),
        "edges": "100×64 px, 2 to 10°, σ 0.35 to 3 px (log uniform), levels 0.2 and 0.8 (± 0.02), point-sampled",
        "charts": "SYNTHETIC: squares, bars and checkers, ±30° × ±20° of perspective, σ 0.5 to 3 px, contrast 4 or 10, "
        "12 bits, shot noise up to 1e-3; counted are edges over 24 px + 4 σ long and over 2° slanted",
        "noise": "SYNTHETIC frames by catchlight.simulate, measured sensors",
        "targets": TARGETS,
        "notes": [] if folder else ["no --data: no dual-pixel kernels, no real edges, no photos"],
    }
    cache = cache_for(config) if cache_for else ResultCache()
    tell = progress or (lambda what, done, total: None)
    found: dict[str, list[Figures]] = {}
    for done, (name, job) in enumerate(jobs.items()):
        tell(name, done, len(jobs))
        found.setdefault(name.split(": ")[0], []).append(cache.get(name, job))
    tell("done", len(jobs), len(jobs))
    notes = {"from_cache": cache.hits, "measured": cache.misses}
    return Evaluation(benchmark="measure", commit=revision, config=config | notes, rows=tuple(_rows(found)))


def _jobs(folder: Path | None, quick: bool) -> dict[str, Job]:
    """Every measurement by its name, `kind: which`."""
    jobs: dict[str, Job] = {}
    for series in SERIES:
        for group in range(2 if quick else 10):
            jobs[f"{series.name}: {group}"] = partial(series.errors, group, edges=_EDGES_PER_GROUP)
    for index in range(2 if quick else 48):
        jobs[f"charts: {index}"] = ChartCase(index=index).score
    photos = _photos(folder, quick)
    for index in range(4 if quick else 96):
        jobs[f"colour: {index}"] = partial(_colour, ColourCheckerCase(index=index), photos[index % len(photos)])
    for index in range(3 if quick else 40):
        jobs[f"grid: {index}"] = GridCase(index=index).score
    for size in ((480, 640),) if quick else ((512, 512), (3040, 4056)):
        for sensor, gain in SENSOR_GAINS[:2] if quick else SENSOR_GAINS:
            case = FlatsCase(sensor=sensor, gain=gain, height=size[0], width=size[1], seed=7)
            jobs[f"flats {size[1]}×{size[0]}: {sensor}, gain {gain:g}"] = case.score
    for k, photo in enumerate(photos[:1] if quick else photos):
        sensor, gain = SENSOR_GAINS[k % len(SENSOR_GAINS)]
        burst = StaticBurstCase(sensor=sensor, gain=gain, seed=k)
        jobs[f"burst: {sensor}, gain {gain:g}, {_name(photo)}"] = partial(_burst, burst, photo)
    if folder is not None:
        if (kernels := folder / "focus" / "dual_pixel_psfs").is_dir():
            textures = photo_files(folder, "kodak24", at_most=1 if quick else 4)
            for name in list(FILES)[: 1 if quick else None]:
                jobs[f"dual pixel {name}: slopes"] = partial(_slopes, kernels, name, textures)
        if (edges := folder / "mtf" / "sfrmat3_edges" / "data").is_dir():
            jobs["real edges: sfrmat3"] = partial(edge_agreement, edges)
        plain = [] if quick else [*photo_files(folder, "kodak24"), *photo_files(folder, "gb82")]
        for path in plain:
            jobs[f"photos: {path.parent.name}/{path.stem}"] = partial(_in_photo, path)
    return jobs


def _rows(found: dict[str, list[Figures]]) -> list[Row]:
    rows: list[Row] = []
    for series in SERIES:
        rows += rows_of.analytic_rows(series.name, found[series.name], noisy=series.noise > 0)
    rows += rows_of.chart_rows(found["charts"])
    rows += rows_of.colour_rows(found["colour"])
    rows += rows_of.grid_rows(found["grid"])
    for kind, figures in found.items():
        if kind.startswith("flats"):
            rows += rows_of.flat_rows(f"{kind}, 2 × 6 levels", figures)
    rows += rows_of.burst_rows(found["burst"])
    rows += rows_of.dual_pixel_rows(
        {kind.removeprefix("dual pixel "): f[0] for kind, f in found.items() if kind.startswith("dual pixel")}
    )
    for agreement in found.get("real edges", []):
        case = "real edges (sfrmat3)"
        rows.append(rows_of.row(case, "MTF50, upright against level", agreement["orientations"], "%"))
        rows.append(rows_of.row(case, "MTF50, spread of red, green, blue", agreement["channels"], "%"))
    if found.get("photos"):
        rows += rows_of.photo_rows(found["photos"])
    return rows


def _photos(folder: Path | None, quick: bool) -> list[Path | Photo]:
    if folder is None:
        return list(synthetic_photos(1 if quick else 4))
    return list(photo_files(folder, "kodak24", at_most=2 if quick else 10))


def _name(photo: Path | Photo) -> str:
    return photo.name if isinstance(photo, Photo) else photo.stem


def _loaded(photo: Path | Photo) -> Photo:
    return photo if isinstance(photo, Photo) else read_photo(photo)


def _burst(case: StaticBurstCase, photo: Path | Photo) -> Figures:
    return case.score(_loaded(photo).frame)


def _colour(case: ColourCheckerCase, photo: Path | Photo) -> Figures:
    return case.score(_loaded(photo).frame)


def _slopes(folder: Path, name: str, textures: list[Path]) -> Figures:
    return kernel_slopes(folder, name, [read_photo(path).frame for path in textures])


def _in_photo(path: Path) -> Figures:
    return found_in_photo(read_photo(path).frame)
