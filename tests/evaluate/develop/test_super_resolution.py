import numpy as np
import pytest

from catchlight.core import Frame
from catchlight.evaluate.develop import super_resolution as sr
from catchlight.evaluate.photo_sets import Photo
from catchlight.simulate import night_city


def _ramp(side: int) -> Frame:
    """Light that rises by 1/256 a pixel to the right: 0.5 in the middle."""
    x = (np.arange(side) + 0.5 - side / 2) / 256 + 0.5
    return Frame(pixels=np.tile(x[None, :, None], (side, 1, 3)).astype(np.float32), transfer="linear")


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_the_truth_lies_where_the_picture_does(scale: float) -> None:
    case = sr.SuperResolutionCase(gain=1.0, scale=scale, size_px=(48, 48))
    photo = _ramp(192)
    truth = case.truth(photo, case.burst(photo, seed_name="a"))
    side = round(48 * scale)
    assert truth.shape == (side, side, 3)
    # One photosite is two photo pixels.
    x = ((np.arange(side) + 0.5) / scale - 24) * 2 / 256 + 0.5
    expected = sr.EXPOSURE * x
    assert truth[side // 2, :, 1] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_enlarging_keeps_places(scale: float) -> None:
    small = np.tile(np.linspace(0.2, 0.6, 32)[None, :, None], (32, 1, 3)).astype(np.float32)
    large = sr._enlarged(small, scale)
    side = round(32 * scale)
    assert large.shape == (side, side, 3)
    x = (np.arange(side) + 0.5) / scale - 0.5
    assert large[10, 6:-6, 0] == pytest.approx(0.2 + 0.4 * x[6:-6] / 31, abs=2e-3)


def test_the_burst_wins_over_an_enlarged_frame_and_the_truth_over_all() -> None:
    photo = Photo(name="town/3", frame=night_city(height_px=280, width_px=280, seed=3))
    case = sr.SuperResolutionCase(gain=4.0, scale=2.0, size_px=(96, 96))
    found = sr.picture_scores(case, photo)
    assert found[f"{sr.OURS} | {sr.PSNR}"] > found[f"{sr.SINGLE} | {sr.PSNR}"] + 1
    assert {key.partition(" | ")[2] for key in found} == {sr.PSNR, sr.SSIM}
    burst = case.burst(photo.frame, seed_name=photo.name)
    again = case.burst(photo.frame, seed_name=photo.name)
    assert np.array_equal(burst[3].mosaic, again[3].mosaic)
    # Photosites average over their area: the frames are softer than the truth.
    truth, seen = case.truth(photo.frame, burst), burst.truth(2).linear_srgb
    assert truth.shape == seen.shape == (192, 192, 3) and truth.max() <= 1
    assert np.abs(np.diff(truth, axis=1)).mean() > 1.1 * np.abs(np.diff(seen, axis=1)).mean()
    assert truth.mean() == pytest.approx(seen.mean(), rel=0.01)


def test_mtf50_is_told_against_the_single_frame() -> None:
    found = sr.edge_scores(sr.SuperResolutionCase(gain=1.0, scale=2.0, size_px=(160, 160)))
    # A lens of σ 0.3 photosites and photo pixels half as wide as a photosite: exp(-2(πσf)²) · sinc(f/2) is one half at
    # 0.58 cycles per photosite.
    assert found[f"{sr.TRUTH} | {sr.MTF50}"] == pytest.approx(0.58, abs=0.02)
    single, ours = (found[f"{name} | {sr.MTF50}"] for name in (sr.SINGLE, sr.OURS))
    assert 0.25 < single < 0.42
    assert ours > single
    alone = found[f"{sr.TRUTH} | {sr.MTF50}"] / found[f"{sr.TRUTH} | {sr.MTF50_TIMES}"]
    assert found[f"{sr.OURS} | {sr.MTF50_TIMES}"] == pytest.approx(ours / alone)


def test_rows_are_means_over_photos_and_say_how_far_ahead() -> None:
    part = sr.super_resolution_part(None, False)
    assert len(part.jobs) == len(sr.GAINS) * len(sr.SCALES) * 5
    found = {
        "c | p": {f"{sr.OURS} | {sr.PSNR}": 32.0, f"{sr.SINGLE} | {sr.PSNR}": 30.0},
        "c | q": {f"{sr.OURS} | {sr.PSNR}": 34.0, f"{sr.SINGLE} | {sr.PSNR}": 31.0},
        "c | chart": {f"{sr.OURS} | {sr.MTF50}": 0.4, f"{sr.OURS} | {sr.MTF50_TIMES}": 1.25},
    }
    rows = {(r.method, r.case, r.metric): r.value for r in part.rows(found)}
    assert rows[sr.OURS, "c", sr.PSNR] == 33
    assert rows[f"catchlight, of {sr.SINGLE}", "c", sr.AHEAD] == 2.5
    assert rows[sr.OURS, "c, chart", sr.MTF50_TIMES] == 1.25
    assert len(sr.super_resolution_part(None, True).jobs) == 2
