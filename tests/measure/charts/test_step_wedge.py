import math

import numpy as np
import pytest

from catchlight.core import ContractError, Frame, NoiseModel
from catchlight.measure.charts.even_regions import even_regions
from catchlight.measure.charts.noise_curve import noise_curves
from catchlight.measure.charts.patch_reading import PatchReading, read_patch
from catchlight.measure.charts.step_wedge import find_step_wedge
from catchlight.measure.charts.tone_response import tone_response
from catchlight.simulate.charts.recording import recording
from catchlight.simulate.charts.step_wedge import STEP_WEDGE_HEIGHT, StepWedgeScene, step_wedge
from catchlight.simulate.charts.view import ChartView, perspective

NOISE = NoiseModel.same(shot=2e-4, read=4e-6)
SQUARE = np.array([[8.0, 8.0], [88.0, 8.0], [88.0, 88.0], [8.0, 88.0]])


def _reading(level: float, noise: float, *, clipped: float = 0.0, correlation: float = 0.0) -> PatchReading:
    return PatchReading(
        x=1.0,
        y=1.0,
        mean=(level,) * 3,
        noise=(noise,) * 3,
        noise_luminance=noise,
        correlation=correlation,
        pixels=10_000,
        clipped=clipped,
    )


def _wedge(roll: float = 5.0) -> StepWedgeScene:
    h = perspective(height=400, width=900, chart_height=STEP_WEDGE_HEIGHT, fill=0.9, yaw_deg=15.0, roll_deg=roll)
    view = ChartView(height=400, width=900, image_from_chart=h, sigma_px=0.8)
    return step_wedge(view, steps=14, density_step=0.12)


@pytest.mark.parametrize("roll", [5.0, 178.0])
def test_a_wedge_is_found_and_gives_noise_tone_and_range(roll: float) -> None:
    scene = _wedge(roll)
    frame = Frame(pixels=recording(scene.light, noise=NOISE, seed=7))
    found = find_step_wedge(frame)
    assert found is not None
    centres = np.array(found.corners_xy).mean(axis=1)
    distance = np.linalg.norm(centres[:, None] - scene.centres_xy[None], axis=-1)
    order = distance.argmin(axis=1)
    assert distance.min(axis=1).max() < 3
    assert len(order) >= 10
    assert order.tolist() == list(range(len(order)))

    luminance = np.array([0.2126, 0.7152, 0.0722])
    curves = noise_curves(found.readings, transfer="linear")
    green = curves.curves[1]
    assert green.shot == pytest.approx(2e-4, rel=0.12)
    assert green.read == pytest.approx(4e-6, rel=0.35)
    assert curves.curves[3].shot == pytest.approx(2e-4 * (luminance**2).sum(), rel=0.12)
    assert curves.warnings == ()
    true_ev = -math.log2((2e-4 + math.sqrt(4e-8 + 4 * 4e-6)) / 2)
    assert green.dynamic_range_ev == pytest.approx(true_ev, abs=0.3)

    tone = tone_response(found.readings, [scene.densities[i] for i in order], transfer="linear")
    assert tone.slope == pytest.approx(1, abs=0.02)
    assert tone.worst_ev < 0.05
    assert tone.warnings == ()


def test_a_wrong_curve_is_told() -> None:
    scene = _wedge()
    bent = np.power(scene.light, np.float32(1 / 2.2))
    found = find_step_wedge(Frame(pixels=bent))
    assert found is not None
    tone = tone_response(found.readings, scene.densities[: len(found.readings)], transfer="linear")
    assert tone.slope == pytest.approx(1 / 2.2, abs=0.02)
    assert "power 0.45" in tone.warnings[0]


def test_no_wedge_in_clutter() -> None:
    blocks = np.kron(np.random.default_rng(3).random((12, 16, 3)), np.ones((24, 24, 1))).astype(np.float32)
    assert find_step_wedge(Frame(pixels=blocks)) is None
    ramp = np.broadcast_to(np.linspace(0.02, 1, 500, dtype=np.float32)[None, :, None], (200, 500, 3)).copy()
    assert find_step_wedge(Frame(pixels=ramp)) is None


def test_the_model_behind_exact_readings_is_recovered() -> None:
    levels = np.geomspace(2e-4, 0.9, 12)
    readings = [_reading(float(v), math.sqrt(1e-6 + 1e-4 * v + 4e-6 * v * v)) for v in levels]
    curve = noise_curves(readings, transfer="linear").curves[3]
    assert (curve.read, curve.shot, curve.uneven) == pytest.approx((1e-6, 1e-4, 4e-6), rel=1e-6)
    # Levels at which signal and noise (and ten times the noise) are equal, by bisection.
    for snr, ev in ((1, curve.dynamic_range_ev), (10, curve.dynamic_range_10_ev)):
        low, high = 1e-6, 1.0
        for _ in range(60):
            mid = math.sqrt(low * high)
            low, high = (mid, high) if mid / math.sqrt(1e-6 + 1e-4 * mid + 4e-6 * mid**2) < snr else (low, mid)
        assert ev == pytest.approx(-math.log2(low), abs=1e-6)
    assert curve.points[0].snr_db == pytest.approx(20 * math.log10(2e-4 / math.sqrt(1e-6 + 2e-8 + 1.6e-13)))


def test_no_dynamic_range_is_stated_that_bright_patches_cannot_tell() -> None:
    bright = [_reading(v, math.sqrt(1e-8 + 1e-4 * v)) for v in (0.2, 0.3, 0.5, 0.7, 0.9)]
    noisy = [_reading(r.mean[0], r.noise[0] * f) for r, f in zip(bright, (0.98, 1.01, 1.0, 0.99, 1.02), strict=True)]
    curves = noise_curves(noisy, transfer="srgb")
    assert curves.curves[3].dynamic_range_ev is None
    assert curves.domain == "decoded from sRGB"
    assert {w.split()[0] for w in curves.warnings} == {"levels", "the"}


def test_clipped_and_correlated_patches_are_told() -> None:
    patches = [_reading(v, math.sqrt(1e-6 + 1e-4 * v), correlation=0.4) for v in (0.01, 0.05, 0.2, 0.6)]
    curves = noise_curves([*patches, _reading(1.0, 1e-5, clipped=1.0)], transfer="linear")
    assert len(curves.curves[0].points) == 4
    assert any("clipped" in w for w in curves.warnings)
    assert any("correlated (0.40)" in w for w in curves.warnings)
    with pytest.raises(ContractError, match="4 patches"):
        noise_curves(patches[:3], transfer="linear")


def test_a_patch_reads_its_mean_and_noise_whatever_lies_on_it() -> None:
    rng = np.random.default_rng(11)
    y, x = np.mgrid[:96, :96]
    pixels = 0.4 + 1e-3 * (x - y)[..., None] + rng.normal(0, [0.01, 0.02, 0.03], (96, 96, 3))
    pixels[40:42, 40:42] = 0.9  # dust
    reading = read_patch(Frame(pixels=pixels.astype(np.float32)), SQUARE, inner=0.9)
    assert reading is not None
    # 5,184 samples know a standard deviation to 1 %: four of these.
    assert reading.noise == pytest.approx((0.01, 0.02, 0.03), rel=0.04)
    assert reading.mean == pytest.approx((0.4, 0.4, 0.4), abs=2e-3)
    assert abs(reading.correlation) < 0.06
    assert reading.pixels == pytest.approx(72 * 72, abs=80)
    assert reading.clipped == 0


def test_smoothed_noise_is_correlated() -> None:
    noise = np.random.default_rng(12).normal(0, 0.02, (96, 97, 3))
    pixels = (0.5 + 0.5 * (noise[:, 1:] + noise[:, :-1])).astype(np.float32)
    reading = read_patch(Frame(pixels=pixels), SQUARE)
    assert reading is not None
    # The mean of two neighbours shares half its variance with the next; 1,600 samples know that to 0.025.
    assert reading.correlation == pytest.approx(0.5, abs=0.08)


def test_what_leaves_the_picture_is_not_read() -> None:
    frame = Frame(pixels=np.full((70, 70, 3), 0.5, np.float32))
    assert read_patch(frame, SQUARE) is not None
    assert read_patch(frame, SQUARE, inner=1.0) is None
    assert read_patch(frame, np.array([[5.0, 5.0], [8.0, 5.0], [8.0, 8.0], [5.0, 8.0]])) is None


def test_densities_and_readings_must_match() -> None:
    with pytest.raises(ContractError, match="one density"):
        tone_response([_reading(0.5, 0.01)], [0.1, 0.2], transfer="linear")


def test_even_regions_of_a_plain_scene_tell_its_noise() -> None:
    # Plain cards on a textured cloth, no chart: the cards are read, the cloth is not.
    y, x = np.mgrid[:300, :500]
    light = np.repeat((0.3 + 0.1 * np.sin(x / 3) * np.sin(y / 4)).astype(np.float32)[..., None], 3, axis=2)
    levels = (0.03, 0.08, 0.2, 0.45, 0.8)
    for i, level in enumerate(levels):
        light[100:170, 30 + 95 * i : 95 + 95 * i] = level
    readings = even_regions(Frame(pixels=recording(light, noise=NOISE, seed=2)))
    assert [r.mean[1] for r in readings] == pytest.approx(levels, rel=0.02)
    assert noise_curves(readings, transfer="linear").curves[1].shot == pytest.approx(2e-4, rel=0.15)
