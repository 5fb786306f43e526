"""Rotation, zoom and shift of a whole frame from nothing: many starts, told apart by how well they explain it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst.align.phase import PhaseReference, without_shade

Grey = Float32[np.ndarray, "h w"]
Affine32 = Float32[np.ndarray, "2 3"]

# Phase correlation stands a rotation and a zoom of half a step: 1.2 px at the corner of a picture of 160 px.
_ANGLES_DEG = tuple(2.0 * k for k in range(-6, 7))
_ZOOMS = tuple(1.04**k for k in range(-4, 5))
_PEAKS = 2
_TRIED = 8
# Less in common than this, and chance agrees too easily.
_LEAST_COMMON = 0.25
# Broad shade is taken off at this share of the longer side.
_SHADE = 1 / 12


def search_starts(reference: Grey, frame: Grey, *, noise_variance: float, count: int) -> list[Affine32]:
    """The most likely similarity transforms `frame_from_reference`, best first, in index coordinates.

    Args:
        reference: a small grey picture, about 160 px.
        frame: the other one.
        noise_variance: of both.
        count: how many to return at most.

    Rotations to ±12° and zooms from 0.85 to 1.17 are tried one by one, the shift that goes with each is read from the
    phase correlation's peaks; of those the likelihood decides: log(1/(1 - r²)) for each pixel that both pictures show.
    """
    h, w = reference.shape
    sigma = max(2.0, max(h, w) * _SHADE)
    a, b = without_shade(reference, sigma_px=sigma), without_shade(frame, sigma_px=sigma)
    phase = PhaseReference(a, noise_variance=noise_variance)
    middle = ((w - 1) / 2, (h - 1) / 2)
    found: list[tuple[float, Affine32]] = []
    for zoom in _ZOOMS:
        for angle_deg in _ANGLES_DEG:
            turn = cv2.getRotationMatrix2D(middle, angle_deg, zoom).astype(np.float32)
            turned = _under(b, turn)
            for dx, dy, height in phase.peaks(turned, count=_PEAKS):
                start = turn.copy()
                start[:, 2] += start[:, :2] @ np.array([dx, dy], np.float32)
                found.append((height, start))
    found.sort(key=lambda item: -item[0])
    scored = [(likelihood(a, b, start), start) for _, start in found[: 3 * _TRIED]]
    scored.sort(key=lambda item: -item[0])
    best = scored[:_TRIED]
    return [start for value, start in best[:count] if value > 0]


def likelihood(reference: Grey, frame: Grey, affine: Affine32) -> float:
    """How much more likely it is that the frame shows the reference under `affine` than that it does not.

    Args:
        reference: small grey picture without its broad shade.
        frame: the same of the other frame.
        affine: `frame_from_reference` in index coordinates.

    Natural logarithm, for pictures whose pixels are independent; 0 or less: not at all, or too little in common.
    """
    h, w = reference.shape
    moved = _under(frame, affine)
    seen = _under(np.ones((h, w), np.float32), affine) > 0.99
    count = int(np.count_nonzero(seen))
    if count < _LEAST_COMMON * h * w or count < 64:
        return -math.inf
    a, b = reference[seen], moved[seen]
    a, b = a - a.mean(), b - b.mean()
    power = float(a @ a) * float(b @ b)
    r = float(a @ b) / math.sqrt(power) if power > 0 else 0.0
    if r <= 0:
        return 0.0
    return -0.5 * count * math.log(max(1 - min(r, 1.0) ** 2, 1e-9))


def _under(picture: Grey, affine: Affine32) -> Grey:
    h, w = picture.shape
    moved: Grey = cv2.warpAffine(
        picture, affine, (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT
    )
    return moved
