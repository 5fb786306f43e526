from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.core import CameraColour, ColourSpace, ContractError, Metadata, NoiseModel, srgb_decode, srgb_encode
from catchlight.core import bands as core_bands
from catchlight.develop.natural_look import NaturalLook
from catchlight.develop.render import render_display, render_linear, render_natural

# The Nikon matrix of the public crop that ships as a sample.
COLOUR = CameraColour(
    neutral=(1 / 1.95, 1.0, 1 / 1.34),
    matrix_2=((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086)),
)
WB = (1.95, 1.0, 1.34)
MATRIX = COLOUR.rgb_from_camera(ColourSpace.SRGB)
NOISE = NoiseModel.same(shot=1e-4, read=1e-6)


def _scene(seed: int = 0, height: int = 90, width: int = 140) -> np.ndarray:
    """Linear sRGB with soft structure in light and colour, 0.01…1."""
    rng = np.random.default_rng(seed)
    light = cv2.resize(rng.uniform(-5, 0, (8, 12)), (width, height), interpolation=cv2.INTER_CUBIC)
    colour = cv2.resize(rng.uniform(0.6, 1.0, (6, 9, 3)), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(2.0 ** light[..., None] * colour, 0.0, 1.0)


def _camera(linear: np.ndarray, exposure: float = 1.0) -> np.ndarray:
    """What a perfect demosaicer would hand over: white-balanced camera RGB, clipped at the sensor."""
    return np.minimum(linear @ np.linalg.inv(MATRIX).T * exposure, WB).astype(np.float32)


def test_linear_is_the_exact_matrix_and_nothing_else() -> None:
    scene = _scene() * 0.45
    camera = _camera(scene)
    frame = render_linear(camera, wb=WB, colour=COLOUR, metadata=Metadata(iso=100.0))
    assert (frame.transfer, frame.white, frame.space) == ("linear", "sensor clip", ColourSpace.SRGB)
    assert np.abs(frame.pixels - scene).max() < 1e-5
    assert frame.metadata.iso == 100.0
    odd = camera - np.float32(0.5)
    assert render_linear(odd, wb=WB, colour=COLOUR).pixels.min() < 0


def test_linear_takes_the_white_balance_that_was_applied_not_the_files() -> None:
    other = (2.4, 1.0, 1.1)
    grey = np.full((4, 4, 3), 0.3, np.float32)
    assert render_linear(grey, wb=other, colour=COLOUR).pixels == pytest.approx(0.3, abs=1e-5)
    colour = np.full((4, 4, 3), (0.4, 0.3, 0.2), np.float32)
    a, b = (render_linear(colour, wb=w, colour=COLOUR).pixels for w in (WB, other))
    assert np.abs(a - b).max() > 1e-3


def test_natural_is_a_finished_picture_and_leaves_its_input_alone() -> None:
    camera = _camera(_scene(), exposure=1.5)
    before = camera.copy()
    frame = render_natural(camera, wb=WB, colour=COLOUR, noise=NOISE, noise_scale=0.5, provenance=("merged 8 frames",))
    assert np.array_equal(camera, before)
    assert (frame.transfer, frame.white, frame.space) == ("srgb", "display white", ColourSpace.SRGB)
    assert frame.provenance[0] == "merged 8 frames"
    assert "highlights rebuilt" in frame.provenance[1]
    assert frame.pixels.min() >= 0
    assert frame.pixels.max() <= 1


def test_the_result_may_take_the_place_of_the_input() -> None:
    for exposure in (0.3, 1.5):
        camera = _camera(_scene(), exposure=exposure)
        apart = render_natural(camera, wb=WB, colour=COLOUR, noise=NOISE)
        inside = render_natural(camera, wb=WB, colour=COLOUR, noise=NOISE, in_place=True)
        assert inside.pixels is camera
        assert np.array_equal(inside.pixels, apart.pixels)
        assert inside.provenance == apart.provenance


def test_a_gain_map_comes_along_when_asked_for_and_changes_nothing_else() -> None:
    scene = np.full((96, 120, 3), 0.03)
    scene[30:70, 40:80] = np.linspace(0.5, 3.8, 40)[None, :, None]
    merged = np.minimum(scene, 4.0 * np.array(WB)).astype(np.float32)
    plain = render_natural(merged, wb=WB, colour=COLOUR, clip=4.0)
    both = render_natural(merged, wb=WB, colour=COLOUR, clip=4.0, with_gain_map=True, in_place=True)
    assert plain.gain_map is None
    assert both.gain_map is not None
    assert both.gain_map.log2_gain.max() > 0.3
    assert np.array_equal(plain.pixels, both.pixels)
    assert render_natural(_camera(_scene(), 0.3), wb=WB, colour=COLOUR, with_gain_map=True).gain_map is None


def test_blown_greys_come_out_white_and_greys_grey() -> None:
    ramp = np.repeat(np.linspace(0, 3, 200)[None, :, None], 64, axis=0).repeat(3, axis=2)
    frame = render_natural(_camera(ramp), wb=WB, colour=COLOUR)
    assert np.ptp(frame.pixels, axis=2).max() < 0.02
    assert frame.pixels[:, -1].min() > 0.985
    assert frame.pixels[:, 0].max() < 0.01
    assert (np.diff(frame.pixels[32, :, 1]) > -0.004).all()


def test_looks_like_the_scene() -> None:
    scene = _scene(3)
    shown = srgb_decode(render_natural(_camera(scene, 0.5), wb=WB, colour=COLOUR).pixels.astype(np.float64))
    # The middle is about as bright as the scene, the order of tones is kept, and so is the colour of each place.
    assert abs(np.log2(np.median(shown) / np.median(scene))) < 1.0
    a, b = np.log(shown.mean(axis=2).ravel() + 1e-3), np.log(scene.mean(axis=2).ravel() + 1e-3)
    assert np.corrcoef(a, b)[0, 1] > 0.97
    chroma_a, chroma_b = (p / p.sum(axis=2, keepdims=True) for p in (shown, scene))
    assert np.abs(chroma_a - chroma_b).mean() < 0.02


def test_night_stays_night() -> None:
    day, night = (render_natural(_camera(_scene(3), e), wb=WB, colour=COLOUR).pixels for e in (0.7, 0.7 / 32))
    raw = srgb_encode(_scene(3) * 0.7 / 32)
    assert raw.mean() + 0.05 < night.mean() < day.mean() - 0.08


def test_dials_turn_the_right_way() -> None:
    camera = _camera(_scene(5), 0.5)
    look = NaturalLook()

    def mean(**dial: float) -> np.ndarray:
        return render_natural(camera, wb=WB, colour=COLOUR, look=replace(look, **dial)).pixels

    neutral = mean()
    assert mean(exposure_ev=0.7).mean() > neutral.mean() + 0.03
    assert mean(exposure_ev=-0.7).mean() < neutral.mean() - 0.03
    assert mean(contrast=1.3).std() > neutral.std()
    dark = neutral.mean(axis=2) < np.percentile(neutral.mean(axis=2), 20)
    assert mean(shadows=1.5)[dark].mean() > neutral[dark].mean() > mean(shadows=0.0)[dark].mean()
    assert np.ptp(mean(saturation=0.0), axis=2).max() < 1e-3
    assert np.ptp(mean(saturation=1.5), axis=2).mean() > np.ptp(neutral, axis=2).mean()
    detail = [np.abs(np.diff(p, axis=1)).mean() for p in (mean(sharpness=0.0), neutral, mean(sharpness=2.0))]
    assert detail == sorted(detail)


def test_one_band_or_many_make_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = _camera(_scene(7), 1.5)
    many = render_natural(camera, wb=WB, colour=COLOUR, noise=NOISE).pixels
    # Whatever the number of cores says, bands change: pretend to have so many that each band is two rows.
    monkeypatch.setattr(core_bands, "core_count", lambda: 64)
    assert np.array_equal(render_natural(camera, wb=WB, colour=COLOUR, noise=NOISE).pixels, many)
    monkeypatch.setattr(core_bands, "core_count", lambda: 1)
    assert np.array_equal(render_natural(camera, wb=WB, colour=COLOUR, noise=NOISE).pixels, many)


def test_a_finished_picture_still_looks_like_itself() -> None:
    encoded = srgb_encode(_scene(9)).astype(np.float32)
    frame = render_display(srgb_decode(encoded), metadata=Metadata(iso=64.0))
    assert np.abs(frame.pixels - encoded).mean() < 0.015
    assert np.abs(frame.pixels - encoded).max() < 0.12
    assert frame.metadata.iso == 64.0
    plain = render_display(srgb_decode(encoded), look=NaturalLook(shadows=0.0, sharpness=0.0))
    assert np.abs(plain.pixels - encoded).max() < 0.004


def test_tiny_and_black_pictures() -> None:
    for shape in ((1, 1, 3), (2, 7, 3), (16, 16, 3)):
        for value in (0.0, 1.0):
            frame = render_natural(np.full(shape, value, np.float32), wb=WB, colour=COLOUR, noise=NOISE)
            assert frame.pixels.shape == shape
            assert render_display(np.full(shape, value, np.float32)).pixels.shape == shape


def test_refuses_gains_and_noise_in_other_units() -> None:
    grey = np.full((16, 16, 3), 0.3, np.float32)
    with pytest.raises(ContractError, match="smallest is 1"):
        render_natural(grey, wb=(2.0, 2.0, 3.0), colour=COLOUR)
    with pytest.raises(ContractError, match="to_normalised"):
        render_natural(grey, wb=WB, colour=COLOUR, noise=NoiseModel.same(shot=1.0, read=4.0, domain="dn"))


def test_highlights_beyond_one_frame_keep_their_drawing() -> None:
    """A lamp with 2 EV of drawing above clip: shown with it when merged exposures hold it, lost in a single frame."""
    scene = np.full((96, 120, 3), 0.05)
    x = np.linspace(1.2, 3.8, 40)
    scene[30:70, 40:80] = x[None, :, None]
    merged = np.minimum(scene, 4.0 * np.array(WB)).astype(np.float32)
    held = render_natural(merged, wb=WB, colour=COLOUR, clip=4.0).pixels[50, 44:76].mean(axis=1)
    lost = (
        render_natural(np.minimum(merged, WB).astype(np.float32), wb=WB, colour=COLOUR).pixels[50, 60:76].mean(axis=1)
    )
    assert np.diff(held).min() > 0
    assert np.ptp(held) > 0.08
    assert np.ptp(lost) < 0.01
    with pytest.raises(ContractError, match="clip is"):
        render_natural(merged, wb=WB, colour=COLOUR, clip=0.5)


def test_lamps_stay_warm_where_the_white_balance_was_a_guess() -> None:
    warm = (1.0, 1.3, 3.0)  # gains that a tungsten lamp asks of this sensor
    guessed = replace(COLOUR, neutral=None)
    night = Metadata(exposure_s=1 / 8, iso=3200.0, aperture_f=1.8)
    grey = np.full((64, 64, 3), 0.2, np.float32)

    def red_over_blue(colour: CameraColour, metadata: Metadata, warmth: float = 0.0) -> float:
        shown = render_natural(grey, wb=warm, colour=colour, metadata=metadata, look=NaturalLook(warmth=warmth)).pixels
        return float(shown[32, 32, 0] / shown[32, 32, 2])

    assert red_over_blue(guessed, night) > 1.1
    assert red_over_blue(guessed, Metadata(exposure_s=1 / 500, iso=100.0, aperture_f=8.0)) < 1.01
    assert red_over_blue(guessed, night, warmth=-1.0) == pytest.approx(1.0, abs=0.01)
    stated = replace(COLOUR, neutral=(1 / warm[0], 1 / warm[1], 1 / warm[2]))
    assert red_over_blue(stated, night) == pytest.approx(1.0, abs=0.01)
    assert red_over_blue(stated, night, warmth=1.0) == pytest.approx(red_over_blue(guessed, night), rel=0.02)
