import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.measure import block_psnr, worst_block


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(0).random((150, 200, 3), np.float32)


def test_finds_the_ghost_that_an_average_hides(truth: np.ndarray) -> None:
    baseline = truth + np.float32(0.1)
    candidate = truth + np.float32(0.02)
    candidate[70:90, 130:150] += np.float32(0.8)
    found = worst_block(candidate, baseline, truth)
    assert (found.top_px, found.left_px, found.size_px) == (64, 128, 64)
    assert found.baseline_db == pytest.approx(20, abs=0.01)
    assert found.loss_db == pytest.approx(found.baseline_db - found.candidate_db)
    assert found.loss_db > 5


def test_better_everywhere_is_a_negative_loss(truth: np.ndarray) -> None:
    found = worst_block(truth + np.float32(0.01), truth + np.float32(0.1), truth)
    assert found.loss_db == pytest.approx(-20, abs=0.01)


def test_exact_blocks_tie_at_100_db(truth: np.ndarray) -> None:
    assert worst_block(truth, truth, truth).loss_db == 0
    assert (block_psnr(truth, truth) == 100).all()


def test_every_pixel_is_in_a_block(truth: np.ndarray) -> None:
    assert block_psnr(truth, truth).shape == (3, 4)
    for y, x in ((149, 199), (0, 199), (149, 0)):
        hit = truth.copy()
        hit[y, x] += 1
        assert (block_psnr(hit, truth) < 100).any()


def test_a_picture_smaller_than_a_block_is_refused() -> None:
    tiny = np.zeros((32, 32), np.float32)
    with pytest.raises(ContractError, match="64 px"):
        worst_block(tiny, tiny, tiny)
