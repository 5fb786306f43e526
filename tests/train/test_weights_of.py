"""Weights come back as they were; what are none of this network's is said in one line."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from catchlight.core import InputError
from catchlight.train.weights_of import with_weights


def test_there_and_back(tmp_path: Path) -> None:
    saved = torch.nn.Conv2d(2, 3, 3)
    save_file(saved.state_dict(), tmp_path / "w.safetensors")
    network = torch.nn.Conv2d(2, 3, 3)
    assert with_weights(network, tmp_path / "w.safetensors") is network
    for name, value in saved.state_dict().items():
        assert torch.equal(network.state_dict()[name], value)


@pytest.mark.parametrize("what", ["missing", "empty", "damaged", "another network's", "of another size"])
def test_what_are_none(tmp_path: Path, what: str) -> None:
    path = tmp_path / "w.safetensors"
    save_file((torch.nn.Conv2d(2, 3, 5) if what == "of another size" else torch.nn.BatchNorm2d(3)).state_dict(), path)
    whole = path.read_bytes()
    if what == "missing":
        path.unlink()
    elif what in ("empty", "damaged"):
        path.write_bytes(b"" if what == "empty" else whole[: len(whole) // 2])
    with pytest.raises(
        InputError, match=r"w\.safetensors: expected the weights of a Conv2d; found (none|another network's)"
    ) as told:
        with_weights(torch.nn.Conv2d(2, 3, 3), path)
    assert "\n" not in str(told.value)
