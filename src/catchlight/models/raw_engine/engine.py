"""The RAW engine: a noisy Bayer mosaic in, clean RGB at every photosite out."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from catchlight.core import RED, CfaPattern, ContractError, LinearMosaic, NoiseModel
from catchlight.models.raw_engine.curve import EngineCurve
from catchlight.models.raw_engine.quads import Deviation, pack_quads, unpack_quads
from catchlight.models.tile_plan import plan_tiles

Size = Literal["best", "fast"]
Precision = Literal["int8", "fp32"]
# Side of a tile and what it sees around what it keeps, in samples. The network's coarsest grid has 8 samples a side.
TILE_PX, HALO_PX, MULTIPLE_PX = 1088, 32, 8


@runtime_checkable
class Network(Protocol):
    """What runs the network on one tile."""

    def run(self, x: Float32[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d h w"]:
        """RGB quads for quads with their noise level."""


class RawEngine:
    """Noise removal and demosaicing in one, at any size.

    Args:
        network: 8 planes of quads in, 12 out.
        tile_px: side of a tile, halo included; memory grows with it.
    """

    def __init__(self, network: Network, *, tile_px: int = TILE_PX) -> None:
        self.network, self._tile = network, tile_px

    def develop(self, mosaic: LinearMosaic, *, strength: float = 1.0) -> Float32[np.ndarray, "h w 3"]:
        """White-balanced linear RGB of a mosaic, its noise removed; in the mosaic's own units.

        Args:
            mosaic: Bayer, any order; its noise and share say how much noise there is.
            strength: the noise is taken for so many times as strong (its deviation), 0 keeps all of it.

        Raises:
            ContractError: not a Bayer mosaic.
        """
        scale = 1 / (max(mosaic.gains) * max(mosaic.exposure, 1.0))
        noise = mosaic.noise.scaled(scale)
        curve = EngineCurve.of(noise)
        red, green, blue = (strength * d for d in curve.deviation(noise))
        return self._developed(mosaic.values, mosaic.cfa, mosaic.share, scale, curve, (red, green, blue))

    def interpolate(
        self, values: Float32[np.ndarray, "h w"], cfa: CfaPattern, *, deviation: float = 0.0
    ) -> Float32[np.ndarray, "h w 3"]:
        """RGB of a mosaic of code values (under a display's curve), with even noise of this deviation.

        Raises:
            ContractError: not a Bayer mosaic.
        """
        even = EngineCurve.of(NoiseModel.same(shot=0.0, read=1.0))
        return self._developed(values, cfa, None, 1.0, even, (deviation,) * 3)

    def _developed(
        self,
        values: Float32[np.ndarray, "h w"],
        cfa: CfaPattern,
        share: Float32[np.ndarray, "_ _"] | None,
        scale: float,
        curve: EngineCurve,
        deviation: Deviation,
    ) -> Float32[np.ndarray, "h w 3"]:
        if not cfa.is_bayer:
            raise ContractError(f"the RAW engine reads Bayer mosaics; found {cfa.name}")
        h, w = values.shape
        # The grid of quads begins at a red sample, which may lie one before the first.
        up, before = next((-y % 2, -x % 2) for y in (0, 1) for x in (0, 1) if cfa.tile[y][x] == RED)
        out = np.empty((h, w, 3), np.float32)
        for tile in plan_tiles(h + up, w + before, tile=self._tile, halo=HALO_PX, multiple=MULTIPLE_PX):
            at = (tile.top - tile.halo - up, tile.left - tile.halo - before)
            quads = pack_quads(
                values, share, begin=at, shape=(tile.height, tile.width), scale=scale, curve=curve, deviation=deviation
            )
            answer = self.network.run(quads)[0]
            rows = (max(tile.top - up, 0), tile.bottom - up)
            columns = (max(tile.left - before, 0), tile.right - before)
            unpack_quads(answer, out, at=at, rows=rows, columns=columns, scale=scale, curve=curve)
        return out
