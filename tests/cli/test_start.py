"""What must hold for the program as it is started from a shell."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catchlight.core import RawFrame
from catchlight.io import write_dng_cfa

START = "import sys; sys.argv[0] = 'catchlight'; from catchlight.cli.main import main; main()"


def start(*arguments: object) -> list[str]:
    return [sys.executable, "-c", START, *map(str, arguments)]


def child_seconds() -> float:
    """Processor time of all children so far: unlike the clock, it does not count what other programs take."""
    used = os.times()
    return used.children_user + used.children_system


def test_help_is_there_in_half_a_second() -> None:
    seconds = []
    for _ in range(3):
        begin = child_seconds()
        done = subprocess.run(start("--help"), capture_output=True, text=True, check=True)
        seconds.append(child_seconds() - begin)
        assert "develop" in done.stdout and "demo" in done.stdout and done.stderr == ""
        if seconds[-1] < 0.5:
            break
    assert min(seconds) < 0.5


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys, catchlight\n"
        "from catchlight.cli.main import run\n"
        "assert run(['--help']) == 0 and run(['develop', '--help']) == 0\n"
        "heavy = {'torch', 'numba', 'cv2', 'rawpy', 'PIL', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)


def test_version_and_wrong_usage() -> None:
    version = subprocess.run(start("--version"), capture_output=True, text=True, check=True)
    assert re.fullmatch(r"catchlight \d+\.\d+\.\d+\S*\n", version.stdout)
    wrong = subprocess.run(start("devlop"), capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and wrong.stdout == ""
    assert wrong.stderr.startswith("catchlight: ") and wrong.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX shell")
@pytest.mark.parametrize(("command", "code"), [("--version >&-", 0), ("devlop 2>&-", 2), ("devlop >&- 2>&-", 2)])
def test_missing_streams_change_no_exit_code(command: str, code: int) -> None:
    program = " ".join(map(shlex.quote, start()))
    done = subprocess.run(f"{program} {command}", shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux")
def test_full_streams_are_failures_without_a_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        version = subprocess.run(start("--version"), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        wrong = subprocess.run(start("devlop"), stderr=full, check=False)
    assert version.returncode == 1 and "Traceback" not in version.stderr
    assert wrong.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux")
@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", "gone"])
def test_a_picture_that_was_written_is_a_success(
    tiny_raw: Callable[..., RawFrame], tmp_path: Path, streams: str
) -> None:
    write_dng_cfa(tmp_path / "a.dng", tiny_raw(0))
    shutil.copy(tmp_path / "a.dng", tmp_path / "b.dng")  # so that something is told on stderr too
    arguments = start("develop", tmp_path / "a.dng", tmp_path / "b.dng", "-o", tmp_path / "o.jpg")
    if streams == "gone":
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writer)
    else:
        command = f"{' '.join(map(shlex.quote, arguments))} {streams}"
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if "first run" not in line]
    assert done.returncode == 0 and all("same file content" in line for line in lines), done.stderr
    assert (tmp_path / "o.jpg").stat().st_size > 500


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_reader_who_left_is_no_failure(option: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(start(option), stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_second_signal_while_the_first_is_told_keeps_the_code() -> None:
    program = (
        "import os, signal, catchlight.cli.main as m\n"
        "from catchlight.cli.failure import describe_failure\n"
        "def told(error):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return describe_failure(error)\n"
        "m.describe_failure = told\n" + START
    )
    done = subprocess.run([sys.executable, "-c", program, "devlop"], capture_output=True, text=True, check=False)
    assert done.returncode == 143 and "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_work_at_once_and_leaves_nothing(
    tiny_raw: Callable[..., RawFrame], tmp_path: Path, number: int, code: int
) -> None:
    burst = tmp_path / "burst"
    burst.mkdir()
    write_dng_cfa(burst / "f00.dng", tiny_raw(0))
    for index in range(1, 400):  # links: enough work to be struck in the middle of it
        os.link(burst / "f00.dng", burst / f"f{index:03}.dng")
    before = sorted(p.name for p in burst.iterdir())
    # The sixth frame being merged is the middle of the work, on any machine.
    program = (
        "import os, catchlight.pipelines.stopwatch as s\n"
        "call = s.Stopwatch.__call__\n"
        "def told(self, stage, done=0, total=0):\n"
        "    if (stage, done) == ('merge', 6): print('now', flush=True)\n"
        "    return call(self, stage, done, total)\n"
        "s.Stopwatch.__call__ = told\n" + START
    )
    out = tmp_path / "o.jpg"
    command = [sys.executable, "-c", program, "develop", str(burst), "-o", str(out), "--json", str(tmp_path / "j")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None and running.stdout.readline() == "now\n"
        begin = time.perf_counter()
        running.send_signal(number)
        _, err = running.communicate(timeout=30)
        assert time.perf_counter() - begin < 5
    assert running.returncode == code
    lines = [line for line in err.splitlines() if "first run" not in line and "same file" not in line]
    assert len(lines) == 1 and lines[0].startswith("catchlight: ") and "nothing half-written" in lines[0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["burst"]
    assert sorted(p.name for p in burst.iterdir()) == before
