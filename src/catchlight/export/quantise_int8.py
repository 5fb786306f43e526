"""A network in eight bits, after training: activations of 0…255, weights of -128…127 for each channel."""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from jaxtyping import Float32

from catchlight.core import ContractError
from catchlight.export.equalise import equalise
from catchlight.export.rewrite_int8 import layer_of, rewrite_for_int8

Calibration = Literal["minmax", "percentile", "entropy"]
# What convolutional networks consist of; anything else stays in float32.
_OPERATORS = ["Conv", "Add", "Relu", "DepthToSpace", "Slice", "Concat", "MaxPool", "Clip"]
# Share of the values that the percentile calibration keeps, in per cent; the rest is clipped.
_PERCENTILE = 99.97


def quantise_int8(
    model: bytes,
    batches: Iterable[Float32[np.ndarray, "n c h w"]],
    *,
    keep_float: Collection[str] = (),
    calibration: Calibration = "minmax",
    float_sums: bool = False,
    equalised: bool = False,
    reduce_range: bool = False,
    ranges: Path | None = None,
) -> bytes:
    """The model with quantise and dequantise nodes (QDQ) around what is computed in eight bits.

    Args:
        model: as `to_onnx` writes it.
        batches: inputs such as the model will get, by which the ranges of all activations are chosen.
        keep_float: layers (names of modules) that stay in float32; so does a sum they lead to.
        calibration: how ranges are chosen from what was seen: all of it, but for the rarest, or by least divergence.
        float_sums: sums stay in float32, so that what a residual block passes on is not rounded at every block.
        equalised: channels are brought to like ranges first; see `equalise`.
        reduce_range: weights of seven bits, for processors whose sums of products saturate (AVX2 without VNNI).
        ranges: file in which the ranges are kept for the next call on this model with this calibration.

    Raises:
        ContractError: there are no batches, or no such layer.

    Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only
    inference", section 2; entropy calibration: Migacz 2017, "8-bit inference with TensorRT".
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    network = onnx.load_model_from_string(model)
    layers = {layer_of(node) for node in network.graph.node}
    unknown = sorted(set(keep_float) - layers)
    if unknown:
        raise ContractError(f"layers to keep in float32 are of the model's; found {unknown}, not of {sorted(layers)}")
    batches = list(batches)
    if equalised:
        network = equalise(network, batches, keep_float=keep_float)
    reader = _Reader(network.graph.input[0].name, batches)
    methods = {
        "minmax": CalibrationMethod.MinMax,
        "percentile": CalibrationMethod.Percentile,
        "entropy": CalibrationMethod.Entropy,
    }
    rewritten = rewrite_for_int8(network, keep_float=keep_float)
    kept = _float_nodes(rewritten, keep_float, float_sums)
    with tempfile.TemporaryDirectory(prefix="catchlight-int8-") as name, _quietly():
        folder = Path(name)
        onnx.save_model(rewritten, str(folder / "float.onnx"))
        quantize_static(
            folder / "float.onnx",
            folder / "int8.onnx",
            reader,
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_OPERATORS,
            per_channel=True,
            reduce_range=reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=kept,
            calibrate_method=methods[calibration],
            extra_options={"CalibPercentile": _PERCENTILE} if calibration == "percentile" else {},
            calibration_cache_path=ranges,
        )
        made = onnx.load_model(str(folder / "int8.onnx"))
    _undo_shared_rounding(made, set(kept))
    for part in (made, made.graph, *made.graph.node):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    made.graph.ClearField("value_info")
    return bytes(made.SerializeToString(deterministic=True))


def layers_of(model: bytes) -> tuple[str, ...]:
    """Names of the layers with weights that `quantise_int8` would quantise, in the order of the network."""
    network = onnx.load_model_from_string(model)
    return tuple(layer_of(node) for node in network.graph.node if node.op_type in ("Conv", "ConvTranspose"))


def _float_nodes(network: onnx.ModelProto, keep_float: Collection[str], float_sums: bool) -> list[str]:
    """The layers themselves, and what only adds to or cuts off their outputs."""
    kept: list[str] = []
    outputs: set[str] = set()
    for node in network.graph.node:
        of_layer = layer_of(node) in keep_float
        if (
            of_layer
            or (float_sums and node.op_type == "Add")
            or (node.op_type in ("Add", "Slice", "DepthToSpace") and outputs.intersection(node.input))
        ):
            kept.append(node.name)
            if of_layer or node.op_type != "Add":
                outputs.update(node.output)
    return kept


def _undo_shared_rounding(network: onnx.ModelProto, kept: Collection[str]) -> None:
    """Gives layers in float the input of the network itself, where ONNX Runtime let them share its rounded one."""
    made_by = {output: node for node in network.graph.node for output in node.output}
    for node in network.graph.node:
        if node.name not in kept:
            continue
        for place, name in enumerate(node.input):
            back = made_by.get(name)
            there = made_by.get(back.input[0]) if back is not None and back.op_type == "DequantizeLinear" else None
            if there is None or there.op_type != "QuantizeLinear":
                continue
            origin = made_by.get(there.input[0])
            if origin is None or origin.name in kept:
                node.input[place] = there.input[0]


class _Reader:
    """One picture at a time, as ONNX Runtime's calibration asks for them."""

    def __init__(self, name: str, batches: Iterable[Float32[np.ndarray, "n c h w"]]) -> None:
        self._pictures: Iterator[np.ndarray] = (picture[None] for batch in batches for picture in batch)
        self._name, self._count = name, 0

    def get_next(self) -> dict[str, Any] | None:
        picture = next(self._pictures, None)
        if picture is None:
            if not self._count:
                raise ContractError("ranges are chosen by at least one input; found none")
            return None
        self._count += 1
        return {self._name: np.ascontiguousarray(picture)}


@contextmanager
def _quietly() -> Iterator[None]:
    """Without advice on steps that are not needed here (root logger), or on how far calibration is (printed)."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
