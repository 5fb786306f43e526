"""`catchlight export`: the files of a model, from the folder of a training run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catchlight.cli.terminal import say, warn

if TYPE_CHECKING:
    from catchlight.export.file_cost import FileCost
    from catchlight.export.ship import EightBits
    from catchlight.models.model_entry import ModelEntry
    from catchlight.train.recipe import Recipe

# What a recipe's notes say for the card.
_NOTES = ("task", "licence", "data", "input_range")
# By which ranges are chosen; the rarest values are in them, as a batch holds many crops of all strengths of noise.
_CALIBRATION_BATCHES = 16
# The first layer sees small noise levels beside large values, and the last ones are what is seen: rounding there costs
# most: without noise a trained network lost 1.2 dB with them in eight bits, 0.4 dB without.
_KEEP_FLOAT = ("interpolate", "stem", "head")


class Calibration(StrEnum):
    """How ranges are chosen."""

    minmax = "minmax"
    percentile = "percentile"
    entropy = "entropy"


def export(
    run: Annotated[str, typer.Argument(metavar="RUN_FOLDER", help="Where `catchlight train` left the weights.")],
    to: Annotated[
        str, typer.Option(metavar="DIR", help="For the files, weights.toml and CARD.md; the family's folder.")
    ],
    int8: Annotated[bool, typer.Option("--int8", help="Also in eight bits.")] = False,
    recipe: Annotated[
        str | None, typer.Option(metavar="RECIPE", help="A recipe's name or file; the one in the folder by default.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Of the model; the recipe's by default.")] = None,
    data: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder that holds photos/; CATCHLIGHT_DATA by default.")
    ] = None,
    note: Annotated[
        list[str] | None, typer.Option(metavar="KEY=TEXT", help=f"One of {', '.join(_NOTES)}, if the recipe lacks it.")
    ] = None,
    keep_float: Annotated[
        list[str] | None, typer.Option(metavar="LAYER", help="Stays in float32; first and last by default.")
    ] = None,
    calibration: Annotated[Calibration, typer.Option(help="How the ranges of eight bits are chosen.")] = (
        Calibration.percentile
    ),
    reduce_range: Annotated[bool, typer.Option("--reduce-range", help="Weights of seven bits, for old CPUs.")] = False,
    timed: Annotated[int, typer.Option(metavar="PX", help="Side of the input that is timed.")] = 512,
    target: Annotated[
        str, typer.Option(metavar="RUNTIME", help="What to export to; onnx is all there is yet.")
    ] = "onnx",
    weights: Annotated[bool, typer.Option("--weights", help="Also the weights themselves, for fine-tuning.")] = False,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write entries and costs, for machines.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files of the same names.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Make the files of a model from a training run: ONNX, eight bits, their entry and card.

    catchlight export catchlight-training/raw_engine_best --to src/catchlight/models/raw_engine --int8
    """
    from catchlight.cli.place_name import check_names, place_name
    from catchlight.core import UsageError

    check_names("RUN_FOLDER", [run])
    if timed < 1:
        raise UsageError(f"--timed is 1 or more; found {timed}")
    notes = dict(item.split("=", 1) for item in note or () if "=" in item)
    wrong = [item for item in note or () if item.partition("=")[0] not in _NOTES or not item.partition("=")[2].strip()]
    if wrong:
        raise UsageError(f"--note is KEY=TEXT, the key one of {', '.join(_NOTES)}; found {wrong[0]!r}")
    place, record, photos = place_name("--to", to), place_name("--json", json), place_name("--data", data)
    assert place is not None
    quantised = {"keep_float": tuple(keep_float or _KEEP_FLOAT), "calibration": calibration.value}
    options = {**quantised, "reduce_range": reduce_range} if int8 else None
    return partial(
        _export, Path(run), place, recipe, name, photos, notes, options, timed, target, weights, record, force, quiet
    )


def _export(
    run: Path,
    folder: Path,
    recipe_name: str | None,
    name: str | None,
    data: Path | None,
    notes: Mapping[str, str],
    int8: Mapping[str, Any] | None,
    timed: int,
    target: str,
    weights: bool,
    record: Path | None,
    force: bool,
    quiet: bool,
    check: Callable[[], None],
) -> None:
    _require("torch", "safetensors", "onnx", "onnxscript", "onnxruntime")
    from catchlight.cli.new_folder import new_folder
    from catchlight.evaluate.photo_sets import data_folder
    from catchlight.export.ship import Facts, ship
    from catchlight.export.targets import target as known_target
    from catchlight.io import atomic_output, check_writable
    from catchlight.train.recipe_request import RecipeRequest
    from catchlight.train.weights_of import with_weights

    known_target(target)
    if record is not None:
        check_writable(record, force=force)
    facts = _provenance(run)
    request = recipe_name or str(facts["name"])
    recipe = RecipeRequest(name=request, data=data_folder(data)).load()
    network = with_weights(recipe.network(), run / "best.safetensors").eval()
    _tell_changes(recipe, facts)
    check()
    first = recipe.data.batch(0)[0]
    stated = {**dict(recipe.notes), **notes}
    lacking = [key for key in _NOTES if not str(stated.get(key, "")).strip()]
    if lacking:
        from catchlight.core import UsageError

        raise UsageError(
            f"the notes of recipe {request} lack {', '.join(lacking)}; add them there, or with --note {lacking[0]}=TEXT"
        )
    model = name or recipe.name
    about = Facts(
        family=folder.resolve().name, name=model, recipe=Path(request).stem, commit=_commit(facts),
        **{key: str(stated[key]) for key in _NOTES},
    )  # fmt: skip
    if weights and folder.exists():
        check_writable(folder / f"{model}.safetensors", force=force)
    with new_folder(folder):
        entries, costs = ship(
            network, folder, about, channels=first.shape[1], timed_px=timed, metrics=recipe.validate,
            int8=_eight_bits(recipe, int8), runtime=target, force=force,
        )  # fmt: skip
        if weights:
            with atomic_output(folder / f"{model}.safetensors", force=force) as temporary:
                temporary.write_bytes((run / "best.safetensors").read_bytes())
    _write_record(record, entries, costs, force=force)
    if not quiet:
        say(*_lines(costs), f"{len(entries)} files in {folder}, with weights.toml and CARD.md")


def _require(*modules: str) -> None:
    from importlib.util import find_spec

    from catchlight.core import UnsupportedError

    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise UnsupportedError(
            f'export needs {", ".join(missing)}, which cannot be found; install it: pip install "catchlight[train]"'
        )


def _provenance(run: Path) -> dict[str, Any]:
    from json import loads

    from catchlight.core import InputError

    place = run / "recipe.json"
    try:
        facts = loads(place.read_text(encoding="utf-8"))
        _ = facts["name"], facts["fingerprint"]
    except FileNotFoundError as error:
        raise InputError(
            f"{run}: expected the folder of a training run; found no recipe.json; check the path"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{place}: expected what a training run writes; found a damaged or other file") from error
    return dict(facts)


def _tell_changes(recipe: Recipe, facts: Mapping[str, Any]) -> None:
    from json import dumps, loads

    # As it was written: tuples are lists there.
    now, then = loads(dumps(recipe.fingerprint())), facts["fingerprint"]
    changed = sorted(key for key in {*now, *then} if now.get(key) != then.get(key))
    if changed:
        warn(f"recipe {recipe.name} is not what it was when the weights were trained (changed: {', '.join(changed)})")


def _commit(facts: Mapping[str, Any]) -> str:
    code = facts.get("code")
    return str(code) if code else "unknown"


def _eight_bits(recipe: Recipe, options: Mapping[str, Any] | None) -> EightBits | None:
    from catchlight.export.ship import EightBits

    if options is None:
        return None
    # The first of training, in which every kind of input occurs.
    batches = [recipe.data.batch(number)[0].numpy() for number in range(_CALIBRATION_BATCHES)]
    return EightBits(batches=batches, **options)


def _write_record(place: Path | None, entries: Sequence[ModelEntry], costs: Sequence[FileCost], *, force: bool) -> None:
    if place is None:
        return
    from dataclasses import asdict
    from json import dumps

    from catchlight.io import atomic_output

    record = {"models": [asdict(entry) for entry in entries], "costs": [asdict(cost) for cost in costs]}
    with atomic_output(place, force=force) as temporary:
        temporary.write_text(dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _lines(costs: Sequence[FileCost]) -> list[str]:
    first = costs[0]
    return [
        f"{cost.name}: {cost.bytes / 1e3:.0f} kB, score {cost.score:.3f} ({cost.score - first.score:+.3f}), "
        f"{first.cpu_ms / cost.cpu_ms:.2f} times as fast as the first"
        + ("" if cost.memory_mb is None else f", {cost.memory_mb:.0f} MB")
        for cost in costs
    ]
