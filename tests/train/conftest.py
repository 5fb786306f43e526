"""A network, batches and a recipe that are trained in a moment."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from catchlight.train.recipe import Recipe
from catchlight.train.recipe_request import RecipeRequest

# A small U-Net learns a fixed filter; batch k is the same wherever it is made.
TINY = '''
"""Learns a fixed 3×3 filter."""
import numpy as np
import torch
from torch import nn

from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.recipe import Recipe, Schedule

FILTER = torch.from_numpy(np.random.default_rng(1).standard_normal((12, 8, 3, 3), np.float32) / 9)


class Batches:
    def batch(self, number):
        x = torch.from_numpy(np.random.default_rng([3, number]).random((2, 8, 16, 16), np.float32))
        return x, torch.nn.functional.conv2d(x, FILTER, padding=1)

    def describe(self):
        return {"filter": 1}


def objective(network, batch):
    seen, wanted = batch
    return (network(seen) - wanted).abs().mean()


def validate(network):
    return {"score": -float(objective(network, Batches().batch(10**6)))}


def recipe(data):
    return Recipe(
        name="tiny", network=lambda: RawUNet((4, 8), (1, 1), (1,)), data=Batches(), objective=objective,
        validate=validate, schedule=Schedule(steps=30, warm_up=3, decay=10, rate=5e-3), validate_every=8,
        ends=("interpolate", "stem", "head"),
    )
'''


@pytest.fixture
def tiny_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.py"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture
def tiny(tiny_file: Path) -> Callable[[], Recipe]:
    return RecipeRequest(name=str(tiny_file)).load


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums are the same to the last bit only with as many threads; the processes that tests start have one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
