"""Marks and stars: what is best, what is spoilt, and why, in words."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from jaxtyping import Float32

from catchlight.core import ContractError, Metadata
from catchlight.core.colour import srgb_decode
from catchlight.pipelines.culling.detail_map import detail_map
from catchlight.pipelines.culling.rating import ratings
from catchlight.pipelines.culling.scores import GroupScores, Look, blur_px, score_group
from catchlight.pipelines.shot_record import record_of

Scene = Callable[..., np.ndarray]


def _look(grey: Float32[np.ndarray, "h w"], *, iso: float = 100.0) -> Look:
    grey = grey.clip(0, 1)
    metadata = Metadata(exposure_s=0.01, iso=iso)
    return Look(
        record=record_of("f", srgb_decode(grey), size_px=grey.shape, metadata=metadata),
        detail=detail_map(grey),
        clipped=float((grey > 0.98).mean()),
        crushed=float((grey < 0.02).mean()),
    )


def _noisy(grey: Float32[np.ndarray, "h w"], sigma: float, seed: int) -> Float32[np.ndarray, "h w"]:
    return grey + sigma * np.random.default_rng(seed).standard_normal(grey.shape).astype(np.float32)


def test_the_sharpest_is_best_although_the_others_are_noisier(scene: Scene) -> None:
    looks = [
        _look(_noisy(scene(1, blur_px=b), n, i)) for i, (b, n) in enumerate([(1.5, 0.03), (0.6, 0.003), (2, 0.02)])
    ]
    found = score_group(looks)
    assert found.best == 1
    assert found.scores[1].total == max(s.total for s in found.scores)
    assert ratings(found)[1] == 5


def test_the_subject_in_the_middle_counts_more_than_the_background(scene: Scene) -> None:
    sharp, soft = scene(3), scene(3, blur_px=2.5)
    mask = np.zeros(sharp.shape, np.float32)
    cv2.ellipse(mask, (160, 120), (90, 85), 0, 0, 360, 1.0, -1)
    middle, behind = mask * sharp + (1 - mask) * soft, mask * soft + (1 - mask) * sharp
    # The background is most of the picture: as a whole it is the sharper one.
    assert detail_map(behind).total.mean() > detail_map(middle).total.mean()
    assert score_group([_look(behind), _look(middle)]).best == 1


def test_reasons_name_the_fault(scene: Scene) -> None:
    grey = scene(1)
    looks = [
        _look(grey),
        _look(scene(1, blur_px=3.5)),
        _look(scene(1, motion_px=11)),
        _look(grey * np.float32(2.2)),
        _look(grey * np.float32(0.25)),
    ]
    found = score_group(looks)
    best, blurred, moved, clipped, dark = found.scores
    assert found.best == 0 and best.reasons == () and best.total > 0.9
    assert any(r.startswith("blurred, by") for r in blurred.reasons)
    assert "motion blur sideways" in moved.reasons and moved.motion < 0.7
    assert any(r.startswith("highlights clipped on") for r in clipped.reasons)
    assert any("EV darker than the group" in r for r in dark.reasons)
    stars = ratings(found)
    assert stars[0] == 5 and stars[1] == 1 and stars[3] == 1 and stars[4] == 1
    assert stars[2] <= 2


def test_near_duplicates_get_three_and_other_compositions_four(scene: Scene) -> None:
    grey = scene(1)
    moved = np.roll(grey, 48, axis=1)
    looks = [_look(_noisy(g, 0.004, i)) for i, g in enumerate((grey, grey, moved))]
    found = score_group(looks)
    others = {i for i in range(3) if i != found.best}
    stars = ratings(found)
    assert stars[found.best] == 5
    assert {stars[i] for i in others if not found.scores[i].unlike_best} <= {3}
    assert sorted(stars)[-2:] in ([4, 5], [3, 5]) and any(s.unlike_best for s in found.scores)


def test_keep_sets_the_rest_to_one(scene: Scene) -> None:
    looks = [_look(_noisy(scene(1, blur_px=b), 0.004, i)) for i, b in enumerate((0.8, 0.6, 0.9, 0.85))]
    found = score_group(looks)
    assert min(ratings(found)) >= 2
    kept = ratings(found, keep=2)
    assert kept[found.best] == 5 and sum(s > 1 for s in kept) == 2


def test_a_bracket_is_kept_together(scene: Scene) -> None:
    grey = scene(1)
    looks = [_look(grey), _look(grey * np.float32(0.4), iso=25.0), _look((grey * 2).clip(0, 1), iso=400.0)]
    found = score_group(looks)
    assert found.bracket and min(ratings(found)) >= 2
    assert min(ratings(found, keep=1)) >= 2
    assert found.best == 0 and not any("EV" in reason for s in found.scores for reason in s.reasons)


def test_single_shots_are_rated_on_an_absolute_scale(scene: Scene) -> None:
    stars = [ratings(score_group([_look(scene(5, blur_px=b))]))[0] for b in (0.6, 1.4, 2.2, 4.5)]
    assert stars == sorted(stars, reverse=True) and stars[0] == 5 and stars[-1] == 1
    black = score_group([_look(np.full((240, 320), 0.01, np.float32))])
    assert ratings(black)[0] == 1


def test_the_best_of_a_blurred_group_is_no_five(scene: Scene) -> None:
    looks = [_look(_noisy(scene(1, blur_px=b), 0.004, i)) for i, b in enumerate((3.4, 3.6, 4.5))]
    assert max(ratings(score_group(looks))) <= 2


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 3.0])
def test_blur_is_told_within_a_third(scene: Scene, sigma: float) -> None:
    # Edges without texture; the scene itself is drawn with 0.6 px.
    estimates = [blur_px(detail_map(scene(seed, blur_px=sigma))) for seed in range(4)]
    assert np.median(estimates) == pytest.approx(sigma, rel=0.34)


def test_contracts(scene: Scene) -> None:
    with pytest.raises(ContractError, match="at least one"):
        score_group([])
    with pytest.raises(ContractError, match="one size"):
        score_group([_look(scene(1)), _look(scene(1)[:200])])
    score = score_group([_look(scene(1))]).scores[0]
    with pytest.raises(ContractError, match=r"0…1"):
        replace(score, total=1.2)
    assert isinstance(score_group([_look(scene(1))]), GroupScores)
