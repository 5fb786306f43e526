"""Samples, truth and noise level lie where the network expects them."""

import json
from dataclasses import replace

import numpy as np
import torch

from catchlight.simulate.batches.mosaic_crops import mosaic_crops
from catchlight.simulate.batches.mosaic_plan import MosaicPlan
from catchlight.train.raw_engine.quad_batches import QuadBatches, as_quads

PHOTO = np.random.default_rng(2).integers(0, 256, (48, 64, 3), np.uint8)
PLAN = MosaicPlan(
    crop_px=32, batch=6, camera_share=0.0, clean_share=(0.0, 0.0), shot=(1e-3, 1e-3), read_electrons=(2.0, 2.0),
    balance=(1.0, 1.0), exposure=(1.0, 1.0), flat_share=0.0, merged_share=0.5, frames=(4.0, 4.0), torn_share=0.0,
)  # fmt: skip


def test_samples_without_noise_are_the_truth_at_their_sites() -> None:
    seen, clean, weight, colour = as_quads(mosaic_crops([PHOTO], replace(PLAN, clean_share=(1.0, 1.0)), number=3))
    assert seen.shape == (6, 8, 16, 16) and clean.shape == (6, 12, 16, 16)
    for site, c in enumerate((0, 1, 1, 2)):
        assert torch.equal(seen[:, site], clean[:, 4 * c + site])
    assert not seen[:, 4:].any() and seen[:, :4].std() > 0.1
    assert torch.allclose(weight, torch.ones(6)) and torch.equal(colour, torch.eye(3).repeat(6, 1, 1))


def test_the_truth_lies_row_by_row() -> None:
    batch = mosaic_crops([PHOTO], replace(PLAN, clean_share=(1.0, 1.0)), number=0)
    _, clean, *_ = as_quads(batch)
    # Without noise the curve is a root, nearly.
    for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for c in range(3):
            wanted = np.sqrt(batch.clean[:, dy::2, dx::2, c])
            np.testing.assert_allclose(clean[:, 4 * c + 2 * dy + dx].numpy(), wanted, rtol=0, atol=3e-3)


def test_the_level_is_the_deviation_under_the_curve_and_noisy_crops_count_less() -> None:
    plan = replace(PLAN, batch=24, crop_px=48)
    flat = np.full((48, 48, 3), (150, 160, 170), np.uint8)
    seen, clean, weight, _ = as_quads(mosaic_crops([flat], plan, number=1))
    merged = seen[:, 4, 0, 0] < seen[:, 4].max() * 0.9
    assert 3 < int(merged.sum()) < 21
    torch.testing.assert_close(seen[merged][0, 4:], seen[~merged][0, 4:] / 2)
    for chosen in (merged, ~merged):
        error = seen[chosen, 1] - clean[chosen, 5]
        # 4.5 standard deviations of the estimate from the fewest samples there are.
        wrong = 4.5 / np.sqrt(2 * error.numel())
        assert abs(float(error.std() / seen[chosen, 5].mean()) - 1) < wrong + 0.01
    assert weight[merged].min() > weight[~merged].max() and weight.max() < 1
    # 1/√(0.02 + level), as a share of that without noise.
    level = seen[:, 4:].mean((1, 2, 3))
    torch.testing.assert_close(weight, (0.02 / (0.02 + level)).sqrt())


def test_batches_are_numbered_and_described_for_a_fingerprint() -> None:
    batches = QuadBatches(photos=[PHOTO], plan=PLAN, origin={"photos": 1})
    again = QuadBatches(photos=[PHOTO], plan=PLAN, origin={"photos": 1})
    assert all(torch.equal(one, two) for one, two in zip(batches.batch(4), again.batch(4), strict=True))
    assert not torch.equal(batches.batch(4)[0], batches.batch(5)[0])
    told = batches.describe()
    assert json.loads(json.dumps(told)) == told and told["plan"]["clean_share"] == [0.0, 0.0]
    assert told != replace(batches, plan=replace(PLAN, seed=1)).describe()
