"""The training loop: one for every model."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from catchlight.core import CatchlightError, UsageError
from catchlight.train.checkpoint import read_checkpoint
from catchlight.train.moment import Ended, Moment, Outcome
from catchlight.train.prefetch import prefetched
from catchlight.train.provenance import provenance
from catchlight.train.recipe import Batch, Recipe
from catchlight.train.run_folder import RunFolder
from catchlight.train.scale_out.crew import Crew
from catchlight.train.schedule_rate import rate_at
from catchlight.train.train_state import TrainState

Device = Literal["cpu", "cuda"]
# Steps between two looks at the loss, which is only then known to be a number.
_LOOK = 50
# Seconds between two checkpoints where validations are further apart: what a killed run has to do again.
_KEEP_S = 300.0


class NotANumberError(CatchlightError):
    """The loss, a weight or a score became NaN or infinite; the last checkpoint is that of a good step."""


def train(
    recipe: Recipe,
    folder: Path,
    *,
    device: Device = "cpu",
    minutes: float | None = None,
    tell: Callable[[Moment], None] = lambda moment: None,
    asked: Callable[[], bool] = lambda: False,
    crew: Crew | None = None,
) -> Outcome:
    """Trains until the schedule or the time is over; goes on from the checkpoint in `folder` if there is one.

    A run that was killed and goes on gives the same weights, bit by bit, as one that was not: on a CPU, with as many
    processes and threads. With CUDA the loop is the same, but untested.

    Args:
        recipe: what is trained.
        folder: where `RunFolder` keeps checkpoint, weights, metrics and provenance; seen by all processes.
        device: `cpu` or `cuda`.
        minutes: after which the run ends with the step that it is at; None for all steps.
        tell: called at each moment, by the leading process alone.
        asked: looked at after each step; when true, the run ends as when the time is over.
        crew: the processes that train together; None for this one alone. Step s of a crew sees the batches that one
            process with `accumulate` times the crew's size sees.

    Raises:
        NotANumberError: loss, weights or score are no numbers any more; what was written is of good steps.
        UsageError: the folder belongs to another recipe or crew, or there is no such device.
        OutputError: the disk is full; the checkpoint is that of the last time.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device; use --device cpu")
    began = kept = time.monotonic()
    crew = crew or Crew(device=device)
    files = RunFolder(folder)
    state = TrainState.begin(recipe, device=device)
    if files.checkpoint.is_file():
        state.restore(read_checkpoint(files.checkpoint, fingerprint=recipe.fingerprint(), processes=crew.size))
    if not crew.all_same(state.step):
        raise UsageError(f"{folder}: the {crew.size} processes find different checkpoints there; use a shared folder")

    def spent() -> float:
        return state.minutes + (time.monotonic() - began) / 60

    def explain() -> None:
        files.write_provenance(provenance(recipe, state, minutes=spent(), device=device, processes=crew.size))

    def begin() -> None:
        files.open(step=first)
        explain()

    def note(moment: Moment, keeps: bool) -> None:
        files.note(moment)
        if keeps:
            state.checkpoint(recipe, minutes=spent(), processes=crew.size).write(files.checkpoint)
            explain()
        tell(moment)

    steps, first = recipe.schedule.last, state.step
    crew.in_lead(begin)
    losses: list[Tensor] = []
    last_scores: Mapping[str, float] = {}
    # A run that ended because it got no better stays so, unless its recipe became more patient.
    worn = recipe.patience is not None and state.stale > recipe.patience
    ended: Ended = "early" if worn else "done"
    with closing(prefetched(recipe.data, crew.numbers(state.step * recipe.accumulate))) as batches:
        while state.step < steps and not worn:
            losses += _step(recipe, state, batches, device=device, crew=crew)
            seconds = time.monotonic() - began
            finished = state.step == steps
            late = minutes is not None and seconds > minutes * 60
            # The processes of a crew do not look at their clocks at the same time: one word ends it for all.
            stopped = crew.any(late or asked())
            validates = finished or state.step % recipe.validate_every == 0
            if not (validates or stopped or state.step % _LOOK == 0):
                continue
            loss = crew.mean(float(torch.stack(losses).mean()) * recipe.accumulate)
            losses.clear()
            if crew.any(not (math.isfinite(loss) and state.is_finite())):
                what = "a weight is no number" if math.isfinite(loss) else f"the loss is {loss:g}"
                raise NotANumberError(_no_number(what, state.step, files))
            per_step = seconds / (state.step - first)
            moment = Moment(
                step=state.step, steps=steps, loss=loss, rate=rate_at(recipe.schedule, state.step - 1),
                seconds=seconds, left_s=per_step * (steps - state.step),
            )  # fmt: skip
            if validates:
                # The scores are those of the leading process.
                moment = crew.in_lead(partial(_validated, recipe, state, files, moment)) or moment
                last_scores = moment.scores or {}
            early = crew.any(recipe.patience is not None and state.stale > recipe.patience)
            keeps = validates or stopped or early or time.monotonic() - kept > _KEEP_S
            kept = time.monotonic() if keeps else kept
            crew.in_lead(partial(note, moment, keeps))
            if finished or stopped or early:
                ended = "done" if finished else "early" if early else "time" if late else "asked"
                break
    # Nobody leaves before all is written.
    crew.in_lead(partial(files.write_weights, state.ema, files.latest))
    return Outcome(
        step=state.step, ended=ended, best=state.best, weights=files.latest if state.best is None else files.best,
        minutes=spent(), scores=last_scores,
    )  # fmt: skip


def _step(recipe: Recipe, state: TrainState, batches: Iterator[Batch], *, device: Device, crew: Crew) -> list[Tensor]:
    """One step of the optimiser; the losses of its batches, each divided by their number."""
    state.optimiser.zero_grad()
    losses = []
    for _ in range(recipe.accumulate):
        batch = tuple(t.to(device, non_blocking=True) for t in next(batches))
        with torch.autocast(device, torch.bfloat16, enabled=recipe.bf16):
            loss = recipe.objective(state.network, batch) / recipe.accumulate
        loss.backward()
        losses.append(loss.detach())
    crew.average(state.network.parameters())
    nn.utils.clip_grad_norm_(state.network.parameters(), recipe.clip_norm)
    state.optimiser.step(rate_at(recipe.schedule, state.step))
    state.step += 1
    state.follow(recipe.ema)
    return losses


def _validated(recipe: Recipe, state: TrainState, files: RunFolder, moment: Moment) -> Moment:
    """The moment with scores and picture of the mean weights."""
    with state.averaged() as network:
        scores = recipe.validate(network)
        picture = recipe.draw(network) if recipe.draw is not None else None
    return replace(moment, scores=scores, better=_is_better(scores, state, files), picture=picture)


def _is_better(scores: Mapping[str, float], state: TrainState, files: RunFolder) -> bool:
    """Whether this is the best validation so far; then its weights are written."""
    name, score = next(iter(scores.items()))
    if math.isnan(score):
        raise NotANumberError(_no_number(f"the score {name!r} is {score:g}", state.step, files))
    state.stale += 1
    if state.best is not None and score <= state.best:
        return False
    state.best, state.stale = score, 0
    files.write_weights(state.ema, files.best)
    return True


def _no_number(what: str, step: int, files: RunFolder) -> str:
    where = f"the last good state is in {files.checkpoint}" if files.checkpoint.is_file() else "nothing was kept yet"
    return f"{what} after step {step}; {where}; lower the rate, or look for odd values in the batches"
