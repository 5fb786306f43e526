"""From a trained network to the files of a model that ships."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from torch import nn

from catchlight.core import CatchlightError
from catchlight.export.file_cost import FileCost, file_costs
from catchlight.export.model_card import model_card
from catchlight.export.parity import parity
from catchlight.export.quantise_int8 import Calibration, quantise_int8
from catchlight.export.session_module import SessionModule
from catchlight.export.targets import target
from catchlight.export.weights_toml import merged_entries, weights_toml
from catchlight.io import atomic_output, check_writable
from catchlight.models.model_entry import ModelEntry, Precision
from catchlight.models.onnx_opset import onnx_opset
from catchlight.models.onnx_session import OnnxSession
from catchlight.models.probe import probe_values
from catchlight.models.registry import CARD, WEIGHTS, parse_weights

# Of values in 0…1: sums in another order differ by 1e-5 after some twenty layers; ten times that is another network.
_LARGEST_DIFFERENCE = 1e-4
# On another machine eight bits round some values the other way; a few steps of 1/255 come together at the output.
_PROBE_TOLERANCE: dict[Precision, float] = {"fp32": _LARGEST_DIFFERENCE, "int8": 0.02}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is recorded of a model and cannot be measured; see `ModelEntry`."""

    family: str
    name: str
    task: str
    licence: str
    data: str
    recipe: str
    commit: str
    input_range: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EightBits:
    """How a network gets eight bits; see `quantise_int8`.

    Args:
        batches: inputs such as the model will get.
        keep_float: layers that stay in float32.
        calibration: how ranges are chosen.
        float_sums: sums stay in float32.
        equalised: channels are brought to like ranges first.
        reduce_range: weights of seven bits.
    """

    batches: Sequence[Float32[np.ndarray, "n c h w"]]
    keep_float: Collection[str] = ()
    calibration: Calibration = "minmax"
    float_sums: bool = True
    equalised: bool = True
    reduce_range: bool = False


def ship(
    network: nn.Module,
    folder: Path,
    facts: Facts,
    *,
    channels: int,
    timed_px: int,
    metrics: Callable[[nn.Module], Mapping[str, float]],
    int8: EightBits | None = None,
    runtime: str = "onnx",
    force: bool = False,
) -> tuple[tuple[ModelEntry, ...], tuple[FileCost, ...]]:
    """Writes `name_fp32.onnx`, `name_int8.onnx`, their entries in `weights.toml`, and `CARD.md`, into a folder.

    Nothing is written unless all was made and the file gives what the network gives. Other models in `weights.toml` and
    what a person wrote in `CARD.md` stay.

    Args:
        network: trained; its `multiple`, if any, is what the sides of an input are multiples of.
        folder: that of the family; it exists.
        facts: for the entries.
        channels: of the input.
        timed_px: side of the input that is timed.
        metrics: scores of a network, the first of them the one that costs are told by.
        int8: how to quantise; None makes no such file.
        runtime: what is exported to.
        force: overwrite files of the same names.

    Returns:
        Entries and costs of the files made.

    Raises:
        CatchlightError: the file differs from the network.
        OutputError: a file exists, or cannot be written.
    """
    multiple = int(getattr(network, "multiple", 1))
    precisions: list[Precision] = ["fp32", "int8"] if int8 is not None else ["fp32"]
    names = {precision: f"{facts.name}_{precision}" for precision in precisions}
    for name in names.values():
        check_writable(folder / f"{name}.onnx", force=force)
    write = target(runtime)
    with tempfile.TemporaryDirectory(prefix="catchlight-export-") as scratch:
        path = Path(scratch) / "float.onnx"
        write(network, path, channels=channels, multiple=multiple)
        contents = {names["fp32"]: path.read_bytes()}
    off = parity(network, contents[names["fp32"]], channels=channels, multiple=multiple).worst
    if not off <= _LARGEST_DIFFERENCE:
        raise CatchlightError(
            f"{facts.name}: expected the file to give what the network gives, within {_LARGEST_DIFFERENCE:g}; found a "
            f"difference of {off:.2g}; nothing was written"
        )
    if int8 is not None:
        contents[names["int8"]] = quantise_int8(
            contents[names["fp32"]], int8.batches, keep_float=int8.keep_float, calibration=int8.calibration,
            float_sums=int8.float_sums, equalised=int8.equalised, reduce_range=int8.reduce_range,
        )  # fmt: skip
    found: dict[str, Mapping[str, float]] = {}

    def score(session: OnnxSession) -> float:
        found[session.name] = metrics(SessionModule(session))
        return next(iter(found[session.name].values()))

    costs = file_costs(contents, score=score, shape=(1, channels, timed_px, timed_px))
    made = [
        ModelEntry(
            family=facts.family, name=name, task=facts.task, file=f"{name}.onnx",
            sha256=hashlib.sha256(contents[name]).hexdigest(), bytes=len(contents[name]),
            parameters=sum(p.numel() for p in network.parameters()), precision=precision, licence=facts.licence,
            data=facts.data, recipe=facts.recipe, commit=facts.commit, input_range=facts.input_range,
            size_multiple=multiple, opset=onnx_opset(contents[name]),
            metrics={f"validation {what}": float(value) for what, value in found[name].items()},
            probe=probe_values(OnnxSession(contents[name]), multiple=multiple),
            probe_tolerance=_PROBE_TOLERANCE[precision],
        )
        for precision, name in names.items()
    ]  # fmt: skip
    _write(folder, facts.family, made, costs, contents)
    return tuple(made), costs


def _write(
    folder: Path,
    family: str,
    made: Sequence[ModelEntry],
    costs: Sequence[FileCost],
    contents: Mapping[str, bytes],
) -> None:
    listed, card = folder / WEIGHTS, folder / CARD
    old = parse_weights(listed.read_text(encoding="utf-8"), family=family) if listed.is_file() else ()
    entries = merged_entries(old, made)
    # Text first: what cannot be told is found before anything is written.
    table = weights_toml(entries)
    text = model_card(entries, costs, old=card.read_text(encoding="utf-8") if card.is_file() else None)
    for entry in made:
        with atomic_output(folder / entry.file, force=True) as temporary:
            temporary.write_bytes(contents[entry.name])
    for place, written in ((listed, table), (card, text)):
        with atomic_output(place, force=True) as temporary:
            temporary.write_text(written, encoding="utf-8")
