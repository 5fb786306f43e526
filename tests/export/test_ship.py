import numpy as np
import onnx
import pytest
import torch

from catchlight.core import CatchlightError, OutputError
from catchlight.export import targets
from catchlight.export.ship import EightBits, Facts, ship
from catchlight.models.check_model import check_model
from catchlight.models.registry import entries

_FACTS = Facts(
    family="f",
    name="net",
    task="cleans",
    licence="Apache-2.0",
    data="noise",
    recipe="tiny",
    commit="c",
    input_range="0…1",
)


@pytest.fixture
def shipped(network, exported, quads, tmp_path, monkeypatch):
    """Ships the network whose file is made already; the score is its likeness to itself."""
    (tmp_path / "f").mkdir()
    seen = torch.from_numpy(quads)
    with torch.inference_mode():
        truth = network(seen)

    def metrics(made):
        off = made(seen) - truth
        return {"likeness": float(-10 * (off.square().mean() + 1e-12).log10()), "worst": float(off.abs().max())}

    def call(*, content=exported, int8=True, force=False):
        def write(network, path, **_):
            path.write_bytes(content)

        monkeypatch.setitem(targets._TARGETS, "onnx", write)
        eight = EightBits(batches=[quads], keep_float=["interpolate"]) if int8 else None
        return ship(network, tmp_path / "f", _FACTS, channels=8, timed_px=32, metrics=metrics, int8=eight, force=force)

    return call


def test_what_is_written_is_as_recorded(shipped, tmp_path):
    made, costs = shipped()
    assert [e.name for e in made] == ["net_fp32", "net_int8"] == [c.name for c in costs]
    assert [e.sha256 for e in entries(root=tmp_path)] == [e.sha256 for e in made]
    for entry in entries(root=tmp_path):
        assert check_model(entry, tmp_path) == ()
        assert entry.size_multiple == 2 and len(entry.probe) == 16
    assert made[1].bytes < made[0].bytes
    likeness = [e.metrics["validation likeness"] for e in made]
    assert likeness[0] > 90 and 25 < likeness[1] < 70
    names = {p.name for p in (tmp_path / "f").iterdir()}
    assert names == {"net_fp32.onnx", "net_int8.onnx", "weights.toml", "CARD.md"}


def test_again_needs_force_and_leaves_what_a_person_wrote(shipped, tmp_path):
    shipped(int8=False)
    card = tmp_path / "f" / "CARD.md"
    card.write_text(card.read_text().replace("(to be written)", "Night."))
    with pytest.raises(OutputError, match="--force"):
        shipped(int8=False)
    shipped(int8=False, force=True)
    assert "Night." in card.read_text() and len(entries(root=tmp_path)) == 1


def test_a_file_unlike_its_network_is_not_written(shipped, exported, tmp_path):
    model = onnx.load_model_from_string(exported)
    bias = next(t for t in model.graph.initializer if t.name == "head.bias")
    values = onnx.numpy_helper.to_array(bias) + np.float32(2e-4)
    bias.CopyFrom(onnx.numpy_helper.from_array(values, "head.bias"))
    with pytest.raises(CatchlightError, match="nothing was written"):
        shipped(content=model.SerializeToString())
    assert list((tmp_path / "f").iterdir()) == []
