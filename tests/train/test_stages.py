"""A run that begins with another one's weights, whole or in parts."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from catchlight.train.loop import train
from catchlight.train.recipe import Recipe, Schedule
from catchlight.train.run_folder import RunFolder, read_metrics
from catchlight.train.schedule_rate import rate_at
from catchlight.train.stages import train_stages
from catchlight.train.weights_of import with_weights

Make = Callable[[], Recipe]
FILES = ("best.safetensors", "latest.safetensors")


@pytest.fixture
def later(tiny: Make) -> Recipe:
    first = replace(tiny(), name="first", schedule=Schedule(steps=12, warm_up=0, decay=9, rate=5e-3, stop=6))
    schedule = Schedule(steps=6, warm_up=0, decay=3, rate=1e-3)
    return replace(tiny(), schedule=schedule, begin=lambda: first, seed=4, validate_every=3)


def test_the_later_run_begins_with_the_mean_weights_of_the_earlier(later: Recipe, tmp_path: Path) -> None:
    whole, by_hand = tmp_path / "whole", tmp_path / "by hand"
    outcome = train_stages(later, whole)
    assert (outcome.step, outcome.ended, outcome.weights) == (6, "done", whole / "best.safetensors")
    assert later.begin is not None
    train(later.begin(), by_hand / "begin")
    begun = partial(with_weights, later.network(), by_hand / "begin" / "latest.safetensors")
    train(replace(later, network=begun), by_hand)
    for name in FILES:
        assert (whole / name).read_bytes() == (by_hand / name).read_bytes()
    # Without them it is another run.
    train(later, tmp_path / "alone")
    assert (tmp_path / "alone" / FILES[1]).read_bytes() != (whole / FILES[1]).read_bytes()


def test_the_earlier_run_stops_in_its_decay(later: Recipe, tmp_path: Path) -> None:
    train_stages(later, tmp_path)
    assert later.begin is not None
    lines = list(read_metrics(RunFolder(tmp_path / "begin").metrics))
    assert [line["step"] for line in lines] == [6]
    assert lines[0]["rate"] == rate_at(later.begin().schedule, 5) > 0.5 * 5e-3


def test_either_may_be_ended_and_goes_on_bit_by_bit(later: Recipe, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_stages(later, whole)
    ends = []
    for _ in range(20):
        looks = iter([False] * 3 + [True] * 99)
        outcome = train_stages(later, parts, asked=lambda looks=looks: next(looks))
        ends.append((outcome.step, outcome.ended, (parts / "checkpoint.pt").is_file()))
        if outcome.ended == "done":
            break
    # Four steps; two that end the earlier run and two of the later; four more.
    assert ends == [(4, "asked", False), (2, "asked", True), (6, "done", True)]
    for name in FILES:
        assert (whole / name).read_bytes() == (parts / name).read_bytes()


def test_the_earlier_is_not_asked_for_once_the_later_has_begun(later: Recipe, tmp_path: Path) -> None:
    train_stages(later, tmp_path, asked=iter([False] * 7 + [True] * 99).__next__)
    assert (tmp_path / "checkpoint.pt").is_file()
    # Its photos may be gone by now.
    later = replace(later, begin=lambda: pytest.fail("there is nothing to begin with"))
    assert train_stages(later, tmp_path).ended == "done"


def test_the_minutes_are_those_of_both(later: Recipe, tmp_path: Path) -> None:
    outcome = train_stages(later, tmp_path, minutes=1e-9)
    assert (outcome.ended, outcome.step) == ("time", 1)
    assert outcome.weights == tmp_path / "begin" / "latest.safetensors"
    assert train_stages(later, tmp_path).ended == "done"
