import numpy as np
import pytest

from catchlight.core import BayerName, CfaPattern, LinearMosaic, NoiseModel, RawFrame
from catchlight.develop import linearise

NAMES: tuple[BayerName, ...] = ("RGGB", "BGGR", "GRBG", "GBRG")
BLACK = (60.0, 62.0, 64.0, 66.0)
WHITE = 4095.0
NOISE = NoiseModel(shot=(2e-4, 1e-4, 3e-4), read=(2e-6, 1e-6, 3e-6))
GAINS = (2.0, 1.0, 1.5)


def _raw(dn: np.ndarray, name: BayerName = "RGGB") -> RawFrame:
    mosaic = np.clip(np.round(dn), 0, 65535).astype(np.uint16)
    return RawFrame(mosaic=mosaic, cfa=CfaPattern(name=name), black_dn=BLACK, white_dn=WHITE)


def _sites(values: tuple[float, ...], shape: tuple[int, int]) -> np.ndarray:
    """Four values of the 2×2 tile, repeated over the mosaic."""
    return np.tile(np.array(values).reshape(2, 2), (shape[0] // 2, shape[1] // 2))


def _exposed(light: np.ndarray, seed: int = 0) -> np.ndarray:
    """Digital numbers of light 0…1 with the noise of NOISE's green."""
    rng = np.random.default_rng(seed)
    black = _sites(BLACK, light.shape)
    noisy = light + rng.standard_normal(light.shape) * np.sqrt(NOISE.shot[1] * light + NOISE.read[1])
    return noisy * (WHITE - black) + black


def _linear(raw: RawFrame, **changes: object) -> LinearMosaic:
    given = {"noise": NOISE, "gains": GAINS, **changes}
    return linearise(raw, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_black_becomes_zero_and_white_its_gain(name: BayerName) -> None:
    shape = (16, 20)
    raw_black, raw_white = _raw(_sites(BLACK, shape), name), _raw(np.full(shape, WHITE), name)
    gains = _sites(tuple(GAINS[c] for c in CfaPattern(name=name).sites), shape)
    np.testing.assert_allclose(_linear(raw_black).values, 0, atol=1e-6)
    np.testing.assert_allclose(_linear(raw_white).values, gains, rtol=1e-6)
    np.testing.assert_allclose(_linear(raw_white, exposure_scale=2.5).values, 2.5 * gains, rtol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 0.25, 3.0])
def test_the_noise_model_goes_along(scale: float) -> None:
    light = np.full((200, 200), 0.2)
    found = _linear(_raw(_exposed(light)), noise=NoiseModel.same(shot=1e-4, read=1e-6), exposure_scale=scale)
    for site, colour in enumerate(found.cfa.sites):
        plane = found.values[site >> 1 :: 2, site & 1 :: 2]
        model = found.noise.variance(float(plane.mean()), channel=colour)
        assert model == pytest.approx(float(plane.var()), rel=0.06)


def test_digital_numbers_below_black_stay_negative() -> None:
    assert _linear(_raw(np.full((16, 16), 50.0))).values.max() < 0


def test_inputs_stay_as_they_are() -> None:
    raw = _raw(_exposed(np.full((32, 32), 0.1)))
    before = raw.mosaic.copy()
    _linear(raw)
    assert np.array_equal(raw.mosaic, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [WHITE, 0.0])
def test_hot_and_dead_photosites_are_replaced_wherever_they_are(name: BayerName, value: float) -> None:
    """In every plane; in the middle, at every border and in every corner."""
    shape = (48, 64)
    dn = _exposed(np.full(shape, 0.15))
    places = [
        (y, x)
        for y, x in [
            (0, 0),
            (0, 63),
            (47, 0),
            (47, 63),
            (1, 30),
            (46, 33),
            (20, 1),
            (25, 62),
            (0, 40),
            (47, 10),
            (30, 0),
        ]
    ]
    places += [(12, 12), (12, 21), (21, 12), (33, 33), (10, 63)]
    for y, x in places:
        dn[y, x] = value
    found = _linear(_raw(dn, name))
    gains = _sites(tuple(GAINS[c] for c in found.cfa.sites), shape)
    sigma = np.sqrt(NOISE.shot[1] * 0.15 + NOISE.read[1])
    assert (np.abs(found.values / gains - 0.15) < 5 * sigma).all()
    left = _linear(_raw(dn, name), repair_defects=False).values / gains
    assert all(abs(left[y, x] - 0.15) > 0.1 for y, x in places)


def _textured(seed: int = 0) -> np.ndarray:
    """Light with bricks, edges and a slope, 0.01…0.7."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :320]
    light = 0.02 + 0.4 * x / 320 * (1 + 0.4 * np.sin(0.8 * y) * np.sin(0.31 * x))
    light[100:180, 60:150] *= 0.2
    light[60:70] += 0.2
    return np.clip(light * rng.uniform(0.7, 1.0, light.shape), 0.005, 0.7)


def test_texture_and_noise_are_hardly_ever_taken_for_defects() -> None:
    raw = _raw(_exposed(_textured()))
    noise = NoiseModel.same(shot=1e-4, read=1e-6)
    touched = _linear(raw, noise=noise).values != _linear(raw, noise=noise, repair_defects=False).values
    assert touched.mean() < 2e-4


def test_a_bad_photosite_in_texture_is_found() -> None:
    light = _textured()
    dn = _exposed(light)
    rng = np.random.default_rng(4)
    places = np.unique(rng.integers(4, 250, (60, 2)) // 8 * 8, axis=0)
    dn[places[:, 0], places[:, 1]] = WHITE
    found = _linear(_raw(dn), noise=NoiseModel.same(shot=1e-4, read=1e-6), gains=(1.0, 1.0, 1.0)).values
    error = np.abs(found - light)[places[:, 0], places[:, 1]]
    assert (error < 0.3).mean() > 0.95


@pytest.mark.parametrize("at", [(20, 20), (20, 21), (21, 20), (21, 21)])
def test_a_real_point_of_light_survives(at: tuple[int, int]) -> None:
    """A star that fills two photosites, and a lens-blurred one."""
    dark = np.full((48, 48), 0.01)
    pair = dark.copy()
    pair[at] += 0.5
    pair[at[0], at[1] + 1] += 0.5
    y, x = np.mgrid[:48, :48]
    blurred = dark + 0.6 * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * 0.75**2))
    for star in (pair, blurred):
        found = _linear(_raw(_exposed(star)), gains=(1.0, 1.0, 1.0)).values
        near = (slice(at[0] - 2, at[0] + 3), slice(at[1] - 2, at[1] + 4))
        assert np.abs(found - star)[near].max() < 0.05


@pytest.mark.parametrize("level", [0.0, 0.1, 0.5])
def test_noise_alone_is_no_defect(level: float) -> None:
    raw = _raw(_exposed(np.full((512, 512), level)))
    noise = NoiseModel.same(shot=NOISE.shot[1], read=NOISE.read[1])
    touched = _linear(raw, noise=noise).values != _linear(raw, noise=noise, repair_defects=False).values
    assert touched.sum() <= 2
