"""Any size and any Bayer order through tiles: what the network is shown and what becomes of its answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from jaxtyping import Float32

from catchlight.core import CfaPattern, ContractError, LinearMosaic, NoiseModel
from catchlight.models.raw_engine import RawEngine, load_raw_engine

ORDERS = ("RGGB", "BGGR", "GRBG", "GBRG")


@dataclass
class Copying:
    """A network that gives every quad its own red, mean green and blue; it remembers the noise that it was told."""

    told: list[np.ndarray] = field(default_factory=list)

    def run(self, x: Float32[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d h w"]:
        self.told.append(x[:, 4:])
        red, green, blue = x[:, :1], (x[:, 1:2] + x[:, 2:3]) / 2, x[:, 3:4]
        return np.concatenate([np.repeat(c, 4, 1) for c in (red, green, blue)], 1)


def colours(name: str, h: int, w: int) -> Float32[np.ndarray, "h w"]:
    """A mosaic of even red, green and blue."""
    cfa, mosaic = CfaPattern(name=name), np.empty((h, w), np.float32)
    for y in (0, 1):
        for x in (0, 1):
            mosaic[y::2, x::2] = (0.2, 0.5, 0.8)[cfa.tile[y][x]]
    return mosaic


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("shape", [(2, 2), (30, 46), (150, 98)])
def test_every_order_and_size_has_its_colours(name: str, shape: tuple[int, int]) -> None:
    engine = RawEngine(Copying(), tile_px=96)
    rgb = engine.interpolate(colours(name, *shape), CfaPattern(name=name))
    np.testing.assert_allclose(rgb, np.broadcast_to((0.2, 0.5, 0.8), (*shape, 3)), atol=1e-6)


@pytest.mark.parametrize("name", ORDERS)
def test_light_comes_back_in_the_units_of_the_mosaic(name: str) -> None:
    values = colours(name, 40, 24) * np.float32(2.0)
    mosaic = LinearMosaic(
        values=values, cfa=CfaPattern(name=name), gains=(1.0, 1.0, 2.0), exposure=4.0,
        noise=NoiseModel.same(shot=1e-3, read=1e-6),
    )  # fmt: skip
    before = values.copy()
    rgb = RawEngine(Copying()).develop(mosaic)
    np.testing.assert_allclose(rgb, np.broadcast_to((0.4, 1.0, 1.6), rgb.shape), rtol=1e-4)
    np.testing.assert_array_equal(values, before)


def test_the_network_is_told_the_noise_that_is_left() -> None:
    share = np.full((16, 16), 0.25, np.float32)
    share[:, 8:] = 1.0
    mosaic = LinearMosaic(
        values=np.full((32, 32), 0.5, np.float32), cfa=CfaPattern(name="RGGB"), gains=(1.0, 1.0, 1.0),
        noise=NoiseModel.same(shot=1e-3, read=1e-6), share=share,
    )  # fmt: skip
    network = Copying()
    RawEngine(network).develop(mosaic)
    # What the engine keeps begins after the halo of 32 samples.
    told = network.told[0][0, :, 16:32, 16:32]
    np.testing.assert_allclose(told[:, :, :8] * 2, told[:, :, 8:], rtol=1e-5)
    RawEngine(network).develop(replace(mosaic, share=None), strength=0.5)
    np.testing.assert_allclose(network.told[1][0, :, 16:32, 16:32], told[:, :, 8:].mean() / 2, rtol=1e-5)


def test_other_filters_are_refused() -> None:
    with pytest.raises(ContractError, match="Bayer"):
        RawEngine(Copying()).interpolate(np.zeros((36, 36), np.float32), CfaPattern(name="XTRANS"))


@pytest.mark.parametrize("size", ["best", "fast"])
def test_tiles_make_the_whole(size: str) -> None:
    rng = np.random.default_rng(5)
    scene = np.cumsum(np.cumsum(rng.standard_normal((232, 200)), 0), 1)
    values = ((scene - scene.min()) / np.ptp(scene)).astype(np.float32)
    values += rng.normal(0, 0.02, values.shape).astype(np.float32)
    shipped = load_raw_engine(size, precision="fp32")  # type: ignore[arg-type]
    cfa = CfaPattern(name="GRBG")
    whole = shipped.interpolate(values, cfa, deviation=0.02)
    tiles = RawEngine(shipped.network, tile_px=160).interpolate(values, cfa, deviation=0.02)
    assert float(np.abs(whole - tiles).max()) < 1e-3


@pytest.mark.parametrize("size", ["best", "fast"])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_pure_noise_in_flat_out(size: str, precision: str) -> None:
    rng = np.random.default_rng(9)
    noise = NoiseModel.same(shot=4e-3, read=4e-5)
    level = 0.2
    values = level + np.sqrt(noise.variance(level, channel=1)) * rng.standard_normal((160, 160))
    mosaic = LinearMosaic(
        values=values.astype(np.float32), cfa=CfaPattern(name="RGGB"), gains=(1.0, 1.0, 1.0), noise=noise
    )
    rgb = load_raw_engine(size, precision=precision).develop(mosaic)[16:-16, 16:-16]  # type: ignore[arg-type]
    assert abs(float(rgb.mean()) - level) < 0.01 * level
    # A tenth of the noise's energy is left at most, and nowhere a structure that stands out of the noise that was.
    assert float(rgb.std()) < 0.32 * float(values.std())
    assert float(np.abs(rgb - level).max()) < 2 * float(values.std())
