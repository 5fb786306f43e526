import math
from pathlib import Path

import numpy as np
import pytest

from catchlight.core import Frame, srgb_decode
from catchlight.develop import tone_local
from catchlight.develop.gain_map import hdr_curve, hdr_gain
from catchlight.develop.open_shoulder import open_shoulder
from catchlight.develop.tone_curve import INDEX_BEND, CurveTables, filmic_tables
from catchlight.develop.tone_local import LocalTone, map_tones, plan_local_tone, shrink
from catchlight.io import read_picture, write_frame

IDENTITY = np.eye(3)
SIDE = 240
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@pytest.fixture
def coarse_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of three pixels, as a picture of 12 MP has, in one that is small."""
    monkeypatch.setattr(tone_local, "_CELLS_SHORT_SIDE", SIDE // 3)


def night(height: int = 160, width: int = 240, *, lamp: float = 6.0) -> np.ndarray:
    """A dark wall with texture, a lit window, and two round lamps with soft edges; mid-grey is 0.18."""
    y, x = np.mgrid[:height, :width]
    wall = 0.05 + 0.02 * np.sin(x / 3) * np.sin(y / 5)
    wall[height // 2 :, : width // 3] = 0.4
    for at, size in ((0.4, 9.0), (0.75, 14.0)):
        r = np.hypot(x - at * width, y - 0.3 * height)
        wall = wall + lamp / (1 + np.exp(np.minimum((r - size) / 1.2, 30)))
    return np.stack([wall, wall * 0.9, wall * 0.7], axis=2).astype(np.float32)


def plan(light: np.ndarray, white: float) -> tuple[LocalTone, CurveTables]:
    small = shrink(light, IDENTITY)
    tone = plan_local_tone(small, gain_ev=0.0, black=0.0, white_ev=0.0, shadows=1.0, saturation=1.0)
    return tone, filmic_tables(white=white, contrast=1.0)


def sdr_of(light: np.ndarray, tone: LocalTone, tables: CurveTables) -> np.ndarray:
    out = np.empty_like(light)
    map_tones(light, IDENTITY, tone, tables, out=out)
    return out


@pytest.mark.parametrize("white", [1.0, 3.0, 8.0])
@pytest.mark.parametrize("headroom_ev", [0.5, 2.0, 6.0])
def test_an_open_shoulder_keeps_the_curve_below_and_its_limit_above(white: float, headroom_ev: float) -> None:
    curve = filmic_tables(white=white, contrast=1.0).curve
    u = np.arange(curve.size) / curve.size
    light = INDEX_BEND * u / (1 - u)
    shown = open_shoulder(curve, top=16.0, headroom_ev=headroom_ev)
    assert np.abs(shown - curve)[light <= 0.18].max() < 1e-7
    assert (shown >= curve - 1e-7).all()
    assert (np.diff(shown) > -1e-9).all()
    assert math.log2(shown[-1]) <= headroom_ev + 0.01
    if headroom_ev < 2:
        assert math.log2(shown[-1]) == pytest.approx(headroom_ev, abs=0.01)
    if white < 2:
        return  # such a curve has an edge of its own, at white
    # No edge: the slope in the logarithmic domain changes by little from one step to the next.
    ev = np.arange(-2, 4, 0.05)
    slope = np.diff(np.log2(np.interp(2.0**ev, light, shown))) / 0.05
    assert np.abs(np.diff(slope)).max() < 0.15


def test_an_open_shoulder_shows_highlights_as_bright_as_they_are() -> None:
    curve = filmic_tables(white=4.0, contrast=1.0).curve
    u = np.arange(curve.size) / curve.size
    shown = open_shoulder(curve, top=32.0, headroom_ev=8.0)
    at = np.interp([2.0, 4.0, 8.0, 16.0], INDEX_BEND * u / (1 - u), shown)
    assert np.diff(np.log2(at)) == pytest.approx([1, 1, 1], abs=0.02)


def test_gains_are_zero_below_mid_grey_and_follow_brightness() -> None:
    light = night()
    tone, tables = plan(light, 2.0)
    before = light.copy()
    found = hdr_gain(light, IDENTITY, tone, tables)
    assert found is not None
    assert np.array_equal(light, before)
    assert found.shape == (160, 240)  # a picture this small keeps every pixel
    shown = srgb_decode(sdr_of(light, tone, tables)) @ LUMA
    assert found.log2_gain[shown < 0.12].max() < 1e-3
    assert found.log2_gain.min() >= 0
    # Whatever is brighter gets at least as much: sorted by light, the gain never falls by more than the base's bend.
    order = np.argsort(light[..., 1], axis=None)
    gain = found.log2_gain.ravel()[order]
    assert (np.maximum.accumulate(gain) - gain).max() < 0.05
    assert gain.max() == pytest.approx(found.gain_map_max[0])
    assert found.alternate_headroom_ev <= 3.0


@pytest.mark.usefixtures("coarse_cells")
def test_lamps_get_no_halo() -> None:
    """Along a row through a lamp, the rendition only rises towards it, and the wall around stays as it was."""
    light = night(SIDE, SIDE)
    tone, tables = plan(light, 2.0)
    assert tone.cell_px == 3
    found = hdr_gain(light, IDENTITY, tone, tables)
    assert found is not None
    assert found.shape == (SIDE // 3, SIDE // 3)
    row, centre = int(0.3 * SIDE), int(0.4 * SIDE)
    gain = found.gain_ev(row, row + 1, height=SIDE, width=SIDE)[0]
    assert gain[centre] > 0.5
    edge = np.flatnonzero(light[row, :, 1] > 0.3)
    far = np.r_[: edge[edge < centre + 40][0] - 6]
    assert gain[far].max() < 1e-3
    assert (np.diff(gain[centre - 30 : centre]) > -0.01).all()


def test_bright_regions_need_not_be_held_back() -> None:
    """Held by 1.6 EV for the standard picture, a lamp of 5 EV above white gets that back; the wall stays."""
    light = night(lamp=5.0)
    small = shrink(light, IDENTITY)
    common = {"gain_ev": 0.0, "black": 0.0, "shadows": 1.0, "saturation": 1.0}
    held, unheld = (plan_local_tone(small, white_ev=ev, **common) for ev in (2.3, 0.0))  # type: ignore[arg-type]
    tables = filmic_tables(white=2.0, contrast=1.0)
    less = hdr_gain(light, IDENTITY, held, tables)
    more = hdr_gain(light, IDENTITY, held, tables, unheld=unheld)
    assert less is not None
    assert more is not None
    assert more.alternate_headroom_ev > less.alternate_headroom_ev + 0.8
    shown = srgb_decode(sdr_of(light, held, tables)) @ LUMA
    for found in (less, more):
        assert found.log2_gain[shown < 0.08].max() < 1e-3


def test_scenes_without_highlights_get_no_map() -> None:
    light = np.minimum(night(lamp=0.2), 0.6)
    tone, tables = plan(light, 1.0)
    assert hdr_gain(light, IDENTITY, tone, tables) is None
    black = np.zeros((8, 8, 3), np.float32)
    tone, tables = plan(black, 1.0)
    assert hdr_gain(black, IDENTITY, tone, tables) is None


def test_the_headroom_is_the_scenes_own_up_to_a_limit() -> None:
    rooms = []
    for lamp in (1.5, 3.0, 40.0):
        light = night(lamp=lamp)
        tone, tables = plan(light, max(1.0, lamp / 3))
        found = hdr_gain(light, IDENTITY, tone, tables)
        assert found is not None
        rooms.append(found.alternate_headroom_ev)
    assert rooms[0] < rooms[1] - 0.5
    assert rooms[2] == pytest.approx(3.0, abs=0.1)
    light = night(lamp=40.0)
    tone, tables = plan(light, 13.0)
    found = hdr_gain(light, IDENTITY, tone, tables, headroom_ev=1.0)
    assert found is not None
    assert found.alternate_headroom_ev <= 1.01


@pytest.mark.usefixtures("coarse_cells")
@pytest.mark.parametrize("suffix", [".jpg", ".avif", ".heic"])
def test_the_file_shows_the_rendition_that_was_meant(tmp_path: Path, suffix: str) -> None:
    """Against the open curve on every pixel: 95 % within 0.05 EV, though the file's map is a third of the size."""
    light = night(SIDE, SIDE)
    tone, tables = plan(light, 2.0)
    found, curve = hdr_gain(light, IDENTITY, tone, tables), hdr_curve(light, IDENTITY, tone, tables)
    assert found is not None
    assert curve is not None
    sdr = sdr_of(light, tone, tables)
    write_frame(tmp_path / f"a{suffix}", Frame(pixels=sdr, transfer="srgb", gain_map=found))
    back = read_picture(tmp_path / f"a{suffix}")
    assert isinstance(back, Frame)
    assert back.gain_map is not None
    shown = back.gain_map.apply(back.to_linear(), headroom_ev=4.0) @ LUMA
    linear = CurveTables(
        curve=(curve / curve[-1]).astype(np.float32), encode=np.array([0, 1], np.float32), slope=tables.slope
    )
    luma, _ = map_tones(light, IDENTITY, tone, linear, out=np.empty_like(light))
    truth = luma.astype(np.float32) * np.float32(curve[-1])
    assert truth.max() > 1.5
    error = np.abs(np.log2((shown + 1 / 64) / (truth + 1 / 64)))
    assert np.percentile(error, 95) < 0.05
    # In the lamps themselves, but for the cell that their rims cross; the standard picture is far off there.
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = np.hypot(x - 0.75 * SIDE, y - 0.3 * SIDE) < 8
    print(np.percentile(error, 95), np.percentile(error[inside], 95))
    assert np.percentile(error[inside], 95) < 0.05
    assert (np.log2(truth[inside]) > 0.5).all()
