"""The training loop on a Ray cluster, or on processes that Ray starts on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from catchlight.core import CatchlightError, UnsupportedError
from catchlight.train.checkpoint import read_checkpoint
from catchlight.train.loop import Device
from catchlight.train.moment import Moment, Outcome
from catchlight.train.recipe_request import RecipeRequest
from catchlight.train.run_folder import RunFolder, read_metrics
from catchlight.train.scale_out.crew import joined_crew
from catchlight.train.stages import EARLIER, train_stages

# Seconds between two looks at what the leading worker has written.
_POLL_S = 0.5
# Workers exchange gradients through torch, not through Ray's store: the least that Ray accepts is enough.
_STORE_BYTES = 80 << 20


def train_on_ray(
    request: RecipeRequest,
    folder: Path,
    *,
    workers: int,
    device: Device = "cpu",
    minutes: float | None = None,
    tell: Callable[[Moment], None] = lambda moment: None,
    asked: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Trains as `train_stages` does, by so many workers of Ray Train that take each step together.

    The cluster is that of RAY_ADDRESS; without one, Ray starts the workers on this machine and ends them afterwards.
    A run goes on with as many workers as it began with; then it gives the same weights, bit by bit, on a CPU.

    Args:
        request: which recipe; every worker loads it.
        folder: of the run; a cluster's nodes must all see it.
        workers: processes.
        device: `cpu`, or `cuda` with one GPU for each worker (untested).
        minutes: see `train`.
        tell: called here for each moment that the leading worker noted; without pictures.
        asked: looked at twice a second; when true, the workers end with the step that they are at.

    Raises:
        UnsupportedError: Ray is not installed.
        CatchlightError: what `train` raises in a worker, or Ray fails.
    """
    if find_spec("ray") is None:
        raise UnsupportedError('--ray needs Ray, found none; install it: pip install "catchlight[scale]"')
    files = RunFolder(folder.absolute())
    # What is wrong with recipe or folder is better told before a cluster has started.
    recipe = request.load()
    begun = 0
    if files.checkpoint.is_file():
        begun = read_checkpoint(files.checkpoint, fingerprint=recipe.fingerprint(), processes=workers).step
    files.open(step=begun)
    del recipe
    stop = files.path / "stop"
    stop.unlink(missing_ok=True)
    path = Path(request.name)
    request = replace(
        request,
        name=str(path.absolute()) if path.suffix == ".py" else request.name,
        data=None if request.data is None else request.data.absolute(),
    )
    work = {"request": request, "folder": files.path, "device": device, "minutes": minutes}
    with _cluster(workers) as (place, cpus):
        fit = _Fit(work, workers=workers, cpus=cpus, device=device, place=place)
        fit.start()
        # Moments of earlier runs are not told again.
        told = {stage.path: max((line["step"] for line in _lines(stage)), default=0) for stage in _stages(files.path)}
        try:
            while True:
                fit.join(_POLL_S)
                alive = fit.is_alive()
                if asked() and not stop.exists():
                    stop.touch()
                for stage in _stages(files.path):
                    for line in _lines(stage):
                        if line["step"] > told.get(stage.path, 0):
                            told[stage.path] = line["step"]
                            tell(Moment(**line))
                if not alive:
                    return fit.outcome()
        finally:
            stop.unlink(missing_ok=True)


def _stages(folder: Path) -> list[RunFolder]:
    """The run and those that it begins with, the earliest first."""
    earlier = folder / EARLIER
    return [*(_stages(earlier) if earlier.is_dir() else ()), RunFolder(folder)]


def _lines(files: RunFolder) -> list[dict[str, Any]]:
    return list(read_metrics(files.metrics)) if files.metrics.is_file() else []


def _worker(work: dict[str, Any]) -> Outcome:
    """What every worker runs; Ray has joined their processes before."""
    import cv2

    cv2.setNumThreads(1)
    stop: Path = work["folder"] / "stop"
    with joined_crew(work["device"]) as crew:
        asked = stop.exists if crew.leads else bool
        recipe = work["request"].load()
        return train_stages(
            recipe, work["folder"], device=work["device"], minutes=work["minutes"], asked=asked, crew=crew
        )


class _Fit(threading.Thread):
    """Ray's `fit`, which would take over Ctrl-C in the main thread."""

    def __init__(self, work: dict[str, Any], *, workers: int, cpus: int, device: Device, place: Path) -> None:
        super().__init__(name="ray", daemon=True)
        self._arguments = work, workers, cpus, device, place
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        from ray.train import RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer

        work, workers, cpus, device, place = self._arguments
        gpu = device == "cuda"
        scaling = ScalingConfig(num_workers=workers, use_gpu=gpu, resources_per_worker={"CPU": cpus, "GPU": int(gpu)})
        try:
            trainer = TorchTrainer(
                _worker,  # type: ignore[arg-type] # Ray hands on what the first worker returns
                train_loop_config=work,
                torch_config=TorchConfig(backend="nccl" if gpu else "gloo"),
                scaling_config=scaling,
                run_config=RunConfig(name="train", storage_path=str(place)),
            )
            self._result = trainer.fit()
        except BaseException as error:
            self._error = error

    def outcome(self) -> Outcome:
        """Of the leading worker."""
        if self._error is not None:
            raise _told(self._error) from self._error
        made = self._result.return_value
        assert isinstance(made, Outcome)
        return made


def _told(error: BaseException) -> BaseException:
    """The workers' own error where it is one of ours; the others then fail because they are left alone."""
    failures = getattr(error, "worker_failures", {})
    for found in (*failures.values(), error):
        seen: list[BaseException] = []
        chain: Any = found
        # Ray wraps what a worker raised, and one of its wrappers is its own cause.
        while isinstance(chain, BaseException) and not any(chain is s for s in seen):
            if isinstance(chain, CatchlightError):
                return chain
            seen.append(chain)
            chain = getattr(chain, "_base_exc", None) or getattr(chain, "cause", None) or chain.__cause__
    first = next((line for line in str(error).splitlines()[::-1] if line.strip()), type(error).__name__)
    return CatchlightError(f"training on Ray failed: {first.strip()}; the same command goes on from the checkpoint")


@contextmanager
def _cluster(workers: int) -> Iterator[tuple[Path, int]]:
    """Joins or starts Ray; gives a folder for its notes, and the processors of each worker."""
    # No data about the run goes anywhere.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Ray puts its workers behind everything else on the machine; here they are the work.
    os.environ.setdefault("RAY_worker_niceness", "0")
    import ray

    # Ray would end the program at once; whoever asked for this run decides what a SIGTERM means.
    before = signal.getsignal(signal.SIGTERM)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    # Ray's sockets lie below it, and their names may not be long.
    short = Path("/tmp")
    place = Path(tempfile.mkdtemp(prefix="catchlight-ray-", dir=short if short.is_dir() else None))
    try:
        try:
            if os.environ.get("RAY_ADDRESS"):
                ray.init(**quiet)
                cpus = 1
            else:
                there = os.cpu_count() or 1
                cpus = max(there // workers, 1)
                ray.init(
                    address="local", num_cpus=cpus * workers, include_dashboard=False, object_store_memory=_STORE_BYTES,
                    _temp_dir=str(place / "ray"), **quiet,
                )  # fmt: skip
        except (OSError, RuntimeError, ValueError) as error:
            raise CatchlightError(f"Ray did not start: {error}; train without --ray, or with torchrun") from error
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, before)
        yield place, cpus
    finally:
        with suppress(Exception):
            ray.shutdown()
        shutil.rmtree(place, ignore_errors=True)
