"""A network as an ONNX file of any height and width."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch
from torch import nn

from catchlight.core import CatchlightError, ContractError
from catchlight.io import atomic_output

INPUT, OUTPUT = "quads", "rgb_quads"
# The lowest that torch's exporter writes; ONNX Runtime reads it since 1.14.
OPSET = 18


def to_onnx(
    network: nn.Module, path: Path, *, channels: int, multiple: int = 1, opset: int = OPSET, force: bool = False
) -> None:
    """Writes the network, in evaluation mode, with input `quads` n c h w and output `rgb_quads`; n, h and w are free.

    Nothing of the machine that exports is left in the file, so that the same weights give the same bytes.

    Args:
        network: takes and gives float32 `n c h w`; it is left as it was.
        path: of the file.
        channels: c.
        multiple: what h and w are multiples of.
        opset: version of ONNX's operators.
        force: overwrite.

    Raises:
        CatchlightError: the network holds what ONNX does not.
        OutputError: the file cannot be written.
    """
    if channels < 1 or multiple < 1 or opset < OPSET:
        raise ContractError(f"channels and multiple are >= 1, opset >= {OPSET}; found {channels}, {multiple}, {opset}")
    # Sides unlike each other and a batch of two: the exporter takes equal sizes, and one, for constants.
    example = torch.zeros(2, channels, 4 * multiple, 6 * multiple)
    batch, high, wide = (torch.export.Dim(name, min=1, max=1 << 20) for name in ("n", "h", "w"))
    free = {0: batch, 2: multiple * high, 3: multiple * wide} if multiple > 1 else {0: batch, 2: high, 3: wide}
    was_training = network.training
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # which optional libraries it did not find
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's about itself
            program = torch.onnx.export(
                network.eval(), (example,), dynamo=True, dynamic_shapes=(free,), input_names=[INPUT],
                output_names=[OUTPUT], opset_version=opset, optimize=True, verbose=False,
            )  # fmt: skip
    except Exception as error:  # many kinds, of which only OnnxExporterError is documented
        said = " ".join(str(error).split())[:200]
        raise CatchlightError(f"{type(network).__name__} cannot be written as ONNX: {said}") from error
    finally:
        log.setLevel(level)
        network.train(was_training)
    assert program is not None
    model = program.model_proto
    # Notes of the exporter: they hold paths of this machine's Python files.
    for part in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.input,
        *model.graph.output,
        *model.graph.initializer,
    ):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    # Shapes within are found again by whoever needs them.
    model.graph.ClearField("value_info")
    with atomic_output(path, force=force) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
