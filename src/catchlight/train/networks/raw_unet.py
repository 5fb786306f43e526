"""A U-Net on the quads of a Bayer mosaic."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float32
from torch import Tensor, nn
from torch.nn import functional

from catchlight.core import ContractError


class RawUNet(nn.Module):
    """Noisy quads and their noise level in, the twelve values of clean RGB quads out.

    A linear 3×3 filter over the quads interpolates; residual blocks on 2^k times coarser grids correct it. The filter
    stays in full precision, so that a network in eight or sixteen bits changes nothing where it has nothing to add.

    Args:
        widths: channels of each level, finest first.
        down: residual blocks of each level on the way down, the coarsest included.
        up: residual blocks of each level but the coarsest on the way up.
        quad: samples of a quad: 4 for Bayer.
        fold: 1 works on every quad; 2 on a grid of 2×2 quads, with a quarter of the work at equal widths.

    Shape:
        input `n 2q h w`: the samples of each quad under the engine's curve, row by row, then their noise deviation.
        output `n 3q h w`: red of each sample, then green, then blue. h and w are multiples of `multiple`,
        which is fold · 2^(levels - 1).

    Source: Ronneberger et al. 2015, "U-Net"; residual blocks without normalisation, Lim et al. 2017, "EDSR".
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        down: tuple[int, ...],
        up: tuple[int, ...],
        *,
        quad: int = 4,
        fold: Literal[1, 2] = 1,
    ) -> None:
        super().__init__()
        if not (len(widths) == len(down) == len(up) + 1):
            raise ContractError(f"as many blocks as widths, one less on the way up; found {widths}, {down}, {up}")
        self.multiple = fold * 2 ** (len(widths) - 1)
        self.fold = fold
        self.interpolate = nn.Conv2d(2 * quad, 3 * quad, 3, padding=1)
        # Of two folded quads a side the stem sees their neighbours as well.
        side = 3 if fold == 1 else 4
        self.stem = nn.Conv2d(2 * quad, widths[0], side, stride=fold, padding=1)
        self.encoders = nn.ModuleList(_blocks(w, n) for w, n in zip(widths, down, strict=True))
        pairs = list(pairwise(widths))
        self.downs = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in pairs)
        self.ups = nn.ModuleList(nn.ConvTranspose2d(coarse, fine, 2, stride=2) for fine, coarse in pairs)
        self.decoders = nn.ModuleList(_blocks(w, n) for w, n in zip(widths[:-1], up, strict=True))
        self.head = nn.Conv2d(widths[0], 3 * quad * fold**2, 3, padding=1)
        _begin_bilinear(self.interpolate, quad)

    def forward(self, quads: Float32[Tensor, "n c h w"]) -> Float32[Tensor, "n d h w"]:
        """RGB quads for quads; see the class."""
        x, finer = self.stem(quads), []
        for encode, down in zip(self.encoders[:-1], self.downs, strict=True):
            x = encode(x)
            finer.append(x)
            x = down(x)
        x = self.encoders[-1](x)
        for decode, up in zip(reversed(self.decoders), reversed(self.ups), strict=True):
            x = decode(up(x) + finer.pop())
        detail = self.head(x)
        if self.fold > 1:
            detail = functional.pixel_shuffle(detail, self.fold)
        with torch.autocast(quads.device.type, enabled=False):
            base = self.interpolate(quads.float())
        result: Float32[Tensor, "n d h w"] = base + detail.float()
        return result


class ResidualBlock(nn.Module):
    """x + W₂ relu(W₁ x), 3×3 filters."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        # Begins as the identity, nearly: deep stacks then train at high rates from the first step on.
        with torch.no_grad():
            self.second.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x + self.second(functional.relu(self.first(x)))


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))


def _begin_bilinear(layer: nn.Conv2d, quad: int) -> None:
    """Bilinear interpolation of red, green, blue from RGGB quads; elsewhere nothing to begin with but the mean."""
    assert layer.bias is not None
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
        if quad != 4:
            layer.weight[:, :quad, 1, 1] = 1 / quad
            return
        # (dy, dx) of a sample of each colour; a site's colour is the mean of its nearest samples.
        sites = {0: ((0, 0),), 1: ((0, 1), (1, 0)), 2: ((1, 1),)}
        for colour, own in sites.items():
            for y in (0, 1):
                for x in (0, 1):
                    samples = [(sy, sx) for sy in range(-2, 4) for sx in range(-2, 4) if (sy % 2, sx % 2) in own]
                    least = min((sy - y) ** 2 + (sx - x) ** 2 for sy, sx in samples)
                    near = [(sy, sx) for sy, sx in samples if (sy - y) ** 2 + (sx - x) ** 2 == least]
                    for sy, sx in near:
                        layer.weight[colour * 4 + 2 * y + x, 2 * (sy % 2) + sx % 2, sy // 2 + 1, sx // 2 + 1] += (
                            1 / len(near)
                        )
