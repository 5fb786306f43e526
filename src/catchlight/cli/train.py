"""`catchlight train`: a network from its recipe."""

from __future__ import annotations

import json as json_
from collections.abc import Callable
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from catchlight.cli.terminal import say, shown
from catchlight.cli.train_data import data_report
from catchlight.cli.train_finetune import finetune
from catchlight.cli.train_group import DEFAULT, RecipeGroup

if TYPE_CHECKING:
    from catchlight.train.moment import Moment, Outcome
    from catchlight.train.recipe_request import RecipeRequest

app = typer.Typer(cls=RecipeGroup, subcommand_metavar="RECIPE | COMMAND", rich_markup_mode=None)


DeviceName = Literal["cpu", "cuda"]


class Device(StrEnum):
    """What computes."""

    cpu = "cpu"
    cuda = "cuda"


@app.callback()
def _train() -> None:
    """Train a network from its recipe; a run that was ended goes on where it was.

    catchlight train raw_engine_smoke --minutes 2
    """


@app.command(DEFAULT, hidden=True)
def train(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A recipe's name (see list), or a Python file with recipe(data).")
    ],
    to: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="For checkpoint, weights, metrics; goes on from those there."),
    ] = None,
    device: Annotated[Device, typer.Option(help="cuda is untested.")] = Device.cpu,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="End after so many; the same command goes on.")
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="Steps, in place of the recipe's.")] = None,
    data: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder that holds photos/; CATCHLIGHT_DATA by default.")
    ] = None,
    ray: Annotated[int | None, typer.Option(metavar="N", help="Train with N processes on a Ray cluster.")] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write how it ended, for machines.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Train a network from its recipe; a run that was ended goes on where it was.

    catchlight train raw_engine_smoke --minutes 2
    """
    from catchlight.cli.place_name import place_name
    from catchlight.core import UsageError

    for option, value in (("--minutes", minutes), ("--steps", steps), ("--ray", ray)):
        # Not `value <= 0`: that is false for nan.
        if value is not None and not value > 0:
            raise UsageError(f"{option} is more than 0; found {value:g}")
    kind: DeviceName = "cuda" if device is Device.cuda else "cpu"
    places = (place_name("--to", to), place_name("--data", data), place_name("--json", json))
    return partial(_run, recipe, steps, *places, kind, minutes, ray, force, quiet)


app.command("finetune")(finetune)
app.command("data-report")(data_report)


@app.command("list")
def list_recipes() -> Callable[[Callable[[], None]], None]:
    """List the recipes that come with the package."""
    return _list


def _list(check: Callable[[], None]) -> None:
    from catchlight.train.recipe_request import recipe_line, recipe_names

    wide = max(map(len, recipe_names()))
    say(*(f"{name:<{wide}}  {recipe_line(name)}" for name in recipe_names()))


def require_torch() -> None:
    """Raises UnsupportedError, which says what to install, where PyTorch is missing."""
    from importlib.util import find_spec

    from catchlight.core import UnsupportedError

    if find_spec("torch") is None or find_spec("safetensors") is None:
        raise UnsupportedError('training needs PyTorch, found none; install it: pip install "catchlight[train]"')


def _run(
    recipe: str,
    steps: int | None,
    to: Path | None,
    data: Path | None,
    record: Path | None,
    device: DeviceName,
    minutes: float | None,
    ray: int | None,
    force: bool,
    quiet: bool,
    check: Callable[[], None],
) -> None:
    from catchlight.cli.interrupts import Interrupted
    from catchlight.cli.stop_request import StopRequest
    from catchlight.io import atomic_output, check_writable

    require_torch()
    if record is not None:
        check_writable(record, force=force)
    from catchlight.evaluate.photo_sets import data_folder
    from catchlight.train.recipe_request import RecipeRequest

    request = RecipeRequest(name=recipe, data=data_folder(data), steps=steps)
    folder = to or Path("catchlight-training") / Path(recipe).stem
    check()
    with StopRequest() as stop:
        train = _on_ray if ray is not None else _here
        outcome = train(request, folder, device, minutes, ray, quiet, stop)
    if outcome is None:
        return
    if record is not None:
        with atomic_output(record, force=force) as temporary:
            temporary.write_text(_as_json(folder, outcome), encoding="utf-8")
    if not quiet:
        say(_summary(folder, outcome))
    if stop():
        raise Interrupted(stop.signal_number)


def _here(
    request: RecipeRequest,
    folder: Path,
    device: DeviceName,
    minutes: float | None,
    ray: int | None,
    quiet: bool,
    stop: Callable[[], bool],
) -> Outcome | None:
    """Trains in this process, or as one of those that torchrun started; None where another one tells the outcome."""
    import cv2

    from catchlight.train.scale_out.crew import joined_crew
    from catchlight.train.stages import train_stages

    # Batches are made in one thread beside the network's; more would only get in its way.
    cv2.setNumThreads(1)
    with ExitStack() as open_:
        crew = open_.enter_context(joined_crew(device))
        tell = _listener(open_, folder, quiet=quiet or not crew.leads, minutes=minutes, draws=crew.leads)
        recipe = request.load()
        outcome = train_stages(recipe, folder, device=device, minutes=minutes, tell=tell, asked=stop, crew=crew)
    return outcome if crew.leads else None


def _on_ray(
    request: RecipeRequest,
    folder: Path,
    device: DeviceName,
    minutes: float | None,
    ray: int | None,
    quiet: bool,
    stop: Callable[[], bool],
) -> Outcome:
    from catchlight.train.scale_out.ray_cluster import train_on_ray

    assert ray is not None
    with ExitStack() as open_:
        tell = _listener(open_, folder, quiet=quiet, minutes=minutes, draws=True)
        return train_on_ray(request, folder, workers=ray, device=device, minutes=minutes, tell=tell, asked=stop)


def _listener(
    open_: ExitStack, folder: Path, *, quiet: bool, minutes: float | None, draws: bool
) -> Callable[[Moment], None]:
    from catchlight.cli.train_progress import shown_training
    from catchlight.train.board import board, has_board

    show = open_.enter_context(shown_training(quiet=quiet, minutes=minutes))
    if not draws:
        return show
    if not has_board():
        if not quiet:
            say("TensorBoard is not installed, so there are no curves: pip install tensorboard")
        return show
    draw = open_.enter_context(board(folder))

    def tell(moment: Moment) -> None:
        draw(moment)
        show(moment)

    return tell


def _summary(folder: Path, outcome: Outcome) -> str:
    from catchlight.cli.train_progress import in_words

    how = {
        "done": "all steps done",
        "early": "no better any more, so it ended",
        "time": "the time is over; the same command goes on",
        "asked": "ended as asked; the same command goes on",
    }[outcome.ended]
    best = "" if outcome.best is None else f", best score {outcome.best:.3f}"
    worked = f"{outcome.step} steps in {in_words(outcome.minutes * 60)}"
    return f"{shown(str(folder))}: {worked}{best}, weights in {outcome.weights.name}; {how}"


def _as_json(folder: Path, outcome: Outcome) -> str:
    """Keys: `folder`, `step`, `ended` (done, time, early, asked), `best`, `weights`, `minutes`, `scores`."""
    found = {
        "folder": str(folder),
        "step": outcome.step,
        "ended": outcome.ended,
        "best": outcome.best,
        "weights": str(outcome.weights),
        "minutes": round(outcome.minutes, 3),
        "scores": dict(outcome.scores),
    }
    return json_.dumps(found, indent=2, ensure_ascii=False) + "\n"
