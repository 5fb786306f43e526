"""Finds a ColorChecker Classic in a photo by itself."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.colour import srgb_decode, srgb_encode
from catchlight.core.errors import ContractError
from catchlight.measure.charts.colour_checker_reference import reference_linear_srgb
from catchlight.measure.charts.flat_regions import flat_regions
from catchlight.measure.charts.lattice_growth import Node, ScatteredPoints
from catchlight.measure.charts.searched_picture import searched_picture

ROWS, COLUMNS = 4, 6
# Longest side of the picture that is searched: patches of a chart that fills 15 % are 20 px wide at the first. The
# second has a quarter of the noise.
_SEARCHED_PX = (1400, 700)
# Patches found as regions before a lattice is believed; the black one and its dark neighbours are often missing.
_LEAST_NODES = 9
# Corners of a patch about its middle, in distances between patches: its side is 0.86 of one.
_OUTLINE = 0.43 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
# Correlation of the 24 colours with the reference, the smallest of lightness, red/green and blue/green. Charts under
# casts, blur and noise reach 0.9 and more; what lattices in photos reach by chance is reported with the tests.
_LEAST_LIKENESS = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocatedColourChecker:
    """Where a chart lies.

    Args:
        image_from_lattice: homography from lattice units (patch centres at 0.5, 1.5, … columns to the right, rows
            down, the first patch being dark skin) to px (centres at 0.5).
        likeness: smallest correlation of the colours with the reference, up to 1.
        regions: of the 24 patches, how many were found as regions.
    """

    image_from_lattice: Float64[np.ndarray, "3 3"]
    likeness: float
    regions: int

    def to_image(self, lattice_xy: Float64[np.ndarray, "*n 2"]) -> Float64[np.ndarray, "*n 2"]:
        """Pixel coordinates of lattice coordinates."""
        return _project(self.image_from_lattice, lattice_xy)

    @property
    def corners_xy(self) -> Float64[np.ndarray, "4 2"]:
        """Of the 6×4 lattice in px, from the one before dark skin clockwise on the chart."""
        return self.to_image(np.array([[0, 0], [COLUMNS, 0], [COLUMNS, ROWS], [0, ROWS]], np.float64))

    @property
    def centres_xy(self) -> Float64[np.ndarray, "24 2"]:
        """Of the patches in px, row by row."""
        return self.to_image(_lattice_centres())

    def patch_corners(self, index: int) -> Float64[np.ndarray, "4 2"]:
        """Corners in px of one of the 24 patches, counted row by row."""
        return self.to_image(_lattice_centres()[index] + _OUTLINE)

    @property
    def pitch_px(self) -> float:
        """Smallest distance between two neighbouring patches."""
        centres = self.centres_xy.reshape(ROWS, COLUMNS, 2)
        steps = [np.linalg.norm(np.diff(centres, axis=axis), axis=-1).min() for axis in (0, 1)]
        return float(min(steps))

    @property
    def confidence(self) -> float:
        """0…1: how far the likeness is above what is accepted, and how many patches were seen by themselves."""
        above = (self.likeness - _LEAST_LIKENESS) / (1 - _LEAST_LIKENESS)
        return float(np.clip(above, 0, 1) * min(1.0, self.regions / 20))


def find_colour_checker(linear: Float32[np.ndarray, "h w 3"]) -> LocatedColourChecker | None:
    """The most likely ColorChecker Classic of a photo, upright, turned or in perspective; None where there is none.

    Flat regions that form a lattice give a homography; the 24 colours that it points at must follow the reference in
    lightness and in both colour ratios, whatever the exposure, white balance or contrast. Mirrored charts are not
    found.

    Args:
        linear: the photo in linear light, any exposure.

    Raises:
        ContractError: not h×w×3.
    """
    if linear.ndim != 3 or linear.shape[2] != 3:
        raise ContractError(f"a ColorChecker is looked for in a colour picture, h×w×3; found {linear.shape}")
    h, w, _ = linear.shape
    for longest in _SEARCHED_PX:
        if longest != _SEARCHED_PX[0] and max(h, w) <= longest:
            break
        small = searched_picture(linear, longest_px=longest)
        found = _search(srgb_encode(small.relative))
        if found is not None:
            enlarge = np.diag([*small.back, 1.0])
            return LocatedColourChecker(
                image_from_lattice=enlarge @ found.image_from_lattice, likeness=found.likeness, regions=found.regions
            )
    return None


def _search(encoded: Float32[np.ndarray, "h w 3"]) -> LocatedColourChecker | None:
    regions = flat_regions(encoded)
    if len(regions) < _LEAST_NODES:
        return None
    points = ScatteredPoints(np.array([[r.x, r.y] for r in regions]), np.array([r.side_px for r in regions]))
    smooth = cv2.GaussianBlur(np.ascontiguousarray(encoded), (0, 0), 1.0)
    best: LocatedColourChecker | None = None
    settled: set[int] = set()
    tried: set[frozenset[int]] = set()
    for seed in np.argsort(-points.size):
        if int(seed) in settled:
            continue
        for across, down in points.bases(int(seed), nearest=0.9, farthest=2.2):
            nodes = points.grow(int(seed), across, down)
            members = frozenset(nodes.values())
            if len(nodes) < _LEAST_NODES or members in tried:
                continue
            tried.add(members)
            chart = _placed(points, nodes, smooth)
            if chart is not None:
                settled.update(members)
                if best is None or chart.likeness > best.likeness:
                    best = chart
                break
    return best


def _placed(
    points: ScatteredPoints, nodes: dict[Node, int], encoded: Float32[np.ndarray, "h w 3"]
) -> LocatedColourChecker | None:
    """The placement of the chart on a grown lattice whose colours are most like the reference."""
    ij = np.array(list(nodes), np.float64)
    xy = points.xy[list(nodes.values())]
    spread = np.ptp(ij, axis=0)
    if spread.min() < 1 or spread.max() < 2:
        return None
    homography, inside = cv2.findHomography(ij[:, ::-1] + 0.5, xy, cv2.LMEDS)
    if homography is None or inside.sum() < _LEAST_NODES:
        return None
    low = [int(v) for v in ij[inside[:, 0] > 0].min(axis=0)]
    high = [int(v) for v in ij[inside[:, 0] > 0].max(axis=0)]
    best: tuple[float, Float64[np.ndarray, "3 3"]] | None = None
    for quarter in range(4):
        shape = (ROWS, COLUMNS) if quarter % 2 == 0 else (COLUMNS, ROWS)
        for top in _offsets(low[0], high[0], shape[0]):
            for left in _offsets(low[1], high[1], shape[1]):
                turned = homography @ _window(quarter, top, left)
                likeness = _likeness(turned, encoded)
                if likeness is not None and (best is None or likeness > best[0]):
                    best = likeness, turned
    if best is None or best[0] < _LEAST_LIKENESS:
        return None
    refined, seen = _refined(best[1], points)
    likeness = _likeness(refined, encoded)
    if likeness is None or likeness < _LEAST_LIKENESS or seen < _LEAST_NODES:
        return None
    return LocatedColourChecker(image_from_lattice=refined, likeness=likeness, regions=seen)


def _offsets(low: int, high: int, length: int) -> range:
    """First rows (or columns) of windows that hold all nodes found, or are held by them."""
    return range(min(low, high - length + 1), max(low, high - length + 1) + 1)


def _window(quarter: int, top: int, left: int) -> Float64[np.ndarray, "3 3"]:
    """Grown lattice from chart lattice, for a chart turned clockwise by quarters and placed at (top, left)."""
    turns = {
        0: [[1, 0, left], [0, 1, top]],
        1: [[0, -1, left + ROWS], [1, 0, top]],
        2: [[-1, 0, left + COLUMNS], [0, -1, top + ROWS]],
        3: [[0, 1, left], [-1, 0, top + COLUMNS]],
    }
    return np.array([*turns[quarter], [0, 0, 1]], np.float64)


def _lattice_centres() -> Float64[np.ndarray, "24 2"]:
    i, j = np.mgrid[:ROWS, :COLUMNS].reshape(2, -1)
    return np.stack([j + 0.5, i + 0.5], axis=-1)


def _likeness(homography: Float64[np.ndarray, "3 3"], encoded: Float32[np.ndarray, "h w 3"]) -> float | None:
    """Smallest correlation of lightness and colour ratios with the reference; None where the chart leaves the picture.

    Logarithms make it blind to exposure and white balance, correlation to contrast.
    """
    h, w, _ = encoded.shape
    offsets = np.linspace(-0.25, 0.25, 3)
    dx, dy = np.meshgrid(offsets, offsets)
    around = _lattice_centres()[:, None] + np.stack([dx.ravel(), dy.ravel()], axis=-1)
    xy = _project(homography, around)
    if not np.all(np.isfinite(xy)) or xy.min() < 0 or xy[..., 0].max() > w or xy[..., 1].max() > h:
        return None
    column, row = np.moveaxis((xy - 0.5).astype(np.float32), -1, 0)
    samples = cv2.remap(encoded, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = _features(srgb_decode(np.median(samples, axis=1).astype(np.float64)))
    known = _features(reference_linear_srgb())
    seen, known = seen - seen.mean(axis=0), known - known.mean(axis=0)
    size = np.linalg.norm(seen, axis=0) * np.linalg.norm(known, axis=0)
    return float(((seen * known).sum(axis=0) / np.maximum(size, 1e-9)).min())


def _features(linear: Float64[np.ndarray, "24 3"]) -> Float64[np.ndarray, "24 3"]:
    # One percent of white is about the glare of a lens: below it a ratio of colours says nothing.
    logs = np.log(np.maximum(linear, 0) + 0.01 * max(float(linear.max()), 1e-9))
    return np.stack([logs[:, 1], logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], axis=-1)


def _refined(homography: Float64[np.ndarray, "3 3"], points: ScatteredPoints) -> tuple[Float64[np.ndarray, "3 3"], int]:
    """The homography through all regions that lie on patches, and their number."""
    lattice = _lattice_centres()
    count = 0
    for _ in range(3):
        centres = _project(homography, lattice)
        steps = np.linalg.norm(_project(homography, lattice + np.array([1.0, 0.0])) - centres, axis=-1)
        distance = np.linalg.norm(points.xy[None] - centres[:, None], axis=-1)
        nearest = distance.argmin(axis=1)
        hit = distance.min(axis=1) < 0.2 * steps
        count = int(hit.sum())
        if count < _LEAST_NODES:
            break
        # In perspective the middle of a patch's picture is not the picture of its middle.
        quads = _project(homography, lattice[:, None] + _OUTLINE)
        shift = np.array([_centroid(q) for q in quads]) - centres
        again, _ = cv2.findHomography(lattice[hit], (points.xy[nearest] - shift)[hit], cv2.RANSAC, 0.06 * steps.mean())
        if again is None:
            break
        homography = again
    return homography, count


def _centroid(quad: Float64[np.ndarray, "4 2"]) -> Float64[np.ndarray, "2"]:
    following = np.roll(quad, -1, axis=0)
    cross = quad[:, 0] * following[:, 1] - quad[:, 1] * following[:, 0]
    total: Float64[np.ndarray, "2"] = ((quad + following) * cross[:, None]).sum(axis=0) / (3 * cross.sum())
    return total


def _project(homography: Float64[np.ndarray, "3 3"], xy: Float64[np.ndarray, "*n 2"]) -> Float64[np.ndarray, "*n 2"]:
    mapped = np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1) @ homography.T
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Float64[np.ndarray, "*n 2"] = mapped[..., :2] / mapped[..., 2:]
    return result
