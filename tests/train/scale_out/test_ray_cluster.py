"""The same loop through Ray Train, on two workers of this machine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from catchlight.core import CatchlightError
from catchlight.train.loop import NotANumberError, train
from catchlight.train.recipe import Recipe

Make = Callable[[], Recipe]
# A program that trains on Ray.
DRIVER = """
import json, sys
from pathlib import Path
from catchlight.train.recipe_request import RecipeRequest
from catchlight.train.scale_out.ray_cluster import train_on_ray

steps = []
outcome = train_on_ray(
    RecipeRequest(name=sys.argv[1]), Path(sys.argv[2]), workers=2, tell=lambda moment: steps.append(moment.step)
)
print(json.dumps({"step": outcome.step, "ended": outcome.ended, "best": outcome.best, "steps": steps}))
"""


def processes_with(mark: str) -> list[str]:
    """Commands of the processes whose environment holds this."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"CATCHLIGHT_TEST={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray has no wheel for every platform")
def test_two_workers_of_ray_equal_one_process_with_twice_the_batches(
    tiny: Make, tiny_file: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRIVER, str(tiny_file), str(tmp_path / "ray")],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CATCHLIGHT_TEST": str(tmp_path)},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # What Ray started inherited the name; it is gone, but for what was just told to end.
    if Path("/proc/self/environ").exists():
        for _ in range(50):
            if not (left := processes_with(str(tmp_path))):
                break
            time.sleep(0.1)
        assert not left
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["step"], told["ended"], told["steps"]) == (30, "done", [8, 16, 24, 30])
    assert not (tmp_path / "ray" / "stop").exists()
    alone = train(replace(tiny(), accumulate=2), tmp_path / "alone")
    assert alone.best == pytest.approx(told["best"], abs=1e-5)
    one, two = (load_file(tmp_path / name / "latest.safetensors") for name in ("alone", "ray"))
    for key, value in one.items():
        torch.testing.assert_close(two[key], value, rtol=0, atol=1e-6)


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray has no wheel for every platform")
def test_what_a_worker_raised_is_told_and_not_how_ray_wrapped_it() -> None:
    from catchlight.train.scale_out.ray_cluster import _told

    class WrappedError(Exception):
        def __init__(self, inner: BaseException) -> None:
            self._base_exc = inner

    class FailedError(Exception):
        worker_failures: dict[int, Exception]

    ours = NotANumberError("the loss is nan")
    failed = FailedError("workers failed")
    failed.worker_failures = {0: RuntimeError("connection closed"), 1: WrappedError(ours)}
    assert _told(failed) is ours
    # A wrapper that is its own cause ends nothing but the search.
    circle = WrappedError(ours)
    circle._base_exc = circle
    failed.worker_failures = {0: circle}
    told = _told(failed)
    assert isinstance(told, CatchlightError) and "workers failed" in str(told)
