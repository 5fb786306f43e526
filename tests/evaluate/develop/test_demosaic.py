import numpy as np
import pytest

from catchlight.core import Frame
from catchlight.evaluate.develop import demosaic
from catchlight.evaluate.develop.demosaic import demosaic_scores, demosaic_times, methods
from catchlight.evaluate.photo_sets import Photo


@pytest.fixture(scope="module")
def photo() -> Photo:
    # Smooth and colourful: every method is good at it unless it mistakes one colour for another or is shifted.
    y, x = np.mgrid[:97, :121] / 120
    red, green, blue = 0.5 + 0.4 * np.sin(5 * x), 0.5 + 0.4 * np.cos(4 * y), 0.2 + 0.5 * x * y
    return Photo(
        name="smooth", frame=Frame(pixels=np.stack([red, green, blue], -1).astype(np.float32), transfer="srgb")
    )


def test_every_method_reads_the_pattern_right(photo: Photo) -> None:
    scores = demosaic_scores(photo)
    assert {"catchlight", "OpenCV VNG"} <= set(scores)
    assert all(score > 40 for score in scores.values()), scores


def test_methods_that_are_not_installed_are_left_out(monkeypatch: pytest.MonkeyPatch, photo: Photo) -> None:
    monkeypatch.setattr(demosaic, "_peers", lambda: None)
    assert set(methods()) == {"catchlight", "OpenCV VNG"}
    assert set(demosaic_scores(photo)) == {"catchlight", "OpenCV VNG"}


def test_times_come_with_their_ratio(monkeypatch: pytest.MonkeyPatch, photo: Photo) -> None:
    pytest.importorskip("colour_demosaicing")
    monkeypatch.setattr(demosaic, "_HEIGHT_PX", 200)
    monkeypatch.setattr(demosaic, "_WIDTH_PX", 240)
    rows = {(row.method, row.metric): row.value for row in demosaic_times(photo, runs=1)}
    ratio = rows["Menon 2007 (DDFAPD)", "demosaic time"] / rows["catchlight", "demosaic time"]
    assert rows["catchlight", "times faster than Menon"] == pytest.approx(ratio)
