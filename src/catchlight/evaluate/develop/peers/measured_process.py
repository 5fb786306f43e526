"""Runs one program in a process group of its own and tells its time and peak memory; a script without imports of ours.

Usage: python -I -S measured_process.py LIMIT_S LOG PROGRAM [ARGUMENT ...]; prints one line of JSON.

The kernel counts a child's peak from its parent's size at the moment it starts: a program started straight from a
large interpreter would seem as large as that. This one stays small, which is why it is a process of its own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from types import FrameType


def measured(limit_s: float, log: str, command: list[str]) -> dict[str, float | int | bool]:
    """Exit code, seconds, processor seconds, peak kilobytes of the largest process, whether the limit ended it."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        _become(log, command)
    late = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal late
        late = late or number == signal.SIGALRM
        # The group is gone where the child has just ended.
        try:
            os.killpg(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            os.kill(child, signal.SIGKILL)

    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    _, status, usage = os.wait4(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    # macOS counts bytes, Linux kilobytes.
    peak_kb = usage.ru_maxrss // 1024 if sys.platform == "darwin" else usage.ru_maxrss
    code = os.waitstatus_to_exitcode(status)
    seconds, processor_s = time.monotonic() - start, usage.ru_utime + usage.ru_stime
    return {"code": code, "seconds": seconds, "processor_s": processor_s, "peak_kb": peak_kb, "late": late}


def _become(log: str, command: list[str]) -> None:
    try:
        os.setpgid(0, 0)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(source, target)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


if __name__ == "__main__":
    print(json.dumps(measured(float(sys.argv[1]), sys.argv[2], sys.argv[3:])))
