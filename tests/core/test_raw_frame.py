from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from catchlight.core import CfaName, CfaPattern, ContractError, LinearMosaic, Metadata, NoiseModel, RawFrame


def _raw(**changes: Any) -> RawFrame:
    given: dict[str, Any] = {
        "mosaic": np.zeros((16, 18), np.uint16),
        "cfa": CfaPattern(name="RGGB"),
        "black_dn": (60.0, 62.0, 64.0, 66.0),
        "white_dn": 1023.0,
        **changes,
    }
    return RawFrame(**given)


def test_what_it_tells() -> None:
    raw = _raw(metadata=Metadata(exposure_s=0.25, timestamp_ns=7, orientation=8))
    assert raw.shape == (16, 18)
    assert raw.range_dn == 1023 - 63
    assert (raw.exposure_s, raw.timestamp_ns, raw.orientation) == (0.25, 7, 8)
    with pytest.raises(FrozenInstanceError):
        raw.white_dn = 4095.0  # type: ignore[misc]


@pytest.mark.parametrize("name", ["RGGB", "QUAD_GRBG", "NONA_BGGR", "XTRANS", "MONO"])
def test_levels_belong_to_even_and_odd_rows_and_columns_of_any_pattern(name: CfaName) -> None:
    cfa = CfaPattern(name=name, origin=(1, 0))
    light = np.random.default_rng(0).integers(0, 900, (24, 24)).astype(np.uint16)
    black = np.tile(np.array([[60, 62], [64, 66]], np.uint16), (12, 12))
    raw = _raw(mosaic=light + black, cfa=cfa)
    np.testing.assert_allclose(raw.normalised(), light / (1023.0 - black), rtol=1e-6)
    assert raw.normalised().dtype == np.float32
    sites = raw.black_of_sites_dn
    assert len(sites) == len(cfa.planes)
    if name == "MONO":
        assert sites == (63.0,)
    else:
        for (_, plane), level in zip(cfa.planes, sites, strict=True):
            assert set(black[plane].ravel().tolist()) == {level}


@pytest.mark.usefixtures("as_users_meet_it")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mosaic": np.zeros((16, 16), np.float32)}, "uint16"),
        ({"mosaic": np.zeros((16, 16, 1), np.uint16)}, "h×w"),
        ({"mosaic": np.zeros((17, 18), np.uint16)}, "even height and width"),
        ({"mosaic": np.zeros((18, 17), np.uint16)}, "even height and width"),
        ({"mosaic": np.zeros((14, 18), np.uint16)}, "at least 16"),
        ({"mosaic": np.zeros((0, 0), np.uint16)}, "at least 16"),
        ({"cfa": CfaPattern(name="QUAD_RGGB")}, "multiples of 4; found 16×18"),
        ({"cfa": CfaPattern(name="NONA_RGGB")}, "multiples of 6; found 16×18"),
        ({"black_dn": (60.0, 62.0, 64.0, 1023.0)}, "below white"),
        ({"black_dn": (-1.0, 62.0, 64.0, 66.0)}, "below white"),
        ({"black_dn": (float("nan"), 62.0, 64.0, 66.0)}, "below white"),
        ({"white_dn": 65536.0}, "at most 65535"),
        ({"white_dn": float("nan")}, "below white"),
    ],
)
def test_contract(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        _raw(**changes)


@pytest.mark.parametrize("bad", [0, 9, -1])
def test_orientations(bad: int) -> None:
    with pytest.raises(ContractError, match="1…8"):
        Metadata(orientation=bad)


@pytest.mark.parametrize("name", ["exposure_s", "iso", "aperture_f"])
@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan")])
def test_exposure_facts_are_positive_or_unknown(name: str, bad: float) -> None:
    with pytest.raises(ContractError, match=name):
        Metadata(**{name: bad})  # type: ignore[arg-type]


def _linear(**changes: Any) -> LinearMosaic:
    given: dict[str, Any] = {
        "values": np.zeros((4, 6), np.float32),
        "cfa": CfaPattern(name="BGGR"),
        "gains": (2.0, 1.0, 1.5),
        "noise": NoiseModel.same(shot=1e-3, read=1e-6),
        **changes,
    }
    return LinearMosaic(**given)


@pytest.mark.usefixtures("as_users_meet_it")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.zeros((5, 6), np.float32)}, "even height and width"),
        ({"values": np.zeros((4, 7), np.float32)}, "even height and width"),
        ({"share": np.zeros((4, 6), np.float32)}, "share map"),
        ({"gains": (0.9, 1.0, 1.0)}, "≥ 1"),
        ({"gains": (float("nan"), 1.0, 1.0)}, "≥ 1"),
    ],
)
def test_linear_mosaic_contract(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        _linear(**changes)


def test_linear_mosaic_shape_and_share() -> None:
    assert _linear(share=np.ones((2, 3), np.float32)).shape == (4, 6)


@pytest.mark.parametrize("name", ["RGGB", "QUAD_GRBG", "NONA_BGGR", "XTRANS", "MONO"])
def test_typical_level_and_noise_weigh_the_colours_as_the_tile_does(name: CfaName) -> None:
    cfa, tone = CfaPattern(name=name), np.array([0.1, 0.4, 0.3], np.float32)
    noise = NoiseModel(shot=(1e-3, 2e-3, 4e-3), read=(1e-6, 2e-6, 4e-6))
    mosaic = _linear(values=tone[cfa.colour_map(50, 46)], cfa=cfa, noise=noise)
    colours = cfa.indices.ravel()
    level = tone[colours].mean()
    assert mosaic.typical_level() == pytest.approx(level, rel=1e-6)
    expected = np.mean([noise.variance(float(level), channel=int(c)) for c in colours])
    assert mosaic.typical_variance() == pytest.approx(expected, rel=1e-6)
