"""A run that begins with the weights of another one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from torch import nn

from catchlight.train.loop import Device, train
from catchlight.train.moment import Moment, Outcome
from catchlight.train.recipe import Recipe
from catchlight.train.run_folder import RunFolder
from catchlight.train.scale_out.crew import Crew
from catchlight.train.weights_of import with_weights

# Folder of the earlier run, within that of the run that begins with it.
EARLIER = "begin"


def train_stages(
    recipe: Recipe,
    folder: Path,
    *,
    device: Device = "cpu",
    minutes: float | None = None,
    tell: Callable[[Moment], None] = lambda moment: None,
    asked: Callable[[], bool] = lambda: False,
    crew: Crew | None = None,
) -> Outcome:
    """As `train`; where the recipe begins with another one, that is trained first, in a folder within this one.

    Either is resumed where it was ended. The mean of the earlier run's weights is what the later one begins with.
    """
    began = time.monotonic()
    if recipe.begin is not None and not RunFolder(folder).checkpoint.is_file():
        earlier = folder / EARLIER
        outcome = train_stages(
            recipe.begin(), earlier, device=device, minutes=minutes, tell=tell, asked=asked, crew=crew
        )
        if outcome.ended in ("time", "asked"):
            return outcome
        recipe = replace(recipe, network=partial(_begun, recipe.network, RunFolder(earlier).latest))
        if minutes is not None:
            minutes = max(minutes - (time.monotonic() - began) / 60, 0.0)
    return train(recipe, folder, device=device, minutes=minutes, tell=tell, asked=asked, crew=crew)


def _begun(untrained: Callable[[], nn.Module], weights: Path) -> nn.Module:
    return with_weights(untrained(), weights)
