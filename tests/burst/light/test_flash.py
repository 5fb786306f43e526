from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst.light.flash import LightVerdict, light_verdict, reference_has_flash
from catchlight.core import ContractError
from catchlight.simulate.flash import flash_light
from catchlight.simulate.flicker import Flicker

Make = Callable[..., np.ndarray]
H, W, MARGIN = 220, 260, 24


@pytest.fixture
def pair(texture: Make, rigid: Make, seen_under: Make) -> Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]]:
    def make(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng([seed, 4])
        canvas = np.float32(0.25) * texture(H + 2 * MARGIN, W + 2 * MARGIN)
        affine = rigid(H, W, shift_px=(-8.3, 5.6), angle_deg=-0.7).astype(np.float32)
        reference = canvas[MARGIN:-MARGIN, MARGIN:-MARGIN].copy()
        frame = seen_under(canvas, affine, MARGIN)
        cv2.circle(reference, (90, 110), 26, 0.2, -1)
        cv2.circle(frame, (140, 80), 26, 0.2, -1)
        noisy = [(p + rng.normal(0, 0.005, p.shape)).astype(np.float32) for p in (reference, frame)]
        return noisy[0], noisy[1], affine

    return make


@pytest.mark.parametrize("strength", [1.0, 3.0, 10.0])
def test_a_flash_is_told_in_either_of_the_two(strength: float, pair: Make) -> None:
    reference, frame, affine = pair()
    light = flash_light((H, W), strength=strength)
    # What is clipped is left out: here the brightest middle of the strongest.
    lit = np.minimum(frame * light, 1)
    found = light_verdict(reference, lit, affine, noise_variance=0.005**2)
    assert found.lit == "frame"
    assert "flash" in found.reason
    assert "\n" not in found.reason
    lit = np.minimum(reference * light, 1)
    assert light_verdict(lit, frame, affine, noise_variance=0.005**2).lit == "reference"


@pytest.mark.parametrize("seed", range(4))
def test_the_same_light_is_alike_whatever_moves_or_flickers(seed: int, pair: Make) -> None:
    reference, frame, affine = pair(seed)
    assert light_verdict(reference, frame, affine).lit == "alike"
    bands = Flicker(depth=0.5, phase_rad=float(seed)).row_light(H, exposure_s=1 / 500, readout_s=0.03)
    assert light_verdict(reference, (frame * bands[:, None]).astype(np.float32), affine).lit == "alike"
    # Another exposure than the file says is one factor.
    assert light_verdict(reference, frame * np.float32(1.8), affine).lit == "alike"


def test_another_scene_or_too_little_to_compare_is_no_flash(pair: Make, texture: Make) -> None:
    reference, _, affine = pair()
    other = (np.float32(0.25) * texture(H, W, seed=9)).astype(np.float32)
    assert light_verdict(reference, other, affine).lit == "alike"
    assert light_verdict(reference, np.ones_like(reference), affine).lit == "alike"
    assert light_verdict(np.zeros_like(reference), reference, affine).lit == "alike"


def test_the_reference_is_told_by_the_majority() -> None:
    alike = LightVerdict(lit="alike", spread_ev=0.0, added_ev=0.0, reason="")
    odd = LightVerdict(lit="reference", spread_ev=0.5, added_ev=2.0, reason="flash")
    assert reference_has_flash([odd, odd, alike])
    assert not reference_has_flash([odd, alike, alike])
    assert not reference_has_flash([])
    with pytest.raises(ContractError, match="has a reason"):
        LightVerdict(lit="frame", spread_ev=0.5, added_ev=2.0, reason="")
