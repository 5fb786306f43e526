"""Local tone mapping draws no halo: measured on edges of 1 to 8 EV, against a Gaussian base that does."""

import cv2
import numpy as np
import pytest

from catchlight.core import srgb_encode
from catchlight.develop.auto_exposure import MID_GREY
from catchlight.develop.tone_curve import filmic_tables, log_logistic
from catchlight.develop.tone_local import local_gain_ev, map_tones, plan_local_tone, shrink
from catchlight.measure.halo import Halo, measure_halo

GAIN_EV, WHITE_EV = 1.5, 1.5
# ΔL* beyond 4 px of the edge (and of its own softness). 1 is hardly visible side by side; measured is at most 0.25.
LIMIT_DL = 0.5


def _scene(kind: str, step_ev: float, soft_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Linear grey of two even surfaces, and the distance from their border (> 0: the brighter one)."""
    h, w = 160, 240
    y, x = np.mgrid[0:h, 0:w] + 0.5
    distance = {
        "step": x - w / 2,
        "lamp": h / 8 - np.hypot(x - w / 2, y - h / 2),
        "tower before the sky": np.maximum(np.abs(x - w / 2) - w / 12, 0.3 * h - y),
    }[kind].astype(np.float32)
    t = np.clip(distance / max(2 * soft_px, 1.0) + 0.5, 0, 1)
    light = 0.5 * 2.0 ** (-step_ev * (1 - t * t * (3 - 2 * t)))
    if soft_px == 0:
        light = cv2.GaussianBlur(light, (0, 0), 0.7)
    return light[..., None].repeat(3, axis=2).astype(np.float32), distance


def _ours(rgb: np.ndarray) -> np.ndarray:
    identity = np.eye(3)
    tone = plan_local_tone(
        shrink(rgb, identity), gain_ev=GAIN_EV, black=0.0, white_ev=WHITE_EV, shadows=1.0, saturation=1.0
    )
    out = np.empty_like(rgb)
    map_tones(rgb, identity, tone, filmic_tables(white=2.0**WHITE_EV, contrast=1.0), out=out)
    return out


def _gaussian_base(rgb: np.ndarray) -> np.ndarray:
    """The same lift and curve on a base that knows no edges."""
    log_light = np.log2(rgb[..., 0].astype(np.float64))
    base = cv2.GaussianBlur(log_light, (0, 0), min(log_light.shape) / 20)
    above = (base + GAIN_EV - np.log2(MID_GREY)).ravel()
    gain = local_gain_ev(above, white_ev=WHITE_EV, shadows=1.0).reshape(base.shape)
    shown = log_logistic(2.0 ** (log_light + GAIN_EV + gain), white=2.0**WHITE_EV, contrast=1.0)
    return srgb_encode(shown)[..., None].repeat(3, axis=2).astype(np.float32)


def _halo(picture: np.ndarray, distance: np.ndarray, soft_px: float) -> Halo:
    return measure_halo(picture, distance, soft_px=max(soft_px, 1.5))


@pytest.mark.parametrize("soft_px", [0.0, 10.0])
@pytest.mark.parametrize("kind", ["step", "lamp", "tower before the sky"])
def test_no_halo_from_1_to_8_ev(kind: str, soft_px: float) -> None:
    for step_ev in range(1, 9):
        rgb, distance = _scene(kind, step_ev, soft_px)
        halo = _halo(_ours(rgb), distance, soft_px)
        assert halo.step_dl > 5  # the edge is still there
        assert halo.beyond(4 + soft_px) < LIMIT_DL, step_ev
        assert max(halo.overshoot_dl, halo.undershoot_dl) < 2 * LIMIT_DL, step_ev


@pytest.mark.parametrize("kind", ["step", "lamp", "tower before the sky"])
def test_the_measure_sees_the_halo_of_a_gaussian_base(kind: str) -> None:
    for step_ev in range(1, 9):
        rgb, distance = _scene(kind, step_ev, 0.0)
        assert _halo(_gaussian_base(rgb), distance, 0.0).beyond(4.0) > LIMIT_DL, step_ev


def test_texture_keeps_its_contrast_where_the_dark_is_lifted() -> None:
    """An edge-aware base that follows texture would flatten it: a fine ripple of ±0.2 EV in a dark region."""
    y, x = np.mgrid[0:160, 0:240]
    ripple = 0.2 * np.sign(np.sin(x * 0.7) * np.sin(y * 0.6))
    dark = 2.0**-6.5
    rgb = (dark * 2.0**ripple)[..., None].repeat(3, axis=2).astype(np.float32)

    def contrast(picture: np.ndarray) -> float:
        return float(np.std(picture[20:-20, 20:-20, 1]))

    lifted = _ours(rgb)
    unlifted = srgb_encode(log_logistic(np.array([dark * 2**GAIN_EV]), white=2.0**WHITE_EV, contrast=1.0))
    assert lifted.mean() > 1.15 * float(unlifted[0])
    # As much as a curve alone would show at that brightness, within a third.
    level = (
        float(np.log2(dark))
        + GAIN_EV
        + float(
            local_gain_ev(np.array([np.log2(dark) + GAIN_EV - np.log2(MID_GREY)]), white_ev=WHITE_EV, shadows=1.0)[0]
        )
    )
    alone = srgb_encode(log_logistic(2.0 ** (level + ripple), white=2.0**WHITE_EV, contrast=1.0))
    assert contrast(lifted) > 0.67 * float(np.std(alone[20:-20, 20:-20]))
