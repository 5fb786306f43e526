import pytest

from catchlight.evaluate import Evaluation
from catchlight.evaluate.develop.peers.camera_rows import (
    CALIBRATED,
    CAMERA_AHEAD,
    CAMERA_PSNR,
    TAGS,
    WRONG,
    camera_rows,
)
from catchlight.evaluate.develop.peers.measured_peer import PEAK_MB, PROCESSOR_S, SECONDS
from catchlight.evaluate.develop.peers.peer_rows import (
    AHEAD,
    FAILURES,
    TIME_SHARE,
    WORST_AHEAD,
    ahead_rows,
    method_rows,
)
from catchlight.evaluate.develop.peers.peer_score import PSNR, SSIM, WORST
from catchlight.evaluate.develop.peers.peer_table import ahead_lines, peer_table


def _figures(psnr: float, worst: float, seconds: float) -> dict[str, float]:
    return {PSNR: psnr, SSIM: 0.9, WORST: worst, SECONDS: seconds, PROCESSOR_S: seconds, PEAK_MB: 10 * seconds}


def _evaluation() -> Evaluation:
    rows = [
        *method_rows(
            "catchlight", "c", [_figures(38.0, 30.0, 2.0), _figures(40.0, 28.0, 4.0), _figures(42.0, 29.0, 3.0)]
        ),
        *method_rows("Siril", "c", [_figures(36.0, 12.0, 9.0), _figures(38.0, 14.0, 10.0), _figures(39.0, 13.0, 12.0)]),
        # Better, but not on every photo: it does not count.
        *method_rows("flaky", "c", [_figures(50.0, 40.0, 1.0), {"failed: no stars": 1.0}, _figures(50.0, 40.0, 1.0)]),
    ]
    rows += ahead_rows("catchlight", ["Siril", "flaky"], rows)
    config = {"failures": {"c | flaky": "no stars"}, "missing": {}}
    return Evaluation(benchmark="develop-peers", commit="x", config=config, rows=tuple(rows))


def test_figures_are_pooled_as_the_table_says() -> None:
    found = _evaluation()
    wanted = {PSNR: 40, WORST: 28, SECONDS: 3, PEAK_MB: 40}
    for metric, value in wanted.items():
        assert found.value(method="catchlight", case="c", metric=metric) == pytest.approx(value)
    assert found.value(method="flaky", case="c", metric=FAILURES) == 1


def test_ahead_is_against_the_best_that_failed_nowhere() -> None:
    found = _evaluation()
    assert found.value(method="catchlight", case="c", metric=AHEAD) == pytest.approx(40 - 113 / 3)
    assert found.value(method="catchlight", case="c", metric=WORST_AHEAD) == pytest.approx(28 - 12)
    assert found.value(method="catchlight", case="c", metric=f"{TIME_SHARE} of Siril") == pytest.approx(0.3)


def test_the_table_has_a_line_for_each_method_and_tells_failures() -> None:
    found = _evaluation()
    lines = peer_table(found).splitlines()
    assert len(lines) == 2 + 3
    assert "| c | catchlight | 40.00 | 0.9000" in lines[2].replace("**", "")
    assert "flaky (failed 1×: no stars)" in lines[4]
    assert ahead_lines(found.rows) == [
        "c: PSNR ahead of the best peer +2.33 dB, worst block ahead of the best peer +16.00 dB, 0.30 of Siril's time"
    ]


def test_camera_rows_compare_photo_by_photo() -> None:
    photos = [
        {CALIBRATED: 35.0, TAGS: 34.0, WRONG: 30.0},
        {CALIBRATED: 37.0, TAGS: 36.5, WRONG: 36.6},
        {"failed: x": 1.0},
    ]
    rows = {(r.method, r.metric): r.value for r in camera_rows({"c": photos})}
    assert rows[CALIBRATED, CAMERA_PSNR] == 36
    assert rows[CALIBRATED, CAMERA_AHEAD] == pytest.approx((1.0 + 0.4) / 2)
    assert rows[WRONG, CAMERA_PSNR] == pytest.approx(33.3)
