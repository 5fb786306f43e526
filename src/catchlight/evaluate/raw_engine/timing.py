"""How long the engine takes and how much memory it needs: ratios within one run, and 12 megapixels in a fresh process.

`python -m catchlight.evaluate.raw_engine.timing SIZE PRECISION HEIGHT WIDTH` prints seconds and bytes as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np

from catchlight.core import CatchlightError, CfaPattern, LinearMosaic, NoiseModel
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.raw_engine.engines import SIZES, Engine, MeasuredEngine, Size, engine_name, load_engine

TIMES_FASTER, SECONDS, MEMORY = "times faster than fp32", "engine time", "engine memory beyond the picture"
# One megapixel and twelve.
_SMALL, _LARGE = (1024, 1024), (3000, 4000)
_RUNS = 5
_LONGEST_S = 600


def ratio_rows(engines: Sequence[MeasuredEngine], *, shape: tuple[int, int] = _SMALL, runs: int = _RUNS) -> list[Row]:
    """How many times faster int8 is than fp32, where both are there; they take turns and the best of each counts.

    Args:
        engines: loaded.
        shape: of the mosaic.
        runs: of each.
    """
    by_name = {engine.name: engine.engine for engine in engines}
    mosaic = noisy_mosaic(*shape)
    rows = []
    for size in SIZES:
        pair = [by_name.get(engine_name(size, p)) for p in ("int8", "fp32")]
        quick, exact = pair
        if quick is None or exact is None:
            continue
        best = [min(times) for times in zip(*([_seconds(e, mosaic) for e in (quick, exact)] for _ in range(runs + 1)),
                                            strict=True)]  # fmt: skip
        rows.append(
            Row(method=engine_name(size, "int8"), case=f"{shape[1]}×{shape[0]} mosaic", metric=TIMES_FASTER,
                value=best[1] / best[0], ci95=None, unit="×", higher_is_better=True)
        )  # fmt: skip
    return rows


def large_rows() -> tuple[list[Row], list[str]]:
    """Seconds and memory of both sizes in int8 for 12 megapixels, each in a process of its own; and what failed."""
    rows, notes = [], []
    case = f"{_LARGE[1]}×{_LARGE[0]} mosaic"
    for size in SIZES:
        name = engine_name(size, "int8")
        command = [sys.executable, "-m", __name__, size, "int8", *map(str, _LARGE)]
        try:
            done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=_LONGEST_S)
            told = json.loads(done.stdout)
        except (OSError, subprocess.SubprocessError, json.JSONDecodeError) as error:
            notes.append(f"{name}, {case}: not timed: {type(error).__name__}")
            continue
        rows.append(_row(name, case, SECONDS, told["seconds"], "s"))
        if told["extra_bytes"] is not None:
            rows.append(_row(name, case, MEMORY, told["extra_bytes"] / 1e6, "MB"))
    return rows, notes


def noisy_mosaic(height: int, width: int) -> LinearMosaic:
    """A soft ramp under noise; what a picture shows does not change the time."""
    rng = np.random.default_rng((5, 2))
    ramp = np.linspace(0.05, 0.6, width, dtype=np.float32)[None, :]
    values = ramp + rng.standard_normal((height, width), np.float32) * np.float32(0.02)
    noise = NoiseModel.same(shot=1e-3, read=1e-5)
    return LinearMosaic(values=values, cfa=CfaPattern(name="RGGB"), gains=(2.0, 1.0, 1.5), noise=noise)


def measure_large(size: Size, height: int, width: int) -> dict[str, float | None]:
    """Seconds for one mosaic, and the bytes that its peak lies above mosaic and result; None where nobody tells."""
    engine = load_engine(size, "int8")
    engine.develop(noisy_mosaic(256, 256))
    mosaic = noisy_mosaic(height, width)
    before = _resident_bytes()
    start = time.perf_counter()
    result = engine.develop(mosaic)
    seconds = time.perf_counter() - start
    peak = _peak_bytes()
    extra = None if before is None or peak is None else max(peak - before - result.nbytes, 0)
    return {"seconds": seconds, "extra_bytes": extra}


def _row(method: str, case: str, metric: str, value: float, unit: str) -> Row:
    return Row(method=method, case=case, metric=metric, value=value, ci95=None, unit=unit, higher_is_better=False)


def _seconds(engine: Engine, mosaic: LinearMosaic) -> float:
    start = time.perf_counter()
    engine.develop(mosaic)
    return time.perf_counter() - start


def _resident_bytes() -> int | None:
    return _status_bytes("VmRSS")


def _peak_bytes() -> int | None:
    return _status_bytes("VmHWM")


def _status_bytes(field: str) -> int | None:
    """A figure of this process as Linux tells it; None elsewhere."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123
            for line in lines:
                if line.startswith(f"{field}:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def _main(arguments: Sequence[str]) -> int:
    try:
        size, height, width = arguments[0], int(arguments[2]), int(arguments[3])
        if size not in SIZES or arguments[1] != "int8":
            raise ValueError(size)
        print(json.dumps(measure_large(size, height, width)))
    except (IndexError, ValueError, CatchlightError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
