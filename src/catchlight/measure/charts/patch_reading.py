"""Mean and noise of an even patch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core.camera_colour import Triple
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.measure.colour.luminance import luminance

# Stored values this close to the top are taken for clipped: 254 of 255 is, and so is what a JPEG made of it.
_CLIPPED = 0.995
# Dust and scratches lie farther from the mean than this many standard deviations; 1 of 16,000 samples of noise too.
_OUTLIER_SIGMAS = 4.0
# A sample of a Gaussian's median absolute deviation times this is its standard deviation.
_SIGMA_PER_MAD = 1.4826
# A plane has three numbers; below this many pixels the noise about it is known to worse than 25 %.
_LEAST_PIXELS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchReading:
    """What a patch says, in linear light.

    Args:
        x: centre in px (centres at 0.5).
        y: the same, down.
        mean: red, green, blue without outliers.
        noise: standard deviation of red, green, blue about a plane, so that uneven light does not count.
        noise_luminance: of the luminance.
        correlation: of the luminance's noise between neighbours along rows; near 0 for a sensor's own noise, more
            after demosaicing, denoising or JPEG.
        pixels: how many were read.
        clipped: share of them with a colour at the top of the file's range.
    """

    x: float
    y: float
    mean: Triple
    noise: Triple
    noise_luminance: float
    correlation: float
    pixels: int
    clipped: float

    @property
    def luminance(self) -> float:
        """Of the mean, taken for sRGB."""
        return float(luminance(np.array(self.mean)))


def read_patch(frame: Frame, corners_xy: Float64[np.ndarray, "4 2"], *, inner: float = 0.5) -> PatchReading | None:
    """Reads the middle of a quadrilateral patch; None where it leaves the picture or holds too few pixels.

    Args:
        frame: the photo; encoded ones are decoded first.
        corners_xy: of the patch in px, in order around it.
        inner: share of its width and height that is read.

    Raises:
        ContractError: a share outside 0…1.
    """
    if not 0 < inner <= 1:
        raise ContractError(f"the inner share of a patch lies in 0…1; found {inner}")
    middle = corners_xy.mean(axis=0)
    quad = middle + inner * (corners_xy - middle)
    h, w = frame.shape
    if not np.all(np.isfinite(quad)) or quad.min() < 0 or quad[:, 0].max() > w or quad[:, 1].max() > h:
        return None
    left, top = np.floor(quad.min(axis=0)).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int)
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    inside = np.ones(x.shape, bool)
    following = np.roll(quad, -1, axis=0)
    first, second = quad[1] - quad[0], quad[2] - quad[1]
    turn = np.sign(first[0] * second[1] - first[1] * second[0])
    for a, b in zip(quad, following, strict=True):
        inside &= turn * ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) >= 0
    count = int(inside.sum())
    if count < _LEAST_PIXELS:
        return None
    stored = frame.pixels[top:bottom, left:right]
    area = _patch_frame(frame, stored).to_linear().astype(np.float64)
    clipped = float((stored[inside] >= _CLIPPED).any(axis=-1).mean())
    values = area[inside]
    light = luminance(values)
    place = np.stack([x[inside] - middle[0], y[inside] - middle[1], np.ones(count)], axis=-1)
    readings = [_mean_and_noise(plane, place) for plane in (*values.T, light)]
    return PatchReading(
        x=float(middle[0]),
        y=float(middle[1]),
        mean=(readings[0][0], readings[1][0], readings[2][0]),
        noise=(readings[0][1], readings[1][1], readings[2][1]),
        noise_luminance=readings[3][1],
        correlation=_neighbour_correlation(light, place, inside),
        pixels=count,
        clipped=clipped,
    )


def _patch_frame(frame: Frame, pixels: Float32[np.ndarray, "h w 3"]) -> Frame:
    return Frame(pixels=pixels, space=frame.space, transfer=frame.transfer)


def _mean_and_noise(plane: Float64[np.ndarray, "n"], place: Float64[np.ndarray, "n 3"]) -> tuple[float, float]:
    median = np.median(plane)
    spread = _SIGMA_PER_MAD * np.median(np.abs(plane - median))
    kept = np.abs(plane - median) <= _OUTLIER_SIGMAS * spread if spread > 0 else np.ones(len(plane), bool)
    # Half of a coarsely rounded patch may share one value; then the deviations say nothing about outliers.
    if kept.mean() < 0.9:
        kept = np.ones(len(plane), bool)
    fit, _, rank, _ = np.linalg.lstsq(place[kept], plane[kept], rcond=None)
    left = plane[kept] - place[kept] @ fit
    free = max(int(kept.sum()) - int(rank), 1)
    return float(plane[kept].mean()), float(np.sqrt((left * left).sum() / free))


def _neighbour_correlation(
    values: Float64[np.ndarray, "n"], place: Float64[np.ndarray, "n 3"], inside: Bool[np.ndarray, "h w"]
) -> float:
    both = inside[:, 1:] & inside[:, :-1]
    if both.sum() < _LEAST_PIXELS:
        return 0.0
    left = values - place @ np.linalg.lstsq(place, values, rcond=None)[0]
    # Dust counts as little as it does for the noise.
    spread = _OUTLIER_SIGMAS * _SIGMA_PER_MAD * float(np.median(np.abs(left)))
    plane = np.zeros(inside.shape)
    plane[inside] = np.where(np.abs(left) <= spread, left, 0.0)
    a, b = plane[:, 1:][both], plane[:, :-1][both]
    variance = 0.5 * float((a * a).mean() + (b * b).mean())
    return float((a * b).mean() / variance) if variance > 0 else 0.0
