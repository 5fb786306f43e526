import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.evaluate.slices import PATCH_PX, decibels, patch_errors, patch_features, sliced_psnr, tercile_masks


def _picture() -> np.ndarray:
    """Three rows of patches: dark and flat, grey chequerboard, bright red; a border of 8 px around them."""
    side = PATCH_PX
    rows = np.zeros((3 * side, 4 * side, 3), np.float32)
    rows[:side] = 0.1
    rows[side : 2 * side] = 0.25 + 0.5 * (np.indices((side, 4 * side)).sum(0) % 2)[..., None]
    rows[2 * side :] = (1.0, 0.7, 0.7)
    return np.pad(rows, ((8, 8), (8, 8), (0, 0)), constant_values=0.5)


def test_features_are_those_of_the_patches() -> None:
    found = patch_features(_picture(), border_px=8)
    np.testing.assert_allclose(found.texture, np.repeat([0, 0.25, 0], 4), atol=1e-6)
    np.testing.assert_allclose(found.colour, np.repeat([0, 0, 0.3], 4), atol=1e-6)
    np.testing.assert_allclose(found.brightness, np.repeat([0.1, 0.5, 0.775], 4), atol=1e-6)


def test_slices_hold_their_third_and_their_error() -> None:
    truth = _picture()
    picture = truth.copy()
    picture[8 + 2 * PATCH_PX :] += np.float32(0.1)  # the bright row
    masks = tercile_masks({"a": patch_features(truth, border_px=8)})
    assert {name: int(m["a"].sum()) for name, m in masks.items() if name in ("dark", "middle", "bright")} == {
        "dark": 4, "middle": 4, "bright": 4,
    }  # fmt: skip
    errors = patch_errors(picture, truth, border_px=8)
    assert sliced_psnr(errors, masks["bright"]["a"]) == pytest.approx(20, abs=1e-4)
    assert sliced_psnr(errors, masks["dark"]["a"]) == 100
    assert sliced_psnr(errors, masks["textured"]["a"]) == 100


def test_limits_are_common_to_all_photos_and_few_patches_say_nothing() -> None:
    dark, bright = (np.full((96, 96, 3), v, np.float32) for v in (0.1, 0.9))
    features = {name: patch_features(p, border_px=0) for name, p in (("dark", dark), ("bright", bright))}
    masks = tercile_masks(features)
    assert not masks["dark"]["bright"].any()
    assert not masks["bright"]["dark"].any()
    assert sliced_psnr(np.ones(9), np.arange(9) < 3) is None
    assert sliced_psnr(np.full(9, 0.01), np.arange(9) < 4) == pytest.approx(20)


def test_wrong_pictures_are_refused() -> None:
    small = np.zeros((40, 40, 3), np.float32)
    with pytest.raises(ContractError, match="no patch"):
        patch_features(small, border_px=8)
    with pytest.raises(ContractError, match="one shape"):
        patch_errors(small, np.zeros((40, 42, 3), np.float32), border_px=0)
    assert decibels(1.0) == 0
