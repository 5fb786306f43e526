"""Adapters begin as nothing, train alone, and are gone after merging."""

import pytest
import torch

from catchlight.core import UsageError
from catchlight.train.finetune.last_blocks import free_last_blocks
from catchlight.train.finetune.low_rank import add_low_rank, merge_low_rank
from catchlight.train.networks.raw_unet import RawUNet


def _network() -> RawUNet:
    torch.manual_seed(3)
    return RawUNet((8, 12), (1, 1), (1,))


def _trained(network: RawUNet) -> None:
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.3)
    for _ in range(3):
        optimiser.zero_grad()
        (network(torch.ones(1, 8, 8, 8)) ** 2).mean().backward()
        optimiser.step()


def test_begins_as_the_network_itself() -> None:
    network, x = _network(), torch.rand(2, 8, 8, 8)
    before = network(x)
    add_low_rank(network, rank=2)
    assert torch.equal(network(x), before)


def test_merged_network_is_a_plain_one_that_computes_the_same() -> None:
    network, x = _network(), torch.rand(2, 8, 8, 8)
    names = list(network.state_dict())
    add_low_rank(network, rank=2)
    _trained(network)
    tuned = network(x)
    merge_low_rank(network)
    assert sorted(network.state_dict()) == sorted(names)
    plain = _network()
    plain.load_state_dict(network.state_dict())
    torch.testing.assert_close(plain(x), tuned, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(tuned, _network()(x), atol=1e-4)


def test_the_change_has_the_rank_asked_for() -> None:
    network, before = _network(), _network().state_dict()
    add_low_rank(network, rank=2)
    _trained(network)
    merge_low_rank(network)
    after = network.state_dict()
    for name in ("stem.weight", "ups.0.weight", "encoders.1.0.first.weight", "head.weight"):
        change = (after[name] - before[name]).flatten(1)
        sizes = torch.linalg.svdvals(change)
        assert sizes[0] > 0 and sizes[2] < 1e-2 * sizes[0]
    for name in ("interpolate.weight", "interpolate.bias"):
        assert torch.equal(after[name], before[name])


def test_how_many_numbers_train() -> None:
    # Rank times (outputs + inputs × side²) for each filter, and the biases: counted by hand for (8, 12), (1, 1), (1,).
    stem, block_8, block_12 = 2 * (8 + 72) + 8, 2 * (2 * (8 + 72) + 8), 2 * (2 * (12 + 108) + 12)
    down, up, head = 2 * (12 + 32) + 12, 2 * (12 + 32) + 8, 2 * (12 + 72) + 12
    assert add_low_rank(_network(), rank=2) == stem + 2 * block_8 + block_12 + down + up + head


def test_filters_as_thin_as_the_rank_train_themselves() -> None:
    network = _network()
    add_low_rank(network, rank=8)
    assert network.stem.weight.requires_grad
    assert set(dict(network.stem.named_parameters())) == {"weight", "bias"}
    with pytest.raises(UsageError, match="rank"):
        add_low_rank(_network(), rank=0)


def test_last_blocks_are_the_finest_decoder_and_the_head() -> None:
    network, before = _network(), _network().state_dict()
    assert free_last_blocks(network) == 2 * (8 * 8 * 9 + 8) + 12 * 8 * 9 + 12
    _trained(network)
    changed = {
        name.split(".")[0] for name, value in network.state_dict().items() if not torch.equal(value, before[name])
    }
    assert changed == {"decoders", "head"}
