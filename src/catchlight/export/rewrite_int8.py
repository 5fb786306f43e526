"""The same network in operators that ONNX Runtime computes fast in eight bits."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import helper, numpy_helper

# QLinearConv computes sixteen output channels at a time; with twelve it falls back to a loop that takes six times as
# long (measured: 21 ms against 3.4 ms for 12 and 16 channels of 512×512, ONNX Runtime 1.31, one core).
_CHANNELS = 16


def rewrite_for_int8(model: onnx.ModelProto, *, keep_float: Collection[str] = ()) -> onnx.ModelProto:
    """A network that gives the same numbers but for rounding.

    A transposed convolution whose filters do not overlap, which has no kernel in eight bits, becomes a 1×1 convolution
    and a rearrangement. The output channels of a convolution are filled up to sixteen, and cut off again.

    Args:
        model: as `to_onnx` writes it; it is not changed.
        keep_float: layers that stay in float32 and as they are.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        layer = layer_of(node)
        if layer in keep_float or not _has_bias(node, weights):
            nodes.append(node)
        elif node.op_type == "ConvTranspose" and _does_not_overlap(node, weights[node.input[1]]):
            nodes += _shuffled(node, weights)
        elif (
            node.op_type == "Conv" and _attribute(node, "group", 1) == 1 and weights[node.input[1]].dims[0] < _CHANNELS
        ):
            nodes += _filled_up(node, weights, graph)
        else:
            nodes.append(node)
    graph.ClearField("node")
    graph.node.extend(nodes)
    onnx.checker.check_model(made)
    return made


def layer_of(node: onnx.NodeProto) -> str:
    """Name of the module that a node's weights belong to; the node's own name when it has none."""
    return node.input[1].removesuffix(".weight") if len(node.input) > 1 and "weight" in node.input[1] else node.name


def _has_bias(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> bool:
    return len(node.input) == 3 and node.input[1] in weights and node.input[2] in weights


def _attribute(node: onnx.NodeProto, name: str, default: object) -> object:
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def _does_not_overlap(node: onnx.NodeProto, weight: onnx.TensorProto) -> bool:
    high, wide = weight.dims[2:]
    return (
        high == wide
        and list(_attribute(node, "strides", [])) == [high, wide]  # type: ignore[call-overload]
        and not any(_attribute(node, "pads", [0]))  # type: ignore[arg-type]
        and not any(_attribute(node, "output_padding", [0]))  # type: ignore[arg-type]
        and set(_attribute(node, "dilations", [1])) == {1}  # type: ignore[call-overload]
        and _attribute(node, "group", 1) == 1
    )


def _shuffled(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> list[onnx.NodeProto]:
    filters, bias = (numpy_helper.to_array(weights[name]) for name in node.input[1:])
    coarse, fine, side, _ = filters.shape
    # Channel c of place (i, j) in a cell is channel (c·side + i)·side + j before the rearrangement.
    flat = filters.transpose(1, 2, 3, 0).reshape(fine * side * side, coarse, 1, 1)
    weights[node.input[1]].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(flat), node.input[1]))
    weights[node.input[2]].CopyFrom(numpy_helper.from_array(np.repeat(bias, side * side), node.input[2]))
    between = f"{node.output[0]}_cells"
    return [
        helper.make_node("Conv", node.input, [between], f"{node.name}_cells", kernel_shape=[1, 1]),
        helper.make_node(
            "DepthToSpace", [between], node.output, f"{node.name}_shuffle", blocksize=side, mode="CRD"
        ),
    ]  # fmt: skip


def _filled_up(
    node: onnx.NodeProto, weights: dict[str, onnx.TensorProto], graph: onnx.GraphProto
) -> list[onnx.NodeProto]:
    filters, bias = (numpy_helper.to_array(weights[name]) for name in node.input[1:])
    count = filters.shape[0]
    more = _CHANNELS - count
    weights[node.input[1]].CopyFrom(
        numpy_helper.from_array(np.pad(filters, ((0, more), (0, 0), (0, 0), (0, 0))), node.input[1])
    )
    weights[node.input[2]].CopyFrom(numpy_helper.from_array(np.pad(bias, (0, more)), node.input[2]))
    ends = [f"{node.name}_{what}" for what in ("first", "last", "axis")]
    for name, value in zip(ends, (0, count, 1), strict=True):
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
    wide = onnx.NodeProto()
    wide.CopyFrom(node)
    wide.output[0] = f"{node.output[0]}_filled"
    return [wide, helper.make_node("Slice", [wide.output[0], *ends], node.output, f"{node.name}_cut")]
