"""Recipes by name, or by the file of one's own."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from catchlight.core import CatchlightError, InputError, UsageError

# Torch is loaded with the recipe, not with their list.
if TYPE_CHECKING:
    from catchlight.train.recipe import Recipe

_FOLDER = Path(__file__).parent / "recipes"


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes that come with the package."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.py") if not file.stem.startswith("_")))


def recipe_line(name: str) -> str:
    """What a recipe of the package is for, in one line."""
    text = ast.get_docstring(ast.parse((_FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeRequest:
    """Which recipe, with which data: what another process needs to make the same one.

    Args:
        name: one of `recipe_names()`, or the path of a Python file with a function `recipe(data)`.
        data: folder with the training data; None leaves it to the recipe.
        steps: of the optimiser, in place of the recipe's.
    """

    name: str
    data: Path | None = None
    steps: int | None = None

    def load(self) -> Recipe:
        """The recipe.

        Raises:
            UsageError: no such recipe.
            InputError: a file that holds none, or fails.
        """
        own = self.name.endswith(".py")
        if not own and self.name not in recipe_names():
            raise UsageError(
                f"no recipe is called {self.name!r}; found {', '.join(recipe_names())}; "
                "one of your own is named by its file, which ends in .py"
            )
        from catchlight.train.recipe import Recipe

        path = Path(self.name) if own else _FOLDER / f"{self.name}.py"
        shipped = f"{__package__}.recipes.{self.name}"
        module = _told(path, lambda: _read(path)) if own else importlib.import_module(shipped)
        make = getattr(module, "recipe", None)
        if not callable(make):
            raise InputError(f"{path}: expected a function recipe(data) that returns a Recipe; found none; add one")
        made = _told(path, lambda: make(self.data)) if own else make(self.data)
        if not isinstance(made, Recipe):
            raise InputError(f"{path}: recipe(data) returns a Recipe of catchlight.train; found {type(made).__name__}")
        if self.steps is None:
            return made
        plan = made.schedule
        # All of them are done: a stop of the recipe is one within its own number.
        plan = replace(plan, steps=self.steps, decay=min(plan.decay, self.steps), stop=None)
        return replace(made, schedule=plan)


def _read(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputError(f"{path}: expected the file of a recipe; found none; check the path")
    spec = importlib.util.spec_from_file_location(f"own_recipe_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _told(path: Path, work: Callable[[], Any]) -> Any:
    """What the work gives; what goes wrong in the user's file is told with its line."""
    try:
        return work()
    except CatchlightError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if Path(frame.filename) == path.absolute()]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        where = f"line {line}: " if line else ""
        raise InputError(f"{path}: {where}{type(error).__name__}: {error}; correct the recipe") from error
