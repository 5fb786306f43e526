"""Shapes, sizes, and what the network gives before it is trained."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
import torch

from catchlight.core import ContractError
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.recipes import raw_engine_base, raw_engine_fast_base


@pytest.mark.parametrize(("fold", "multiple"), [(1, 4), (2, 8)])
def test_any_multiple_goes_in_and_three_values_a_sample_come_out(fold: Literal[1, 2], multiple: int) -> None:
    network = RawUNet((4, 6, 8), (1, 0, 1), (1, 1), fold=fold)
    assert network.multiple == multiple
    made = network(torch.rand(2, 8, 3 * multiple, 5 * multiple))
    assert made.shape == (2, 12, 3 * multiple, 5 * multiple) and made.dtype == torch.float32


def test_the_filter_begins_as_bilinear_interpolation() -> None:
    """Colours that are planes in x and y are met everywhere by interpolation from sites on both sides."""
    h, w = 6, 8
    y, x = torch.meshgrid(torch.arange(2.0 * h), torch.arange(2.0 * w), indexing="ij")
    colours = torch.stack([0.1 + 0.02 * x, 0.3 + 0.03 * y - 0.01 * x, 0.5 - 0.02 * y])
    quads = colours.reshape(3, h, 2, w, 2).permute(0, 2, 4, 1, 3).reshape(3, 4, h, w)
    seen = torch.cat([torch.stack([quads[c, k] for k, c in enumerate((0, 1, 1, 2))]), torch.rand(4, h, w)])
    made = RawUNet((4,), (1,), ()).interpolate(seen[None]).detach()[0].reshape(3, 4, h, w)
    torch.testing.assert_close(made[..., 1:-1, 1:-1], quads[..., 1:-1, 1:-1], rtol=0, atol=1e-6)


def test_blocks_and_widths_belong_together() -> None:
    with pytest.raises(ContractError, match="as many blocks as widths"):
        RawUNet((4, 8), (1, 1), (1, 1))


@pytest.mark.parametrize("network", [raw_engine_base.network, raw_engine_fast_base.network])
def test_what_ships_is_as_large_as_its_recipe_says(network: Callable[[], RawUNet]) -> None:
    said = re.search(r"(\d+) thousand parameters", network.__doc__ or "")
    assert said is not None
    found = sum(p.numel() for p in network().parameters())
    assert found == pytest.approx(1000 * int(said[1]), rel=0.02)
