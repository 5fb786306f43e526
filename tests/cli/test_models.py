import hashlib
import json

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from catchlight.cli import main  # noqa: E402
from catchlight.cli.models import models  # noqa: E402
from catchlight.models import registry  # noqa: E402

if not any(group.name == "models" for group in main.app.registered_groups):
    main.app.add_typer(models, name="models")

_SHARED = """
task = "doubles"
licence = "Apache-2.0"
data = "none"
recipe = "none"
commit = "0123456"
input_range = "0..1"
size_multiple = 2
opset = 17
parameters = 1234
precision = "fp32"
probe_tolerance = 1e-4
metrics = { "PSNR dB" = 40.5 }
"""


@pytest.fixture
def shelf(tmp_path, monkeypatch, catchlight):
    """Two models in place of what ships, the second with another hash than recorded."""
    from onnx import TensorProto, helper

    from catchlight.models.onnx_session import OnnxSession
    from catchlight.models.probe import probe_values

    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 3, "h", "w"]) for n in ("quads", "rgb_quads")]
    two = helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0])
    node = helper.make_node("Mul", ["quads", "two"], ["rgb_quads"])
    graph = helper.make_graph([node], "twice", *([end] for end in ends), [two])
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    folder = tmp_path / "shelf" / "twice"
    folder.mkdir(parents=True)
    text = _SHARED
    for name, digest in (("twice_a", hashlib.sha256(content).hexdigest()), ("twice_b", "0" * 64)):
        (folder / f"{name}.onnx").write_bytes(content)
        values = list(probe_values(OnnxSession(content), multiple=2))
        text += f'[[model]]\nname = "{name}"\nfile = "{name}.onnx"\nsha256 = "{digest}"\nbytes = {len(content)}\n'
        text += f"probe = {values}\n"
    (folder / "weights.toml").write_text(text)
    (folder / "CARD.md").write_text("# Twice\n\nIt **doubles**: twice_a, twice_b. Licence: Apache-2.0.\n")
    monkeypatch.setattr(registry.resources, "files", lambda package: tmp_path / "shelf")
    return folder


def test_list_has_the_fixed_keys(shelf, catchlight, tmp_path):
    done = catchlight("models", "list", "--json", tmp_path / "m.json")
    assert done.code == 0 and done.err == ""
    first, second = json.loads((tmp_path / "m.json").read_text())["models"]
    assert {"name", "task", "parameters", "bytes", "licence", "sha256", "metrics"} <= set(first)
    assert first["metrics"] == {"PSNR dB": 40.5} and second["name"] == "twice_b"
    assert "1,234" in done.out and "2 models" in done.out
    again = catchlight("models", "list", "--json", tmp_path / "m.json")
    assert again.code == 1 and "--force" in again.one_line


@pytest.mark.parametrize("name", ["twice", "twice_b"])
def test_show_prints_facts_and_card(shelf, catchlight, name):
    done = catchlight("models", "show", name)
    assert done.code == 0
    assert "It doubles" in done.out and "40.5" in done.out and "Apache-2.0" in done.out
    assert ("twice_a\n" in done.out) == (name == "twice")


def test_verify_names_what_is_wrong(shelf, catchlight, tmp_path):
    done = catchlight("models", "verify", "--json", tmp_path / "v.json")
    assert done.code == 1
    assert "twice_a: as recorded" in done.out
    *each, last = done.err.splitlines()
    assert len(each) == 1 and "expected sha256 000000000000…" in each[0]
    assert last.endswith("1 of 2 models are not as recorded: twice_b")
    found = json.loads((tmp_path / "v.json").read_text())["models"]
    assert [len(m["problems"]) for m in found] == [0, 1]


def test_verify_of_a_sound_model(shelf, catchlight):
    assert catchlight("models", "verify", "twice_a").code == 0


def test_an_unknown_model_is_wrong_usage(shelf, catchlight):
    done = catchlight("models", "show", "twice_c")
    assert done.code == 2 and "did you mean twice_" in done.one_line


def test_what_ships_is_as_recorded(catchlight):
    assert catchlight("models", "verify").code == 0


def test_probe_values_are_numbers_of_the_file(shelf):
    (entry, _) = registry.entries()
    assert np.isfinite(entry.probe).all() and len(entry.probe) == 16
