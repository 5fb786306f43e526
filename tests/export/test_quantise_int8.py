import numpy as np
import onnx
import pytest

from catchlight.core import ContractError
from catchlight.export.quantise_int8 import layers_of, quantise_int8
from catchlight.export.rewrite_int8 import rewrite_for_int8
from catchlight.models.onnx_session import OnnxSession


@pytest.fixture(scope="module")
def int8(exported, quads):
    return quantise_int8(exported, [quads], keep_float=["interpolate"])


def _kinds(model: bytes) -> dict[str, int]:
    kinds = [node.op_type for node in onnx.load_model_from_string(model).graph.node]
    return {kind: kinds.count(kind) for kind in set(kinds)}


def test_the_rewritten_network_is_the_same(exported, quads):
    model = onnx.load_model_from_string(exported)
    rewritten = rewrite_for_int8(model, keep_float=["interpolate"]).SerializeToString()
    assert model.SerializeToString() == onnx.load_model_from_string(exported).SerializeToString()
    kinds = _kinds(rewritten)
    assert "ConvTranspose" not in kinds and kinds["DepthToSpace"] == 1
    # Head, stem and the four others of eight or twelve channels; not `interpolate`, nor those of sixteen.
    assert kinds["Slice"] == 6
    made = OnnxSession(rewritten).run(quads)
    np.testing.assert_allclose(made, OnnxSession(exported).run(quads), atol=2e-6)


def test_layers_are_named_as_modules(exported):
    names = layers_of(exported)
    assert {"interpolate", "stem", "downs.0", "ups.0", "head", "encoders.0.0.first"} <= set(names)
    assert len(names) == 11


def test_eight_bits_are_near_and_smaller(exported, int8, quads):
    fresh = quads[::-1, :, ::-1].copy()
    off = OnnxSession(int8, multiple=2).run(fresh) - OnnxSession(exported, multiple=2).run(fresh)
    signal = OnnxSession(exported, multiple=2).run(fresh)
    # Nine layers of about 1/256 each: -30 dB is far off, 0 would be float.
    ratio_db = 10 * np.log10(np.mean(signal**2) / np.mean(off**2))
    assert 30 < ratio_db < 70
    # A step of the grid is about 1/128 of the largest value.
    assert abs(off).max() < 0.15 * abs(signal).max()


def test_all_but_the_kept_layer_is_in_eight_bits(int8):
    model = onnx.load_model_from_string(int8)
    weights = {t.name: t.data_type for t in model.graph.initializer}
    assert weights["interpolate.weight"] == onnx.TensorProto.FLOAT
    made_by = {output: node for node in model.graph.node for output in node.output}
    for node in model.graph.node:
        if node.op_type == "Conv":
            eight = "interpolate.weight" not in node.input
            assert (made_by.get(node.input[1]) is not None) == eight
            if eight:
                weight = made_by[node.input[1]]
                assert weight.op_type == "DequantizeLinear" and weights[weight.input[0]] == onnx.TensorProto.INT8
                assert weights[weight.input[2]] == onnx.TensorProto.INT8  # per channel, zero point 0
    activations = [n for n in model.graph.node if n.op_type == "QuantizeLinear"]
    assert activations and all(weights[n.input[2]] == onnx.TensorProto.UINT8 for n in activations)
    # The sum with the kept layer ends in float.
    assert made_by["rgb_quads"].op_type == "Add"


def test_with_nothing_to_add_the_kept_layer_decides_exactly(exported, quads):
    model = onnx.load_model_from_string(exported)
    for tensor in model.graph.initializer:
        if tensor.name.startswith("head."):
            nothing = np.zeros(tuple(tensor.dims), np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(nothing, tensor.name))
    plain = model.SerializeToString()
    made = OnnxSession(quantise_int8(plain, [quads], keep_float=["interpolate"])).run(quads)
    np.testing.assert_allclose(made, OnnxSession(plain).run(quads), atol=1e-6)


@pytest.mark.parametrize("calibration", ["percentile", "entropy"])
def test_other_ranges_clip_more(exported, int8, quads, calibration):
    made = quantise_int8(exported, [quads[:2]], keep_float=["interpolate"], calibration=calibration)
    assert made != int8
    off = OnnxSession(made).run(quads) - OnnxSession(exported).run(quads)
    assert np.sqrt(np.mean(off**2)) < 0.1


def test_ranges_are_kept_for_the_next_call(exported, int8, quads, tmp_path):
    first = quantise_int8(exported, [quads], keep_float=["interpolate"], ranges=tmp_path / "r.json")
    again = quantise_int8(exported, [], keep_float=["interpolate"], ranges=tmp_path / "r.json")
    assert first == again == int8


def test_no_batches_and_unknown_layers_are_refused(exported, quads):
    with pytest.raises(ContractError, match="at least one input"):
        quantise_int8(exported, [])
    with pytest.raises(ContractError, match=r"found \['tail'\]"):
        quantise_int8(exported, [quads], keep_float=["tail"])
