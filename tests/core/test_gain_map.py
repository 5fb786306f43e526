import math
from dataclasses import replace

import numpy as np
import pytest

from catchlight.core import ColourSpace, ContractError, Frame
from catchlight.core.gain_map import GainMap


def grey_map(log2_gain: np.ndarray, **facts: object) -> GainMap:
    most = float(log2_gain.max())
    given = {"gain_map_min": (0.0,) * 3, "gain_map_max": (most,) * 3, "alternate_headroom_ev": 2.0, **facts}
    return GainMap(log2_gain=log2_gain.astype(np.float32), **given)  # type: ignore[arg-type]


def slow_gain(log2_gain: np.ndarray, y: float, x: float, height: int, width: int) -> float:
    """Interpolation between cell centres, one pixel at a time."""
    rows, columns = log2_gain.shape
    at = [(y + 0.5) * rows / height - 0.5, (x + 0.5) * columns / width - 0.5]
    at = [min(max(a, 0), n - 1) for a, n in zip(at, (rows, columns), strict=True)]
    (j, i), (fy, fx) = (int(a) for a in at), (a % 1 for a in at)
    j1, i1 = min(j + 1, rows - 1), min(i + 1, columns - 1)
    upper = (1 - fx) * log2_gain[j, i] + fx * log2_gain[j, i1]
    return float((1 - fy) * upper + fy * ((1 - fx) * log2_gain[j1, i] + fx * log2_gain[j1, i1]))


def test_the_rendition_is_the_formula_of_the_standard() -> None:
    rng = np.random.default_rng(3)
    gains, base = rng.uniform(0, 2, (5, 7)), rng.uniform(0, 1, (150, 23, 3)).astype(np.float32)
    shown = grey_map(gains, base_offset=(0.02,) * 3, alternate_offset=(0.01,) * 3).apply(base, headroom_ev=1.5)
    for y, x in ((0, 0), (149, 22), (70, 11), (3, 20)):
        gain = 2 ** (0.75 * slow_gain(gains, y, x, 150, 23))
        assert shown[y, x] == pytest.approx((base[y, x] + 0.02) * gain - 0.01, rel=1e-4)


def test_the_weight_follows_the_headroom() -> None:
    base = np.full((4, 4, 3), 0.5, np.float32)
    flat = grey_map(np.full((2, 2), 2.0), base_headroom_ev=1.0, alternate_headroom_ev=3.0)
    assert [flat.weight(ev) for ev in (0.0, 1.0, 2.0, 3.0, 9.0)] == [0, 0, 0.5, 1, 1]
    assert flat.apply(base, headroom_ev=0.5) == pytest.approx(base)
    assert flat.apply(base, headroom_ev=8.0) == pytest.approx(4 * (base + 1 / 64) - 1 / 64, rel=1e-5)


def test_each_channel_may_have_its_own_gain() -> None:
    gains = np.zeros((2, 2, 3), np.float32)
    gains[..., 2] = 1
    shown = grey_map(gains).apply(np.full((6, 6, 3), 0.25, np.float32), headroom_ev=2.0)
    assert shown[..., :2] == pytest.approx(0.25)
    assert shown[..., 2] == pytest.approx(0.5 + 1 / 64, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"log2_gain": np.zeros((0, 2), np.float32)}, "rows×columns"),
        ({"log2_gain": np.full((2, 2), np.nan, np.float32)}, "NaN"),
        ({"gamma": (1.0, 0.0, 1.0)}, "gamma"),
        ({"gain_map_min": (3.0, 0.0, 0.0)}, "not above its largest"),
        ({"alternate_headroom_ev": 0.0}, "brightens"),
        ({"alternate_headroom_ev": math.inf}, "finite"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        replace(grey_map(np.ones((2, 2))), **change)  # type: ignore[arg-type]


def test_a_frame_keeps_the_map_where_it_fits() -> None:
    pixels = np.full((4, 6, 3), 0.5, np.float32)
    frame = Frame(pixels=pixels, transfer="srgb", gain_map=grey_map(np.ones((4, 6))))
    moved = frame.in_space(ColourSpace.DISPLAY_P3, "linear")
    assert moved.gain_map is frame.gain_map
    # One gain for all channels means the same in any primaries with the same white.
    assert frame.gain_map is not None
    there = frame.gain_map.apply(moved.pixels, headroom_ev=2.0)
    here = frame.gain_map.apply(frame.to_linear(), headroom_ev=2.0)
    again = Frame(pixels=there, space=ColourSpace.DISPLAY_P3).in_space(ColourSpace.SRGB, "linear").pixels
    assert again == pytest.approx(here, rel=1e-4)
    coloured = replace(frame, gain_map=grey_map(np.ones((2, 2, 3))))
    assert coloured.in_space(ColourSpace.SRGB, "linear").gain_map is not None
    assert coloured.in_space(ColourSpace.DISPLAY_P3, "srgb").gain_map is None
    with pytest.raises(ContractError, match="no larger than its picture"):
        replace(frame, gain_map=grey_map(np.ones((5, 6))))
