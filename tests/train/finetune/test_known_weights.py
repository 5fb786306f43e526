"""Networks are built from the shapes of their weights."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from catchlight.core import InputError, UsageError
from catchlight.train.finetune.known_weights import find_weights, raw_unet_of
from catchlight.train.networks.raw_unet import RawUNet


@pytest.mark.parametrize(
    ("widths", "down", "up"),
    [((8, 12), (0, 1), (1,)), ((8, 8, 16), (1, 0, 2), (0, 3)), ((4, 8, 8, 8), (0, 0, 0, 0), (0, 1, 0))],
)
def test_the_network_of_a_file(
    tmp_path: Path, widths: tuple[int, ...], down: tuple[int, ...], up: tuple[int, ...]
) -> None:
    network, x = RawUNet(widths, down, up), torch.rand(1, 8, 16, 16)
    save_file(network.state_dict(), tmp_path / "best.safetensors")
    found = raw_unet_of(find_weights(str(tmp_path)))
    assert found.multiple == network.multiple
    assert torch.equal(found(x), network(x))


def test_a_network_that_folds_its_quads(tmp_path: Path) -> None:
    network, x = RawUNet((8, 12), (0, 1), (1,), fold=2), torch.rand(1, 8, 16, 16)
    save_file(network.state_dict(), tmp_path / "best.safetensors")
    found = raw_unet_of(tmp_path / "best.safetensors")
    assert found.multiple == network.multiple == 4
    assert torch.equal(found(x), network(x))


def test_other_files_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "w.safetensors"
    place.write_bytes(b"nothing")
    with pytest.raises(InputError, match="damaged or other"):
        raw_unet_of(place)
    weights = RawUNet((8, 12), (0, 1), (1,)).state_dict()
    save_file({**weights, "gate.weight": torch.zeros(3)}, place)
    with pytest.raises(InputError, match="another network"):
        raw_unet_of(place)
    save_file({"a": torch.zeros(3)}, place)
    with pytest.raises(InputError, match="another network"):
        raw_unet_of(place)
    save_file(RawUNet((8, 12), (0, 1), (1,), quad=16).state_dict(), place)
    with pytest.raises(InputError, match="another network"):
        raw_unet_of(place)


def test_names_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="raw_engine_best or raw_engine_fast, or a training folder"):
        find_weights("raw_engine_middle")
    with pytest.raises(UsageError, match="found neither"):
        find_weights(str(tmp_path))
