"""Straight edges anywhere in a picture, at any blur: where to look, not yet what to believe."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8

from catchlight.measure.sfr.edge_samples import EdgeLine, wrapped_deg

# A segment at pyramid level k is at least this long in that level's pixels.
_LEAST_SEGMENT_PX = 14.0
# A level is worth looking at while its shorter side has this many pixels; blurred and noisy edges show at coarse ones.
_LEAST_SIDE_PX, _MOST_LEVELS = 24, 5
# Pieces are one edge when their lines are this close and this parallel, relative to the level's pixel.
_APART_PX, _PARALLEL_DEG, _GAP_PX = 1.5, 2.5, 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCandidate:
    """A line segment along which the picture changes.

    Args:
        line: its middle and direction; the normal points to the brighter side.
        half_length_px: half of its length.
        blur_px: about how blurred it may be: the pixel of the level at which it was seen.
    """

    line: EdgeLine
    half_length_px: float
    blur_px: float


def find_edges(plane: Float32[np.ndarray, "h w"]) -> list[EdgeCandidate]:
    """Candidates for slanted edges, longest first; the same edge may appear more than once.

    Args:
        plane: linear light, any range.

    Source: line segments by the detector of von Gioi et al. 2012, "LSD: a line segment detector" (as in OpenCV), on a
    pyramid; joined where noise has broken them.
    """
    picture = _eight_bits(plane)
    found: list[EdgeCandidate] = []
    level_px = 1.0
    for _ in range(_MOST_LEVELS):
        if min(picture.shape) < _LEAST_SIDE_PX:
            break
        segments = _segments(picture)
        found += [_candidate(s * level_px, level_px) for s in _joined(segments)]
        size = (picture.shape[1] // 2, picture.shape[0] // 2)
        # Cut to an even size first, so that a pixel of the next level is exactly two of this one.
        even = picture[: size[1] * 2, : size[0] * 2]
        picture = cv2.resize(even, size, interpolation=cv2.INTER_AREA) if min(size) else even[:0]
        level_px *= 2
    return sorted(found, key=lambda c: -c.half_length_px)


def _eight_bits(plane: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """The plane on a scale on which equal ratios of light look alike, as the detector needs it."""
    low, high = (float(v) for v in np.quantile(plane, (0.002, 0.998)))
    scaled = (plane - np.float32(low)) / np.float32(max(high - low, 1e-9))
    picture: UInt8[np.ndarray, "h w"] = (np.sqrt(np.clip(scaled, 0, 1)) * 255 + 0.5).astype(np.uint8)
    return picture


def _segments(picture: UInt8[np.ndarray, "h w"]) -> Float64[np.ndarray, "n 4"]:
    """Segments x1 y1 x2 y2 with the brighter side on their right as seen on the screen, pixel centres at 0.5."""
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD)
    lines = detector.detect(picture)[0]
    if lines is None:
        return np.empty((0, 4))
    segments = np.asarray(lines, np.float64).reshape(-1, 4) + 0.5
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    return segments[length >= _LEAST_SEGMENT_PX / 2]


def _joined(segments: Float64[np.ndarray, "n 4"]) -> list[Float64[np.ndarray, "4"]]:
    """Pieces of one line put together, from the longest down; what stays short is left out."""
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    left = segments[np.argsort(-length)]
    result = []
    while len(left):
        whole, left = left[0], left[1:]
        while len(left):
            fits = _continuing(whole, left)
            if not fits.any():
                break
            for piece in left[fits]:
                whole = _united(whole, piece)
            left = left[~fits]
        if math.hypot(whole[2] - whole[0], whole[3] - whole[1]) >= _LEAST_SEGMENT_PX:
            result.append(whole)
    return result


def _continuing(whole: Float64[np.ndarray, "4"], pieces: Float64[np.ndarray, "n 4"]) -> Bool[np.ndarray, "n"]:
    """Which pieces lie on the line of `whole`, near it, with the bright side on the same side."""
    start, along, length = _frame(whole)
    normal = np.array([-along[1], along[0]])
    first, last = pieces[:, :2] - start, pieces[:, 2:] - start
    off = np.maximum(np.abs(first @ normal), np.abs(last @ normal))
    t = np.stack([first @ along, last @ along])
    near = (t.max(axis=0) >= -_GAP_PX) & (t.min(axis=0) <= length + _GAP_PX)
    way = last - first
    cosine = (way @ along) / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    # Short lines do not know their direction as well.
    parallel = cosine > math.cos(math.radians(_PARALLEL_DEG * (1 + 20 / max(length, 20))))
    result: Bool[np.ndarray, "n"] = (off <= _APART_PX) & near & parallel
    return result


def _united(whole: Float64[np.ndarray, "4"], piece: Float64[np.ndarray, "4"]) -> Float64[np.ndarray, "4"]:
    start, along, _ = _frame(whole)
    points = np.stack([whole[:2], whole[2:], piece[:2], piece[2:]])
    t = (points - start) @ along
    return np.concatenate([points[int(np.argmin(t))], points[int(np.argmax(t))]])


def _frame(segment: Float64[np.ndarray, "4"]) -> tuple[Float64[np.ndarray, "2"], Float64[np.ndarray, "2"], float]:
    way = segment[2:] - segment[:2]
    length = math.hypot(float(way[0]), float(way[1]))
    return segment[:2], way / max(length, 1e-9), length


def _candidate(segment: Float64[np.ndarray, "4"], level_px: float) -> EdgeCandidate:
    x1, y1, x2, y2 = (float(v) for v in segment)
    normal_deg = math.degrees(math.atan2(x2 - x1, -(y2 - y1)))
    line = EdgeLine(x=(x1 + x2) / 2, y=(y1 + y2) / 2, angle_deg=wrapped_deg(normal_deg))
    return EdgeCandidate(line=line, half_length_px=math.hypot(x2 - x1, y2 - y1) / 2, blur_px=level_px)
