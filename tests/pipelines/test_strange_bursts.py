"""Bursts in which one frame, or the light, is not like the others."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.core import InputError, RawFrame
from catchlight.core.cfa import CfaName
from catchlight.pipelines import DevelopSettings, develop, mosaic_burst
from catchlight.simulate import IMX477, BurstPlan, HandShake, SimulatedBurst, night_city, simulate_burst
from catchlight.simulate.flash import flash_light
from catchlight.simulate.flicker import Flicker
from catchlight.simulate.relight import relit_frame

SIZE = (224, 256)
SHAKEN = HandShake(shift_px=8.0, rotation_deg=0.5)
CITY = night_city(height_px=290, width_px=330, seed=3)
MOSAIC = DevelopSettings(render="mosaic")


def _burst(**changes: object) -> SimulatedBurst:
    facts: dict[str, object] = {
        "frames": 5, "gain": 4.0, "exposure": 0.4, "shake": SHAKEN, "size_px": SIZE, "seed": 5
    }  # fmt: skip
    return simulate_burst(CITY, sensor=IMX477, plan=BurstPlan(**{**facts, **changes}))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def burst() -> SimulatedBurst:
    return _burst()


@pytest.fixture(scope="module")
def flashed(burst: SimulatedBurst) -> list[RawFrame]:
    light = flash_light(SIZE, strength=3.0)
    return [relit_frame(burst, k, light) if k == 1 else burst[k] for k in range(len(burst))]


def _flickering(burst: SimulatedBurst, depth: float) -> list[RawFrame]:
    frames = []
    for k in range(len(burst)):
        lamp = Flicker(depth=depth, phase_rad=1.3 * k)
        rows = lamp.row_light(SIZE[0], exposure_s=1 / 500, readout_s=0.03, start_s=0.08 * k)
        frames.append(relit_frame(burst, k, np.repeat(rows[:, None], SIZE[1], axis=1).astype(np.float32)))
    return frames


def test_bands_of_a_lamp_do_not_pull_the_alignment(burst: SimulatedBurst) -> None:
    result = develop(_flickering(burst, 0.4), MOSAIC)
    first = burst.frame_from_reference[result.reference_index]
    middle = np.array([SIZE[1] / 2, SIZE[0] / 2])
    for record in result.records:
        truth = burst.frame_from_reference[record.index]
        there = np.linalg.inv(first[:, :2]) @ (middle - first[:, 2])
        error = record.alignment.affine @ [*middle, 1.0] - (truth[:, :2] @ there + truth[:, 2])
        # Up to 30 px before the bands were taken out first.
        assert np.abs(error).max() < 0.7
        assert record.trust > 0.3
    assert [note.startswith("flicker: bands of up to ±") for note in result.notes] == [True]


def test_a_steady_burst_of_many_frames_has_no_flicker() -> None:
    assert develop(_burst(frames=9, size_px=(160, 200)), MOSAIC).notes == ()


def test_the_flash_frame_is_left_out_or_refused(flashed: list[RawFrame]) -> None:
    result = develop(flashed, MOSAIC)
    assert [s.name for s in result.skipped] == ["frame 1"] and len(result.records) == 3
    with pytest.raises(InputError, match=r"frame 1: .*flash"):
        develop(flashed, replace(MOSAIC, strict=True))


def test_a_flash_frame_that_is_asked_for_is_told_and_no_flicker(flashed: list[RawFrame]) -> None:
    result = develop(flashed, replace(MOSAIC, reference=1))
    assert result.skipped == () and len(result.notes) == 1
    assert result.notes[0].startswith("the reference alone was lit by a flash")


@pytest.mark.parametrize(("reference", "left"), [(None, [3, 4]), (3, [0, 1, 2])])
def test_frames_of_another_hour_than_the_reference_are_left_out(
    reference: int | None, left: list[int], burst: SimulatedBurst
) -> None:
    frames = list(burst)
    hours_ns = 3 * 3600 * 10**9
    for k in (3, 4):
        told = frames[k].metadata
        assert told.timestamp_ns is not None
        frames[k] = replace(frames[k], metadata=replace(told, timestamp_ns=told.timestamp_ns + hours_ns))
    result = develop(frames, replace(MOSAIC, reference=reference))
    assert [s.name for s in result.skipped] == [f"frame {k}" for k in left]
    when = "later" if reference is None else "earlier"
    assert all(f"taken 3 h {when}" in s.reason for s in result.skipped)


@pytest.mark.parametrize(("cfa", "scale"), [("XTRANS", 1.0), ("MONO", 1.0), ("QUAD_RGGB", 1.5)])
def test_before_has_the_noise_and_the_size_for_every_kind_of_sensor(cfa: CfaName, scale: float) -> None:
    plan = BurstPlan(frames=4, gain=16.0, exposure=0.5, shake=SHAKEN, size_px=(120, 144), seed=2)
    # Out of focus: what is left of fine structure is noise.
    soft = replace(CITY, pixels=cv2.GaussianBlur(CITY.pixels, (0, 0), 5.0))
    burst = simulate_burst(soft, sensor=replace(IMX477, cfa=cfa), plan=plan)
    result = develop(list(burst), DevelopSettings(scale=scale), with_before=True)
    assert result.frame is not None and result.before is not None
    assert result.frame.shape == result.before.shape == (round(120 * scale), round(144 * scale))
    small = [cv2.resize(f.pixels, (72, 60), interpolation=cv2.INTER_AREA) for f in (result.before, result.frame)]
    finest = [float(np.std(cv2.Laplacian(picture, cv2.CV_32F))) for picture in small]
    assert finest[0] > 1.2 * finest[1]


def test_a_dark_burst_at_high_gain_has_few_colour_blotches(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = BurstPlan(frames=5, gain=16.0, exposure=0.15, shake=SHAKEN, size_px=(160, 192), seed=4)
    soft = replace(CITY, pixels=cv2.GaussianBlur(CITY.pixels, (0, 0), 2.0))
    burst = simulate_burst(soft, sensor=IMX477, plan=plan)
    truth = burst.truth().linear_srgb

    def colour_error() -> float:
        frame = develop(list(burst), DevelopSettings(render="linear", reference=0)).frame
        assert frame is not None
        error = (frame.pixels - truth)[16:-16, 16:-16]
        return float(np.square(error - error.mean(axis=-1, keepdims=True)).mean())

    found = colour_error()
    monkeypatch.setattr(mosaic_burst, "_CHROMA_REFINED", 1.0)
    assert found < 0.9 * colour_error()
