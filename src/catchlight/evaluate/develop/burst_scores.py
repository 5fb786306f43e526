"""All figures of one simulated burst: pictures against the true picture, mosaics against the clean mosaic."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.core import LinearMosaic, srgb_encode
from catchlight.evaluate.develop.burst_methods import aligned_mean, mean_mosaic, picture_from, plain_linear
from catchlight.evaluate.result_cache import Figures
from catchlight.measure import psnr, ssim, worst_block
from catchlight.pipelines import Development, DevelopSettings, develop
from catchlight.simulate import SimulatedBurst

# Cut from each edge: the shake takes this much out of sight in some frames.
BORDER_PX = 32
BLOCK_PX = 64

CATCHLIGHT, SINGLE, CLEANED = "catchlight", "single frame", "single frame, denoised"
PLAIN, ALIGNED, PERFECT = "plain mean", "OpenCV-aligned mean", "noise-free mosaic"
PSNR_LINEAR, PSNR_SRGB, SSIM_SRGB = "PSNR linear", "PSNR sRGB", "SSIM sRGB"
PICTURE_LOSS = "worst block, picture"
MERGE_GAIN, MERGE_GAIN_WHOLE, MERGE_LOSS = "merge gain", "merge gain, whole frame", "worst block, mosaic"

Picture = Float32[np.ndarray, "h w 3"]


def burst_pictures(burst: SimulatedBurst) -> tuple[dict[str, Picture], Development]:
    """Linear sRGB of every method, in the geometry of the reference, and how Catchlight came to its own."""
    frames = list(burst)
    linear = DevelopSettings(render="linear", reference=0)
    development = develop(frames, linear)
    cleaned = develop(frames[:1], linear)
    assert development.frame is not None and cleaned.frame is not None
    pictures = {
        SINGLE: picture_from(plain_linear(frames[0]), frames[0]),
        CATCHLIGHT: development.frame.pixels,
        CLEANED: cleaned.frame.pixels,
        PLAIN: picture_from(mean_mosaic(frames), frames[0]),
        ALIGNED: aligned_mean(frames),
        PERFECT: picture_from(_perfect(burst, development), frames[0]),
    }
    return pictures, development


def burst_scores(burst: SimulatedBurst) -> Figures:
    """Figures by the key `method | metric`."""
    pictures, development = burst_pictures(burst)
    truth = np.clip(burst.truth().linear_srgb, 0, 1)
    seen_truth = srgb_encode(truth)
    inner = (slice(BORDER_PX, -BORDER_PX),) * 2
    seen = {}
    figures: Figures = {}
    for method, picture in pictures.items():
        # As a 16-bit file would hold it.
        clipped = np.clip(picture, 0, 1)
        seen[method] = srgb_encode(clipped)
        figures[f"{method} | {PSNR_LINEAR}"] = psnr(clipped, truth, border_px=BORDER_PX)
        figures[f"{method} | {PSNR_SRGB}"] = psnr(seen[method], seen_truth, border_px=BORDER_PX)
        figures[f"{method} | {SSIM_SRGB}"] = ssim(seen[method][inner], seen_truth[inner])
        if method not in (SINGLE, PERFECT):
            figures[f"{method} | {PICTURE_LOSS}"] = worst_block(
                seen[method], seen[SINGLE], seen_truth, size_px=BLOCK_PX
            ).loss_db
    return figures | _merge_scores(burst, development)


def _merge_scores(burst: SimulatedBurst, development: Development) -> Figures:
    assert development.merged is not None
    truth = burst.clean_mosaic(0)
    single = _unbalanced(plain_linear(burst[0]))
    merged = {CATCHLIGHT: _unbalanced(development.merged), PLAIN: _unbalanced(mean_mosaic(list(burst)))}
    figures: Figures = {}
    for method, mosaic in merged.items():
        for metric, border in ((MERGE_GAIN, BORDER_PX), (MERGE_GAIN_WHOLE, 0)):
            gain_db = psnr(mosaic, truth, border_px=border) - psnr(single, truth, border_px=border)
            figures[f"{method} | {metric}"] = gain_db
        figures[f"{method} | {MERGE_LOSS}"] = worst_block(mosaic, single, truth, size_px=BLOCK_PX).loss_db
    return figures


def _unbalanced(mosaic: LinearMosaic) -> Float32[np.ndarray, "h w"]:
    """The mosaic on the sensor's own scale, where the truth is."""
    unbalanced: Float32[np.ndarray, "h w"] = mosaic.values / _gain_map(mosaic)
    return unbalanced


def _perfect(burst: SimulatedBurst, development: Development) -> LinearMosaic:
    merged = development.merged
    assert merged is not None
    none = merged.noise.averaged(1e6)
    return LinearMosaic(
        values=burst.clean_mosaic(0) * _gain_map(merged), cfa=merged.cfa, gains=merged.gains, noise=none
    )


def _gain_map(mosaic: LinearMosaic) -> Float32[np.ndarray, "h w"]:
    h, w = mosaic.shape
    tile = np.array([mosaic.gains[c] for c in mosaic.cfa.sites], np.float32).reshape(2, 2)
    return np.tile(tile, (h // 2, w // 2))
