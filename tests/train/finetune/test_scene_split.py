"""Photos of one scene end on one side."""

from itertools import chain

import cv2
import numpy as np
import pytest

from catchlight.core import Frame, InputError, Metadata
from catchlight.pipelines.shot_record import ShotRecord, shot_record
from catchlight.train.finetune.scene_split import group_scenes, split_scenes


def _record(seed: int, *, time_s: float | None = None, shift: int = 0, gain: float = 1.0) -> ShotRecord:
    rng = np.random.default_rng([seed, 7])
    wide = cv2.resize(rng.random((18, 24, 3), np.float32), (320, 240), interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(wide[20:220, 20 + shift : 280 + shift] * gain, 0, 1)
    time_ns = None if time_s is None else int(1e18 + time_s * 1e9)
    return shot_record(f"{seed}", Frame(pixels=pixels, metadata=Metadata(timestamp_ns=time_ns)))


def test_alike_pictures_are_one_scene_and_others_are_not() -> None:
    records = [_record(1), _record(2), _record(1, shift=15, gain=0.5), _record(3), _record(2, shift=-10)]
    assert group_scenes(records) == ((0, 2), (1, 4), (3,))


def test_a_minute_makes_one_scene_and_chains_hold() -> None:
    records = [_record(k, time_s=t) for k, t in enumerate((0.0, 200.0, 50.0, 105.0))]
    assert group_scenes(records) == ((0, 2, 3), (1,))


def test_pictures_without_anything_to_recognise_stay_apart() -> None:
    flat = [shot_record(str(v), Frame(pixels=np.full((40, 60, 3), v, np.float32))) for v in (0.2, 0.5)]
    assert group_scenes(flat) == ((0,), (1,))


@pytest.mark.parametrize(("count", "held"), [(8, 4), (16, 4), (17, 5), (40, 10)])
def test_whole_scenes_are_held_out(count: int, held: int) -> None:
    scenes = [(2 * k, 2 * k + 1) for k in range(count)]
    split = split_scenes(scenes, seed=3)
    assert len(split.held_out) == held and set(split.held_out) <= set(scenes)
    assert sorted([*split.train, *chain(*split.held_out)]) == list(range(2 * count))
    assert split == split_scenes(scenes, seed=3) and split != split_scenes(scenes, seed=4)


def test_too_few_scenes_are_refused() -> None:
    with pytest.raises(InputError, match=r"at least 8 different scenes.* found 7 in 14 usable photos"):
        split_scenes([(2 * k, 2 * k + 1) for k in range(7)])
