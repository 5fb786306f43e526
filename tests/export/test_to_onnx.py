import numpy as np
import onnx
import pytest
import torch
from torch import nn

from catchlight.core import CatchlightError, ContractError, OutputError
from catchlight.export.parity import parity
from catchlight.export.session_module import SessionModule
from catchlight.export.to_onnx import to_onnx
from catchlight.models.onnx_opset import onnx_opset
from catchlight.models.onnx_session import OnnxSession


def test_the_file_gives_what_the_network_gives_in_all_sizes(network, exported):
    found = parity(network, exported, channels=8, multiple=2)
    assert found.worst < 1e-5
    assert found.rms <= found.worst
    assert len({size[1:] for size in found.sizes}) == len(found.sizes) and {n for n, _, _ in found.sizes} == {1, 2}


def test_other_weights_are_seen(network, exported):
    changed = onnx.load_model_from_string(exported)
    bias = next(t for t in changed.graph.initializer if t.name == "head.bias")
    values = onnx.numpy_helper.to_array(bias) + np.float32([1e-3] + [0] * 11)
    bias.CopyFrom(onnx.numpy_helper.from_array(values, "head.bias"))
    assert parity(network, changed.SerializeToString(), channels=8, multiple=2).worst == pytest.approx(1e-3, rel=0.05)


def test_names_and_operators_are_plain_and_nothing_of_the_machine_is_left(exported):
    model = onnx.load_model_from_string(exported)
    assert [i.name for i in model.graph.input] == ["quads"] and [o.name for o in model.graph.output] == ["rgb_quads"]
    assert onnx_opset(exported) == 18
    assert {node.op_type for node in model.graph.node} == {"Conv", "ConvTranspose", "Relu", "Add"}
    assert b".py" not in exported and b"/src/" not in exported


def test_a_session_stands_in_for_the_network(network, exported, quads):
    module = SessionModule(OnnxSession(exported, multiple=2))
    assert next(module.parameters()).device.type == "cpu"
    with torch.inference_mode():
        expected = network(torch.from_numpy(quads))
    np.testing.assert_allclose(module(torch.from_numpy(quads)).numpy(), expected.numpy(), atol=1e-5)


def test_an_existing_file_stays(network, tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"mine")
    with pytest.raises(OutputError, match="--force"):
        to_onnx(network, tmp_path / "a.onnx", channels=8, multiple=2)
    assert (tmp_path / "a.onnx").read_bytes() == b"mine"


def test_what_onnx_cannot_say_is_told(tmp_path):
    class Odd(nn.Module):
        def forward(self, x):
            return x if float(x.sum()) > 0 else -x

    with pytest.raises(CatchlightError, match=r"^Odd cannot be written as ONNX"):
        to_onnx(Odd(), tmp_path / "a.onnx", channels=3)
    assert list(tmp_path.iterdir()) == []


def test_an_old_operator_set_is_refused(network, tmp_path):
    with pytest.raises(ContractError, match="opset >= 18"):
        to_onnx(network, tmp_path / "a.onnx", channels=8, opset=11)
