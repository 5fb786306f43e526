"""Fine-tuning of the RAW engine on one's own photos and camera; what does not help is thrown away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from torch import nn

from catchlight.camera.profile.profile_toml import profile_to_toml
from catchlight.core import InputError, OutputError, UsageError
from catchlight.io import atomic_output
from catchlight.simulate.batches.mosaic_crops import Photo
from catchlight.train.finetune.camera_batches import CameraBatches
from catchlight.train.finetune.camera_plan import CameraPlan, camera_gains
from catchlight.train.finetune.comparison import Comparison, compare
from catchlight.train.finetune.known_weights import find_weights, raw_unet_of
from catchlight.train.finetune.last_blocks import free_last_blocks
from catchlight.train.finetune.low_rank import add_low_rank, merge_low_rank
from catchlight.train.finetune.photo_folder import OwnPhoto, photos_digest, read_photos
from catchlight.train.finetune.request import FineTuneRequest
from catchlight.train.finetune.scene_split import group_scenes, split_scenes
from catchlight.train.finetune.step_time import step_time_s, steps_within
from catchlight.train.finetune.watch import Watch
from catchlight.train.loop import train
from catchlight.train.moment import Moment
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.raw_engine.objective import seen_l1
from catchlight.train.recipe import BatchSource, Recipe, Schedule
from catchlight.train.run_folder import RunFolder
from catchlight.train.weights_of import with_weights

Progress = Callable[[str, int, int], None]
# Where the run is kept while it goes on, inside of the result's folder.
RUN, _PLAN = "run", "plan.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tuned:
    """What came out.

    Args:
        network: the tuned one, its adapters merged; None when the run was interrupted and can go on.
        comparison: on the held-out photos; None then, too.
        weights: file that it began with.
        photos: that were trained on.
        held_out: that were judged with.
        scenes: in all.
        trained: numbers that trained.
        parameters: in all.
        steps: done.
        minutes: of training.
        gains: of the camera that were judged.
        skipped: one line for each photo that was left out.
        batches: of the training; further ones show what the network will get.
        judge: compares two networks on the held-out photos.
    """

    network: RawUNet | None
    comparison: Comparison | None
    weights: Path
    photos: int
    held_out: int
    scenes: int
    trained: int
    parameters: int
    steps: int
    minutes: float
    gains: tuple[float, ...]
    skipped: tuple[str, ...]
    batches: BatchSource
    judge: Callable[[nn.Module, nn.Module], Comparison]


def tune(
    request: FineTuneRequest,
    *,
    progress: Progress = lambda stage, done, total: None,
    tell: Callable[[Moment], None] = lambda moment: None,
    asked: Callable[[], bool] = lambda: False,
) -> Tuned:
    """Reads photos, trains on some scenes, judges on the others; goes on with a run that was interrupted.

    Nothing is written but the run itself, to `folder/run`; see `save_tuned`.

    Args:
        request: what is asked.
        progress: stage, number, count.
        tell: of the training.
        asked: looked at after each step; when true, the run ends, to go on another time.

    Raises:
        InputError: no or too few usable photos, damaged weights.
        UsageError: a model that does not exist, or a run of another request in the folder.
        OutputError: the folder holds a tuned network already.
    """
    if RunFolder(request.folder).best.exists():
        raise OutputError(f"{request.folder}: holds a tuned network already; choose another folder with --to")
    weights = find_weights(request.model)
    before = raw_unet_of(weights)
    gains = camera_gains(request.camera.sensor.noise)
    photos, skipped = read_photos(request.photos, least_px=request.crop_px, progress=progress)
    if not photos:
        raise InputError(f"{request.photos}: no photo can be used: {skipped[0]}")
    progress("sorting photos by scene", 0, 0)
    split = split_scenes(group_scenes([p.record for p in photos]), seed=request.seed)
    chosen = [photos[place] for place in split.train]
    data = _batches(request, chosen, gains, weights)
    network, trained = _prepared(request, before)
    run = RunFolder(request.folder / RUN)
    steps, bf16 = _planned(request, network, data, run)
    recipe = _recipe(request, weights, data, steps=steps, bf16=bf16)
    outcome = train(recipe, run.path, tell=tell, asked=asked)
    held_out: Sequence[Sequence[Photo]] = [[photos[place].pixels for place in scene] for scene in split.held_out]
    judge = partial(
        compare, scenes=held_out, sensor=request.camera.sensor, gains=gains, seed=request.seed,
        multiple=before.multiple, progress=progress,
    )  # fmt: skip
    facts: dict[str, Any] = {
        "weights": weights,
        "photos": len(chosen),
        "held_out": len(photos) - len(chosen),
        "scenes": split.scenes,
        "trained": trained,
        "parameters": sum(p.numel() for p in before.parameters()),
        "steps": outcome.step,
        "minutes": outcome.minutes,
        "gains": gains,
        "skipped": skipped,
        "batches": data,
        "judge": judge,
    }
    if outcome.ended != "done":
        return Tuned(network=None, comparison=None, **facts)
    # The mean weights at the end, not those of the best look: the held-out photos have chosen nothing.
    merge_low_rank(with_weights(network, run.latest))
    return Tuned(network=network, comparison=judge(before.eval(), network.eval()), **facts)


def forget_run(folder: Path) -> None:
    """Removes the run of a fine-tuning that is over, and the folder where it is empty then."""
    shutil.rmtree(folder / RUN, ignore_errors=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _batches(
    request: FineTuneRequest, photos: Sequence[OwnPhoto], gains: Sequence[float], weights: Path
) -> CameraBatches:
    plan = CameraPlan(gain=(gains[0], gains[-1]), crop_px=request.crop_px, batch=request.batch, seed=request.seed)
    origin: Mapping[str, Any] = {
        "photos": photos_digest(photos),
        "camera": sha256(profile_to_toml(request.camera).encode()).hexdigest(),
        "weights": sha256(weights.read_bytes()).hexdigest(),
        "method": request.method,
        "rank": request.rank if request.method == "low-rank" else None,
    }
    return CameraBatches(photos=[p.pixels for p in photos], sensor=request.camera.sensor, plan=plan, origin=origin)


def _prepared(request: FineTuneRequest, before: RawUNet) -> tuple[RawUNet, int]:
    """A copy of the network, ready to be tuned, and how many numbers train."""
    network = raw_unet_of(find_weights(request.model))
    network.load_state_dict(before.state_dict())
    if request.method == "low-rank":
        return network, add_low_rank(network, rank=request.rank)
    return network, free_last_blocks(network)


def _planned(request: FineTuneRequest, network: RawUNet, data: CameraBatches, run: RunFolder) -> tuple[int, bool]:
    """Steps, and whether bfloat16 is the faster way here: as the run began, where it did."""
    place = run.path / _PLAN
    if run.checkpoint.is_file() and place.is_file():
        try:
            plan = json.loads(place.read_text(encoding="utf-8"))
            steps, bf16 = int(plan["steps"]), bool(plan["bf16"])
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{run.path}: an interrupted run that is damaged; delete it to begin anew") from error
        return steps, bf16
    asked, bf16 = request.steps, False
    if asked is not None:
        steps = asked
    else:
        plain, mixed = (step_time_s(network, data, seen_l1, bf16=b) for b in (False, True))
        steps, bf16 = steps_within(request.minutes, min(plain, mixed)), mixed < plain
    run.path.mkdir(parents=True, exist_ok=True)
    with atomic_output(place, force=True) as temporary:
        temporary.write_text(json.dumps({"steps": steps, "bf16": bf16}), encoding="utf-8")
    return steps, bf16


def _recipe(request: FineTuneRequest, weights: Path, data: CameraBatches, *, steps: int, bf16: bool) -> Recipe:
    return Recipe(
        name=f"{weights.stem}-tuned",
        network=lambda: _prepared(request, raw_unet_of(weights))[0],
        data=data,
        objective=seen_l1,
        validate=Watch(data=data),
        schedule=Schedule(
            steps=steps, warm_up=min(50, steps // 5), decay=steps // 2, rate=request.full_rate
        ),
        # What trains is small and begins at a good place: nothing to hold back.
        weight_decay=0.0,
        optimiser="adamw",
        ema=0.99,
        bf16=bf16,
        validate_every=200,
        seed=request.seed,
    )  # fmt: skip
