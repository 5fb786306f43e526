"""Photos of one scene stay together: either all are trained on, or all are kept for judging."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from catchlight.core import InputError
from catchlight.pipelines.scene_likeness import likeness, scene_view
from catchlight.pipelines.shot_record import ShotRecord

# With fewer an interval over scenes says nothing, and what is left to train on is one place.
LEAST_SCENES = 8
_HELD_SHARE = 0.25
# Four differences are the fewest whose interval is not wider than what tuning gains.
_LEAST_HELD = 4
# As `pipelines.burst_groups` has it: who takes a view again does so within a minute; from this likeness on two
# pictures show one scene (of 121 pairs of different photos the most alike scored 0.46).
_AGAIN_S = 60.0
_SAME_SCENE = 0.55
# Thumbnails of portrait and landscape are compared in one square.
_SIDE_PX = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSplit:
    """Places of photos.

    Args:
        train: of those to train on.
        held_out: of those to judge with, scene by scene.
        scenes: in all.
    """

    train: tuple[int, ...]
    held_out: tuple[tuple[int, ...], ...]
    scenes: int


def group_scenes(records: Sequence[ShotRecord]) -> tuple[tuple[int, ...], ...]:
    """Places of photos that were taken within a minute of each other or look alike, group by group."""
    views = []
    for record in records:
        square = cv2.resize(record.thumbnail, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
        views.append(scene_view(np.minimum(square, 1), noise=record.noise))
    home = list(range(len(records)))

    def root(place: int) -> int:
        while home[place] != place:
            home[place] = home[home[place]]
            place = home[place]
        return place

    for later in range(len(records)):
        for earlier in range(later):
            if root(later) == root(earlier):
                continue
            first, second = records[earlier].time_s, records[later].time_s
            near = first is not None and second is not None and abs(second - first) <= _AGAIN_S
            if near or (likeness(views[earlier], views[later]).score or -1) >= _SAME_SCENE:
                home[max(root(later), root(earlier))] = min(root(later), root(earlier))
    groups: dict[int, list[int]] = {}
    for place in range(len(records)):
        groups.setdefault(root(place), []).append(place)
    return tuple(tuple(group) for group in groups.values())


def split_scenes(scenes: Sequence[Sequence[int]], *, seed: int = 0) -> SceneSplit:
    """A quarter of the scenes, four at least, is held out; which ones is drawn by the seed.

    Raises:
        InputError: fewer than eight scenes.
    """
    if len(scenes) < LEAST_SCENES:
        photos = sum(len(s) for s in scenes)
        raise InputError(
            f"at least {LEAST_SCENES} different scenes are needed to train and to judge; found {len(scenes)} in "
            f"{photos} usable photos (a burst counts once); add more photos"
        )
    held = max(math.ceil(_HELD_SHARE * len(scenes)), _LEAST_HELD)
    order = np.random.default_rng([seed, 31]).permutation(len(scenes))
    out, kept = sorted(order[:held].tolist()), sorted(order[held:].tolist())
    return SceneSplit(
        train=tuple(place for k in kept for place in scenes[k]),
        held_out=tuple(tuple(scenes[k]) for k in out),
        scenes=len(scenes),
    )
