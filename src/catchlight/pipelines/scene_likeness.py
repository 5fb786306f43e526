"""Whether two small pictures show the same scene, whatever their exposure and however the hand moved between them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Complex64, Float32, Float64
from scipy import fft

from catchlight.core import ContractError

# Detail is compared with its surroundings of this many thumbnail pixels: coarser tones change with light and exposure,
# finer detail with blur and rotation.
_FINE_PX, _COARSE_PX = 0.7, 4.0
# Contrast below this share of the local level counts as flat: rounding, noise of dark frames, uneven lighting.
_FLAT = 0.02
# Absolute floor of the level (of its square root): 3e-5 of full is below any camera's black-level error.
_DARK = 0.005
# Square roots above this are clipped, or nearly so, and do not count.
_CLIPPED = 0.97
# The furthest shift, as a share of the side; and the share of the picture that both must show.
_FURTHEST, _LEAST_OVERLAP = 0.3, 0.25
# A picture with less mean contrast than this shows no scene: a lens cap, a clear sky, fog. The same where its noise has
# more than half of the contrast.
_LEAST_CONTRAST, _NOISY, _LIFT = 0.004, 2.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SceneView:
    """A thumbnail prepared for comparing; made by `scene_view`.

    Args:
        shape: of the thumbnail.
        contrast: mean local contrast where it can be judged, as a share of the level.
        judged: share of the thumbnail that is not clipped.
        noise: what noise alone would add to the contrast.
        spectra: of detail × mask, of the mask, and of detail² × mask, padded to twice the size.
    """

    shape: tuple[int, int]
    contrast: float
    judged: float
    noise: float
    spectra: Complex64[np.ndarray, "3 a b"]

    @property
    def flat(self) -> bool:
        """Whether there is nothing to recognise."""
        return self.contrast < max(_LEAST_CONTRAST, _NOISY * self.noise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two views are.

    Args:
        score: correlation of their detail at the best shift, -1…1; None where it cannot be told: both are flat, or
            clipped where the other is not.
        shift: (x, y) by which the second shows things further right and down, as a share of the longer side.
    """

    score: float | None
    shift: tuple[float, float] = (0.0, 0.0)


def scene_view(thumbnail: Float32[np.ndarray, "h w"], *, noise: float = 0.0) -> SceneView:
    """Prepares a thumbnail: its square root less the local mean, over the local contrast; exposure cancels.

    Args:
        thumbnail: linear light, white 1.
        noise: standard deviation of its noise.
    """
    # The roots of what is all noise would spread; lifted by a few deviations they do not.
    lifted = np.clip(thumbnail, 0, 1) + np.float32(_LIFT * noise)
    level = np.sqrt(lifted)
    mask = (cv2.dilate(level, np.ones((3, 3), np.uint8)) < _CLIPPED).astype(np.float32)
    weight = cv2.GaussianBlur(mask, (0, 0), _COARSE_PX) + np.float32(1e-6)
    fine = cv2.GaussianBlur(level, (0, 0), _FINE_PX)
    mean = cv2.GaussianBlur(level * mask, (0, 0), _COARSE_PX) / weight
    detail = (fine - mean) * mask
    spread = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), _COARSE_PX) / weight)
    floor = mean + np.float32(_DARK)
    detail /= spread + np.float32(_FLAT) * floor
    judged = float(mask.mean())
    contrast = float((spread / floor * mask).sum() / max(float(mask.sum()), 1.0))
    h, w = level.shape
    planes = np.stack([detail, mask, detail * detail])
    return SceneView(
        shape=(h, w),
        contrast=contrast if judged > 0 else 0.0,
        judged=judged,
        noise=_noise_contrast(float(np.median(lifted)), noise),
        spectra=fft.rfft2(planes, s=_padded((h, w))).astype(np.complex64),
    )


def likeness(first: SceneView, second: SceneView) -> Likeness:
    """Compares two views of one size at all shifts up to 0.3 of the side.

    Raises:
        ContractError: thumbnails of different size.

    Source: Padfield 2012, "Masked object registration in the Fourier domain", eq. 11, with detail of mean 0 taken for
    granted; the local normalisation is our own.
    """
    if first.shape != second.shape:
        raise ContractError(f"thumbnails of one size are compared; found {first.shape} and {second.shape}")
    if (first.flat and second.flat) or min(first.judged, second.judged) < _LEAST_OVERLAP:
        return Likeness(score=None)
    (h, w), padded = first.shape, _padded(first.shape)
    (a, mask_a, square_a), (b, mask_b, square_b) = np.conj(first.spectra), second.spectra
    products = np.stack([a * b, mask_a * mask_b, square_a * mask_b, mask_a * square_b])
    reach_y, reach_x = max(round(_FURTHEST * h), 1), max(round(_FURTHEST * w), 1)
    rows, columns = np.arange(-reach_y, reach_y + 1), np.arange(-reach_x, reach_x + 1)
    cross, overlap, energy_a, energy_b = fft.irfft2(products, s=padded)[:, rows[:, None], columns[None]]
    enough = overlap > _LEAST_OVERLAP * h * w
    if not enough.any():
        return Likeness(score=None)
    scores: Float64[np.ndarray, "y x"] = np.where(
        enough, cross / np.sqrt(np.maximum(energy_a * energy_b, 1e-6)), -1.0
    ).astype(np.float64)
    y, x = np.unravel_index(int(scores.argmax()), scores.shape)
    side = max(h, w)
    return Likeness(
        score=float(np.clip(scores[y, x], -1.0, 1.0)), shift=(float(columns[x]) / side, float(rows[y]) / side)
    )


def _noise_contrast(level: float, noise: float) -> float:
    """The contrast of white noise after the smoothing, as a share of the level's square root."""
    root = np.sqrt(max(level, 0.0)) + _DARK
    # d√x = dx / (2√x), and a Gaussian of σ leaves 1 / (2 σ √π) of white noise.
    return float(noise / (2 * root) / (2 * _FINE_PX * np.sqrt(np.pi)) / root)


def turned_views(thumbnail: Float32[np.ndarray, "h w"], *, noise: float = 0.0) -> tuple[SceneView, ...]:
    """The same scene as a camera turned by ±5° and ±10°, or 8 % nearer or further, would see it."""
    h, w = thumbnail.shape
    changes = [(angle, 1.0) for angle in (-10.0, -5.0, 5.0, 10.0)] + [(0.0, 0.92), (0.0, 1.08)]
    views = []
    for angle, scale in changes:
        matrix = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), angle, scale)
        turned = cv2.warpAffine(thumbnail, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        views.append(scene_view(turned, noise=noise))
    return tuple(views)


def _padded(shape: tuple[int, int]) -> tuple[int, int]:
    return fft.next_fast_len(2 * shape[0], real=True), fft.next_fast_len(2 * shape[1], real=True)
