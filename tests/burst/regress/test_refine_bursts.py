"""What shaken bursts gain: simulated ones, with the true motion, so that alignment plays no part."""

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest

from catchlight.burst import Alignment, MosaicMerge
from catchlight.burst.regress import HeldFrame, Step, coarse_colours, refine
from catchlight.camera import interpolate_cfa
from catchlight.core import CfaName, Frame, LinearMosaic, srgb_encode
from catchlight.develop import linearise
from catchlight.develop.denoise_dct import shrink_blocks
from catchlight.simulate import IMX477, BurstPlan, HandShake, SimulatedBurst, night_city, simulate_burst

_SHAKE = HandShake(shift_px=6.0, rotation_deg=0.5)
# A photosite sees one pixel of a scene with twice its sampling, and half of each neighbour.
_PHOTOSITE = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25]).astype(np.float32)
_SHRINK = partial(shrink_blocks, threshold=2.4, stride=8)


def _town(height_px: int, width_px: int) -> Frame:
    """A town by day: four times the night's light, and no finer than its pixels can show."""
    town = night_city(height_px=height_px, width_px=width_px, seed=7)
    return replace(town, pixels=cv2.GaussianBlur(np.clip(town.pixels * 4, 0, 1), (0, 0), 0.5))


def _ready(burst: SimulatedBurst) -> tuple[list[LinearMosaic], list[Alignment], list[HeldFrame]]:
    raws = list(burst)
    noise = raws[0].noise
    assert noise is not None
    gains = raws[0].colour.white_balance()
    linear = [linearise(raw, noise=noise.to_normalised(range_dn=raw.range_dn), gains=gains) for raw in raws]
    still = Alignment.identity(burst.shape)
    moved = [replace(still, affine=affine) for affine in burst.frame_from_reference]
    return linear, moved, [HeldFrame.of(m, a) for m, a in zip(linear, moved, strict=True)]


def _psnr(picture: np.ndarray, truth: np.ndarray, border_px: int = 12) -> float:
    """Of sRGB-encoded pictures, without what shake took out of sight in some frames."""
    error = srgb_encode(np.clip(picture, 0, 1)) - srgb_encode(np.clip(truth, 0, 1))
    inner = slice(border_px, -border_px)
    return float(-10 * np.log10(np.mean(np.square(error[inner, inner]))))


def _twice(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("gain", [1.0, 4.0])
def test_a_bayer_burst_shows_more_than_its_merged_mosaic(gain: float) -> None:
    town, sensor = _town(372, 436), replace(IMX477, cfa="GRBG")
    plan = BurstPlan(
        gain=gain, exposure=0.7, shake=_SHAKE, size_px=(144, 176), scale=0.5, lens_blur_px=0.3, lens_kernel=_PHOTOSITE
    )
    burst = simulate_burst(town, sensor=sensor, plan=plan)
    linear, moved, held = _ready(burst)
    merge = MosaicMerge(linear[0])
    for mosaic, alignment in zip(linear[1:], moved[1:], strict=True):
        merge.add(mosaic, alignment)
    merged = merge.finish()
    assert merged.share is not None
    share = float(merged.share.mean())
    plain = interpolate_cfa(merged.values, merged.cfa, noise_variance=merged.typical_variance() * share)

    # At the sensor's own sampling each colour's samples fill what the demosaicing guessed.
    truth = burst.truth().balanced_rgb
    picture = plain.copy()
    refine(picture, held, Step(support=1.5), scale=1.0, share=share, shrink=_SHRINK)
    assert _psnr(picture, truth) > _psnr(plain, truth)
    assert _psnr(picture, truth) > 42

    # At twice the sampling: what photosites half as wide would have seen.
    fine = simulate_burst(town, sensor=sensor, plan=replace(plan, lens_kernel=None)).truth(2).balanced_rgb
    enlarged = _twice(plain)
    picture = enlarged.copy()
    shared = Step(support=1.0, shared=True)
    for step in (shared, Step(support=1.5), shared, shared):
        refine(picture, held, step, scale=2.0, share=share, shrink=_SHRINK)
    assert _psnr(picture, fine, 24) > _psnr(enlarged, fine, 24) + 1.5


@pytest.mark.parametrize(
    ("name", "block", "least_db"),
    [("XTRANS", 1, 43.0), ("QUAD_GRBG", 2, 41.0), ("NONA_RGGB", 3, 38.0), ("MONO", 1, 45.0)],
)
def test_bursts_of_other_filters(name: CfaName, block: int, least_db: float) -> None:
    plan = BurstPlan(exposure=0.7, shake=_SHAKE, size_px=(144, 180), seed=3)
    burst = simulate_burst(_town(188, 224), sensor=replace(IMX477, cfa=name), plan=plan)
    linear, _, held = _ready(burst)
    truth = burst.truth().balanced_rgb
    coarse = coarse_colours(linear[0])
    mono = name == "MONO"
    shared = Step(support=1.0, shared=True)
    # One frame first, for the others to be compared with, then all of them from nothing.
    one = coarse.copy()
    refine(one, held[:1], replace(shared, support=1.5), scale=1.0, share=0.0, shrink=_SHRINK)
    assert _psnr(one, truth) > _psnr(coarse, truth) + 2
    picture = np.zeros_like(one)
    wide = Step(support=1.5 if mono else 2.5 + block, shared=mono, prior=1e-3, detail=0.5)
    refine(picture, held, wide, scale=1.0, share=0.3, shrink=None, guide=one)
    refine(picture, held, replace(shared, detail=0.5), scale=1.0, share=0.3, shrink=_SHRINK, guide=one)
    if not mono:
        refine(picture, held, Step(support=1.0 + block), scale=1.0, share=0.15, shrink=_SHRINK)
    refine(picture, held, shared, scale=1.0, share=0.15, shrink=_SHRINK)
    assert _psnr(picture, truth) > _psnr(coarse, truth) + 5
    assert _psnr(picture, truth) > least_db
