"""The command: goes on where it was, ends when asked, and says in one line what is wrong."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from catchlight.cli.stop_request import StopRequest
from catchlight.cli.train_progress import in_words, validation_line

# What TensorBoard's own imports warn of.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

Run = Callable[..., Any]
TINY = '''
"""A mean of its input."""
import signal

import torch
from torch import nn

from catchlight.train.recipe import Recipe, Schedule

STRIKE = None


class Batches:
    def batch(self, number):
        return (torch.full((1, 1, 4, 4), number / 100),)

    def describe(self):
        return {}


def objective(network, batch):
    if STRIKE is not None and round(float(batch[0][0, 0, 0, 0]) * 100) == STRIKE:
        signal.raise_signal(signal.SIGTERM)
    return (network(batch[0]) - 1).square().mean()


def recipe(data):
    return Recipe(
        name="tiny", network=lambda: nn.Conv2d(1, 1, 1), data=Batches(), objective=objective,
        validate=lambda network: {"gain": float(network.weight.sum())},
        schedule=Schedule(steps=20, warm_up=0, decay=5, rate=1e-2), validate_every=5, optimiser="adamw", bf16=False,
    )
'''


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    return path


def test_a_run_that_goes_on_and_its_json(catchlight: Run, recipe: Path, tmp_path: Path) -> None:
    folder, record = tmp_path / "run", tmp_path / "run.json"
    first = catchlight("train", recipe, "--to", folder, "--minutes", "1e-9")
    assert first.code == 0, first.err
    assert "1 steps in" in first.out and "the same command goes on" in first.out
    # Options may stand before the recipe, too.
    then = catchlight("train", "--to", folder, "--json", record, recipe)
    assert then.code == 0, then.err
    lines = [line for line in then.out.splitlines() if line.startswith("step ")]
    assert [line.split(":")[0] for line in lines] == ["step 5", "step 10", "step 15", "step 20"]
    assert "all steps done" in then.out and str(folder) in then.out
    told = json.loads(record.read_text())
    assert told["step"] == 20 and told["ended"] == "done" and told["weights"] == str(folder / "best.safetensors")
    assert told["scores"]["gain"] == pytest.approx(told["best"], abs=1)
    again = catchlight("train", recipe, "--to", folder, "--json", record)
    assert again.code == 1 and "--force" in again.one_line
    silent = catchlight("train", recipe, "--to", folder, "--json", record, "--force", "--quiet")
    assert (silent.code, silent.out, silent.err) == (0, "", "")


def test_steps_in_place_of_the_recipe_s(catchlight: Run, recipe: Path, tmp_path: Path) -> None:
    done = catchlight("train", recipe, "--to", tmp_path / "run", "--steps", 3)
    assert done.code == 0 and "3 steps in" in done.out


def test_sigterm_ends_the_step_and_keeps_it(catchlight: Run, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(TINY.replace("STRIKE = None", "STRIKE = 7"))
    folder = tmp_path / "run"
    struck = catchlight("train", recipe, "--to", folder)
    assert struck.code == 143
    assert struck.one_line == "catchlight: ended by a signal; nothing half-written is left behind"
    # Batch 7 is that of the eighth step.
    assert "8 steps in" in struck.out and "ended as asked; the same command goes on" in struck.out
    assert (folder / "checkpoint.pt").is_file()
    recipe.write_text(TINY)
    assert "20 steps in" in catchlight("train", recipe, "--to", folder).out


def test_list_and_help(catchlight: Run) -> None:
    listed = catchlight("train", "list")
    assert listed.code == 0 and "raw_engine_smoke  " in listed.out
    for arguments in (("train",), ("train", "--help"), ("train", "raw_engine_smoke", "--help")):
        told = catchlight(*arguments)
        assert told.code == 0 and "--minutes" in told.out and "RECIPE" in told.out
    # The group's help names the other commands, too.
    assert "finetune" in catchlight("train", "--help").out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nope",), 2, "no recipe is called 'nope'; found raw_engine"),
        (("nope.py",), 1, "nope.py: expected the file of a recipe"),
        (("raw_engine_smoke", "--minutes", "0"), 2, "--minutes is more than 0; found 0"),
        (("raw_engine_smoke", "--minutes", "nan"), 2, "--minutes is more than 0; found nan"),
        (("raw_engine_smoke", "--ray", "0"), 2, "--ray is more than 0"),
        (("raw_engine_smoke", "--steps", "-3"), 2, "--steps is more than 0"),
        (("raw_engine_smoke", "--device", "tpu"), 2, "tpu"),
        (("raw_engine_smoke", "--to", ""), 2, "--to: expected a file or folder, found an empty name"),
        (("raw_engine_smoke", "--data", "nowhere"), 2, "--data nowhere: expected the folder that holds photos/"),
    ],
)
def test_wrong_usage_is_one_line(
    catchlight: Run, arguments: tuple[str, ...], code: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failed = catchlight("train", *arguments)
    assert failed.code == code and told in failed.one_line
    assert not list(tmp_path.iterdir())


def test_without_torch_it_says_what_to_install(
    catchlight: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: None if name == "torch" else find_spec(name))
    failed = catchlight("train", "raw_engine_smoke")
    assert failed.code == 1
    assert failed.one_line == (
        'catchlight: training needs PyTorch, found none; install it: pip install "catchlight[train]"'
    )


def test_nothing_heavy_is_loaded_before_it_is_needed() -> None:
    program = (
        "import sys\nfrom catchlight.cli.main import run\n"
        "assert run(['train', '--help']) == 0 and run(['train', 'list']) == 0\n"
        "heavy = {'torch', 'numba', 'cv2', 'ray', 'rich', 'tensorboard'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)


def test_the_first_signal_asks_and_the_second_ends() -> None:
    import signal

    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with StopRequest() as stop:
            assert not stop()
            signal.raise_signal(signal.SIGTERM)
            assert stop() and stop.signal_number == signal.SIGTERM and not seen
            signal.raise_signal(signal.SIGTERM)
            assert seen == [signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)
        assert len(seen) == 2
    finally:
        signal.signal(signal.SIGTERM, before)


def test_words_for_moments() -> None:
    from catchlight.train.moment import Moment

    moment = Moment(
        step=40,
        steps=90,
        loss=0.01234,
        rate=1e-3,
        seconds=9.0,
        left_s=3.0,
        scores={"mean": 38.2, "clean": 41.0},
        better=True,
    )
    assert validation_line(moment) == "step 40: loss 0.01234, mean 38.200, clean 41.000 *"
    assert in_words(-3.0) == "0 s"
