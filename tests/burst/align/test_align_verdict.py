from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst.align.align import align
from catchlight.burst.align.verdict import AlignmentVerdict, align_verdict
from catchlight.burst.alignment import Alignment
from catchlight.burst.grey import grey_noise_variance, grey_pyramid
from catchlight.core import ContractError, LinearMosaic

H, W = 192, 256
Make = Callable[..., np.ndarray]


def _verdict(reference: LinearMosaic, frame: LinearMosaic) -> AlignmentVerdict:
    still, moved = grey_pyramid(reference), grey_pyramid(frame)
    return align_verdict(align(still, moved, noise_variance=grey_noise_variance(still[0], reference.noise)))


@pytest.mark.parametrize("sigma", [0.01, 0.15])
def test_two_scenes_are_told_from_one(sigma: float, texture: Make, as_mosaic: Callable[..., LinearMosaic]) -> None:
    """Five pairs of each; all have the same broad light from above, which lifts the correlation of any two."""
    light = np.linspace(0.3, -0.3, H, dtype=np.float32)[:, None]
    scenes = [0.5 + 0.5 * (texture(H + 32, W + 32, seed=20 + k) - 0.5) for k in range(6)]
    for k in range(5):
        reference = as_mosaic(scenes[k][16:-16, 16:-16] + light, sigma=sigma, seed=k)
        same = as_mosaic(scenes[k][9 : H + 9, 22 : W + 22] + light, sigma=sigma, seed=k + 100)
        other = as_mosaic(scenes[k + 1][16:-16, 16:-16] + light, sigma=sigma, seed=k + 200)
        yes, no = _verdict(reference, same), _verdict(reference, other)
        assert yes.belongs
        assert not no.belongs
        assert "another scene" in no.reason
        assert yes.trusted_share > no.trusted_share


def test_nothing_to_see_is_no_verdict(as_mosaic: Callable[..., LinearMosaic]) -> None:
    flat = np.full((H, W), 0.2, np.float32)
    verdict = _verdict(as_mosaic(flat, sigma=0.05, seed=1), as_mosaic(flat, sigma=0.05, seed=2))
    assert verdict.belongs
    assert verdict.agreement is None
    assert "too little" in verdict.reason


def test_a_thing_that_moves_does_not_make_it_another_scene(
    texture: Make, as_mosaic: Callable[..., LinearMosaic]
) -> None:
    canvas = texture(H, W, seed=30)
    moved = canvas.copy()
    cv2.circle(moved, (W // 2, H // 2), 25, 0.9, -1)
    assert _verdict(as_mosaic(canvas, sigma=0.02), as_mosaic(moved, sigma=0.02, seed=1)).belongs


def test_identity_belongs_and_shares_are_checked() -> None:
    assert align_verdict(Alignment.identity((64, 64))).belongs
    with pytest.raises(ContractError, match="share"):
        AlignmentVerdict(belongs=True, agreement=1.0, trusted_share=1.5, reason="")
