"""Batches come in order, errors where they belong, and no thread stays."""

import threading

import pytest
import torch

from catchlight.core import InputError
from catchlight.train.prefetch import prefetched
from catchlight.train.recipe import Batch


class Numbers:
    def __init__(self, bad: int = -1) -> None:
        self.bad, self.asked = bad, list[int]()

    def batch(self, number: int) -> Batch:
        self.asked.append(number)
        if number == self.bad:
            raise InputError("photo.jpg: damaged")
        return (torch.tensor([number]),)

    def describe(self) -> dict[str, int]:
        return {}


def test_in_order_and_no_further_ahead_than_told() -> None:
    source = Numbers()
    batches = prefetched(source, iter(range(0, 40, 2)), ahead=3)
    assert [int(next(batches)[0]) for _ in range(4)] == [0, 2, 4, 6]
    batches.close()
    assert source.asked == list(range(0, 2 * len(source.asked), 2)) and len(source.asked) <= 7
    assert not [t for t in threading.enumerate() if t.name.startswith("batch")]


def test_an_error_comes_when_its_batch_would() -> None:
    batches = prefetched(Numbers(bad=2), range(9))
    assert [int(next(batches)[0]) for _ in range(2)] == [0, 1]
    with pytest.raises(InputError, match="damaged"):
        next(batches)
    assert not [t for t in threading.enumerate() if t.name.startswith("batch")]


def test_all_of_a_finite_set() -> None:
    assert [int(x) for (x,) in prefetched(Numbers(), range(5), ahead=9)] == [0, 1, 2, 3, 4]
