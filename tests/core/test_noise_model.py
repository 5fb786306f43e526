import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError, NoiseModel

values = st.floats(1e-9, 1e3)
triples = st.tuples(values, values, values)
models = st.builds(lambda s, r: NoiseModel(shot=s, read=r), triples, triples)
factors = st.floats(1e-3, 1e3)


def assert_close(a: NoiseModel, b: NoiseModel) -> None:
    assert a.domain == b.domain
    assert a.shot == pytest.approx(b.shot, rel=1e-9)
    assert a.read == pytest.approx(b.read, rel=1e-9)


@given(models, factors, st.floats(0, 10), st.integers(0, 2))
def test_scaling_values_scales_the_variance_by_the_square(m: NoiseModel, k: float, signal: float, c: int) -> None:
    scaled = m.scaled(k).variance(signal * k, channel=c)
    assert scaled == pytest.approx(k * k * m.variance(signal, channel=c), rel=1e-9)
    assert_close(m.scaled(k).scaled(1 / k), m)


@given(models, st.floats(1, 64), st.floats(0, 10), st.integers(0, 2))
def test_a_mean_of_n_has_one_nth_of_the_variance(m: NoiseModel, n: float, signal: float, c: int) -> None:
    assert m.averaged(n).variance(signal, channel=c) == pytest.approx(m.variance(signal, channel=c) / n, rel=1e-9)
    assert_close(m.averaged(1.0), m)


@given(models, st.floats(1, 65535), st.floats(0, 1), st.integers(0, 2))
def test_domains_round_trip_and_agree_on_the_noise(m: NoiseModel, range_dn: float, signal: float, c: int) -> None:
    dn = m.to_dn(range_dn=range_dn)
    assert dn.domain == "dn"
    assert_close(dn.to_normalised(range_dn=range_dn), m)
    assert dn.variance(signal * range_dn, channel=c) == pytest.approx(
        m.variance(signal, channel=c) * range_dn**2, rel=1e-9
    )
    assert m.to_normalised(range_dn=range_dn) is m
    assert dn.to_dn(range_dn=range_dn) is dn


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_map_is_the_scalar_everywhere_and_keeps_the_type(dtype: type) -> None:
    m = NoiseModel(shot=(1e-3, 2e-3, 3e-3), read=(1e-6, 2e-6, 4e-6))
    signal = np.array([-0.5, 0.0, 0.25, 1.0], dtype)
    for c in range(3):
        found = m.variance_map(signal, channel=c)
        assert found.dtype == dtype
        assert found == pytest.approx([m.variance(float(s), channel=c) for s in signal], rel=1e-6)
    assert signal.tolist() == [-0.5, 0.0, 0.25, 1.0]


def test_simulated_photon_noise_has_the_variance_of_the_model() -> None:
    rng = np.random.default_rng(1)
    electrons, gain_dn, read_dn = 400.0, 2.5, 6.0
    samples = rng.poisson(electrons, 200_000) * gain_dn + rng.normal(0, read_dn, 200_000)
    model = NoiseModel.same(shot=gain_dn, read=read_dn**2, domain="dn")
    assert model.variance(electrons * gain_dn, channel=1) == pytest.approx(float(samples.var()), rel=0.02)


@pytest.mark.parametrize("bad", [-1e-9, math.nan, math.inf])
def test_impossible_noise_is_refused(bad: float) -> None:
    with pytest.raises(ContractError, match="shot"):
        NoiseModel.same(shot=bad, read=0.0)
    with pytest.raises(ContractError, match="read"):
        NoiseModel(shot=(0.0,) * 3, read=(0.0, bad, 0.0))
    with pytest.raises(ContractError, match="scale"):
        NoiseModel.same(shot=1.0, read=0.0).scaled(bad)
    with pytest.raises(ContractError, match="at least one"):
        NoiseModel.same(shot=1.0, read=0.0).averaged(0.5 if math.isinf(bad) else bad)


def test_it_is_frozen_and_hashable() -> None:
    m = NoiseModel.same(shot=1e-3, read=1e-6)
    with pytest.raises(FrozenInstanceError):
        m.domain = "dn"  # type: ignore[misc]
    assert hash(m) == hash(NoiseModel.same(shot=1e-3, read=1e-6))
