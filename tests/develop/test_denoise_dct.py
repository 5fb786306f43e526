import cv2
import numpy as np
import pytest

from catchlight.core import BayerName, CfaPattern, LinearMosaic, NoiseModel, bands
from catchlight.develop import denoise_mosaic

NAMES: tuple[BayerName, ...] = ("RGGB", "BGGR", "GRBG", "GBRG")


def _noisy(
    clean: np.ndarray, noise: NoiseModel, *, name: BayerName = "RGGB", share: np.ndarray | None = None, seed: int = 0
) -> LinearMosaic:
    cfa = CfaPattern(name=name)
    h, w = clean.shape
    index = np.tile(cfa.indices, (h // 2, w // 2))
    variance = np.array(noise.shot)[index] * np.maximum(clean, 0) + np.array(noise.read)[index]
    if share is not None:
        variance = variance * np.kron(share, np.ones((2, 2)))
    values = clean + np.random.default_rng(seed).standard_normal((h, w)) * np.sqrt(variance)
    return LinearMosaic(values=values.astype(np.float32), cfa=cfa, gains=(1.0, 1.0, 1.0), noise=noise, share=share)


def _textured(height: int = 192, width: int = 256, name: BayerName = "RGGB") -> np.ndarray:
    """A coloured picture of edges, fine stripes and smooth ground, sampled by the pattern."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    light = 0.25 + 0.2 * (np.hypot(x - 80, y - 90) < 50) + 0.1 * np.sin(0.7 * x + 0.2 * y) * (x > 150) + 0.1 * x / width
    tint = np.random.default_rng(9).uniform(0.5, 1.2, (3, 4, 3)).astype(np.float32)
    rgb = cv2.GaussianBlur(light, (0, 0), 0.7)[..., None] * cv2.resize(
        tint, (width, height), interpolation=cv2.INTER_CUBIC
    )
    index = np.tile(CfaPattern(name=name).indices, (height // 2, width // 2)).astype(int)
    return np.take_along_axis(rgb, index[..., None], -1)[..., 0]


def _db(ratio: float) -> float:
    return float(10 * np.log10(ratio))


@pytest.mark.parametrize("level", [0.0, 0.0005, 0.002, 0.01, 0.1, 0.6])
def test_flat_ground_loses_its_noise_and_keeps_its_mean(level: float) -> None:
    noise = NoiseModel.same(shot=1e-3, read=1e-4)
    clean = np.full((256, 320), level)
    noisy = _noisy(clean, noise)
    found = denoise_mosaic(noisy)
    assert _db(noisy.values.var() / found.values.var()) > 15
    # Noise makes the mean of so many samples uncertain by this much in any case.
    chance = 4 * np.sqrt(noise.variance(level, channel=1) / clean.size)
    assert abs(float(found.values.mean()) - level) < 0.005 * level + chance
    assert found.noise.shot[1] < noise.shot[1] / 10


@pytest.mark.parametrize("level", [0.0, 0.0005, 0.002, 0.01])
def test_a_few_electrons_on_a_quiet_sensor(level: float) -> None:
    """Next to no read noise and as much shot noise as light: the bending is at its most curved."""
    noise = NoiseModel.same(shot=1e-3, read=1e-6)
    noisy = _noisy(np.full((256, 320), level), noise)
    found = denoise_mosaic(noisy)
    assert _db(noisy.values.var() / found.values.var()) > 12
    assert abs(float(found.values.mean()) - level) < 0.05 * np.sqrt(noise.variance(level, channel=1))


@pytest.mark.parametrize("name", NAMES)
def test_flat_colour_stays_that_colour(name: BayerName) -> None:
    noise = NoiseModel(shot=(2e-3, 1e-3, 3e-3), read=(2e-6, 1e-6, 3e-6))
    cfa = CfaPattern(name=name)
    clean = np.array([0.05, 0.2, 0.4])[np.tile(cfa.indices, (96, 128))]
    found = denoise_mosaic(_noisy(clean, noise, name=name))
    for site, colour in enumerate(cfa.sites):
        plane = found.values[site >> 1 :: 2, site & 1 :: 2]
        truth = (0.05, 0.2, 0.4)[colour]
        chance = 4 * np.sqrt(noise.variance(truth, channel=colour) / plane.size)
        assert abs(float(plane.mean()) - truth) < 0.01 * truth + chance


def test_strength_zero_removes_nothing() -> None:
    mosaic = _noisy(_textured(), NoiseModel.same(shot=1e-3, read=1e-5))
    before = mosaic.values.copy()
    assert denoise_mosaic(mosaic, strength=0.0) is mosaic
    denoise_mosaic(mosaic)
    assert np.array_equal(mosaic.values, before)


def test_more_strength_removes_more() -> None:
    mosaic = _noisy(np.full((64, 64), 0.2), NoiseModel.same(shot=1e-3, read=1e-5))
    left = [float(denoise_mosaic(mosaic, strength=s).values.var()) for s in (0.25, 0.5, 1.0, 2.0)]
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize("name", ["RGGB", "GBRG"])
@pytest.mark.parametrize(("shot", "least_db"), [(1e-4, 0.5), (1e-3, 2.0), (1e-2, 5.0)])
def test_structure_is_kept_better_than_noise(name: BayerName, shot: float, least_db: float) -> None:
    clean = _textured(name=name)
    noisy = _noisy(clean, NoiseModel.same(shot=shot, read=shot / 100), name=name)
    found = denoise_mosaic(noisy)
    before, after = np.square(noisy.values - clean).mean(), np.square(found.values - clean).mean()
    assert _db(before / after) > least_db


def test_without_noise_a_picture_stays_what_it_is() -> None:
    clean = _textured().astype(np.float32)
    mosaic = LinearMosaic(
        values=clean, cfa=CfaPattern(name="RGGB"), gains=(1.0,) * 3, noise=NoiseModel.same(shot=1e-9, read=1e-12)
    )
    np.testing.assert_allclose(denoise_mosaic(mosaic).values, clean, atol=2e-4)


def test_a_shift_by_whole_strides_shifts_the_result() -> None:
    noise = NoiseModel.same(shot=2e-3, read=1e-5)
    whole = _noisy(_textured(), noise)
    part = LinearMosaic(
        values=np.ascontiguousarray(whole.values[12:, 20:]), cfa=whole.cfa, gains=whole.gains, noise=noise
    )
    once, again = denoise_mosaic(whole).values, denoise_mosaic(part).values
    # The tint's Gaussian reaches some 25 samples, a block 15.
    np.testing.assert_allclose(again[48:-48, 48:-48], once[60:-48, 68:-48], atol=1e-5)


@pytest.mark.parametrize("cores", [1, 3, 7])
def test_the_number_of_bands_makes_no_difference(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    mosaic = _noisy(_textured(), NoiseModel.same(shot=2e-3, read=1e-5))
    once = denoise_mosaic(mosaic).values
    monkeypatch.setattr(bands, "core_count", lambda: cores)
    np.testing.assert_allclose(denoise_mosaic(mosaic).values, once, atol=1e-6)


def test_what_was_merged_is_cleaned_less() -> None:
    """Left half from one frame, right half the mean of 16: the right keeps stripes that the left must lose."""
    noise = NoiseModel.same(shot=0.0, read=4e-4)
    share = np.ones((96, 128), np.float32)
    share[:, 64:] = 1 / 16
    x = np.mgrid[:192, :256][1]
    clean = 0.3 + 0.003 * np.sin(0.9 * x)
    told = denoise_mosaic(_noisy(clean, noise, share=share))
    stripes = told.values - told.values.mean()

    def kept(columns: slice) -> float:
        wave = np.sin(0.9 * x)[24:-24, columns]
        return float((stripes[24:-24, columns] * wave).sum() / np.square(wave).sum() / 0.003)

    assert kept(slice(152, 232)) > 0.5
    assert kept(slice(24, 104)) < 0.35
    # And its noise goes all the same.
    flat = denoise_mosaic(_noisy(np.full_like(clean, 0.3), noise, share=share)).values - 0.3
    assert np.square(flat[:, :100]).mean() < 4e-4 / 20
    assert np.square(flat[:, 156:]).mean() < 4e-4 / 16 / 20


@pytest.mark.parametrize("size", [(16, 16), (18, 34), (22, 50)])
def test_sizes_that_are_no_multiple_of_anything(size: tuple[int, int]) -> None:
    noisy = _noisy(np.full(size, 0.3), NoiseModel.same(shot=1e-3, read=1e-5))
    found = denoise_mosaic(noisy)
    assert found.values.shape == size
    assert np.square(found.values - 0.3).mean() < 0.3 * np.square(noisy.values - 0.3).mean()


@pytest.mark.parametrize("read", [0.0, 1e-12])
def test_a_model_without_read_noise_does_not_tear_the_dark(read: float) -> None:
    """What a file without a read term says, on samples that scatter about black."""
    rng = np.random.default_rng(4)
    light = np.full((64, 64), 0.002, np.float32)
    light[:, 32:] = 0.2
    sigma = np.sqrt(1e-3 * light + 4e-6)
    values = (light + rng.normal(size=light.shape) * sigma).astype(np.float32)
    mosaic = LinearMosaic(
        values=values,
        cfa=CfaPattern(name="RGGB"),
        gains=(1.0, 1.0, 1.0),
        noise=NoiseModel.same(shot=1e-3, read=read),
    )
    clean = denoise_mosaic(mosaic).values
    for half in (slice(0, 24), slice(40, 64)):
        assert np.square(clean - light)[:, half].mean() < 0.4 * np.square(values - light)[:, half].mean()


@pytest.mark.parametrize(("level", "most"), [(0.003, 0.1), (0.006, 0.05), (0.02, 0.02), (0.2, 0.01)])
def test_a_faint_colour_whose_gain_is_high_does_not_pale(level: float, most: float) -> None:
    # Gain 16 of a small sensor; red and blue multiplied by 2 and 1.7 for the white balance, with their noise. In one
    # noisy frame the faintest red lost a sixth while its correction was that of green.
    gains = np.array([2.0, 1.0, 1.7])
    noise = NoiseModel(shot=tuple(2e-3 * gains), read=tuple(1.6e-5 * gains**2))
    means = []
    for colour in range(3):
        tint = np.array([1.2, 0.9, 1.0]) * level
        index = np.tile(CfaPattern(name="RGGB").indices, (160, 160))
        found = denoise_mosaic(_noisy(tint[index], noise, seed=colour))
        means.append([found.values[index == c].mean() / tint[c] for c in range(3)])
    assert np.abs(np.mean(means, axis=0) - 1).max() < most
