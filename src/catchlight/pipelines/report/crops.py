"""Chooses the places of a picture that are worth showing at full size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

_STEP_SHARE = 4  # candidates lie a quarter of a crop apart
_BLUR_PX = 1.6
# Encoded brightness of a highlight, and the least share of a crop that makes it worth a look.
_BRIGHT, _LEAST_BRIGHT = 0.8, 0.02
# Mean disagreement of a crop, above that of most of the picture, that is worth a look.
_LEAST_MOTION = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A square of a picture.

    Args:
        what: why it was chosen.
        left: first column.
        top: first row.
        side: width and height in pixels.
    """

    what: str
    left: int
    top: int
    side: int

    def overlaps(self, other: Crop) -> bool:
        """Whether the two squares share more than a quarter of their area."""
        wide = self.side - abs(self.left - other.left)
        high = self.side - abs(self.top - other.top)
        return wide > 0 and high > 0 and 4 * wide * high > self.side * self.side


def choose_crops(
    luma: Float32[np.ndarray, "h w"],
    *,
    side: int,
    moving: Float32[np.ndarray, "_ _"] | None = None,
) -> tuple[Crop, ...]:
    """The darkest place with texture, the most detailed one and, if any, highlights and where something moved.

    Args:
        luma: encoded brightness of the finished picture, 0…1.
        side: side of a crop in pixels, at most the shorter side of the picture.
        moving: 0…1, how far the frames disagree, over the whole picture at any size.
    """
    h, w = luma.shape
    side = min(side, h, w)
    step = max(1, side // _STEP_SHARE)
    tops = sorted({*range(0, h - side + 1, step), h - side})
    lefts = sorted({*range(0, w - side + 1, step), w - side})
    smooth = cv2.GaussianBlur(luma, (0, 0), _BLUR_PX)
    detail = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    # One strong edge is no texture: its weight is limited, in the dark the more so.
    texture = _window_means(np.minimum(detail, 0.1), tops, lefts, side)
    faint = _window_means(np.minimum(detail, 0.02), tops, lefts, side)
    mean = _window_means(luma, tops, lefts, side)
    clipped = _window_means((luma > 0.97).astype(np.float32), tops, lefts, side)
    scores = [("Detail", texture * (1 - clipped))]
    # A highlight has an edge to the dark and drawing inside: neither a white wall nor a lamp of three pixels.
    bright = _window_means((luma > _BRIGHT).astype(np.float32), tops, lefts, side)
    if float(bright.max()) > _LEAST_BRIGHT:
        scores.append(("In the light", np.where(bright > _LEAST_BRIGHT, np.minimum(bright, 0.3) * texture, -1.0)))
    dark = mean <= 0.02 + 1.2 * np.quantile(mean, 0.35)
    scores.insert(0, ("In the dark", np.where(dark, faint / (mean + 0.05), -1.0)))
    if moving is not None:
        disagreement = _window_means(cv2.resize(moving, (w, h), interpolation=cv2.INTER_AREA), tops, lefts, side)
        # Frames that disagree everywhere (noise taken for change) single out no place.
        excess = disagreement - np.median(disagreement)
        if float(excess.max()) > _LEAST_MOTION:
            scores.insert(0, ("Where the frames disagree", excess))
    chosen: list[Crop] = []
    for what, score in scores:
        for at in np.argsort(score, axis=None)[::-1]:
            row, column = divmod(int(at), len(lefts))
            crop = Crop(what=what, left=lefts[column], top=tops[row], side=side)
            if score[row, column] >= 0 and not any(crop.overlaps(other) for other in chosen):
                chosen.append(crop)
                break
    return tuple(chosen)


def _window_means(
    plane: Float32[np.ndarray, "h w"], tops: list[int], lefts: list[int], side: int
) -> Float32[np.ndarray, "_ _"]:
    total = cv2.integral(plane, sdepth=cv2.CV_64F)
    top, left = np.array(tops)[:, None], np.array(lefts)[None, :]
    inside = total[top + side, left + side] - total[top, left + side] - total[top + side, left] + total[top, left]
    means: Float32[np.ndarray, "_ _"] = (inside / (side * side)).astype(np.float32)
    return means
