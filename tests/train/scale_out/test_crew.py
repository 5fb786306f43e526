"""Two processes take the steps that one takes with twice the batches."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from catchlight.core import UsageError
from catchlight.train.loop import train
from catchlight.train.recipe import Recipe
from catchlight.train.scale_out.crew import Crew, joined_crew

Make = Callable[[], Recipe]
# One of two: trains, and checks what only a crew can tell. The first to ask ends it for both.
MEMBER = """
import math, sys
from dataclasses import replace
from pathlib import Path
import torch
from catchlight.core import CatchlightError
torch.set_num_threads(1)
from catchlight.train.loop import train
from catchlight.train.recipe_request import RecipeRequest
from catchlight.train.scale_out.crew import joined_crew

file, folder = sys.argv[1], Path(sys.argv[2])
with joined_crew() as crew:
    assert crew.size == 2 and crew.mean(float(crew.rank)) == 0.5
    assert crew.any(crew.rank == 1) and not crew.any(False)
    assert crew.all_same(7) and not crew.all_same(crew.rank)
    recipe = RecipeRequest(name=file).load()
    assert crew.in_lead(lambda: 5) == (5 if crew.leads else None)
    # Only the leading process sees the score; the other one does not wait for it.
    try:
        train(replace(recipe, validate=lambda network: {"x": math.nan}), folder / "nan", crew=crew)
    except CatchlightError as error:
        assert "the score 'x' is nan after step 8" in str(error)
    else:
        raise AssertionError("a score that is no number was taken")
    looks = iter([False] * 8 + [crew.rank == 1] + [False] * 99)
    outcome = train(recipe, folder, asked=lambda: next(looks), crew=crew)
    assert (outcome.step, outcome.ended) == (9, "asked") or not crew.leads
    outcome = train(recipe, folder, crew=crew)
    assert (outcome.step, outcome.ended) == (30, "done")
"""


def test_each_batch_is_taken_once() -> None:
    taken = [Crew(rank=rank, size=3).numbers(4) for rank in range(3)]
    assert sorted(next(numbers) for numbers in taken for _ in range(5)) == list(range(12, 27))


def test_one_alone_exchanges_nothing() -> None:
    with joined_crew() as crew:
        assert crew == Crew() and crew.leads
    weight = torch.nn.Parameter(torch.ones(2))
    crew.average([weight])
    assert weight.grad is None
    assert crew.mean(3.5) == 3.5 and crew.any(True) and not crew.any(False) and crew.all_same(9)


def test_torchrun_equals_one_process_with_twice_the_batches(tiny: Make, tiny_file: Path, tmp_path: Path) -> None:
    if not torch.distributed.is_gloo_available():
        pytest.skip("torch was built without gloo")
    member = tmp_path / "member.py"
    member.write_text(MEMBER)
    pair, alone = tmp_path / "pair", tmp_path / "alone"
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launch, str(member), str(tiny_file), str(pair)],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    train(replace(tiny(), accumulate=2), alone)
    for name in ("best.safetensors", "latest.safetensors"):
        one, two = load_file(alone / name), load_file(pair / name)
        assert one.keys() == two.keys()
        for key, value in one.items():
            torch.testing.assert_close(two[key], value, rtol=0, atol=1e-6)
    # One batch a step gives other weights: the second process did take part.
    train(tiny(), tmp_path / "half")
    half = load_file(tmp_path / "half" / "latest.safetensors")
    assert max(float((half[k] - v).abs().max()) for k, v in one.items()) > 1e-3
    with pytest.raises(UsageError, match="trained by 2 processes together, found 1"):
        train(tiny(), pair)
