import hashlib

import numpy as np
import pytest

from catchlight.core import InputError
from catchlight.models.check_model import check_model
from catchlight.models.onnx_opset import onnx_opset
from catchlight.models.onnx_session import OnnxSession
from catchlight.models.probe import probe_input, probe_values
from catchlight.models.registry import entries

from .conftest import SHARED, entry_lines, make_model


@pytest.fixture
def recorded(shelf):
    """Writes the family's list again with what the file gives, changed as told."""

    def write(content: bytes | None = None, **changes: str):
        content = make_model() if content is None else content
        (shelf / "twice" / "twice_fp32.onnx").write_bytes(content)
        values = probe_values(OnnxSession(make_model(), multiple=2), multiple=2)
        keys = {"probe": str(list(values)), **changes}
        lines = entry_lines("twice_fp32", "twice_fp32.onnx", content, **keys)
        (shelf / "twice" / "weights.toml").write_text(SHARED + lines)
        (entry,) = entries(root=shelf)
        return check_model(entry, shelf)

    return write


def test_a_sound_model_has_no_problems(recorded):
    assert recorded() == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bytes": "7"}, "expected 7 bytes"),
        ({"opset": "18"}, "expected operator set 18, found 17"),
        ({"probe": "[]"}, "no outputs for the probe"),
        ({"probe": "[0.5, 0.5]"}, "expected 2 probe values"),
        ({"probe": str([0.5] * 16)}, "off by"),
        ({"probe": str([float("nan")] * 16)}, "off by nan"),
        ({"sha256": f'"{hashlib.sha256(b"").hexdigest()}"'}, "not run"),
        ({"licence": '"CC0-1.0"'}, "does not name CC0-1.0"),
    ],
)
def test_each_fault_is_told(recorded, changes, said):
    (problem,) = recorded(**changes)
    assert said in problem


def test_other_weights_are_recognised_by_their_outputs(recorded):
    (problem,) = recorded(make_model(scale=2.001))
    assert "outputs for the probe are off by" in problem


def test_a_missing_card_is_told(shelf, recorded):
    (shelf / "twice" / "CARD.md").unlink()
    (problem,) = recorded()
    assert "card cannot be read" in problem


def test_a_file_that_is_no_model_is_told(recorded):
    (problem,) = recorded(b"junk")
    assert "expected an ONNX model" in problem


@pytest.mark.parametrize("version", [11, 17, 21, 300])
def test_the_operator_set_is_that_of_onnx(version):
    assert onnx_opset(make_model(opset=version)) == version


@pytest.mark.parametrize("content", [b"", b"junk", make_model()[:-3], b"\xff" * 40])
def test_other_files_have_none(content):
    with pytest.raises(InputError, match="expected an ONNX model"):
        onnx_opset(content)


def test_the_probe_is_fixed():
    probe = probe_input(8, 12)
    assert probe.shape == (1, 8, 36, 36) and probe.dtype == np.float32
    assert probe.min() >= 0 and probe.max() <= 1
    # By hand: 0.5 + 0.45 sin(0.7549·3 + 1.3247·2) cos(0.5698·5·3), a third of it.
    assert probe[0, 2, 5, 3] == pytest.approx((0.5 + 0.45 * np.sin(4.9141) * np.cos(8.547)) / 3, abs=1e-6)


def test_probe_values_are_outputs(shelf):
    values = probe_values(OnnxSession(make_model()), multiple=2)
    assert len(values) == 16
    probe = 2 * probe_input(3, 2).ravel()
    assert values[0] == probe[0] and values[-1] == probe[-1]
