"""The loop: a plain reference, resuming from anything, and what ends a run."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from catchlight.core import InputError, OutputError, UsageError
from catchlight.train.checkpoint import read_checkpoint
from catchlight.train.loop import NotANumberError, train
from catchlight.train.moment import Moment
from catchlight.train.optimiser import Optimiser
from catchlight.train.recipe import Batch, Recipe
from catchlight.train.run_folder import RunFolder, read_metrics
from catchlight.train.schedule_rate import rate_at
from catchlight.train.train_state import TrainState

Make = Callable[[], Recipe]
# Trains the recipe of a file in two processes, one after the other, that kill themselves: the first after step 16, the
# second in the middle of writing its second checkpoint. They are copies of one, so that torch is loaded only once.
KILLED = """
import os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from catchlight.train.loop import train
from catchlight.train.recipe_request import RecipeRequest

file, folder = sys.argv[1], Path(sys.argv[2])

def end():
    os.kill(os.getpid(), signal.SIGKILL)

def after_a_step():
    train(RecipeRequest(name=file).load(), folder, tell=lambda moment: end() if moment.step == 16 else None)

def while_writing():
    write = Path.write_bytes
    writes = []
    def torn(path, whole):
        writes.append(path)
        if path.suffix == ".pt" and len([p for p in writes if p.suffix == ".pt"]) == 2:
            write(path, bytes(whole)[: len(whole) // 2])
            end()
        return write(path, whole)
    Path.write_bytes = torn
    train(RecipeRequest(name=file).load(), folder)

for work in after_a_step, while_writing:
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, work
"""


def same_files(one: Path, other: Path) -> bool:
    return all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in ("best.safetensors", "latest.safetensors")
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_run_goes_on_bit_by_bit(tiny: Make, tiny_file: Path, tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    train(tiny(), whole)
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tiny_file), str(torn)],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert killed.returncode == 0, killed.stderr
    # The checkpoint of step 30 was cut off; the one of step 24 must have stayed.
    assert read_checkpoint(torn / "checkpoint.pt", fingerprint=tiny().fingerprint()).step == 24
    assert len(list(torn.glob(".checkpoint.*.pt"))) == 1
    outcome = train(tiny(), torn)
    assert outcome.ended == "done" and outcome.step == 30
    assert same_files(whole, torn)
    assert not list(torn.glob(".*"))
    steps = [line["step"] for line in read_metrics(torn / "metrics.jsonl")]
    assert steps == [8, 16, 24, 30]


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
@pytest.mark.parametrize("bf16", [True, False])
def test_a_run_may_end_after_any_step(tiny: Make, tmp_path: Path, optimiser: str, bf16: bool) -> None:
    recipe = replace(tiny(), optimiser=optimiser, bf16=bf16, accumulate=2)  # type: ignore[arg-type]
    recipe = replace(recipe, schedule=replace(recipe.schedule, steps=12, decay=4))
    train(recipe, tmp_path / "whole")
    ends = []
    for _ in range(20):
        looks = iter((False, False, True))
        outcome = train(recipe, tmp_path / "parts", asked=lambda looks=looks: next(looks, True))
        ends.append((outcome.step, outcome.ended))
        if outcome.ended == "done":
            break
    assert ends == [(3, "asked"), (6, "asked"), (9, "asked"), (12, "done")]
    assert same_files(tmp_path / "whole", tmp_path / "parts")


def test_the_loop_is_what_it_says(tiny: Make, tmp_path: Path) -> None:
    """Against a loop in plain sight: AdamW on all, float32."""
    recipe = replace(tiny(), optimiser="adamw", bf16=False, accumulate=2, clip_norm=0.05, ema=0.5)
    recipe = replace(recipe, schedule=replace(recipe.schedule, steps=6, decay=3))
    train(recipe, tmp_path)
    torch.manual_seed(recipe.seed)
    network = recipe.network()
    mean = {name: value.clone() for name, value in network.state_dict().items()}
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim == 1], "weight_decay": 0},
    ]
    adam = torch.optim.AdamW(groups, betas=(0.9, 0.99))
    for step in range(6):
        for group in adam.param_groups:
            group["lr"] = rate_at(recipe.schedule, step)
        adam.zero_grad()
        halves = [recipe.objective(network, recipe.data.batch(2 * step + k)) for k in (0, 1)]
        ((halves[0] + halves[1]) / 2).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.05)
        adam.step()
        keep = min(0.5, (step + 1) / (step + 10))
        for name, value in network.state_dict().items():
            mean[name] = keep * mean[name] + (1 - keep) * value
    made = load_file(tmp_path / "latest.safetensors")
    assert made.keys() == mean.keys()
    for name, value in mean.items():
        torch.testing.assert_close(made[name], value, rtol=1e-4, atol=5e-5)


def test_mixed_precision_and_channels_last_are_on(tiny: Make, tmp_path: Path) -> None:
    seen = set()

    def objective(network: torch.nn.Module, batch: Batch) -> torch.Tensor:
        filters = network.get_parameter("stem.weight")
        seen.add(
            (torch.is_autocast_enabled("cpu"), filters.dtype, filters.is_contiguous(memory_format=torch.channels_last))
        )
        return tiny().objective(network, batch)

    recipe = replace(tiny(), objective=objective, schedule=replace(tiny().schedule, steps=1, decay=0))
    train(recipe, tmp_path / "mixed")
    train(replace(recipe, bf16=False), tmp_path / "full")
    assert seen == {(True, torch.float32, True), (False, torch.float32, True)}


def test_time_ends_a_run_and_moments_tell_of_it(tiny: Make, tmp_path: Path) -> None:
    told: list[Moment] = []
    outcome = train(tiny(), tmp_path, minutes=1e-9, tell=told.append)
    assert (outcome.ended, outcome.step, outcome.best) == ("time", 1, None)
    assert outcome.weights == tmp_path / "latest.safetensors" and outcome.weights.is_file()
    assert [(m.step, m.steps, m.scores) for m in told] == [(1, 30, None)] and told[0].left_s > 0
    again = train(tiny(), tmp_path, tell=told.append)
    assert again.ended == "done" and again.minutes > outcome.minutes
    assert [m.step for m in told] == [1, 8, 16, 24, 30]
    assert told[-1].better == (again.scores["score"] == again.best)
    facts = json.loads((tmp_path / "recipe.json").read_text())
    assert facts["fingerprint"] == tiny().fingerprint()
    assert facts["step"] == 30 and facts["threads"] == 1 and facts["versions"]["torch"] == str(torch.__version__)
    assert math.isclose(facts["minutes"], again.minutes, abs_tol=0.1)


def test_a_run_that_is_done_is_left_alone(tiny: Make, tmp_path: Path) -> None:
    first = train(tiny(), tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    again = train(tiny(), tmp_path, tell=lambda moment: pytest.fail("there was nothing to do"))
    assert (again.step, again.ended, again.best) == (30, "done", first.best)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_it_ends_when_it_gets_no_better(tiny: Make, tmp_path: Path) -> None:
    scores = iter([1.0, 3.0, 2.0, 3.0, 2.5, 9.0])
    recipe = replace(tiny(), validate=lambda network: {"score": next(scores)}, validate_every=2, patience=2)
    told: list[Moment] = []
    outcome = train(recipe, tmp_path, tell=told.append)
    # The best at step 4; then three that are no better, where two are forgiven.
    assert (outcome.ended, outcome.step, outcome.best) == ("early", 10, 3.0)
    assert [m.better for m in told] == [True, True, False, False, False]
    again = train(recipe, tmp_path, tell=told.append)
    assert (again.ended, again.step, len(told)) == ("early", 10, 5)


def finite(path: Path) -> bool:
    return all(bool(v.isfinite().all()) for v in load_file(path).values())


@pytest.mark.parametrize("what", ["loss", "gradient"])
@pytest.mark.parametrize("at", [20, 24])
def test_what_is_no_number_is_never_kept(tiny: Make, tmp_path: Path, what: str, at: int) -> None:
    calls = iter(range(1, 100))

    def objective(network: torch.nn.Module, batch: Batch) -> torch.Tensor:
        loss = tiny().objective(network, batch)
        if network.training and next(calls) == at:
            if what == "loss":
                return loss * math.nan
            # √0 is a number, its slope is none.
            return loss + (network.get_parameter("stem.bias") * 0).sqrt().sum()
        return loss

    with pytest.raises(NotANumberError, match=r"after step 24; the last good state is in .*checkpoint\.pt"):
        train(replace(tiny(), objective=objective), tmp_path)
    kept = read_checkpoint(tmp_path / "checkpoint.pt", fingerprint=tiny().fingerprint())
    assert kept.step == 16
    assert all(bool(v.isfinite().all()) for v in (*kept.network.values(), *kept.ema.values()))
    assert finite(tmp_path / "best.safetensors") and not (tmp_path / "latest.safetensors").exists()
    assert train(tiny(), tmp_path).ended == "done"


def test_a_score_that_is_no_number_is_never_the_best(tiny: Make, tmp_path: Path) -> None:
    with pytest.raises(NotANumberError, match="the score 'x' is nan after step 8; nothing was kept yet"):
        train(replace(tiny(), validate=lambda network: {"x": math.nan}), tmp_path)
    assert not (tmp_path / "best.safetensors").exists() and not (tmp_path / "checkpoint.pt").exists()


@contextmanager
def full_disk(room_bytes: int) -> Iterator[None]:
    """As on a full disk, no file grows beyond this."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_checkpoint_before(tiny: Make, tmp_path: Path) -> None:
    train(tiny(), tmp_path / "whole")
    folder = tmp_path / "run"
    train(tiny(), folder, asked=iter([False] * 9 + [True]).__next__)
    before = (folder / "checkpoint.pt").read_bytes()
    with full_disk(len(before) // 2), pytest.raises(OutputError, match=r"checkpoint\.pt: cannot be written") as told:
        train(tiny(), folder)
    assert "\n" not in str(told.value)
    assert (folder / "checkpoint.pt").read_bytes() == before
    assert not list(folder.glob(".*"))
    train(tiny(), folder)
    assert same_files(tmp_path / "whole", folder)


def test_what_is_no_checkpoint_of_this_run(tiny: Make, tmp_path: Path) -> None:
    train(replace(tiny(), seed=4), tmp_path, asked=lambda: True)
    with pytest.raises(UsageError, match=r"another recipe \(changed: seed\)"):
        train(tiny(), tmp_path)
    path = tmp_path / "checkpoint.pt"
    whole = path.read_bytes()
    for damaged in (b"", b"nothing", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="damaged or other file"):
            train(tiny(), tmp_path)
    torch.save({"step": 3}, path)
    with pytest.raises(InputError, match="damaged or other file"):
        train(tiny(), tmp_path)


def test_checkpoints_from_before_some_fields_are_read(tiny: Make, tmp_path: Path) -> None:
    train(tiny(), tmp_path, asked=lambda: True)
    path = tmp_path / "checkpoint.pt"
    fields = torch.load(path, weights_only=True)
    del fields["minutes"], fields["processes"]
    torch.save(fields, path)
    assert train(tiny(), tmp_path).step == 30


def test_no_cuda_is_said_in_one_line(tiny: Make, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(UsageError, match="no CUDA device; use --device cpu"):
        train(tiny(), tmp_path, device="cuda")


def test_a_folder_that_cannot_be_made(tiny: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        train(tiny(), tmp_path / "file" / "run")


def test_the_mean_takes_buffers_that_are_no_weights(tiny: Make) -> None:
    network = torch.nn.BatchNorm2d(1)
    assert network.running_mean is not None and network.num_batches_tracked is not None
    state = TrainState(
        network=network,
        ema={k: v.clone() for k, v in network.state_dict().items()},
        optimiser=Optimiser(network, tiny()),
        step=1,
    )
    network.running_mean.fill_(1.0)
    network.num_batches_tracked.fill_(5)
    state.follow(0.999)
    assert state.ema["num_batches_tracked"] == 5
    # After the first step, a tenth of it is the old value.
    assert float(state.ema["running_mean"]) == pytest.approx(0.9)


def test_metrics_are_cut_where_a_run_goes_on(tmp_path: Path) -> None:
    files = RunFolder(tmp_path)
    for step in (5, 10, 15):
        files.note(Moment(step=step, steps=20, loss=1.0, rate=1.0, seconds=1.0, left_s=1.0, scores={"x": math.inf}))
    with files.metrics.open("a") as stream:
        stream.write('{"step": 20, "lo')
    files.open(step=10)
    assert [(line["step"], line["scores"]) for line in read_metrics(files.metrics)] == [
        (5, {"x": None}),
        (10, {"x": None}),
    ]
    assert files.metrics.read_text().count("\n") == 2
