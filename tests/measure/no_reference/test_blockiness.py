import cv2
import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.measure.no_reference.blockiness import blockiness


def scene(seed: int = 0, side: int = 160) -> np.ndarray:
    """Smooth shapes and some texture, 0…1."""
    rng = np.random.default_rng(seed)
    coarse = cv2.GaussianBlur(rng.random((side, side)).astype(np.float32), (0, 0), 9.0)
    fine = cv2.GaussianBlur(rng.random((side, side)).astype(np.float32), (0, 0), 1.2)
    return np.clip(0.5 + 6 * (coarse - 0.5) + 0.25 * (fine - 0.5), 0, 1).astype(np.float32)


def through_jpeg(plane: np.ndarray, quality: int) -> np.ndarray:
    coded = cv2.imencode(".jpg", np.rint(plane * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def test_it_rises_as_quality_falls() -> None:
    found = [float(np.mean([blockiness(through_jpeg(scene(s), q)) for s in range(4)])) for q in (95, 80, 60, 40, 20)]
    assert found == sorted(found) and found[0] < 1.1 and found[-1] > 1.5


def test_a_picture_that_was_never_compressed_has_none() -> None:
    assert all(blockiness(scene(seed)) < 1.08 for seed in range(5))
    assert blockiness(np.full((64, 64), 0.5, np.float32)) == 1.0


def test_a_cut_moves_the_grid_and_changes_little() -> None:
    coded = through_jpeg(scene(), 30)
    assert blockiness(coded[3:, 5:]) == pytest.approx(blockiness(coded), rel=0.1)


def test_a_known_grid_has_a_known_ratio() -> None:
    # Every step is 1/255; at the borders of blocks it is 3/255, so the ratio is (3 + 0.02) / (1 + 0.02).
    steps = np.where(np.arange(63) % 8 == 7, 3.0, 1.0) * np.where(np.arange(63) % 2, 1, -1) / 255
    line = np.concatenate([[0.5], 0.5 + np.cumsum(steps)])
    plane = (line[:, None] + line[None, :]).astype(np.float32)
    assert blockiness(plane) == pytest.approx(3.02 / 1.02, rel=1e-3)


def test_stripes_every_eight_pixels_are_no_blocks() -> None:
    stripes = np.tile(np.where(np.arange(80) % 8 < 4, 0.3, 0.6).astype(np.float32), (80, 1))
    assert blockiness(stripes) == pytest.approx(1.0, abs=1e-6)


def test_a_small_picture_is_refused() -> None:
    with pytest.raises(ContractError, match="at least 24×24"):
        blockiness(np.zeros((23, 80), np.float32))
