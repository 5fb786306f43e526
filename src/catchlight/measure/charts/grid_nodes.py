"""Finds the nodes of a dot grid or a checkerboard in a photo by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial import cKDTree

from catchlight.core.errors import ContractError
from catchlight.measure.charts.lattice_growth import Node, ScatteredPoints
from catchlight.measure.charts.searched_picture import searched_picture

Kind = Literal["dots", "checkerboard"]
# Larger pictures are searched at this longest side; places are then measured in the full one.
_SEARCHED_PX = 1600
# A lattice that is smaller may be a window or a shirt, and says little about a lens.
_LEAST_NODES, _LEAST_ROWS = 30, 4
# Share of nodes that must be there inside the lattice's own bounds.
_LEAST_FULL = 0.6
# A disc in any perspective covers all of the ellipse in its bounding rectangle; a square 1.27 of it.
_ROUND = (0.86, 1.1)
_LEAST_DOT_PX = 3.0
# Saddles weaker than this share of the twentieth strongest are texture; strength goes with contrast squared, and a
# corner of the picture may have half the light and twice the blur of its middle.
_FAINT = 0.06
# First for squares of 10 px and more, then for noisy pictures.
_SMOOTHING_PX = (1.5, 3.0)
# Blur before corners are measured: JPEG halves the resolution of colour, and a corner of sharp brightness with blurred
# colour would be seen where the brightness has it. Blurred by more than that, all colours are alike.
_CORNER_SIGMA_PX = 2.0
# Starting points tried, from the middle outwards; a grid worth measuring covers the middle.
_SEEDS = 120
# Saddles of a checkerboard alternate; the share that may fail to.
_ALTERNATING = 0.95
# Contrast (darkest node's depth over the surround) below which noise passes for dots.
_LEAST_CONTRAST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridNodes:
    """Nodes of one lattice, measured in each colour.

    Args:
        kind: dots, or points where four squares meet.
        index: row and column of each node, whole numbers from 0.
        xy: places in px (centres at 0.5) in red, green, blue.
        pitch_px: typical distance between neighbours.
        radius_pitches: of a dot in distances between dots; 0 for a checkerboard.
    """

    kind: Kind
    index: Float64[np.ndarray, "n 2"]
    xy: Float64[np.ndarray, "3 n 2"]
    pitch_px: float
    radius_pitches: float


def find_grid_nodes(linear: Float32[np.ndarray, "h w 3"]) -> GridNodes | None:
    """The largest lattice of dots or saddle points; None where none of 4 rows and 30 nodes is found.

    Args:
        linear: the photo in linear light.

    Raises:
        ContractError: not h×w×3.
    """
    if linear.ndim != 3 or linear.shape[2] != 3:
        raise ContractError(f"a grid is looked for in a colour picture, h×w×3; found {linear.shape}")
    searched = searched_picture(np.ascontiguousarray(linear[..., 1]), longest_px=_SEARCHED_PX)
    small, back = np.sqrt(searched.relative), searched.back
    dots = _dots(small)
    if dots is not None and (nodes := _largest(dots)) is not None:
        measured = _measured(linear, dots, nodes, back, "dots")
        if measured is not None:
            return measured
    for sigma in _SMOOTHING_PX:
        saddles = _saddles(small, sigma)
        if saddles is not None and (nodes := _largest(saddles)) is not None:
            corners = _checkered(saddles, nodes, cv2.GaussianBlur(small, (0, 0), sigma))
            if corners is not None:
                return _measured(linear, saddles, corners, back, "checkerboard")
    return None


def _dots(plane: Float32[np.ndarray, "h w"]) -> ScatteredPoints | None:
    """Round blobs, darker or brighter than around them, whichever are more."""
    eight = np.rint(plane * 255).astype(np.uint8)
    best: list[tuple[float, float, float]] = []
    for block in (31, 101):
        for flip in (False, True):
            picture = 255 - eight if flip else eight
            mask = cv2.adaptiveThreshold(picture, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 12)
            outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            blobs = [b for b in map(_round_blob, outlines) if b is not None]
            if len(blobs) > len(best):
                best = blobs
    if len(best) < _LEAST_NODES:
        return None
    table = np.array(best)
    return ScatteredPoints(table[:, :2], table[:, 2], size_ratio=1.4)


def _round_blob(outline: np.ndarray) -> tuple[float, float, float] | None:
    if len(outline) < 8:
        return None
    # Outlines run through pixel centres: half a pixel is missing all around.
    area = cv2.contourArea(outline) + 0.5 * cv2.arcLength(outline, True) + 1
    _, (a, b), _ = cv2.minAreaRect(outline)
    a, b = a + 1, b + 1
    ellipse = np.pi / 4 * a * b
    if min(a, b) < _LEAST_DOT_PX or max(a, b) > 2.2 * min(a, b) or not _ROUND[0] < area / ellipse < _ROUND[1]:
        return None
    m = cv2.moments(outline)
    if m["m00"] <= 0:
        return None
    return m["m10"] / m["m00"] + 0.5, m["m01"] / m["m00"] + 0.5, float(np.sqrt(area))


def _saddles(plane: Float32[np.ndarray, "h w"], sigma: float) -> ScatteredPoints | None:
    """Points where the brightness rises along one direction and falls along the other."""
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    xx, yy = cv2.Sobel(smooth, cv2.CV_32F, 2, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 2)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1)
    response = np.maximum(xy * xy - xx * yy, 0)
    peaks = (response == cv2.dilate(response, np.ones((7, 7), np.uint8))) & (response > 1e-6)
    rows, columns = np.nonzero(peaks)
    strength = response[rows, columns]
    if len(strength) < _LEAST_NODES:
        return None
    keep = strength > _FAINT * np.sort(strength)[-20]
    rows, columns = rows[keep], columns[keep]
    if len(rows) < _LEAST_NODES:
        return None
    places = np.stack([columns, rows], axis=-1).astype(np.float64) + 0.5
    # A node's size is how far its nearest neighbour is.
    gaps = cKDTree(places).query(places, k=2)[0][:, 1]
    return ScatteredPoints(places, gaps, size_ratio=2.0)


def _largest(points: ScatteredPoints) -> dict[Node, int] | None:
    """The largest lattice, grown from the most central points first."""
    middle = np.median(points.xy, axis=0)
    best: dict[Node, int] = {}
    done: set[int] = set()
    for seed in np.argsort(np.linalg.norm(points.xy - middle, axis=1))[:_SEEDS]:
        if int(seed) in done:
            continue
        for across, down in points.bases(int(seed), nearest=0.9, farthest=6.0):
            nodes = points.grow(int(seed), across, down, tolerance=0.2)
            if len(nodes) > len(best):
                best = nodes
            if len(nodes) >= _LEAST_NODES:
                done.update(nodes.values())
                break
        if len(best) > len(points.xy) / 2:
            break
    if len(best) < _LEAST_NODES:
        return None
    extent = np.ptp(np.array(list(best)), axis=0) + 1
    full = len(best) / float(extent[0] * extent[1])
    return best if extent.min() >= _LEAST_ROWS and full >= _LEAST_FULL else None


def _checkered(
    points: ScatteredPoints, nodes: dict[Node, int], plane: Float32[np.ndarray, "h w"]
) -> dict[Node, int] | None:
    """The nodes between two dark and two bright squares; None unless these change places from node to node.

    Squares at the board's border have corners too, but on one side of them there is nothing.
    """
    signs: dict[Node, int] = {}
    for node in nodes:
        quadrants = _quadrants(points, nodes, node, plane)
        if quadrants is None:
            continue
        one, other = quadrants[:2], quadrants[2:]
        if min(one) - max(other) > _LEAST_CONTRAST:
            signs[node] = 1
        elif min(other) - max(one) > _LEAST_CONTRAST:
            signs[node] = -1
    if len(signs) < _LEAST_NODES:
        return None
    turned = np.array([sign if sum(node) % 2 == 0 else -sign for node, sign in signs.items()])
    usual = 1 if turned.sum() > 0 else -1
    if (turned == usual).mean() < _ALTERNATING or len(signs) < 0.5 * len(nodes):
        return None
    return {node: nodes[node] for node, sign in zip(signs, turned, strict=True) if sign == usual}


def _quadrants(
    points: ScatteredPoints, nodes: dict[Node, int], node: Node, plane: Float32[np.ndarray, "h w"]
) -> list[float] | None:
    """Brightness to the lower right and upper left, then to the upper right and lower left of a node."""
    i, j = node
    here = points.xy[nodes[node]]
    steps = []
    for forth, back in (((i, j + 1), (i, j - 1)), ((i + 1, j), (i - 1, j))):
        if forth in nodes:
            steps.append(points.xy[nodes[forth]] - here)
        elif back in nodes:
            steps.append(here - points.xy[nodes[back]])
        else:
            return None
    h, w = plane.shape
    values = []
    for a, b in ((1, 1), (-1, -1), (1, -1), (-1, 1)):
        x, y = here + 0.35 * (a * steps[0] + b * steps[1])
        if not (0 <= x < w and 0 <= y < h):
            return None
        values.append(float(plane[int(y), int(x)]))
    return values


def _measured(
    linear: Float32[np.ndarray, "h w 3"],
    points: ScatteredPoints,
    nodes: dict[Node, int],
    back: Float64[np.ndarray, "2"],
    kind: Kind,
) -> GridNodes | None:
    index = np.array(list(nodes))
    index -= index.min(axis=0)
    rough = points.xy[list(nodes.values())] * back
    steps = [
        float(np.linalg.norm(points.xy[other] - points.xy[here]) * back.mean())
        for (i, j), here in nodes.items()
        if (other := nodes.get((i, j + 1))) is not None
    ]
    pitch = float(np.median(steps))
    side = float(np.median(points.size[list(nodes.values())]) * back.mean())
    radius = side / np.sqrt(np.pi)
    planes = [np.ascontiguousarray(linear[..., c]) for c in range(3)]
    if kind == "dots":
        places = np.array([[_centroid(plane, xy, radius, pitch) for xy in rough] for plane in planes])
    else:
        smooth = [cv2.GaussianBlur(plane, (0, 0), min(_CORNER_SIGMA_PX, 0.1 * pitch)) for plane in planes]
        places = np.array([[_saddle_point(plane, xy, pitch) for xy in rough] for plane in smooth])
        # Blur moves corners where light and perspective change across them, but all colours alike.
        sharp = np.array([_saddle_point(planes[1], xy, pitch) for xy in rough])
        places = places + (sharp - places[1])
    good = np.all(np.isfinite(places), axis=(0, 2))
    if good.sum() < _LEAST_NODES:
        return None
    return GridNodes(
        kind=kind,
        index=index[good].astype(np.float64),
        xy=places[:, good],
        pitch_px=pitch,
        radius_pitches=radius / pitch if kind == "dots" else 0.0,
    )


def _window(
    plane: Float32[np.ndarray, "h w"], xy: Float64[np.ndarray, "2"], reach: float
) -> tuple[Float64[np.ndarray, "a b"], Float64[np.ndarray, "a b"], Float64[np.ndarray, "a b"]] | None:
    """Values about a point and their distance from it along x and y; None at the picture's border."""
    h, w = plane.shape
    left, top = int(np.floor(xy[0] - reach)), int(np.floor(xy[1] - reach))
    right, bottom = int(np.ceil(xy[0] + reach)), int(np.ceil(xy[1] + reach))
    if left < 0 or top < 0 or right > w or bottom > h:
        return None
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    return plane[top:bottom, left:right].astype(np.float64), x - xy[0], y - xy[1]


def _centroid(
    plane: Float32[np.ndarray, "h w"], xy: Float64[np.ndarray, "2"], radius: float, pitch: float
) -> Float64[np.ndarray, "2"]:
    """Middle of a dot by the light it takes from the plane around it; no threshold, so noise has no bias."""
    # Half of the free space to the next dot belongs to this one.
    reach = min(0.5 * (radius + 0.5 * pitch), radius + 6.0)
    offset = np.zeros(2)
    for _ in range(3):
        window = _window(plane, xy + offset, 0.5 * pitch)
        if window is None:
            return np.full(2, np.nan)
        values, dx, dy = window
        distance = np.hypot(dx, dy)
        outside = (distance > reach) & (distance < 0.5 * pitch)
        if outside.sum() < 8:
            return np.full(2, np.nan)
        columns = np.stack([dx, dy, np.ones_like(dx)], axis=-1)
        ground = columns @ np.linalg.lstsq(columns[outside], values[outside], rcond=None)[0]
        # A soft border: whether a pixel at the rim counts must not jump with the sub-pixel place.
        missing = (ground - values) * np.clip(reach + 0.5 - distance, 0, 1)
        total = missing.sum()
        if abs(total) < _LEAST_CONTRAST * ground[outside].mean() * np.pi * radius * radius:
            return np.full(2, np.nan)
        step = np.array([(missing * dx).sum(), (missing * dy).sum()]) / total
        offset = offset + step
        if np.linalg.norm(offset) > radius:
            return np.full(2, np.nan)
    return xy + offset


def _saddle_point(
    plane: Float32[np.ndarray, "h w"], xy: Float64[np.ndarray, "2"], pitch: float
) -> Float64[np.ndarray, "2"]:
    """Where four squares meet: the point that all gradients around it are perpendicular to the way to.

    Source: Förstner and Gülch 1987, "A fast operator for detection and precise location of distinct points, corners
    and centres of circular features".
    """
    reach = float(np.clip(0.35 * pitch, 3.0, 12.0))
    offset = np.zeros(2)
    for _ in range(6):
        window = _window(plane, xy + offset, reach + 1)
        if window is None:
            return np.full(2, np.nan)
        values, dx, dy = window
        gy, gx = np.gradient(values)
        weight = np.exp(-2 * (dx * dx + dy * dy) / reach**2)
        a = np.array(
            [[(weight * gx * gx).sum(), (weight * gx * gy).sum()], [(weight * gx * gy).sum(), (weight * gy * gy).sum()]]
        )
        along = gx * dx + gy * dy
        b = np.array([(weight * gx * along).sum(), (weight * gy * along).sum()])
        if np.linalg.det(a) <= 1e-18:
            return np.full(2, np.nan)
        step = np.linalg.solve(a, b)
        offset = offset + step
        if np.linalg.norm(offset) > 0.4 * pitch:
            return np.full(2, np.nan)
        if np.linalg.norm(step) < 1e-4:
            break
    return xy + offset
