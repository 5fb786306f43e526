"""From marks to stars."""

from __future__ import annotations

from catchlight.pipelines.culling.scores import BLURRED_PX, GroupScores, Score

# A shot whose total is below this share of the best one's is clearly worse ...
_CLEARLY_WORSE = 0.75
# ... and below this one, or with such a mark for exposure or motion, spoilt.
_SPOILT = 0.5
# The best of a group is a five from this total on; below it, it is rated as if it stood alone.
_GOOD = 0.5


def ratings(group: GroupScores, *, keep: int | None = None) -> tuple[int, ...]:
    """Stars of every shot of a group.

    5 the best; 4 as good, but showing something else (the subject or the camera moved); 3 as good and nearly the same;
    2 clearly worse; 1 spoilt: blurred, clipped, far too dark. A shot that stands alone, and the best of a group that
    is poor as a whole, is rated by its total: 1 below 0.2, 5 from 0.8 on. Shots of an exposure bracket belong
    together: 3 at least, unless blurred.

    Args:
        group: their marks.
        keep: shots to be kept of each group, at least one: any further one gets 1. None for no limit.
    """
    stars = [_stars(group, place) for place in range(len(group.scores))]
    if keep is not None and not group.bracket:
        order = sorted(range(len(stars)), key=lambda p: -group.scores[p].total)
        for place in order[max(keep, 1) :]:
            stars[place] = 1
    return tuple(stars)


def _stars(group: GroupScores, place: int) -> int:
    score, best = group.scores[place], group.scores[group.best]
    if place == group.best:
        return 5 if len(group.scores) > 1 and score.total >= _GOOD else _alone(score)
    share = score.total / max(best.total, 1e-9)
    if group.bracket:
        return 3 if score.sharpness >= _SPOILT * best.sharpness else 2
    if share < _SPOILT or score.exposure < _SPOILT or score.motion < _SPOILT or _blurred(score, best):
        return 1
    if share < _CLEARLY_WORSE:
        return 2
    most = 4 if score.unlike_best else 3
    return most if best.total >= _GOOD else min(most, _alone(best))


def _blurred(score: Score, best: Score) -> bool:
    return score.blur_px >= BLURRED_PX and score.sharpness < _CLEARLY_WORSE * best.sharpness


def _alone(score: Score) -> int:
    return min(1 + int(score.total * 5), 5)
