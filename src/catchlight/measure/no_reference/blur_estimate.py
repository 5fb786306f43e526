"""How blurred a picture is, from its own edges: no chart and no second picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int64

from catchlight.core.errors import ContractError
from catchlight.measure.no_reference.edge_blur import SCALES_PX, EdgeBlur, edge_blur

# A photo's background is softer than its subject, and lines and texture look sharper than they are. Of the shares 100,
# 50, 25 and 10 % and the quantiles 25, 35 and 50 %, these met the blur added to 74 training photos with the least bias
# (-4 to +1 % from 1 to 5 px).
_STEEPEST, _QUANTILE = 0.25, 0.35
# Edges in one cell belong to one object and do not count as independent.
_CELL_PX = 32
_FEWEST_EDGES, _FEWEST_CELLS = 30, 6
# Above this blur (in pixels of the level) four scales up to 3.3 px have too short a lever: the picture is halved.
_WIDEST_PX = 2.0
_LEVELS = 3
# The same edges read at most this much wider at half size (1.3 for 5 px at full size); if more, they are other edges:
# the soft background of a picture that has sharp parts too.
_SAME_EDGES = 1.5
# What is left between photos: a share of σ, and what sharpening and pixels do to sharp ones, in px. So chosen that the
# interval held 9 of 10 training photos.
_MODEL_SHARE, _MODEL_PX = 0.11, 0.10
# Of a Gaussian: 90 % lie within ±1.645 deviations, and 35 % below -0.385.
_Z90, _QUANTILE_DEVIATIONS = 1.645, 0.385


@dataclass(frozen=True, slots=True, kw_only=True)
class BlurEstimate:
    """The blur of a picture, or why there is none to be told.

    Args:
        sigma_px: standard deviation of the Gaussian that blurs its steepest edges; None when it cannot be told. A disc
            of radius r (defocus) reads about 0.6 r: a Gaussian of √(π/8) r has the same steepest gradient.
        low_px: lower end of the interval that holds the true value in 9 of 10 clean photos from 1 px on (in 8 of 10
            with noise of 0.02 in linear light); None likewise.
        high_px: upper end of it.
        median_px: the same of the median edge: much more than `sigma_px` means a soft background.
        edges: edge points that were used.
        reason: empty, or why `sigma_px` is None, in one line.
    """

    sigma_px: float | None
    low_px: float | None
    high_px: float | None
    median_px: float | None
    edges: int
    reason: str

    def __post_init__(self) -> None:
        if (self.sigma_px is None) != bool(self.reason):
            raise ContractError("a blur estimate has either a value or a reason why not")


def estimate_blur(plane: Float32[np.ndarray, "h w"]) -> BlurEstimate:
    """Blur of an ordinary picture, all causes together: lens, defocus, motion across edges, pixels and resampling.

    Steps are looked for at full size; where they turn out wide, again at half and at quarter size, so that 0.4 to 8 px
    are told alike. The steepest quarter of the edges speaks for a picture: its sharp subject before a soft background.
    It is the blur of edges: a picture without sharp-edged things (clouds, fur) reads as more blurred than its optics
    are, and sharpening makes it read as less.

    Args:
        plane: one channel or the luminance in linear light, white 1.

    Raises:
        ContractError: NaN or infinity. Small or empty pictures come back with a reason.

    Source: `edge_blur`; the quantile and the interval are our own, fitted to photos with known blur added.
    """
    if not np.isfinite(plane).all():
        raise ContractError("a blur estimate needs finite numbers; found NaN or infinity")
    best = _refused(f"the picture is {plane.shape[0]}×{plane.shape[1]} px; at least 32×32 are needed", 0)
    level_plane = plane
    for level in range(_LEVELS):
        if min(level_plane.shape) < 32:
            break
        found = _at_level(level_plane, level)
        if best.sigma_px is None:
            best = found
        elif found.sigma_px is None or found.sigma_px > _SAME_EDGES * best.sigma_px:
            break
        else:
            best = found
        if best.sigma_px is not None and best.sigma_px < _WIDEST_PX * 2**level:
            break
        h, w = level_plane.shape
        level_plane = cv2.resize(level_plane[: h - h % 2, : w - w % 2], (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    return best


def _at_level(plane: Float32[np.ndarray, "h w"], level: int) -> BlurEstimate:
    points = edge_blur(plane)
    steep = _steepest(points)
    cells, members = _cells(points.y_px[steep], points.x_px[steep])
    if len(points.sigma_px) < _FEWEST_EDGES or cells < _FEWEST_CELLS:
        return _refused(
            f"{len(points.sigma_px)} clean edge points, the steepest in {cells} places, where {_FEWEST_EDGES} in "
            f"{_FEWEST_CELLS} are needed: too smooth, too fine, clipped, or too noisy (noise {points.noise:.4f})",
            len(points.sigma_px),
        )
    # In pixels of the full size; each pixel of a level is the mean of 2^level, whose variance is (4^level - 1)/12.
    step = 2**level
    aperture = (step**2 - 1) / 12
    variance, error = _quantile_by_cell(points.variance_px2[steep], points.doubt_px2[steep], members, cells)
    sigma = float(np.sqrt(max(step**2 * variance - aperture, 0.0)))
    high = float(np.sqrt(max(step**2 * (variance + error) - aperture, 0.0)))
    low = float(np.sqrt(max(step**2 * (variance - error) - aperture, 0.0)))
    every = np.sqrt(np.maximum(step**2 * np.median(points.variance_px2) - aperture, 0.0))
    model = float(np.hypot(_MODEL_SHARE * sigma, _MODEL_PX))
    return BlurEstimate(
        sigma_px=sigma,
        low_px=max(sigma - _Z90 * float(np.hypot(model, sigma - low)), 0.0),
        high_px=sigma + _Z90 * float(np.hypot(model, high - sigma)),
        median_px=float(every),
        edges=len(points.sigma_px),
        reason="",
    )


def _refused(reason: str, edges: int) -> BlurEstimate:
    return BlurEstimate(sigma_px=None, low_px=None, high_px=None, median_px=None, edges=edges, reason=reason)


def _steepest(points: EdgeBlur) -> Int64[np.ndarray, "m"]:
    """Indices of the edges with the steepest gradient, at least as many as are needed."""
    steepness = points.contrast / np.sqrt(np.square(points.sigma_px) + SCALES_PX[0] ** 2)
    count = max(int(_STEEPEST * len(steepness)), min(_FEWEST_EDGES, len(steepness)))
    return np.argsort(-steepness, kind="stable")[:count]


def _cells(y_px: Float64[np.ndarray, "n"], x_px: Float64[np.ndarray, "n"]) -> tuple[int, Int64[np.ndarray, "n"]]:
    """How many 32×32 px cells hold one of the points, and which of them holds each."""
    rows, columns = (y_px // _CELL_PX).astype(np.int64), (x_px // _CELL_PX).astype(np.int64)
    # As many columns as any picture has: a number of its own for every cell.
    used, members = np.unique(rows * (1 << 20) + columns, return_inverse=True)
    return len(used), members


def _quantile_by_cell(
    variance: Float64[np.ndarray, "n"],
    doubt: Float64[np.ndarray, "n"],
    members: Int64[np.ndarray, "n"],
    cells: int,
) -> tuple[float, float]:
    """The quantile without the spread that noise adds, and its standard error with cells, not edges, as independent."""
    value = float(np.quantile(variance, _QUANTILE))
    # Of each cell, how many edges lie above and below the quantile: the error of that share, over the local density.
    below = np.bincount(members, weights=variance <= value, minlength=cells)
    count = np.bincount(members, minlength=cells)
    share_error = float(np.sqrt(np.square(below - _QUANTILE * count).sum()) / count.sum())
    low, high = np.quantile(variance, np.clip([_QUANTILE - share_error, _QUANTILE + share_error], 0, 1))
    # As if both spreads were Gaussian: the quantile lies this many deviations below the middle, with noise or without.
    quartiles = np.quantile(variance, [0.25, 0.75])
    spread = float(quartiles[1] - quartiles[0]) / 1.349
    noise = float(np.sqrt(np.mean(np.square(doubt))))
    widened = spread - np.sqrt(max(spread**2 - noise**2, 0.0))
    shift = _QUANTILE_DEVIATIONS * widened
    # The correction is a guess as large as itself: noise also chooses which edges are the steepest.
    return value + shift, float(np.hypot((high - low) / 2, shift))
