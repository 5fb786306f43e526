"""`catchlight train finetune`: the RAW engine tuned on one's own photos and camera, or left alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catchlight.cli.terminal import say, shown, warn

if TYPE_CHECKING:
    from catchlight.train.finetune import FineTuneRequest, Tuned
    from catchlight.train.moment import Moment

# Batches by which the ranges of eight bits are chosen.
_CALIBRATION, _CALIBRATION_BATCHES = 2 * 10**9, 8


def finetune(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="raw_engine_best, raw_engine_fast, or a training folder.")
    ],
    photos: Annotated[
        str,
        typer.Option(metavar="FOLDER", help="Clean photos of yours, 8 scenes at least; RAW files up to ISO 400, too."),
    ],
    camera: Annotated[str, typer.Option(metavar="CAMERA", help="Your camera's profile: a file, or a built-in name.")],
    to: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="For the result; MODEL-CAMERA here by default.")
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="low-rank adapters on all filters, or the last-blocks alone.")
    ] = "low-rank",
    rank: Annotated[int, typer.Option(metavar="N", help="Of the adapters.")] = 4,
    minutes: Annotated[float, typer.Option(metavar="M", help="Of training.")] = 10.0,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="In place of minutes: the same result on every machine, nearly.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of noise, crops, and of what is held out.")] = 0,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write all figures, for machines.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Tune the RAW engine for your camera; a quarter of your scenes judges, and what is not better is thrown away.

    catchlight train finetune raw_engine_fast --photos photos --camera my-camera.toml
    """
    given = {"model": model, "method": method, "rank": rank, "minutes": minutes, "steps": steps, "seed": seed}
    return partial(_finetune, given, photos, camera, to, json, force, quiet)


def _finetune(
    given: dict[str, object],
    photos: str,
    camera: str,
    to: str | None,
    json: str | None,
    force: bool,
    quiet: bool,
    check: Callable[[], None],
) -> None:
    from catchlight.cli.interrupts import Interrupted
    from catchlight.cli.new_folder import check_new_folder
    from catchlight.cli.place_name import check_names, place_name
    from catchlight.cli.progress import shown_progress
    from catchlight.cli.stop_request import StopRequest
    from catchlight.cli.train import require_torch
    from catchlight.io import check_writable

    require_torch()
    check_names("--photos", [photos])
    request = _request(given, photos, camera, to)
    record = place_name("--json", json)
    if record is not None:
        check_writable(record, force=force)
    check_new_folder(request.folder)

    from catchlight.train.finetune import comparison_table, save_tuned, tune

    with StopRequest() as stop, shown_progress(quiet=quiet, check=check) as listener:

        def progress(stage: str, done: int, total: int) -> None:
            if stop():  # before and after the training nothing is lost by ending at once
                raise Interrupted(stop.signal_number)
            listener(stage, done, total)

        tuned = tune(request, progress=progress, tell=lambda moment: listener(_told(moment), 0, 0), asked=stop)
    warn(*(f"left out: {reason}" for reason in tuned.skipped))
    if tuned.network is None:
        warn(f"interrupted after {tuned.steps} steps; the same command goes on from {request.folder}")
        raise Interrupted(stop.signal_number)
    if record is not None:
        _write_record(record, request, tuned, force=force)
    if not quiet and tuned.comparison is not None:
        say(_summary(request, tuned), "", *comparison_table(tuned.comparison), "")
    files = save_tuned(request, tuned)
    if not quiet:
        say(*(f"wrote {shown(str(file))}" for file in files))
    _export(request, tuned, quiet=quiet)


def _request(given: dict[str, object], photos: str, camera: str, to: str | None) -> FineTuneRequest:
    from catchlight.camera.profile import read_profile
    from catchlight.cli.place_name import place_name
    from catchlight.train.finetune import FineTuneRequest

    profile = read_profile(camera)
    name = f"{Path(str(given['model'])).stem}-{Path(camera).stem}"
    folder = place_name("--to", to) or Path(name)
    return FineTuneRequest(photos=Path(photos), camera=profile, folder=folder, **given)  # type: ignore[arg-type]


def _export(request: FineTuneRequest, tuned: Tuned, *, quiet: bool) -> None:
    """The network as ONNX files of 32 and 8 bits beside its weights; the card says what 8 bits cost."""
    from catchlight.export.quantise_int8 import quantise_int8
    from catchlight.export.session_module import SessionModule
    from catchlight.export.to_onnx import to_onnx
    from catchlight.io import atomic_output
    from catchlight.models.onnx_session import OnnxSession
    from catchlight.train.finetune import CARD, difference_text

    network = tuned.network
    assert network is not None
    exact, small = (request.folder / f"{request.folder.name}_{bits}.onnx" for bits in ("fp32", "int8"))
    to_onnx(network, exact, channels=8, multiple=network.multiple, force=True)
    # Far from the numbers that were trained on. The linear part stays exact: it is what carries the picture.
    calibration = (tuned.batches.batch(_CALIBRATION + n)[0].numpy() for n in range(_CALIBRATION_BATCHES))
    made = quantise_int8(exact.read_bytes(), calibration, keep_float=("interpolate",))
    with atomic_output(small, force=True) as temporary:
        temporary.write_bytes(made)
    cost = tuned.judge(network, SessionModule(OnnxSession(made, multiple=network.multiple))).overall
    line = f"Eight bits instead of 32 (ONNX): {difference_text(cost)} on the held-out photos."
    card = request.folder / CARD
    whole = card.read_text(encoding="utf-8") + f"\n{line}\n"
    with atomic_output(card, force=True) as temporary:
        temporary.write_text(whole, encoding="utf-8")
    if not quiet:
        say(f"wrote {shown(str(exact))}", f"wrote {shown(str(small))}", line)


def _told(moment: Moment) -> str:
    from catchlight.cli.train_progress import in_words

    return f"training, step {moment.step} of {moment.steps}, {in_words(moment.left_s)} left"


def _summary(request: FineTuneRequest, tuned: Tuned) -> str:
    return (
        f"{tuned.photos} photos trained on, {tuned.held_out} held out ({tuned.scenes} scenes); {request.method}, "
        f"{tuned.trained} of {tuned.parameters} numbers, {tuned.steps} steps in {tuned.minutes:.1f} min"
    )


def _write_record(place: Path, request: FineTuneRequest, tuned: Tuned, *, force: bool) -> None:
    import json

    from catchlight.io import atomic_output
    from catchlight.train.finetune import tuned_record

    text = json.dumps(tuned_record(request, tuned), indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_output(place, force=force) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
