import json

import numpy as np
import pytest

from catchlight.core import LinearMosaic
from catchlight.evaluate.raw_engine import timing
from catchlight.evaluate.raw_engine.engines import MeasuredEngine
from catchlight.evaluate.raw_engine.timing import measure_large, noisy_mosaic, ratio_rows


class Holding:
    """An engine that needs so many bytes more than its result."""

    def __init__(self, extra_bytes: int = 0) -> None:
        self.extra_bytes = extra_bytes

    def interpolate(self, values: np.ndarray, cfa: object, *, deviation: float = 0.0) -> np.ndarray:
        raise AssertionError

    def develop(self, mosaic: LinearMosaic) -> np.ndarray:
        scratch = np.ones(self.extra_bytes if min(mosaic.shape) > 300 else 0, np.uint8)
        return np.ones((*mosaic.shape, 3), np.float32) + np.float32(scratch[:1].sum())


def test_only_pairs_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = [MeasuredEngine(f"engine {n}", Holding()) for n in ("best fp32", "best int8", "fast int8")]
    took = {"engine best fp32": 3.0, "engine best int8": 1.5}
    by_engine = {e.engine: took.get(e.name, 1.0) for e in engines}
    monkeypatch.setattr(timing, "_seconds", lambda engine, mosaic: by_engine[engine])
    (row,) = ratio_rows(engines, shape=(32, 32), runs=1)
    assert (row.method, row.value, row.unit, row.ci95) == ("engine best int8", 2.0, "×", None)


def test_memory_is_that_beyond_mosaic_and_result(monkeypatch: pytest.MonkeyPatch) -> None:
    if timing._peak_bytes() is None:
        pytest.skip("the system does not tell the memory of a process")
    # Well above whatever other tests of this process have had at their peak.
    start, peak = timing._resident_bytes(), timing._peak_bytes()
    assert start and peak
    extra = peak - start + 60_000_000
    monkeypatch.setattr(timing, "load_engine", lambda *_: Holding(extra))
    told = measure_large("best", 512, 512)
    assert told["extra_bytes"] == pytest.approx(extra, abs=20_000_000)
    assert told["seconds"] and told["seconds"] > 0


def test_a_wrong_call_of_the_program_is_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ([], ["huge", "int8", "1", "1"], ["best", "fp64", "1", "1"], ["best", "int8", "a", "1"]):
        assert timing._main(wrong) == 1
    assert capsys.readouterr().out == ""


def test_large_rows_read_what_the_program_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    class Done:
        stdout = json.dumps({"seconds": 7.5, "extra_bytes": 4e8})

    monkeypatch.setattr(timing.subprocess, "run", lambda *_, **__: Done())
    rows, notes = timing.large_rows()
    assert not notes
    assert [(row.metric, row.value) for row in rows][:2] == [(timing.SECONDS, 7.5), (timing.MEMORY, 400.0)]

    def broken(*_: object, **__: object) -> object:
        raise OSError

    monkeypatch.setattr(timing.subprocess, "run", broken)
    rows, notes = timing.large_rows()
    assert not rows and len(notes) == 2


def test_the_mosaic_is_the_same_every_time() -> None:
    np.testing.assert_array_equal(noisy_mosaic(16, 16).values, noisy_mosaic(16, 16).values)
