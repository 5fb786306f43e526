"""Shots sorted into bursts by what they show and when, and frames that do not belong told apart in words."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from jaxtyping import Float32

from catchlight.core import CfaPattern, ContractError, Frame, Metadata, RawFrame
from catchlight.pipelines.burst_groups import group_bursts, split_burst
from catchlight.pipelines.scene_likeness import likeness, scene_view, turned_views
from catchlight.pipelines.shot_record import ShotRecord, record_of, shot_record

_NOON_S = 1_763_000_000.25


def _scene(seed: int) -> Float32[np.ndarray, "240 320"]:
    """Blobs of all sizes, as the tones of a photo: mean about 0.15."""
    rng = np.random.default_rng((seed, 77))
    total = np.zeros((300, 400), np.float32)
    for sigma in (3.0, 8.0, 20.0):
        blobs = cv2.GaussianBlur(rng.standard_normal(total.shape).astype(np.float32), (0, 0), sigma)
        total += blobs / blobs.std()
    return np.exp(0.5 * total - 2.2)[30:270, 40:360].astype(np.float32)


def _shot(
    seed: int,
    at_s: float | None,
    *,
    ev: float = 0.0,
    shift_px: tuple[int, int] = (0, 0),
    noise: float = 0.002,
    name: str = "f",
    exposure_s: float = 0.01,
    camera: str = "A",
) -> ShotRecord:
    rng = np.random.default_rng((seed, round(100 * (at_s or 0)), 5))
    grey = np.roll(_scene(seed), shift_px, (0, 1)) * np.float32(2**ev)
    grey = np.clip(grey + noise * rng.standard_normal(grey.shape).astype(np.float32), 0, 1)
    metadata = Metadata(
        make=camera,
        exposure_s=exposure_s * 2**ev,
        iso=100.0,
        timestamp_ns=None if at_s is None else round((_NOON_S + at_s) * 1e9),
    )
    return record_of(name, grey, size_px=(2400, 3200), metadata=metadata)


def test_a_burst_is_one_group_and_another_scene_right_after_it_another() -> None:
    shots = [_shot(1, 0.2 * i, shift_px=(4 * i, -6 * i)) for i in range(4)] + [_shot(2, 1.1), _shot(2, 1.3)]
    assert group_bursts(shots) == ((0, 1, 2, 3), (4, 5))


def test_input_order_does_not_matter_where_times_are_known() -> None:
    shots = [_shot(2, 9.0), _shot(1, 0.4), _shot(1, 0.0), _shot(2, 9.2), _shot(1, 0.2)]
    assert group_bursts(shots) == ((2, 4, 1), (0, 3))


@pytest.mark.parametrize("ev", [2.0, 3.0])
def test_a_bracket_stays_together(ev: float) -> None:
    shots = [_shot(3, 0.3 * i, ev=e, shift_px=(3 * i, 2)) for i, e in enumerate((0.0, -ev, ev))]
    assert group_bursts(shots) == ((0, 1, 2),)


def test_long_exposures_count_from_when_the_shutter_closed() -> None:
    shots = [_shot(4, 0.0, exposure_s=70.0), _shot(4, 72.0, exposure_s=70.0)]
    assert group_bursts(shots) == ((0, 1),)
    shorter = [replace(shot, exposure_s=1.0) for shot in shots]
    assert group_bursts(shorter) == ((0,), (1,))


def test_the_same_view_a_minute_later_is_another_visit() -> None:
    assert group_bursts([_shot(5, 0.0), _shot(5, 50.0)]) == ((0, 1),)
    assert group_bursts([_shot(5, 0.0), _shot(5, 70.0)]) == ((0,), (1,))


def test_two_cameras_at_one_event_are_kept_apart() -> None:
    shots = [_shot(6, 0.0), _shot(6, 0.1, camera="B"), _shot(6, 0.2), _shot(6, 0.3, camera="B")]
    assert group_bursts(shots) == ((0, 2), (1, 3))


def test_without_times_likeness_alone_decides_in_order() -> None:
    shots = [_shot(1, None), _shot(1, None, shift_px=(5, 5)), _shot(2, None), _shot(3, None)]
    assert group_bursts(shots) == ((0, 1), (2,), (3,))


def test_a_frame_where_nothing_shows_stays_with_its_burst() -> None:
    black = replace(_shot(1, 0.4), thumbnail=np.zeros((48, 64), np.float32))
    dark = replace(black, time_s=_NOON_S + 0.6)
    assert group_bursts([_shot(1, 0.0), _shot(1, 0.2), black, dark])[0][:2] == (0, 1)
    assert split_burst([black, dark]).whole


def test_one_picture_between_does_not_break_a_burst() -> None:
    burst = [_shot(1, 0.2 * i) for i in range(5)]
    clipped = replace(burst[2], thumbnail=np.ones((48, 64), np.float32))  # the flash
    assert group_bursts([*burst[:2], clipped, *burst[3:]]) == ((0, 1, 2, 3, 4),)


def test_no_shot_is_lost_and_none_is_there_twice() -> None:
    shots = [_shot(i % 3, 0.7 * i) for i in range(9)]
    assert sorted(p for group in group_bursts(shots) for p in group) == list(range(9))
    assert group_bursts([]) == ()


def test_the_frame_of_another_scene_is_named() -> None:
    burst = [_shot(1, 0.1 * i, shift_px=(5 * i, 0), name=f"f{i}.jpg") for i in range(4)]
    burst.insert(2, _shot(9, 0.25, name="other.jpg"))
    split = split_burst(burst)
    assert split.groups == ((0, 1, 3, 4), (2,))
    assert split.reasons == ((2, "other.jpg shows another scene"),)
    assert not split.whole


def test_the_frame_of_another_day_camera_or_size_is_named() -> None:
    burst = [_shot(1, 0.1 * i, name=f"f{i}") for i in range(3)]
    strangers = [
        replace(_shot(1, 3 * 3600.0), name="late"),
        replace(_shot(1, 0.4, camera="B"), name="borrowed"),
        replace(_shot(1, 0.5), name="small", size_px=(1200, 1600)),
    ]
    split = split_burst([*burst, *strangers])
    assert split.groups[0] == (0, 1, 2)
    words = dict(split.reasons)
    assert words[3] == "late was taken 3 h later"
    assert words[4] == "borrowed is of B, f0 of A"
    assert words[5] == "small is 1600×1200, f0 is 3200×2400"


def test_a_bracket_and_a_shaken_dark_burst_are_whole() -> None:
    bracket = [_shot(3, 0.3 * i, ev=e) for i, e in enumerate((0.0, -3.0, 3.0))]
    # A deviation of 0.02 at a mean of 0.01: the pixels themselves show nothing.
    dark = [_shot(4, 0.1 * i, ev=-4.0, noise=0.02, shift_px=(8 * i, -7 * i)) for i in range(5)]
    assert split_burst(bracket).whole and split_burst(dark).whole


def test_a_camera_that_metered_another_scene_anew_is_no_bracket() -> None:
    other = replace(_shot(9, 0.2, name="other"), light_ev=_shot(1, 0.0).light_ev + 2.0)  # type: ignore[operator]
    assert split_burst([_shot(1, 0.0), _shot(1, 0.1), other]).groups == ((0, 1), (2,))


def test_a_turned_camera_still_shows_the_scene() -> None:
    first = _shot(1, 0.0)
    h, w = first.thumbnail.shape
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), 9.0, 1.05)
    turned = cv2.warpAffine(first.thumbnail, matrix, (w, h), borderMode=cv2.BORDER_REFLECT)
    assert split_burst([first, replace(first, thumbnail=turned)]).whole


def test_likeness_tells_the_shift_whatever_the_exposure() -> None:
    a = _shot(1, 0.0).thumbnail
    b = np.roll(a, (3, -5), (0, 1)) * np.float32(0.2)
    found = likeness(scene_view(a), scene_view(b))
    assert found.score is not None and found.score > 0.8
    assert found.shift == pytest.approx((-5 / 64, 3 / 64))
    assert len(turned_views(a)) == 6


def test_different_scenes_are_not_alike() -> None:
    views = [scene_view(_shot(seed, 0.0).thumbnail) for seed in range(10)]
    scores = [likeness(a, b).score for i, a in enumerate(views) for b in views[:i]]
    assert max(s for s in scores if s is not None) < 0.55
    with pytest.raises(ContractError, match="one size"):
        likeness(views[0], scene_view(np.ones((40, 64), np.float32)))


def test_a_raw_frame_and_its_picture_have_like_thumbnails() -> None:
    scene = cv2.resize(_scene(1), (256, 192), interpolation=cv2.INTER_AREA).clip(0, 1)
    mosaic = (64 + 4000 * scene).astype(np.uint16)
    raw = RawFrame(mosaic=mosaic, cfa=CfaPattern(name="RGGB"), black_dn=(64.0,) * 4, white_dn=4064.0)
    rgb = Frame(pixels=np.repeat(scene[..., None], 3, axis=2).astype(np.float32))
    a, b = shot_record("a", raw), shot_record("b", rgb)
    assert a.size_px == b.size_px == (192, 256) and a.thumbnail.shape == b.thumbnail.shape == (48, 64)
    assert float(np.abs(a.thumbnail - b.thumbnail).max()) < 0.01
    with pytest.raises(ContractError, match="finite"):
        replace(a, thumbnail=np.full((48, 64), np.nan, np.float32))
