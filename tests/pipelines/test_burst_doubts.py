from collections.abc import Callable

import numpy as np
import pytest

from catchlight.burst.light.flash import LightVerdict
from catchlight.burst.light.flicker import RowGains
from catchlight.core import Frame, LinearMosaic
from catchlight.develop import linearise
from catchlight.pipelines.burst_doubts import blur_note, flash_note, flicker_note
from catchlight.simulate import SENSORS, BurstPlan, simulate_burst


@pytest.fixture(scope="module")
def shot() -> Callable[[float], LinearMosaic]:
    """A frame of dark and bright blocks behind a lens that blurs them."""

    def make(blur_px: float) -> LinearMosaic:
        rng = np.random.default_rng(2)
        blocks = rng.uniform(0.05, 0.9, (10, 12, 1)).repeat(32, axis=0).repeat(32, axis=1).repeat(3, axis=2)
        scene = Frame(pixels=blocks.astype(np.float32), transfer="linear")
        plan = BurstPlan(frames=1, lens_blur_px=blur_px)
        raw = simulate_burst(scene, sensor=SENSORS["IMX477"], plan=plan)[0]
        assert raw.noise is not None
        return linearise(raw, noise=raw.noise, gains=raw.colour.white_balance())

    return make


@pytest.mark.parametrize("blur_px", [4.0, 6.0])
def test_a_burst_of_blurred_frames_is_told_with_its_blur(blur_px: float, shot: Callable[[float], LinearMosaic]) -> None:
    note = blur_note(shot(blur_px), 5)
    assert note is not None
    assert note.startswith("all frames are blurred (about ")
    assert note.endswith("taken the least blurred")
    assert float(note.split("about ")[1].split(" px")[0]) == pytest.approx(blur_px, rel=0.25)
    single = blur_note(shot(blur_px), 1)
    assert single is not None
    assert single.startswith("the frame is blurred")


@pytest.mark.parametrize("blur_px", [0.6, 1.0, 1.5])
def test_sharp_frames_and_bare_walls_are_not_doubted(blur_px: float, shot: Callable[[float], LinearMosaic]) -> None:
    assert blur_note(shot(blur_px), 5) is None


def test_a_bare_wall_cannot_be_told(as_wall: LinearMosaic) -> None:
    assert blur_note(as_wall, 5) is None


@pytest.fixture
def as_wall(shot: Callable[[float], LinearMosaic]) -> LinearMosaic:
    mosaic = shot(1.0)
    return LinearMosaic(
        values=np.full(mosaic.shape, 0.3, np.float32), cfa=mosaic.cfa, gains=mosaic.gains, noise=mosaic.noise
    )


def test_flicker_is_told_with_its_depth() -> None:
    flat = RowGains(log_gains=np.zeros(8), depth=0.002, significant=False)
    banded = RowGains(log_gains=np.zeros(8), depth=0.12, significant=True)
    assert flicker_note([flat, flat]) is None
    assert flicker_note([]) is None
    note = flicker_note([flat, banded, banded])
    assert note is not None
    assert "±12 %" in note
    assert "2 of 3" in note


def test_bands_in_one_frame_of_many_are_chance() -> None:
    flat = RowGains(log_gains=np.zeros(8), depth=0.002, significant=False)
    banded = RowGains(log_gains=np.zeros(8), depth=0.012, significant=True)
    assert flicker_note([flat] * 9 + [banded]) is None
    assert flicker_note([flat] * 8 + [banded]) is not None


def test_a_reference_with_flash_is_told() -> None:
    alike = LightVerdict(lit="alike", spread_ev=0.0, added_ev=0.0, reason="")
    frame = LightVerdict(lit="frame", spread_ev=0.5, added_ev=2.0, reason="it has light of its own")
    reference = LightVerdict(lit="reference", spread_ev=0.5, added_ev=2.0, reason="the reference has light of its own")
    assert flash_note([alike, alike]) is None
    assert flash_note([alike, frame, alike]) is None
    note = flash_note([reference, reference, alike])
    assert note is not None and "flash" in note
