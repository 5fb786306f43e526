"""Exactly where every pixel of one view is in the next."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64, Int64

from catchlight.core.flow import Flow
from catchlight.simulate.scene3d.scene_view import VISIBLE_ALPHA, SceneView

# With a rolling shutter the row where a point lands decides when it is seen, and that decides the row. Each round
# divides the error by (readout · speed in rows), which is far below 1/10 for any camera: six leave nothing.
_ROUNDS = 6


def true_flow(source: SceneView, target: SceneView) -> Flow:
    """Flow target_from_source of two views of the same scene, by projecting the cards' own points.

    Returns:
        Flow with confidence 1 where the point is inside the target and nothing hides it there, else 0. Vectors are
        right under occlusion as well; they are 0 where the source shows nothing or the point falls behind the camera.
    """
    h, w = source.shape
    visible = source.visible()
    vectors = np.zeros((h, w, 2), np.float32)
    seen = np.zeros((h, w), np.bool_)
    in_front: list[int] = []
    for card in reversed(target.order):
        mine = visible == card
        if mine.any():
            rows, columns = np.nonzero(mine)
            at = _landing(source.image_from_card[card], target.image_from_card[card], rows, columns)
            here = np.stack([columns + 0.5, rows + 0.5], axis=1)
            vectors[rows, columns] = np.where(np.isfinite(at), at - here, 0)
            inside = (at >= 0).all(axis=1) & (at[:, 0] <= w) & (at[:, 1] <= h)
            cover = [_alpha_at(target.layers[other], at) for other in in_front]
            seen[rows, columns] = inside & ~np.any([c >= VISIBLE_ALPHA for c in cover], axis=0) if cover else inside
        in_front.append(card)
    return Flow(vectors=vectors, confidence=seen.astype(np.float32))


def _landing(
    source_from_card: Float64[np.ndarray, "h 3 3"],
    target_from_card: Float64[np.ndarray, "h 3 3"],
    rows: Int64[np.ndarray, "n"],
    columns: Int64[np.ndarray, "n"],
) -> Float64[np.ndarray, "n 2"]:
    """(x, y) in the target of the card's point at each pixel of the source; NaN behind the camera."""
    card_from_source = np.linalg.inv(source_from_card)
    pixel = np.stack([columns + 0.5, rows + 0.5, np.ones(len(rows))], axis=1)
    if (source_from_card[0] == source_from_card[-1]).all() and (target_from_card[0] == target_from_card[-1]).all():
        return _divided(pixel @ (target_from_card[0] @ card_from_source[0]).T)
    point = np.einsum("nij,nj->ni", card_from_source[rows], pixel)
    point /= point[:, 2:]
    last = len(target_from_card) - 1
    at_row = rows.astype(np.float64)
    for _ in range(_ROUNDS):
        # Between the middles of two rows the camera moves on evenly.
        low = np.clip(np.floor(at_row).astype(np.int64), 0, last - 1)
        share = np.clip(at_row - low, -1, 2)[:, None]
        here = np.einsum("nij,nj->ni", target_from_card[low], point)
        there = np.einsum("nij,nj->ni", target_from_card[low + 1], point)
        at = _divided(here + (there - here) * share)
        at_row = np.nan_to_num(at[:, 1] - 0.5, nan=0.0)
    return at


def _divided(homogeneous: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 2"]:
    depth = homogeneous[:, 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Float64[np.ndarray, "n 2"] = np.where(depth > 0, homogeneous[:, :2] / depth, np.nan)
    return result


def _alpha_at(layer: Float32[np.ndarray, "h w 4"], at: Float64[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n"]:
    h, w, _ = layer.shape
    x = np.clip(np.nan_to_num(at[:, 0], nan=-1.0) - 0.5, 0, w - 1)
    y = np.clip(np.nan_to_num(at[:, 1], nan=-1.0) - 0.5, 0, h - 1)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, bottom = np.minimum(left + 1, w - 1), np.minimum(top + 1, h - 1)
    fx, fy, alpha = (x - left).astype(np.float32), (y - top).astype(np.float32), layer[..., 3]
    upper = alpha[top, left] * (1 - fx) + alpha[top, right] * fx
    lower = alpha[bottom, left] * (1 - fx) + alpha[bottom, right] * fx
    result: Float32[np.ndarray, "n"] = upper * (1 - fy) + lower * fy
    return result
