"""Which pictures belong to one burst, and which frames of a burst do not belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catchlight.pipelines.scene_likeness import SceneView, likeness, scene_view, turned_views
from catchlight.pipelines.shot_record import ShotRecord

# Likeness from which two pictures show one scene. Of 121 pairs of different photos the most alike scored 0.46; of the
# same photo, shaken, turned, blurred or 3 EV darker, the least alike 0.69, and 0.27 at 3 EV over (mostly clipped).
_SAME_SCENE = 0.55
# Within this time after the shutter closed, a picture of the same setting is of the same press ...
_AT_ONCE_S = 1.0
# ... and less likeness is asked for: between frames of a pan, or of a scene where much moves.
_SAME_AT_ONCE = 0.40
# A change of setting by this much that the picture follows (within half a stop) is a bracket, whose brightest frame may
# be mostly clipped. Of another scene a camera that meters anew shows the same brightness.
_BRACKET_EV, _FOLLOWED_EV, _SAME_IN_BRACKET = 0.9, 0.5, 0.25
# Somebody who takes the same view again does so within a minute; later it is another visit.
_AGAIN_S = 60.0
# Turned views give chance more tries.
_SAME_TURNED = 0.5
# Whole seconds are all that many cameras write.
_CLOCK_S = 1.0
# A picture is compared with this many of its group, the latest ones: one of them may be the flash, or blurred.
_COMPARED = 4
# Frames named as one burst may be further apart than those found by themselves: a tripod, a slow interval.
_BURST_APART_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstSplit:
    """Frames sorted into those that belong together.

    Args:
        groups: places in the input, in order; the one that is kept first, then the larger ones (of equal ones the
            earlier).
        reasons: for every frame outside the first group, by place: why, in words, beginning with its name.
    """

    groups: tuple[tuple[int, ...], ...]
    reasons: tuple[tuple[int, str], ...]

    @property
    def whole(self) -> bool:
        """Whether all frames belong together."""
        return len(self.groups) <= 1


def group_bursts(records: Sequence[ShotRecord]) -> tuple[tuple[int, ...], ...]:
    """Sorts shots into bursts, brackets and retakes of one view; most shots may stand alone.

    Shots of one camera and size are taken in order of time (of input where it is unknown). One joins the group before
    it if it shows the same scene and the shutter had closed at most a minute before. At once after it less likeness
    will do, and a shot where nothing can be recognised (dark, clear sky, clipped) belongs to what it follows at once.

    Returns: places in the input; groups in order of their first shot, shots in order of time.
    """
    kinds: dict[tuple[str, tuple[int, int]], list[int]] = {}
    for place, record in enumerate(records):
        kinds.setdefault((record.camera, record.size_px), []).append(place)
    groups: list[list[int]] = []
    for places in kinds.values():
        groups += _grouped(records, places)
    return tuple(tuple(group) for group in sorted(groups, key=lambda g: _order(records, g[0])))


def split_burst(records: Sequence[ShotRecord], *, kept: int | None = None) -> BurstSplit:
    """Tells which frames of what should be one burst belong together.

    Args:
        records: of the frames.
        kept: the place of a frame whose group is kept whatever its size; None keeps the largest.

    Milder than `group_bursts`, as somebody named these frames as one burst: only another camera or size, another scene,
    or ten minutes between neighbours in time set a frame apart. What cannot be recognised stays. Of 123 simulated
    bursts (gain 1 and 16, shifts up to 19 % of the side, turns up to 6°) none was split; of 184 frames of other photos
    put into one, 181 were found.
    """
    views = [scene_view(record.thumbnail, noise=record.noise) for record in records]
    groups: list[list[int]] = []
    for place in sorted(range(len(records)), key=lambda p: _order(records, p)):
        home = next((g for g in groups if not _apart(records, views, g, place)), None)
        if home is None:
            groups.append([place])
        else:
            home.append(place)
    groups = [sorted(group) for group in groups]
    groups.sort(key=lambda g: (kept not in g, -len(g), g[0]))
    reasons = [(p, _apart(records, views, groups[0], p) or "") for group in groups[1:] for p in group]
    told = tuple(
        (p, f"{records[p].name} {why or 'shows another scene'}") for p, why in sorted(reasons, key=lambda r: r[0])
    )
    return BurstSplit(groups=tuple(tuple(group) for group in groups), reasons=told)


def _order(records: Sequence[ShotRecord], place: int) -> tuple[float, int]:
    time = records[place].time_s
    return (math.inf if time is None else time, place)


def _grouped(records: Sequence[ShotRecord], places: Sequence[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    recent: list[tuple[int, SceneView]] = []
    for place in sorted(places, key=lambda p: _order(records, p)):
        view = scene_view(records[place].thumbnail, noise=records[place].noise)
        if recent and _joins(records, recent, place, view):
            groups[-1].append(place)
        else:
            groups.append([place])
            recent = []
        recent = [*recent[1 - _COMPARED :], (place, view)]
    return groups


def _joins(records: Sequence[ShotRecord], recent: Sequence[tuple[int, SceneView]], place: int, view: SceneView) -> bool:
    """Whether a shot continues the group whose latest shots are `recent`."""
    gap_s = _gap_s(records[recent[-1][0]], records[place])
    if gap_s is not None and gap_s > _AGAIN_S:
        return False
    at_once = gap_s is not None and gap_s <= _AT_ONCE_S
    for before, other in recent[::-1]:
        score = likeness(other, view).score
        if score is None:
            if at_once and before == recent[-1][0]:
                return True
            continue
        least = _SAME_AT_ONCE if at_once else _SAME_SCENE
        if at_once and _bracketed(records[before], records[place]):
            least = _SAME_IN_BRACKET
        if score >= least:
            return True
    return False


def _gap_s(first: ShotRecord, second: ShotRecord) -> float | None:
    """Time from the end of one exposure to the start of the next, less what whole seconds hide; None if unknown."""
    if first.end_s is None or first.time_s is None or second.time_s is None:
        return None
    gap_s = second.time_s - first.end_s
    whole = first.time_s == round(first.time_s) and second.time_s == round(second.time_s)
    return gap_s - _CLOCK_S if whole else gap_s


def _bracketed(first: ShotRecord, second: ShotRecord) -> bool:
    """Whether the camera was set to another exposure, and the picture is brighter or darker by as much."""
    if first.light_ev is None or second.light_ev is None:
        return False
    dark, bright = sorted((first, second), key=lambda r: r.light_ev or 0.0)
    change_ev = abs(second.light_ev - first.light_ev)
    if change_ev < _BRACKET_EV:
        return False
    expected = float(np.minimum(dark.thumbnail * 2.0**change_ev, 1.0).mean())
    found = float(bright.thumbnail.mean())
    return abs(math.log2(max(found, 1e-6) / max(expected, 1e-6))) <= _FOLLOWED_EV


def _apart(records: Sequence[ShotRecord], views: Sequence[SceneView], group: Sequence[int], place: int) -> str | None:
    """Why a frame does not belong to a group, in words that follow its name; None where it does."""
    record, others = records[place], [p for p in group if p != place]
    known = [records[p] for p in others]
    if all(r.size_px != record.size_px for r in known):
        (h, w), (other_h, other_w) = record.size_px, known[0].size_px
        return f"is {w}×{h}, {known[0].name} is {other_w}×{other_h}"
    if record.camera and all(r.camera and r.camera != record.camera for r in known):
        return f"is of {record.camera}, {known[0].name} of {known[0].camera}"
    gaps_s = [min(abs(g), abs(b)) for r in known if (g := _gap_s(r, record)) is not None
              and (b := _gap_s(record, r)) is not None]  # fmt: skip
    if len(gaps_s) == len(known) and min(gaps_s) > _BURST_APART_S:
        earlier = all(r.time_s is not None and record.time_s is not None and record.time_s < r.time_s for r in known)
        return f"was taken {_in_words(min(gaps_s))} {'earlier' if earlier else 'later'}"
    # The latest first: they are the most alike. A few tell enough, and 64 frames stay quick.
    compared = [p for p in others if records[p].size_px == record.size_px][-_COMPARED:]
    scores = [likeness(views[p], views[place]).score for p in compared]
    least = [_SAME_IN_BRACKET if _bracketed(records[p], record) else _SAME_AT_ONCE for p in compared]
    if any(score is None or score >= enough for score, enough in zip(scores, least, strict=True)):
        return None
    turned = turned_views(record.thumbnail, noise=record.noise)
    best = max(likeness(view, views[p]).score or 0.0 for view in turned for p in compared)
    return None if best >= _SAME_TURNED else "shows another scene"


def _in_words(seconds: float) -> str:
    for length, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * length or (unit != "days" and seconds >= length):
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
