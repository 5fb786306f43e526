import hashlib

import pytest

onnx = pytest.importorskip("onnx")


def make_model(*, opset: int = 17, scale: float = 2.0, kind: str = "Mul") -> bytes:
    """A network n 3 h w -> n 3 h w: `scale` times the input."""
    from onnx import TensorProto, helper

    factor = helper.make_tensor("factor", TensorProto.FLOAT, [1], [scale])
    graph = helper.make_graph(
        [helper.make_node(kind, ["quads", "factor"], ["rgb_quads"])],
        "scaled",
        [helper.make_tensor_value_info("quads", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("rgb_quads", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [factor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return model.SerializeToString()


def entry_lines(name: str, file: str, content: bytes, **changes: str) -> str:
    """A [[model]] table; `changes` are TOML values, or "" to leave a key out."""
    keys = {
        "name": f'"{name}"',
        "file": f'"{file}"',
        "sha256": f'"{hashlib.sha256(content).hexdigest()}"',
        "bytes": str(len(content)),
        "parameters": "1",
        "precision": '"fp32"',
        "probe": "[]",
        "metrics": '{ "PSNR dB" = 40.5 }',
        **changes,
    }
    return "[[model]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value)


SHARED = """
task = "doubles"
licence = "Apache-2.0"
data = "none"
recipe = "none"
commit = "0123456"
input_range = "0..1"
size_multiple = 2
opset = 17
probe_tolerance = 1e-4
"""


@pytest.fixture
def shelf(tmp_path):
    """A folder of families with one model in it."""
    folder = tmp_path / "twice"
    folder.mkdir()
    content = make_model()
    (folder / "twice_fp32.onnx").write_bytes(content)
    (folder / "CARD.md").write_text("# Twice\n\nDoubles. Licence: Apache-2.0. `twice_fp32`\n", encoding="utf-8")
    (folder / "weights.toml").write_text(SHARED + entry_lines("twice_fp32", "twice_fp32.onnx", content))
    return tmp_path
