import cv2
import numpy as np
import pytest

from catchlight.core import InputError
from catchlight.evaluate.develop.peers.peer_score import PSNR, SSIM, WORST, peer_score
from catchlight.evaluate.develop.peers.placed_truth import place_truth
from catchlight.simulate import night_city


def _scene() -> np.ndarray:
    pixels = night_city(height_px=288, width_px=320, seed=4).pixels
    return np.clip(cv2.GaussianBlur(pixels, (0, 0), 1.0) * 4, 0, 1).astype(np.float32)


def test_the_reference_geometry_gets_the_truth_itself() -> None:
    scene = _scene()
    placed = place_truth(scene, (scene * 0.5).astype(np.float32))
    np.testing.assert_array_equal(placed.pixels, scene)
    assert placed.seen.all()


def test_a_crop_is_found_and_costs_nothing() -> None:
    scene = _scene()
    crop = np.ascontiguousarray(scene[5:-3, 4:-8])
    placed = place_truth(scene, crop)
    np.testing.assert_allclose(placed.truth_from_picture, [[1, 0, 4], [0, 1, 5]], atol=0.02)
    assert peer_score(crop, scene)[PSNR] > 45


def test_a_turned_picture_is_found_to_a_twentieth_of_a_pixel() -> None:
    scene = _scene()
    turn = cv2.getRotationMatrix2D((159.5, 143.5), 0.4, 1.0) + np.array([[0, 0, 6.25], [0, 0, -3.5]])
    moved = cv2.warpAffine(scene, turn, (320, 288), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    # OpenCV itself resamples on a grid of 1/32 px.
    found = place_truth(scene, moved).truth_from_picture
    centre = np.array([160.0, 144.0])
    back = cv2.invertAffineTransform(turn)
    wanted = back[:, :2] @ (centre - 0.5) + back[:, 2] + 0.5
    np.testing.assert_allclose(found[:, :2] @ centre + found[:, 2], wanted, atol=0.05)


def test_another_scene_or_size_is_refused() -> None:
    scene = _scene()
    with pytest.raises(InputError, match="about 320×288"):
        place_truth(scene, scene[:200])
    noise = np.random.default_rng(3).uniform(0, 1, scene.shape).astype(np.float32)
    with pytest.raises(InputError, match="scene"):
        place_truth(scene, noise)


def test_a_bad_block_shows_in_the_worst_block_only() -> None:
    scene = _scene()
    good = peer_score(scene, scene)
    spoilt = scene.copy()
    spoilt[112:176, 128:192] = np.roll(scene, 11, axis=1)[112:176, 128:192]
    found = peer_score(spoilt, scene)
    assert found[WORST] < 25 < good[WORST]
    assert found[PSNR] < good[PSNR] and found[SSIM] < good[SSIM]
