"""The same network with channels of like range, so that one step of eight bits fits them all."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import onnx
from jaxtyping import Float32, Float64
from onnx import numpy_helper

from catchlight.export.rewrite_int8 import layer_of

# Geometric middle between ranges of activations, all alike at 1, and ranges of weights, all alike at 0.
_BALANCE = 0.5
# Channels that are never used keep their scale.
_LEAST_RANGE = 1e-6


def equalise(
    model: onnx.ModelProto,
    batches: Iterable[Float32[np.ndarray, "n c h w"]],
    *,
    keep_float: Collection[str] = (),
    balance: float = _BALANCE,
) -> onnx.ModelProto:
    """Divides each channel between layers by a number, and multiplies the weights that read it by the same.

    The network's numbers stay as they are, but for rounding: between layers there are only sums and rectifiers, which
    such factors pass through. Channels that are added have one factor.

    Args:
        model: as `to_onnx` writes it; it is not changed.
        batches: inputs by which the ranges of activations are known.
        keep_float: layers in float32, whose weights do not matter.
        balance: 1 makes ranges of activations equal, 0 those of weights.

    Source: Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction", section 4.1;
    the balance: Xiao et al. 2023, "SmoothQuant", equation 4.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    groups = _groups(made.graph)
    ranges = _ranges(made, [name for group in groups for name in group], batches)
    weights = {tensor.name: tensor for tensor in made.graph.initializer}
    for group in groups:
        seen = np.max([ranges[name] for name in group], axis=0)
        readers = [n for n in made.graph.node if n.op_type in ("Conv", "ConvTranspose") and n.input[0] in group]
        writers = [n for n in made.graph.node if n.op_type in ("Conv", "ConvTranspose") and n.output[0] in group]
        columns = [_columns(n, weights) for n in readers if layer_of(n) not in keep_float]
        read = np.max(columns, axis=0) if columns else np.ones_like(seen)
        used = (seen > _LEAST_RANGE) & (read > _LEAST_RANGE)
        factor = np.ones_like(seen)
        factor[used] = seen[used] ** balance / read[used] ** (1 - balance)
        # Only ratios between channels matter.
        factor[used] /= np.exp(np.log(factor[used]).mean()) if used.any() else 1.0
        for node in writers:
            _scale(weights[node.input[1]], 1 / factor, axis=0 if node.op_type == "Conv" else 1)
            _scale(weights[node.input[2]], 1 / factor, axis=0)
        for node in readers:
            _scale(weights[node.input[1]], factor, axis=1 if node.op_type == "Conv" else 0)
    return made


def _groups(graph: onnx.GraphProto) -> list[set[str]]:
    """Tensors whose channels must have the same factor; none that the network's input or output is among."""
    weights = {tensor.name for tensor in graph.initializer}
    fixed = {value.name for value in (*graph.input, *graph.output)}
    groups: list[set[str]] = []

    def join(names: Iterable[str]) -> None:
        joined = {*names}
        for group in [g for g in groups if g & joined]:
            joined |= group
            groups.remove(group)
        groups.append(joined)

    for node in graph.node:
        if node.op_type in ("Conv", "ConvTranspose"):
            # A convolution in groups, or without bias, is left alone.
            plain = len(node.input) == 3 and not any(a.name == "group" and a.i != 1 for a in node.attribute)
            join([node.output[0]])
            join([node.input[0]])
            if not plain or not weights.issuperset(node.input[1:]):
                fixed.update((node.input[0], node.output[0]))
        elif node.op_type in ("Relu", "Add") and not weights.intersection(node.input):
            join([*node.input, *node.output])
        else:
            join([*node.input, *node.output])
            fixed.update((*node.input, *node.output))
    return [group for group in groups if not group & fixed]


def _ranges(
    model: onnx.ModelProto, names: list[str], batches: Iterable[Float32[np.ndarray, "n c h w"]]
) -> dict[str, Float64[np.ndarray, "_"]]:
    """Largest absolute value of each channel of each tensor."""
    from onnxruntime import InferenceSession

    open_model = onnx.ModelProto()
    open_model.CopyFrom(model)
    there = {value.name for value in open_model.graph.output}
    made_here = {output for node in open_model.graph.node for output in node.output}
    wanted = [name for name in dict.fromkeys(names) if name in made_here]
    open_model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in there)
    session = InferenceSession(open_model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: dict[str, np.ndarray] = {}
    for batch in batches:
        for name, values in zip(wanted, session.run(wanted, {session.get_inputs()[0].name: batch}), strict=True):
            largest = np.abs(values).max((0, 2, 3)).astype(np.float64)
            found[name] = np.maximum(found.get(name, 0.0), largest)
    return found


def _columns(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> Float64[np.ndarray, "c"]:
    """Largest weight that reads each input channel, relative to the largest of its own output channel."""
    filters = np.abs(numpy_helper.to_array(weights[node.input[1]]).astype(np.float64))
    if node.op_type == "ConvTranspose":
        filters = filters.swapaxes(0, 1)
    rows = filters.max((1, 2, 3), keepdims=True)
    largest: Float64[np.ndarray, "c"] = (filters / np.maximum(rows, _LEAST_RANGE)).max((0, 2, 3))
    return largest


def _scale(tensor: onnx.TensorProto, factor: Float64[np.ndarray, "c"], *, axis: int) -> None:
    values = numpy_helper.to_array(tensor).astype(np.float64)
    shape = [1] * values.ndim
    shape[axis] = -1
    tensor.CopyFrom(numpy_helper.from_array((values * factor.reshape(shape)).astype(np.float32), tensor.name))
