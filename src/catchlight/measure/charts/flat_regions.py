"""Compact regions of even colour: the raw material of every patch chart."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int32, UInt8

# Sobel's response to a step of 1 is 4; divided by it, a gradient is in levels per pixel.
_SOBEL = 4.0
# Flat means below one of these gradients (in encoded levels per pixel): the first suits clean pictures with faint
# patch borders, the last noisy ones with strong borders. Each is 1.6 times the one before.
_LADDER = (0.006, 0.01, 0.016, 0.026, 0.042, 0.067, 0.11)
# Share of its hull that a quadrilateral with a few wrong pixels at its border still fills.
_SOLID = 0.86


Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatRegion:
    """One region.

    Args:
        x: centre in px (centres at 0.5).
        y: the same, down.
        side_px: square root of the area.
        fill: share of the smallest turned rectangle around it that it covers.
        corners: of the quadrilateral that fits it best in px, in order around it.
    """

    x: float
    y: float
    side_px: float
    fill: float
    corners: tuple[Point, Point, Point, Point]


def flat_regions(
    encoded: Float32[np.ndarray, "h w 3"],
    *,
    least_px: float = 5.0,
    largest_share: float = 0.25,
    longest: float = 2.3,
    least_fill: float = 0.68,
) -> list[FlatRegion]:
    """Regions without gradient of compact shape, each once.

    Args:
        encoded: the picture as it would be seen, so that dark patches keep their borders; values nominally 0…1.
        least_px: smallest side.
        largest_share: largest side as a share of the picture's shorter one.
        longest: ratio of the longer to the shorter side; 2.3 is a square under 45° of perspective and some blur.
        least_fill: share of the smallest turned rectangle around it that a region fills; 0.68 is such a square.
    """
    h, w, _ = encoded.shape
    gradient = _gradient(encoded)
    found: list[FlatRegion] = []
    most = largest_share * min(h, w)
    floor = float(np.median(gradient))
    for limit in _LADDER:
        # Below the noise nothing is connected; far above it everything is.
        if limit < 0.7 * floor:
            continue
        found += _components((gradient < limit).astype(np.uint8), least_px, most, longest, least_fill)
    return _each_once(found)


def _gradient(encoded: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
    """Largest gradient of the three colours, after half a pixel of smoothing against noise."""
    smooth = cv2.GaussianBlur(np.ascontiguousarray(encoded), (0, 0), 0.8)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strongest: Float32[np.ndarray, "h w"] = np.sqrt((dx * dx + dy * dy).max(axis=2)) / np.float32(_SOBEL)
    return strongest


def _components(
    mask: UInt8[np.ndarray, "h w"], least_px: float, most_px: float, longest: float, least_fill: float
) -> list[FlatRegion]:
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA]
    box_w, box_h = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    # A border eats a pixel on each side.
    plausible = (area >= max((least_px - 2) ** 2, 6)) & (np.maximum(box_w, box_h) <= 1.6 * most_px)
    # The upright box around a rectangle is largest for its area at 45°.
    plausible &= area >= least_fill * 2 * longest / (1 + longest) ** 2 * box_w * box_h
    plausible[0] = False
    regions = []
    for i in np.flatnonzero(plausible[:count]):
        region = _shape_of(labels, stats[i], int(i), centres[i], longest, least_fill)
        if region is not None and region.side_px <= most_px:
            regions.append(region)
    return regions


def _shape_of(
    labels: Int32[np.ndarray, "h w"],
    stat: Int32[np.ndarray, "5"],
    label: int,
    centre: Float64[np.ndarray, "2"],
    longest: float,
    least_fill: float,
) -> FlatRegion | None:
    left, top, width, height, area = (int(v) for v in stat)
    inside = (labels[top : top + height, left : left + width] == label).astype(np.uint8)
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = outlines[0]
    hull = cv2.convexHull(outline)
    # Outlines run through pixel centres: half a pixel is missing all around, which counts for small regions.
    hull_area = cv2.contourArea(hull) + 0.5 * cv2.arcLength(hull, True) + 1
    _, (a, b), _ = cv2.minAreaRect(hull)
    a, b = a + 1, b + 1
    fill = area / (a * b)
    if len(hull) < 4 or max(a, b) > longest * min(a, b) or fill < least_fill or area < _SOLID * hull_area:
        return None
    box = cv2.approxPolyN(hull, 4, ensure_convex=True).reshape(-1, 2)
    if len(box) != 4:
        return None
    p, q, r, s = ((float(x + left + 0.5), float(y + top + 0.5)) for x, y in box)
    return FlatRegion(
        x=float(centre[0] + 0.5),
        y=float(centre[1] + 0.5),
        side_px=float(np.sqrt(area)),
        fill=fill,
        corners=(p, q, r, s),
    )


def _each_once(found: list[FlatRegion]) -> list[FlatRegion]:
    """Of regions about one centre the largest: thresholds that nearly leak reach closest to the border."""
    kept: list[FlatRegion] = []
    taken: dict[tuple[int, int], list[FlatRegion]] = {}
    for region in sorted(found, key=lambda r: -r.side_px * r.fill):
        cell = (int(region.x // 16), int(region.y // 16))
        near = (r for i in (-1, 0, 1) for j in (-1, 0, 1) for r in taken.get((cell[0] + i, cell[1] + j), ()))
        reach = 0.35 * region.side_px
        if any(np.hypot(r.x - region.x, r.y - region.y) < max(reach, 0.35 * r.side_px) for r in near):
            continue
        taken.setdefault(cell, []).append(region)
        kept.append(region)
    return kept
