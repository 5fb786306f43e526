"""The sheet of before and after, and the places that it shows."""

import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.pipelines.report.crops import choose_crops
from catchlight.pipelines.report.sheet import Pair, before_after_sheet


def _pair(height: int, width: int, value: int, what: str = "") -> Pair:
    before = np.full((height, width, 3), value, np.uint8)
    return Pair(what=what, before=before, after=before + np.uint8(100))


def test_every_pixel_of_both_pictures_is_on_the_sheet() -> None:
    crops = [_pair(50, 60, 10 + k, f"crop {k}") for k in range(3)]
    sheet = before_after_sheet(_pair(80, 120, 60), crops, names=("one frame", "8 frames"))
    for value, count in ((60, 80 * 120), (160, 80 * 120), *((v, 3000) for k in range(3) for v in (10 + k, 110 + k))):
        assert (sheet == value).all(axis=2).sum() == count, value
    # Two crops beside each other would be wider than the whole pictures: three rows.
    tops = [int(np.argwhere((sheet == 10 + k).all(axis=2))[0, 0]) for k in range(3)]
    assert tops == sorted(set(tops))


def test_small_crops_share_a_row() -> None:
    crops = [_pair(50, 50, 10 + k) for k in range(4)]
    sheet = before_after_sheet(_pair(100, 300, 60), crops, names=("a", "b"))
    tops = [int(np.argwhere((sheet == 10 + k).all(axis=2))[0, 0]) for k in range(4)]
    assert len(set(tops)) == 1


def test_names_are_written_whatever_their_letters() -> None:
    plain = before_after_sheet(_pair(80, 200, 60), [], names=("", ""))
    named = before_after_sheet(
        _pair(80, 200, 60), [], names=("ein Bild – größer", "acht Bilder, sehr lange Beschreibung")
    )
    assert named.shape == plain.shape
    changed = np.argwhere((named != plain).any(axis=2))
    assert len(changed) > 100
    assert changed[:, 0].max() < 16 + 40  # above the pictures only


def test_two_sizes_are_refused() -> None:
    small = np.zeros((10, 10, 3), np.uint8)
    with pytest.raises(ContractError, match="one size"):
        Pair(what="x", before=small, after=small[:5])


def test_a_lamp_is_shown_when_there_is_one() -> None:
    rng = np.random.default_rng(0)
    luma = (0.1 + 0.05 * rng.random((300, 500))).astype(np.float32)
    assert "In the light" not in {c.what for c in choose_crops(luma, side=80)}
    luma[40:70, 400:440] = (0.8 + 0.15 * rng.random((30, 40))).astype(np.float32)
    found = {c.what: c for c in choose_crops(luma, side=80)}
    lamp = next(c for c in found.values() if c.left <= 400 < c.left + 80 and c.top <= 40 < c.top + 80)
    assert lamp.what in ("In the light", "Detail")
