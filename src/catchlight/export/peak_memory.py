"""Memory that a model needs while it runs, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from catchlight.core import CatchlightError
from catchlight.models.onnx_session import OnnxSession

# A run that takes longer hangs.
_PATIENCE_S = 600.0


def peak_memory_mb(model: bytes, shape: tuple[int, int, int, int]) -> float | None:
    """Megabytes above those of a process with ONNX Runtime and the input; None where they cannot be known (Windows).

    Args:
        model: the file's content.
        shape: of the input, n c h w.
    """
    if sys.platform == "win32":
        return None
    with tempfile.TemporaryDirectory(prefix="catchlight-memory-") as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(model)
        command = [sys.executable, "-m", "catchlight.export.peak_memory", str(path), *map(str, shape)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise CatchlightError(f"the memory of a model could not be measured: {error}; is there enough?") from error
    return float(done.stdout)


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.is_file():
        # Not what `getrusage` tells: on Linux that begins at the peak of the process that started this one.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1e3
    import resource

    # macOS counts bytes, others kilobytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _main(path: str, *shape: str) -> None:
    import onnxruntime  # noqa: F401

    values = np.full(tuple(map(int, shape)), 0.5, np.float32)
    before = _peak_mb()
    session = OnnxSession(Path(path))
    for _ in range(2):  # memory is planned at the first run
        session.run(values)
    print(_peak_mb() - before)


if __name__ == "__main__":
    _main(*sys.argv[1:])
