import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from catchlight.export.equalise import equalise
from catchlight.export.quantise_int8 import quantise_int8
from catchlight.models.onnx_session import OnnxSession


@pytest.fixture(scope="module")
def uneven():
    """Stem, block with a sum -> head; inner channels of very different range."""
    rng = np.random.default_rng(3)
    weights, nodes = [], []
    # Factors 1/30…30 on the stream between stem, block and head, and on what is inside the block.
    stream, inside = np.exp(rng.uniform(-3.4, 3.4, (2, 16)))
    shapes = {"stem": (16, 4), "first": (16, 16), "second": (16, 16), "head": (16, 16)}
    scales = {"stem": (stream, None), "first": (inside, stream), "second": (stream, inside), "head": (None, stream)}
    for name, shape in shapes.items():
        values = rng.normal(0, shape[1] ** -0.5, (*shape, 1, 1))
        rows, columns = scales[name]
        values = values * (1 if rows is None else rows[:, None, None, None])
        values = values / (1 if columns is None else columns[None, :, None, None])
        bias = rng.normal(0, 0.1, shape[0]) * (1 if rows is None else rows)
        weights += [numpy_helper.from_array(values.astype(np.float32), f"{name}.weight")]
        weights += [numpy_helper.from_array(bias.astype(np.float32), f"{name}.bias")]

    def conv(name: str, source: str, to: str) -> onnx.NodeProto:
        return helper.make_node("Conv", [source, f"{name}.weight", f"{name}.bias"], [to], name, kernel_shape=[1, 1])

    nodes = [
        conv("stem", "quads", "x"),
        conv("first", "x", "a"),
        helper.make_node("Relu", ["a"], ["b"], "relu"),
        conv("second", "b", "c"),
        helper.make_node("Add", ["x", "c"], ["y"], "add"),
        conv("head", "y", "rgb_quads"),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, "h", "w"])
        for name, channels in (("quads", 4), ("rgb_quads", 16))
    ]
    graph = helper.make_graph(nodes, "uneven", ends[:1], ends[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(5).random((4, 4, 12, 12), dtype=np.float32)


def test_the_network_is_the_same(uneven, values):
    before = uneven.SerializeToString()
    made = equalise(uneven, [values])
    assert uneven.SerializeToString() == before != made.SerializeToString()
    expected = OnnxSession(before).run(values)
    np.testing.assert_allclose(OnnxSession(made.SerializeToString()).run(values), expected, atol=2e-5)


def test_ranges_come_nearer(uneven, values):
    def spread(model: onnx.ModelProto, of: str = "y") -> float:
        seen = onnx.ModelProto()
        seen.CopyFrom(model)
        seen.graph.output[0].name = of
        seen.graph.node.pop()
        largest = np.abs(OnnxSession(seen.SerializeToString()).run(values)).max((0, 2, 3))
        return float(largest.max() / largest.min())

    assert spread(uneven) > 100
    # In the middle between even activations and even weights the ratio is the square root of what it was.
    assert spread(equalise(uneven, [values])) < 40
    # Alone in its group, where those of the stream share a factor that is made for the largest of them.
    assert spread(uneven, of="a") > 100
    assert spread(equalise(uneven, [values], balance=1.0), of="a") == pytest.approx(1, abs=1e-3)


def test_eight_bits_lose_less(uneven, values):
    plain = uneven.SerializeToString()
    truth = OnnxSession(plain).run(values)

    def off_db(equalised: bool) -> float:
        made = quantise_int8(plain, [values], equalised=equalised)
        return float(10 * np.log10(np.mean((OnnxSession(made).run(values) - truth) ** 2)))

    assert off_db(True) < off_db(False) - 6


def test_layers_with_an_unknown_operator_between_are_left_alone(uneven, values):
    model = onnx.ModelProto()
    model.CopyFrom(uneven)
    model.graph.node[2].op_type = "Sigmoid"
    made = equalise(model, [values])
    kept = {t.name: t for t in model.graph.initializer}
    for tensor in made.graph.initializer:
        if tensor.name in ("first.bias", "head.bias"):
            np.testing.assert_array_equal(numpy_helper.to_array(tensor), numpy_helper.to_array(kept[tensor.name]))
    expected = OnnxSession(model.SerializeToString()).run(values)
    np.testing.assert_allclose(OnnxSession(made.SerializeToString()).run(values), expected, atol=2e-5)
