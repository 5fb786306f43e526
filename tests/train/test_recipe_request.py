"""Recipes by name and by file; what is wrong with a user's own is told in one line."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from catchlight.core import ContractError, InputError, UsageError
from catchlight.train.recipe import Recipe, Schedule
from catchlight.train.recipe_request import RecipeRequest, recipe_line, recipe_names


def test_the_list_says_what_each_is_for_and_loads_no_torch() -> None:
    assert "raw_engine_smoke" in recipe_names()
    for name in recipe_names():
        assert 20 < len(recipe_line(name)) <= 120 and recipe_line(name).endswith(".")
    program = (
        "import sys\nfrom catchlight.train.recipe_request import recipe_line, recipe_names\n"
        "assert all(recipe_line(n) for n in recipe_names()) and 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_an_own_file(tiny_file: Path) -> None:
    recipe = RecipeRequest(name=str(tiny_file), steps=5).load()
    assert isinstance(recipe, Recipe)
    assert (recipe.schedule.steps, recipe.schedule.decay, recipe.schedule.warm_up) == (5, 5, 3)


def test_steps_in_place_of_a_recipe_that_stops_in_its_decay(tiny_file: Path) -> None:
    tiny_file.write_text(tiny_file.read_text().replace("rate=5e-3)", "rate=5e-3, stop=25)"))
    assert RecipeRequest(name=str(tiny_file)).load().schedule.last == 25
    assert RecipeRequest(name=str(tiny_file), steps=5).load().schedule.last == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = (", r"own\.py: line 1: SyntaxError"),
        ("import os\n\nundefined", r"own\.py: line 3: NameError: .*undefined"),
        ("x = 1", r"own\.py: expected a function recipe\(data\)"),
        ("def recipe(data):\n    return 3", r"own\.py: recipe\(data\) returns a Recipe .* found int"),
        ("def recipe(data):\n    return 1 / 0", r"own\.py: line 2: ZeroDivisionError"),
        ("def recipe():\n    pass", r"own\.py: TypeError"),
    ],
)
def test_what_is_wrong_with_an_own_file_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        RecipeRequest(name=str(path)).load()


def test_no_such_recipe() -> None:
    with pytest.raises(UsageError, match=r"no recipe is called 'raw_engine_bset'; found .*raw_engine_smoke"):
        RecipeRequest(name="raw_engine_bset").load()
    with pytest.raises(InputError, match="expected the file of a recipe"):
        RecipeRequest(name="nowhere.py").load()


def test_dials_out_of_range(tiny: Callable[[], Recipe]) -> None:
    with pytest.raises(ContractError, match="a schedule has steps > 0"):
        Schedule(steps=10, decay=11)
    for stop in (0, 11):
        with pytest.raises(ContractError, match="a schedule stops within its 10 steps"):
            Schedule(steps=10, decay=5, stop=stop)
    for dial in ({"ema": 1.0}, {"accumulate": 0}, {"clip_norm": 0.0}, {"patience": -1}, {"validate_every": 0}):
        with pytest.raises(ContractError, match=next(iter(dial))):
            replace(tiny(), **dial)
