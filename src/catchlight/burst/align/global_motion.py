"""Motion of a whole frame against the reference: shift and rotation, and zoom and shear where they are needed."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.burst.align.phase import PhaseReference
from catchlight.burst.align.search import search_starts

Grey = Float32[np.ndarray, "_ _"]
Affine32 = Float32[np.ndarray, "2 3"]

# The motion is estimated on a picture of about this many pixels on its longer side: the noise is averaged away there,
# and the tiles refine what is left (a twentieth of a pixel here is half a pixel of a 12-megapixel frame).
_LONG_SIDE = 640
# Under strong noise it is begun on a smaller one, where more of it is averaged away; a search from nothing always is.
_SMALL_SIDES = (320, 160)
_SEARCH_SIDE = 160
# Under noise the correlation's top is flat: ECC must not stop early there.
_ITERATIONS, _PRECISION, _NOISY_PRECISION = 60, 1e-5, 1e-6
_SOME_NOISE = 0.02
_AFFINE_ITERATIONS = 30
# OpenCV's ECC blurs both pictures by this.
_BLUR = 5
# A correlation that falls short of what noise leaves by less than the first is as good as it gets; by less than the
# second, zoom and shear may be all that is missing; beyond it, the motion may be another one.
_FAIR = 0.03
# Noise itself is only known to about this share of what it takes from the correlation.
_NOISE_DOUBT = 0.3
# Noise that takes more than this from the correlation is strong.
_STRONG_NOISE = 0.15
# Starts of a search that are followed to their end.
_STARTS = 4
# Below this correlation the estimate is not better than no motion at all.
MIN_CORRELATION = 0.15
# A hand-held burst has no more rotation and no more zoom than this; what does is a mistake.
_MOST_TURN_DEG, _ZOOM_RANGE, _MOST_SHEAR = 20.0, (0.8, 1.25), 0.12


def estimate_affine(
    reference: Grey, frame: Grey, *, scale: float, noise_variance: float = 0.0
) -> tuple[Float64[np.ndarray, "2 3"], float]:
    """Affine `frame_from_reference` and the correlation that it reaches.

    Args:
        reference: grey picture; any exposure.
        frame: the other, of the same size.
        scale: full-size pixels for each pixel of the pictures; the result is in full-size pixels, centres at 0.5.
        noise_variance: of both pictures; tells a correlation that noise spoils from one that a wrong motion spoils.

    A shift by phase correlation, a rotation and shift by ECC; where these leave more than noise, a full affine motion
    by ECC; where that does, a search over rotations and zooms (`search_starts`).

    Source: enhanced correlation coefficient: Evangelidis & Psarakis 2008, "Parametric image alignment using enhanced
    correlation coefficient maximization", which ignores gain and offset between the frames; OpenCV's.
    """
    a, b = _reduced(reference, _LONG_SIDE), _reduced(frame, _LONG_SIDE)
    variance = noise_variance * a.size / reference.size
    loss = _noise_loss(a, variance)
    best, score, short = _rigid(a, b, variance, loss)
    if short > _FAIR:
        best, score = _searched(reference, frame, a, b, noise_variance, (best, score))
    if score < MIN_CORRELATION:
        best = np.eye(2, 3, dtype=np.float32)
    # Index coordinates of the small picture → coordinates with centres at 0.5 of the full one, where both scales agree.
    zoom = np.array([scale * reference.shape[1] / a.shape[1], scale * reference.shape[0] / a.shape[0]])
    linear = best[:, :2].astype(np.float64)
    offset = best[:, 2].astype(np.float64) + 0.5 - linear @ np.array([0.5, 0.5])
    affine = np.empty((2, 3))
    affine[:, :2] = zoom[:, None] * linear / zoom[None, :]
    affine[:, 2] = zoom * offset
    return affine, score


def _rigid(a: Grey, b: Grey, variance: float, loss: float) -> tuple[Affine32, float, float]:
    """Shift and rotation from the phase correlation's shift; through smaller pictures first where noise is strong.

    Returns the motion, its correlation, and how far the correlation falls short of what noise leaves, where most.
    """
    sides = [side for side in _SMALL_SIDES if loss > _STRONG_NOISE and side < 0.8 * max(a.shape)]
    start = np.eye(2, 3, dtype=np.float32)
    before, short, score = 0, -1.0, -1.0
    for side in [*reversed(sides), 0]:
        small_a, small_b = (a, b) if side == 0 else (_reduced(a, side), _reduced(b, side))
        small_variance = variance * small_a.size / a.size
        if before == 0:
            phase = PhaseReference(small_a, noise_variance=small_variance)
            for dx, dy, _ in phase.peaks(small_b, count=1):
                start[:, 2] = dx, dy
        else:
            start = _rescaled(start, max(small_a.shape) / before)
        before = max(small_a.shape)
        lost = _noise_loss(small_a, small_variance)
        precision = _NOISY_PRECISION if lost > _SOME_NOISE else _PRECISION
        found, score = _ecc(small_a, small_b, start, cv2.MOTION_EUCLIDEAN, _ITERATIONS, precision)
        short = max(short, 1 - (1 + _NOISE_DOUBT) * lost - score)
        if score > MIN_CORRELATION:
            start = found
    return start, score, short


def _searched(
    reference: Grey, frame: Grey, a: Grey, b: Grey, noise_variance: float, rigid: tuple[Affine32, float]
) -> tuple[Affine32, float]:
    """The best of what the search's starts lead to, and of `rigid`."""
    small_a, small_b = _reduced(reference, _SEARCH_SIDE), _reduced(frame, _SEARCH_SIDE)
    variance = noise_variance * small_a.size / reference.size
    factor = max(a.shape) / max(small_a.shape)
    # All are judged on the small picture: there noise hides least.
    best = _rescaled(rigid[0], 1 / factor)
    best, score = _ecc(small_a, small_b, best, cv2.MOTION_EUCLIDEAN, _ITERATIONS)
    for start in search_starts(small_a, small_b, noise_variance=variance, count=_STARTS):
        found, value = _ecc(small_a, small_b, start, cv2.MOTION_AFFINE, _ITERATIONS)
        if value > score and _plausible(found):
            best, score = found, value
    found, value = _ecc(a, b, _rescaled(best, factor), cv2.MOTION_AFFINE, _AFFINE_ITERATIONS)
    return (found, value) if value > rigid[1] and _plausible(found) else rigid


def _ecc(
    a: Grey, b: Grey, start: Affine32, model: int, iterations: int, precision: float = _PRECISION
) -> tuple[Affine32, float]:
    """The motion that ECC comes to from a start, and its correlation; -1 where it did not converge."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, iterations, precision)
    everywhere = np.full(a.shape, 255, np.uint8)
    try:
        score, found = cv2.findTransformECC(a, b, start.copy(), model, criteria, everywhere, _BLUR)
    except cv2.error:  # it did not converge from this start
        return start, -1.0
    return np.asarray(found, np.float32), float(score)


def _noise_loss(a: Grey, variance: float) -> float:
    """What noise takes from the correlation of two equal pictures as ECC blurs them, 0…1."""
    kernel = cv2.getGaussianKernel(_BLUR, 0)
    power = float(np.square(kernel).sum()) ** 2 * variance
    spread = float(cv2.GaussianBlur(a, (_BLUR, _BLUR), 0).var())
    return min(1.0, power / spread) if spread > 0 else 1.0


def _plausible(affine: Affine32) -> bool:
    """Whether a hand can have moved a camera like this between two frames of a burst."""
    linear = affine[:, :2].astype(np.float64)
    if not np.isfinite(linear).all():
        return False
    left, stretch, right = np.linalg.svd(linear)
    turn = left @ right
    angle_deg = abs(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
    low, high = _ZOOM_RANGE
    upright = bool(np.linalg.det(linear) > 0)
    in_range = bool(low < stretch[1] and stretch[0] < high and stretch[0] - stretch[1] < _MOST_SHEAR)
    return upright and in_range and bool(angle_deg < _MOST_TURN_DEG)


def _reduced(picture: Grey, long_side: int) -> Grey:
    shrink = max(1.0, max(picture.shape) / long_side)
    size = (max(8, round(picture.shape[1] / shrink)), max(8, round(picture.shape[0] / shrink)))
    small: Grey = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return small


def _rescaled(affine: Affine32, factor: float) -> Affine32:
    """The same motion in index coordinates of a picture `factor` times as large."""
    linear, shift = affine[:, :2].astype(np.float64), affine[:, 2].astype(np.float64)
    half = np.array([0.5, 0.5])
    place = (shift + half - linear @ half) * factor
    return np.column_stack([linear, place - half + linear @ half]).astype(np.float32)
