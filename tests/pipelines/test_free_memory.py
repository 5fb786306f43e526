import ctypes
import os
import sys

import pytest

from catchlight.pipelines.free_memory import return_freed_memory


class _Library:
    """Stands for a C library and notes what it is asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def mallopt(self, parameter: int, value: int) -> int:
        self.calls.append((parameter, value))
        return 1


@pytest.mark.parametrize(
    ("system", "libc", "calls"),
    [("linux", "glibc 2.36", [(-3, 2 << 20)]), ("linux", None, []), ("darwin", None, []), ("win32", None, [])],
)
def test_only_glibc_is_told(
    system: str, libc: str | None, calls: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = _Library()
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(os, "confstr", lambda name: libc, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    return_freed_memory()
    assert library.calls == calls


def test_a_library_without_the_call_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "confstr", lambda name: "glibc 2.36", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    return_freed_memory()


def test_a_system_that_does_not_know_the_question_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def confstr(name: str) -> str:
        raise ValueError("unrecognized configuration name")

    library = _Library()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "confstr", confstr, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    return_freed_memory()
    assert not library.calls
