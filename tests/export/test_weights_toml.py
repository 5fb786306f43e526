from dataclasses import replace

import pytest

from catchlight.core import ContractError
from catchlight.export.weights_toml import merged_entries, weights_toml
from catchlight.models.model_entry import ModelEntry
from catchlight.models.registry import parse_weights

ENTRY = ModelEntry(
    family="f", name="a", task='says "ä" \\ \x7f\nand more', file="a.onnx", sha256="0" * 64, bytes=10, parameters=3,
    precision="fp32", licence="Apache-2.0", data="none", recipe="r", commit="c", input_range="0…1", size_multiple=4,
    opset=18, metrics={"PSNR, dB": 40.25, "count": 3.0}, probe=(0.5, -1e-09, 12345.67), probe_tolerance=1e-4,
)  # fmt: skip


def test_what_is_written_is_read_back():
    two = (ENTRY, replace(ENTRY, name="b", precision="int8", metrics={}, probe=()))
    assert parse_weights(weights_toml(two), family="f") == two


def test_figures_keep_seven_digits():
    assert "0.3333333," in weights_toml([replace(ENTRY, probe=(1 / 3, 2.0))])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_figure_is_refused(bad):
    with pytest.raises(ContractError, match="finite"):
        weights_toml([replace(ENTRY, metrics={"PSNR, dB": bad})])


def test_a_new_entry_takes_the_place_of_the_old_one():
    old = [replace(ENTRY, name=name) for name in "abc"]
    new = [replace(ENTRY, name="d"), replace(ENTRY, name="b", bytes=11)]
    assert [(e.name, e.bytes) for e in merged_entries(old, new)] == [("a", 10), ("b", 11), ("c", 10), ("d", 10)]
