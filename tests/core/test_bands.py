import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import bands
from catchlight.core.bands import core_count, for_bands, split


@given(st.integers(1, 5000), st.integers(1, 64), st.integers(1, 512))
def test_bands_cover_every_row_once(height: int, step: int, at_most: int) -> None:
    found = split(height, step=step, at_most=at_most)
    assert found[0][0] == 0
    assert found[-1][1] == height
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    assert all(top < bottom for top, bottom in found)
    assert all(top % step == 0 for top, _ in found)
    assert all(bottom - top <= -(-max(at_most, step) // step) * step for top, bottom in found)


def test_every_row_is_worked_on_once() -> None:
    seen = [0] * 1001
    lock = threading.Lock()

    def work(top: int, bottom: int) -> None:
        with lock:
            for row in range(top, bottom):
                seen[row] += 1

    for_bands(work, 1001, at_most=16)
    assert seen == [1] * 1001


@pytest.mark.parametrize("cores", [1, 3])
def test_an_exception_in_a_band_reaches_the_caller(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands, "core_count", lambda: cores)

    def work(top: int, bottom: int) -> None:
        if top <= 50 < bottom:
            raise ValueError("row 50")

    with pytest.raises(ValueError, match="row 50"):
        for_bands(work, 100, at_most=10)


def test_nothing_runs_any_more_once_an_exception_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller may free its arrays after an error, so no band may still write into them."""
    monkeypatch.setattr(bands, "core_count", lambda: 2)
    running, started = 0, 0
    lock = threading.Lock()

    def work(top: int, bottom: int) -> None:
        nonlocal running, started
        if top == 0:
            raise ValueError("at once")
        with lock:
            running, started = running + 1, started + 1
        time.sleep(0.02)
        with lock:
            running -= 1

    with pytest.raises(ValueError, match="at once"):
        for_bands(work, 64, at_most=8)
    with lock:
        first = (running, started)
    time.sleep(0.1)
    assert first == (0, started)


@pytest.mark.parametrize(("value", "expected"), [("3", 3), ("", None), ("0", None), ("many", None), ("-2", None)])
def test_the_environment_may_set_the_cores(value: str, expected: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_THREADS", value)
    found = core_count()
    assert found == expected if expected else found >= 1
