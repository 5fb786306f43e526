import numpy as np
import pytest

from catchlight.core import Frame
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine import score_rows as module
from catchlight.evaluate.raw_engine import single_frame
from catchlight.evaluate.raw_engine.score_rows import score_rows
from catchlight.evaluate.raw_engine.score_table import CaseScores
from catchlight.evaluate.raw_engine.subject import Pictures, Subject
from catchlight.evaluate.release_gate import photo_key

CASE = "single frame, gain 4"
GOOD, BAD = (single_frame.tuned_name(base) for base in ("catchlight demosaic", "Menon 2007"))


PHOTO = Photo(name="p", frame=Frame(pixels=np.zeros((2, 2, 3), np.float32), transfer="srgb"))


def _no_pictures(photo: Photo) -> Pictures:
    raise AssertionError(photo)


@pytest.fixture
def table() -> dict[str, CaseScores]:
    """Errors of 0.1, and of a tenth less or more, on pictures of different brightness; photo `a` is harder."""
    scores = CaseScores(part=single_frame.PART)
    for k, name in enumerate("abc"):
        ramp = np.linspace(0.2, 0.7, 128, dtype=np.float32)[:, None, None]
        truth = ramp + np.zeros((128, 128, 3), np.float32) + np.float32(0.02 * k)
        subject = Subject(
            part=single_frame.PART, case=CASE, source=PHOTO, name=name, bits=16, border_px=0,
            pictures=_no_pictures,
        )  # fmt: skip
        scores.add_truth(subject, truth)
        hard = 2 if name == "a" else 1
        errors = {GOOD: 0.05, BAD: 0.1, "engine best fp32": 0.025, "engine best int8": 0.025 * 10 ** (0.1 / 20)}
        for method, error in errors.items():
            scores.add(subject, method, truth + np.float32(error * hard), truth)
    return {CASE: scores}


def _row(rows: list, **wanted: str) -> object:
    (found,) = [row for row in rows if all(getattr(row, k) == v for k, v in wanted.items())]
    return found


def test_means_and_paired_differences(table: dict[str, CaseScores]) -> None:
    rows, per_photo = score_rows(table)
    db = [-20 * np.log10(e) for e in (0.05, 0.025, 0.025)]
    row = _row(rows, method="engine best fp32", case=CASE, metric="PSNR sRGB")
    assert row.value == pytest.approx(np.mean(db), abs=1e-3)
    assert row.ci95 > 4  # photos differ by 6 dB ...
    ahead = _row(rows, method="engine best fp32", metric=module.AHEAD_TUNED)
    assert ahead.value == pytest.approx(20 * np.log10(2), abs=1e-3)
    assert ahead.ci95 < 0.01  # ... and the differences from the better baseline do not
    short = _row(rows, metric=module.INT8_SHORT)
    assert (short.value, short.higher_is_better) == (pytest.approx(0.1, abs=1e-3), False)
    figures = per_photo[photo_key("engine best fp32", CASE, "PSNR sRGB")]
    assert list(figures) == ["a", "b", "c"]
    assert not any(key.startswith(GOOD) for key in per_photo)


def test_slices_are_of_the_patches(table: dict[str, CaseScores]) -> None:
    scores = table[CASE]
    errors = scores.scores[GOOD]["b"].patches
    dark = scores.features["b"].brightness <= np.quantile(
        np.concatenate([f.brightness for f in scores.features.values()]), 1 / 3
    )
    errors[dark] *= 4
    rows, _ = score_rows(table)
    sliced = {
        name: _row(rows, method=GOOD, case=f"{CASE}, {name}", metric="PSNR sRGB by slice").value
        for name in ("dark", "bright")
    }
    assert sliced["bright"] - sliced["dark"] == pytest.approx(20 * np.log10(2) / 3, abs=0.01)


def test_without_baselines_or_engines_there_are_no_differences(table: dict[str, CaseScores]) -> None:
    scores = table[CASE].scores
    del scores[GOOD], scores[BAD], scores["engine best fp32"]
    rows, _ = score_rows(table)
    assert {row.metric for row in rows} == {"PSNR sRGB", "PSNR linear", "PSNR sRGB by slice"}
