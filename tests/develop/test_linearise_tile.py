import numpy as np
import pytest

from catchlight.core import CfaName, CfaPattern, LinearMosaic, NoiseModel, RawFrame
from catchlight.core.cfa_neighbours import same_colour_neighbours
from catchlight.develop import linearise
from catchlight.develop.linearise_tile import linearise_tile

NAMES: tuple[CfaName, ...] = ("XTRANS", "QUAD_GRBG", "NONA_BGGR", "MONO")
BLACK = (60.0, 62.0, 64.0, 66.0)
WHITE = 4095.0
NOISE = NoiseModel.same(shot=1e-4, read=1e-6)
TONE = np.array([0.5, 1.0, 0.7])
GAINS = (2.0, 1.0, 1 / 0.7)
SHAPE = (120, 144)


def _taken(light: np.ndarray, cfa: CfaPattern, *, seed: int = 0) -> RawFrame:
    """A frame of grey light whose green is `light`."""
    rng = np.random.default_rng(seed)
    signal = light * (TONE[cfa.colour_map(*light.shape)] if cfa.name != "MONO" else 1.0)
    noisy = signal + rng.standard_normal(light.shape) * np.sqrt(NOISE.shot[1] * signal + NOISE.read[1])
    black = np.tile(np.array(BLACK).reshape(2, 2), (light.shape[0] // 2, light.shape[1] // 2))
    dn = np.clip(np.round(noisy * (WHITE - black) + black), 0, WHITE).astype(np.uint16)
    return RawFrame(mosaic=dn, cfa=cfa, black_dn=BLACK, white_dn=WHITE)


def _linear(raw: RawFrame, *, repair_defects: bool = True) -> LinearMosaic:
    gains = (1.0, 1.0, 1.0) if raw.cfa.name == "MONO" else GAINS
    return linearise(raw, noise=NOISE, gains=gains, repair_defects=repair_defects)


def _textured() -> np.ndarray:
    """Light with bricks, edges and a slope, 0.01…0.7."""
    y, x = np.mgrid[:240, :300]
    light = 0.02 + 0.4 * x / 300 * (1 + 0.4 * np.sin(0.8 * y) * np.sin(0.31 * x))
    light[100:180, 60:150] *= 0.2
    light[60:70] += 0.2
    return np.clip(light * np.random.default_rng(0).uniform(0.7, 1.0, light.shape), 0.005, 0.7)


@pytest.mark.parametrize("name", NAMES)
def test_levels_gains_and_noise_are_those_of_each_colour(name: CfaName) -> None:
    cfa = CfaPattern(name=name, origin=(2, 1))
    found = _linear(_taken(np.full(SHAPE, 0.2), cfa))
    colours = cfa.colour_map(*SHAPE)
    for colour in np.unique(colours):
        part = found.values[colours == colour]
        variance = found.noise.variance(0.2, channel=int(colour)) + (found.gains[colour] / 4030) ** 2 / 12
        # The smallest plane has 17,280 · 8/36 samples: standard error 2.3 %; the mean's is 1/√n of the deviation.
        assert part.mean() == pytest.approx(0.2, abs=4 * (variance / part.size) ** 0.5)
        assert part.var() == pytest.approx(variance, rel=4 * (2 / part.size) ** 0.5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [WHITE, 0.0])
def test_hot_and_dead_photosites_are_replaced_wherever_they_are(name: CfaName, value: float) -> None:
    """At every site of a tile; in the middle, at every border and in every corner."""
    cfa = CfaPattern(name=name)
    raw = _taken(np.full(SHAPE, 0.15), cfa)
    places = [(0, 0), (0, 143), (119, 0), (119, 143), (0, 70), (119, 71), (60, 0), (61, 143)]
    places += [(12 + 13 * i, 12 + 19 * j) for i in range(6) for j in range(6)]
    mosaic = raw.mosaic.copy()
    for place in places:
        mosaic[place] = value
    broken = RawFrame(mosaic=mosaic, cfa=cfa, black_dn=BLACK, white_dn=WHITE)
    found, left = _linear(broken), _linear(broken, repair_defects=False)
    gains = np.array(found.gains)[cfa.colour_map(*SHAPE)]
    sigma = np.sqrt(NOISE.shot[1] * 0.15 + NOISE.read[1])
    assert (np.abs(found.values - 0.15) < 5.5 * sigma * gains).all()
    assert all(abs(left.values[place] - 0.15) > 0.1 for place in places)


@pytest.mark.parametrize("name", NAMES)
def test_texture_and_noise_are_hardly_ever_taken_for_defects(name: CfaName) -> None:
    raw = _taken(_textured(), CfaPattern(name=name))
    touched = _linear(raw).values != _linear(raw, repair_defects=False).values
    assert touched.mean() < 5e-4


@pytest.mark.parametrize("name", NAMES)
def test_a_real_point_of_light_survives(name: CfaName) -> None:
    y, x = np.mgrid[:48, :48]
    for at in [(20 + i, 20 + j) for i in range(6) for j in range(0, 6, 2)]:
        star = 0.01 + 0.6 * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * 0.75**2))
        raw = _taken(star, CfaPattern(name=name))
        near = (slice(at[0] - 2, at[0] + 3), slice(at[1] - 2, at[1] + 3))
        assert np.array_equal(_linear(raw).values[near], _linear(raw, repair_defects=False).values[near])


@pytest.mark.parametrize("name", ["RGGB", "GBRG"])
def test_the_same_kernel_does_for_bayer_what_bayers_own_does(name: CfaName) -> None:
    cfa = CfaPattern(name=name)
    raw = _taken(_textured(), cfa)
    mosaic = raw.mosaic.copy()
    mosaic[10:230:20, 10:290:20] = 4095
    raw = RawFrame(mosaic=mosaic, cfa=cfa, black_dn=BLACK, white_dn=WHITE)
    scale = np.array([[g / (WHITE - b) for b in BLACK] for g in GAINS], np.float32)
    found = linearise_tile(
        mosaic, cfa, black=np.array(BLACK, np.float32), scale=scale, shot=np.full(3, 1e-4, np.float32),
        read=np.full(3, 1e-6, np.float32), sigmas=6.0, spread=0.5, beside=0.3, repair_defects=True,
    )  # fmt: skip
    own = linearise(raw, noise=NOISE, gains=GAINS)
    # Green's nearest neighbours lie diagonally here, and two photosites away there; red's and blue's are the same.
    red = cfa.colour_map(*raw.shape)[6:-6, 6:-6] != 1
    assert np.array_equal(found[6:-6, 6:-6][red], own.values[6:-6, 6:-6][red])
    assert (own.values[10:230:20, 10:290:20] < 0.9 * 0.7).mean() > 0.9


@pytest.mark.parametrize("name", [*NAMES, "RGGB"])
def test_neighbours_have_the_colour_of_their_site(name: CfaName) -> None:
    cfa = CfaPattern(name=name, origin=(1, 1))
    steps = same_colour_neighbours(cfa)
    assert steps.shape == (cfa.side**2, 8, 2)
    for site, around in enumerate(steps):
        y, x = divmod(site, cfa.side)
        assert len({tuple(step) for step in around.tolist()}) == 8
        for dy, dx in around.tolist():
            assert cfa.colour_at(y + dy, x + dx) == cfa.colour_at(y, x)
            assert (dy, dx) != (0, 0)
        assert (np.diff((around**2).sum(axis=1)) >= 0).all()
