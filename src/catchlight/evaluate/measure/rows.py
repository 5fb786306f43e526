"""From the figures of single cases to the rows of the benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.measure.analytic_edges import METHODS as EDGE_METHODS
from catchlight.evaluate.measure.colour_and_grid import FINDERS
from catchlight.evaluate.measure.noise_fits import BURST_METHODS
from catchlight.evaluate.measure.noise_fits import METHODS as FLAT_METHODS
from catchlight.evaluate.result_cache import Figures

OURS = "catchlight"


def row(
    case: str,
    metric: str,
    value: float,
    unit: str,
    *,
    method: str = OURS,
    ci95: float | None = None,
    higher: bool = False,
) -> Row:
    """One row; smaller is better unless `higher`."""
    return Row(
        method=method, case=case, metric=metric, value=float(value), ci95=ci95, unit=unit, higher_is_better=higher
    )


def analytic_rows(case: str, groups: Sequence[Figures], *, noisy: bool) -> list[Row]:
    """RMS and largest error of MTF50, or its standard deviation under noise."""
    rows = []
    for method in EDGE_METHODS:
        errors = np.array([v for g in groups for k, v in g.items() if k.split("|")[0] == method]) * 100
        if noisy:
            rows.append(row(case, "MTF50 scatter (sd)", float(errors.std()), "%", method=method))
            rows.append(row(case, "MTF50 bias", abs(float(errors.mean())), "%", method=method))
        else:
            rows.append(row(case, "MTF50 error, rms", math.sqrt(float(np.square(errors).mean())), "%", method=method))
            rows.append(row(case, "MTF50 error, largest", float(np.abs(errors).max()), "%", method=method))
    return rows


def chart_rows(figures: Sequence[Figures]) -> list[Row]:
    """Recall of the edge finder, false edges, and the error of what was found."""
    wanted, found = (sum(f[k] for f in figures) for k in ("edges", "found"))
    errors = np.array([v for f in figures for k, v in f.items() if k.startswith("error")]) * 100
    z = np.array([v for f in figures for k, v in f.items() if k.startswith("z ")])
    case = f"rendered charts ({wanted:.0f} edges)"
    return [
        row(case, "edges found", 100 * found / wanted, "%", higher=True),
        row(case, "false edges", sum(f["false"] for f in figures), "1"),
        row(case, "MTF50 error, median", float(np.median(np.abs(errors))), "%"),
        row(case, "MTF50 error, 95th percentile", float(np.quantile(np.abs(errors), 0.95)), "%"),
        row(case, "within 3 standard errors", 100 * float((np.abs(z) < 3).mean()), "%", higher=True),
    ]


def noise_rows(case: str, figures: Sequence[Figures], methods: Iterable[str]) -> list[Row]:
    """Largest and rms relative error of shot and read."""
    rows = []
    for method in methods:
        for name in ("shot", "read"):
            errors = np.array([f[f"{method}|{name}"] for f in figures]) * 100
            rows.append(row(case, f"{name}, largest error", float(np.abs(errors).max()), "%", method=method))
            rows.append(row(case, f"{name}, rms error", math.sqrt(float(np.square(errors).mean())), "%", method=method))
    for name in ("shot", "read"):
        limits = [100 * f[f"limit|{name}"] for f in figures if f"limit|{name}" in f]
        if limits:
            rms = math.sqrt(float(np.square(limits).mean()))
            rows.append(row(case, f"{name}, rms error", rms, "%", method="the least possible (Cramér-Rao)"))
    return rows


def flat_rows(case: str, figures: Sequence[Figures]) -> list[Row]:
    """Rows of the flats."""
    return noise_rows(case, figures, FLAT_METHODS)


def burst_rows(figures: Sequence[Figures]) -> list[Row]:
    """Rows of the static bursts."""
    return noise_rows("static burst of a photo, 8 frames", figures, BURST_METHODS)


def colour_rows(figures: Sequence[Figures]) -> list[Row]:
    """Detection of ColorCheckers and what is measured on them."""
    case = f"ColorChecker in {len(figures)} scenes"
    rows = []
    for finder in FINDERS:
        rows.append(
            row(case, "charts found", 100 * float(np.mean([f[f"{finder}|found"] for f in figures])), "%",
                method=finder, higher=True)
        )  # fmt: skip
        corners = [100 * f[f"{finder}|corner"] for f in figures if f"{finder}|corner" in f]
        if corners:
            rows.append(row(case, "corner error, mean (of a patch)", float(np.mean(corners)), "%", method=finder))
    errors = [f["delta e"] for f in figures if "delta e" in f]
    mean, ci95 = mean_ci95(errors)
    rows.append(row(case, "ΔE2000 of the true colours, mean", mean, "1", ci95=ci95))
    return rows


def grid_rows(figures: Sequence[Figures]) -> list[Row]:
    """Distortion and lateral colour from dot grids."""
    case = f"dot grid in {len(figures)} views"
    seen = [f for f in figures if f["found"]]
    rows = [row(case, "grids found", 100 * len(seen) / len(figures), "%", higher=True)]
    if seen:
        rows += [
            row(case, "distortion, largest error (of the radius)", max(abs(f["distortion"]) for f in seen), "%"),
            row(case, "lateral colour, largest error", max(f["lateral"] for f in seen), "px"),
        ]
    return rows


def dual_pixel_rows(found: Mapping[str, Figures]) -> list[Row]:
    """Slope of our kernels against those they were fitted to."""
    rows = []
    for name, f in found.items():
        case = f"dual pixel, {name}"
        rows += [
            row(case, "slope", f["our slope"], "px/px", higher=True),
            row(case, "slope", f["slope"], "px/px", method="the published kernels", higher=True),
            row(case, "slope, off by", 100 * abs(f["our slope"] / f["slope"] - 1), "%"),
            row(
                case, "slope on textures, off by",
                100 * abs(f["texture slope, ours"] / f["texture slope, theirs"] - 1), "%",
            ),
            row(case, "correlation with defocus", f["correlation"], "1", method="the published kernels", higher=True),
        ]  # fmt: skip
    return rows


def photo_rows(figures: Sequence[Figures]) -> list[Row]:
    """What is found in photos without a chart."""
    case = f"{len(figures)} photos without a chart"
    any_edge, sure = (100 * float(np.mean([f[k] > 0 for f in figures])) for k in ("edges", "sure edges"))
    return [
        row(case, "photos with an edge", any_edge, "%"),
        row(case, "photos with an edge of confidence ≥ 0.5", sure, "%"),
        row(case, "ColorCheckers found", sum(f["charts"] for f in figures), "1"),
        row(case, "grids found", sum(f["grids"] for f in figures), "1"),
    ]  # fmt: skip
