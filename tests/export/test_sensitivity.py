import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from catchlight.core import CatchlightError, UnsupportedError
from catchlight.export.file_cost import file_costs
from catchlight.export.peak_memory import peak_memory_mb
from catchlight.export.sensitivity import sensitivity
from catchlight.export.targets import target
from catchlight.models.onnx_session import OnnxSession


def _layer(name: str, filters: np.ndarray, source: str, to: str) -> tuple[onnx.NodeProto, list[onnx.TensorProto]]:
    weights = [
        numpy_helper.from_array(filters.astype(np.float32), f"{name}.weight"),
        numpy_helper.from_array(np.zeros(len(filters), np.float32), f"{name}.bias"),
    ]
    node = helper.make_node(
        "Conv", [source, f"{name}.weight", f"{name}.bias"], [to], f"node_{name}", kernel_shape=[1, 1]
    )
    return node, weights


@pytest.fixture(scope="module")
def three_layers():
    """Filters of 1×1; those of `bad` have one weight, for a channel that is always 0, a thousand times all others."""
    rng = np.random.default_rng(0)
    filters = [rng.uniform(0.1, 0.3, (16, 16, 1, 1)) for _ in range(3)]
    filters[0][0] = 0
    filters[1][:, 0] = 300
    parts = [
        _layer("good", filters[0], "quads", "x"),
        _layer("bad", filters[1], "x", "y"),
        _layer("last", filters[2], "y", "rgb_quads"),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 16, "h", "w"]) for n in ("quads", "rgb_quads")]
    graph = helper.make_graph([p[0] for p in parts], "three", ends[:1], ends[1:], [w for p in parts for w in p[1]])
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def test_the_layer_that_eight_bits_break_comes_first(three_layers):
    values = np.random.default_rng(1).random((2, 16, 8, 8), dtype=np.float32)
    truth = OnnxSession(three_layers).run(values)

    def ratio_db(session: OnnxSession) -> float:
        return float(10 * np.log10(np.mean(truth**2) / np.mean((session.run(values) - truth) ** 2)))

    found = sensitivity(three_layers, [values], score=ratio_db)
    assert found[0].layer == "bad" and len(found) == 3
    # In eight bits its step is 300/127, so that all weights that matter become 0.
    assert found[0].gain > 20 and max(abs(gain.gain) for gain in found[1:]) < 3


def test_costs_are_told_of_each_file(exported, three_layers):
    files = {"small": three_layers, "large": three_layers}
    small, large = file_costs(files, score=lambda s: float(len(s.name)), shape=(1, 16, 64, 64), rounds=2)
    assert (small.name, small.score, large.score, small.bytes) == ("small", 5, 5, len(three_layers))
    assert small.wall_ms > 0 and small.cpu_ms >= 0
    (costly,) = file_costs({"net": exported}, score=lambda s: 1.0, shape=(1, 8, 256, 256), rounds=1)
    # Of 8 channels of 256×256 float32 it holds two at least, 2.1 MB each; ONNX Runtime itself takes some tens of MB.
    assert costly.memory_mb is None or 4 < costly.memory_mb < 200


def test_memory_grows_with_the_input(exported):
    little, much = (peak_memory_mb(exported, (1, 8, side, side)) for side in (32, 768))
    if little is None or much is None:
        pytest.skip("no way to ask on this system")
    # 8 channels of 768×768 float32 are 19 MB; three such are alive at once.
    assert much - little > 38


def test_a_model_that_fails_is_told():
    with pytest.raises(CatchlightError, match="could not be measured"):
        peak_memory_mb(b"junk", (1, 8, 4, 4))


def test_other_runtimes_are_told_to_be_missing():
    with pytest.raises(UnsupportedError, match="exported to onnx; found 'coreml'"):
        target("coreml")
