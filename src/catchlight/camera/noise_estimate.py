"""The noise of a frame from the frame itself, when its file does not tell."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.colour_quads import quad_statistics
from catchlight.core import CfaPattern, NoiseModel

_BLOCK = 16
_LEVELS = 16
# Blocks of a level are ranked by their variance; the flattest part is taken for pure noise. In white noise the smaller
# of the two estimates over 16×16 samples, at the tenth percentile, lies at this part of the variance (simulated).
_QUANTILE, _QUANTILE_BIAS = 0.10, 0.817
_NORMAL_QUANTILE = -1.2816
# A model is never taken for cleaner than this: rounding to 14 bits.
_LEAST_READ = (1 / 16384) ** 2 / 12


def estimate_mosaic_noise(values: Float32[np.ndarray, "h w"], cfa: CfaPattern) -> NoiseModel:
    """Noise model of one mosaic (black 0, white 1, before white balance), green measured on all of its sites.

    Without filters all three colours get what the one has.

    Source: variance against mean over the flattest blocks, in the spirit of Foi et al. 2008, section 3; the variance is
    that of second differences among samples of one colour, which ignore slopes.
    """
    if cfa.name == "MONO":
        one = _fit(*_block_statistics(values))
        return _model([one, one, one])
    if not cfa.is_bayer:
        return _model([_of_quads(values, cfa, colour) for colour in range(3)])
    means: dict[int, list[Float64[np.ndarray, "_"]]] = {0: [], 1: [], 2: []}
    variances: dict[int, list[Float64[np.ndarray, "_"]]] = {0: [], 1: [], 2: []}
    for colour, plane in cfa.planes:
        mean, variance = _block_statistics(np.ascontiguousarray(values[plane]))
        means[colour].append(mean)
        variances[colour].append(variance)
    return _model([_fit(np.concatenate(means[c]), np.concatenate(variances[c])) for c in range(3)])


def estimate_rgb_noise(pixels: Float32[np.ndarray, "h w 3"]) -> NoiseModel:
    """Noise model of a linear RGB picture; a lower bound where compression has smoothed its finest detail."""
    planes = [_block_statistics(np.ascontiguousarray(pixels[..., c])) for c in range(3)]
    return _model([_fit(mean, variance) for mean, variance in planes])


def _of_quads(values: Float32[np.ndarray, "h w"], cfa: CfaPattern, colour: int) -> tuple[float, float]:
    mean, variance, samples = quad_statistics(values, cfa, colour=colour)
    # The tenth percentile of the mean of that many squares of a normal variable, by Wilson and Hilferty 1931, "The
    # distribution of chi-square".
    spread = 2 / (9 * samples)
    return _fit(mean, variance, bias=(1 - spread + _NORMAL_QUANTILE * spread**0.5) ** 3)


def _model(fits: list[tuple[float, float]]) -> NoiseModel:
    (red_shot, red_read), (green_shot, green_read), (blue_shot, blue_read) = fits
    return NoiseModel(shot=(red_shot, green_shot, blue_shot), read=(red_read, green_read, blue_read))


def _block_statistics(plane: Float32[np.ndarray, "h w"]) -> tuple[Float64[np.ndarray, "_"], Float64[np.ndarray, "_"]]:
    kernel = np.array([[1, -2, 1]], np.float32) / np.sqrt(6, dtype=np.float32)
    size = (max(plane.shape[1] // _BLOCK, 1), max(plane.shape[0] // _BLOCK, 1))
    plane = plane[: size[1] * _BLOCK, : size[0] * _BLOCK]

    def block_mean(picture: Float32[np.ndarray, "_ _"]) -> Float64[np.ndarray, "_"]:
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).ravel().astype(np.float64)

    along_x = cv2.filter2D(plane, -1, kernel)
    along_y = cv2.filter2D(plane, -1, kernel.T)
    least = np.minimum(block_mean(np.square(along_x)), block_mean(np.square(along_y)))
    mean = block_mean(plane)
    # Clipped blocks have lost their noise.
    sound = block_mean((plane > 0.95).astype(np.float32)) == 0
    return mean[sound], least[sound]


def _fit(
    mean: Float64[np.ndarray, "_"], variance: Float64[np.ndarray, "_"], *, bias: float = _QUANTILE_BIAS
) -> tuple[float, float]:
    """Non-negative (shot, read) of variance = shot · mean + read, least relative squares over levels of brightness."""
    if mean.size < 8:
        return 1e-4, 1e-6
    light = np.maximum(mean, 0.0)
    levels = np.array_split(np.argsort(light), min(_LEVELS, max(1, mean.size // 8)))
    x = np.array([float(light[level].mean()) for level in levels])
    expected, at_level = np.ones_like(light), np.ones_like(x)
    shot, read = 0.0, 0.0
    # A level spans some range of brightness, and its flattest blocks would be its darkest: ranked by the ratio to what
    # the round before expects of them, they are not.
    for _ in range(3):
        ratios = [float(np.quantile(variance[level] / expected[level], _QUANTILE)) for level in levels]
        v = np.maximum(np.array(ratios) / bias * at_level, _LEAST_READ)
        shot, read = _line(x, v)
        expected, at_level = (np.maximum(shot * a + read, _LEAST_READ) for a in (light, x))
    # No sensor reads out better than to one electron, whose variance is shot².
    return max(shot, 0.0), max(read, shot * shot, _LEAST_READ)


def _line(x: Float64[np.ndarray, "_"], v: Float64[np.ndarray, "_"]) -> tuple[float, float]:
    # Texture can only add variance: levels far above the line through the others count less with every round.
    weight = np.ones_like(v)
    shot, read = 0.0, float(v.min())
    for _ in range(12):
        w = weight / np.square(v)
        sxx, sx, s1 = float((w * x * x).sum()), float((w * x).sum()), float(w.sum())
        sxv, sv = float((w * x * v).sum()), float((w * v).sum())
        det = sxx * s1 - sx * sx
        shot = (sxv * s1 - sx * sv) / det if det > 1e-12 * sxx * s1 else 0.0
        read = (sv - shot * sx) / s1
        if shot < 0:
            shot, read = 0.0, sv / s1
        elif read < 0:
            shot, read = sxv / sxx, 0.0
        ratio = v / np.maximum(shot * x + read, _LEAST_READ)
        weight = 1.0 / (1.0 + np.square(np.maximum(ratio - 1.0, 0.0) / 0.15))
    return shot, read
