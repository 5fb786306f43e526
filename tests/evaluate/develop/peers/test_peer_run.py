import sys
from pathlib import Path

import pytest

from catchlight.evaluate.develop.peers.peer_run import PeerError, PeerRun, last_line


def _run(tmp_path: Path, *, limit_s: float = 20.0) -> PeerRun:
    return PeerRun(frames=[], folder=tmp_path, limit_s=limit_s)


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code)


def test_time_and_peak_are_those_of_the_program_alone(tmp_path: Path) -> None:
    small, large = _run(tmp_path), _run(tmp_path)
    small.call(*_python("pass"))
    large.call(*_python("import time; held = bytearray(b'1') * (80 << 20); time.sleep(0.3)"))
    # This very process is larger than the small one.
    assert 2 < small.peak_mb < 40
    assert 75 < large.peak_mb - small.peak_mb < 100
    assert large.seconds > 0.3
    assert 0 < large.processor_s < large.seconds + 0.5


def test_memory_of_a_programs_own_children_counts(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.call(
        *_python("import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(b\"1\") * (90 << 20)'])")
    )
    assert run.peak_mb > 85


def test_output_comes_back_and_steps_add_up(tmp_path: Path) -> None:
    run = _run(tmp_path)
    assert run.call(*_python("print('out', flush=True); import sys; print('err', file=sys.stderr)")).split() == [
        "out",
        "err",
    ]
    first = run.seconds
    run.call(*_python("pass"))
    assert run.seconds > first


def test_failures_are_one_line(tmp_path: Path) -> None:
    run = _run(tmp_path)
    with pytest.raises(PeerError, match="ended with 3: no stars"):
        run.call(*_python("import sys; print('no stars'); sys.exit(3)"))
    with pytest.raises(PeerError, match="ended with 127"):
        run.call("no-such-program-anywhere")


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    run = _run(tmp_path, limit_s=1.0)
    mark = tmp_path / "alive"
    child = f"import time; time.sleep(3); open({str(mark)!r}, 'w')"
    with pytest.raises(PeerError, match="more than 1 s"):
        run.call(*_python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"))
    assert run.seconds < 2.8
    assert not mark.exists()
    with pytest.raises(PeerError, match="more than 1 s"):
        run.call(*_python("pass"))


def test_the_users_settings_are_out_of_reach(tmp_path: Path) -> None:
    said = _run(tmp_path).call(*_python("import os; print(os.environ['HOME'], os.environ['XDG_CONFIG_HOME'])"))
    assert all(place.startswith(str(tmp_path)) for place in said.split())


def test_the_last_line_that_says_something() -> None:
    assert last_line("first\n\x1b[2Kprogress: 3 %\rreason\x07\n\n") == "reason"
    assert last_line("") == "it said nothing"
