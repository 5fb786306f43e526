from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import (
    BayerName,
    ContractError,
    Frame,
    GainMap,
    InputError,
    Metadata,
    NoiseModel,
    RawFrame,
    UsageError,
    srgb_encode,
)
from catchlight.io import write_dng_cfa
from catchlight.pipelines import Development, DevelopSettings, develop
from catchlight.simulate import (
    IMX477,
    TRIPOD,
    BurstPlan,
    HandShake,
    MovingObject,
    SimulatedBurst,
    night_city,
    simulate_burst,
    textured_disc,
)

SIZE = (192, 256)
LINEAR = DevelopSettings(render="linear", reference=0)
SHAKEN = HandShake(shift_px=8.0, rotation_deg=0.5)
CITY = night_city(height_px=260, width_px=330, seed=3)


def _burst(**changes: object) -> SimulatedBurst:
    facts: dict[str, object] = {"frames": 6, "gain": 32.0, "exposure": 0.8, "shake": SHAKEN, "size_px": SIZE, "seed": 5}
    return simulate_burst(CITY, sensor=IMX477, plan=BurstPlan(**{**facts, **changes}))  # type: ignore[arg-type]


def _pixels(development: Development) -> np.ndarray:
    assert development.frame is not None
    return development.frame.pixels


def _psnr(pixels: np.ndarray, truth: np.ndarray) -> float:
    inside = (slice(16, -16), slice(16, -16))
    return float(-10 * np.log10(np.square(pixels[inside] - truth[inside]).mean()))


@pytest.fixture(scope="module")
def shaken() -> list[RawFrame]:
    return list(_burst())


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return _burst(frames=1, shake=TRIPOD).truth().linear_srgb


@pytest.mark.parametrize("denoise", [0.0, 1.0])
def test_a_burst_is_much_closer_to_the_truth_than_one_frame(
    denoise: float, shaken: list[RawFrame], truth: np.ndarray
) -> None:
    settings = replace(LINEAR, denoise=denoise)
    single, merged = develop(shaken[:1], settings), develop(shaken, settings)
    # The town's walls are textured to the last pixel, where demosaicing errs: √6 would be 7.8 dB without them.
    assert _psnr(_pixels(merged), truth) > _psnr(_pixels(single), truth) + (5.5 if denoise == 0 else 2.8)
    assert [record.index for record in merged.records] == [1, 2, 3, 4, 5]
    assert all(record.trust > 0.6 for record in merged.records)
    assert merged.share < 0.3
    assert merged.noise_from == "file"
    assert dict(merged.timings_s)["merge"] > 0


@pytest.mark.parametrize("reference", [0, 3])
def test_linear_has_the_geometry_of_the_reference(reference: int, shaken: list[RawFrame]) -> None:
    """The frame of another index is the truth of another place."""
    truth = _burst(reference=reference).truth().linear_srgb
    shifted = _burst(reference=reference)
    found = develop(list(shifted), replace(LINEAR, reference=reference))
    assert _pixels(found).shape == (*SIZE, 3)
    assert found.reference_index == reference
    centre = (slice(24, -24), slice(24, -24))
    (dx, dy), _ = cv2.phaseCorrelate(
        truth[centre][..., 1].astype(np.float64), _pixels(found)[centre][..., 1].astype(np.float64)
    )
    assert abs(dx) < 0.1
    assert abs(dy) < 0.1
    assert _psnr(_pixels(found), truth) > _psnr(_pixels(found), np.roll(truth, 1, axis=1)) + 3


def test_the_result_is_the_same_twice_and_inputs_stay(shaken: list[RawFrame]) -> None:
    before = [raw.mosaic.copy() for raw in shaken]
    once, again = develop(shaken, LINEAR), develop(shaken, LINEAR)
    assert np.array_equal(_pixels(once), _pixels(again))
    assert all(np.array_equal(a, raw.mosaic) for a, raw in zip(before, shaken, strict=True))


def test_other_exposures_are_normalised(truth: np.ndarray) -> None:
    """The third frame got half the light and says so; the fourth does not."""
    burst = list(_burst(exposure=(0.8, 0.8, 0.4, 0.4, 0.8, 0.8)))
    silent = replace(burst[3], metadata=replace(burst[3].metadata, exposure_s=None))
    found = develop([*burst[:3], silent, *burst[4:]], replace(LINEAR, denoise=0.0))
    by_index = {record.index: record for record in found.records}
    assert by_index[2].brightness == pytest.approx(2.0, rel=0.03)
    assert by_index[1].brightness == pytest.approx(1.0, rel=0.02)
    assert by_index[2].trust > 0.6
    without = develop([burst[0], burst[1], burst[4], burst[5]], replace(LINEAR, denoise=0.0))
    assert _psnr(_pixels(found), truth) > _psnr(_pixels(without), truth) + 0.2


@pytest.mark.parametrize("sharp", [0, 2])
def test_the_sharpest_frame_becomes_the_reference(sharp: int) -> None:
    crisp, soft = _burst(shake=TRIPOD, frames=4), _burst(shake=TRIPOD, frames=4, lens_blur_px=1.5)
    frames = [crisp[k] if k == sharp else soft[k] for k in range(4)]
    found = develop(frames, DevelopSettings(render="linear"))
    assert found.reference_index == sharp
    assert found.reference_name == f"frame {sharp}"


def test_a_moving_object_does_not_ghost(truth: np.ndarray) -> None:
    colour, alpha = textured_disc(diameter_px=44)
    moving = MovingObject(colour=colour, alpha=alpha, at=(0.35, 0.5), step_px=(15.0, 2.0))
    burst = _burst(moving=moving)
    clean = burst.truth().linear_srgb
    settings = replace(LINEAR, denoise=0.0)
    frames = list(burst)
    single, merged = _pixels(develop(frames[:1], settings)), _pixels(develop(frames, settings))
    worst = max(
        float(np.square(merged - clean)[b].mean() / np.square(single - clean)[b].mean())
        for b in (np.s_[y : y + 64, x : x + 64] for y in range(16, 113, 16) for x in range(16, 177, 16))
    )
    assert 10 * np.log10(worst) < 0.5
    assert _psnr(merged, clean) > _psnr(single, clean) + 1.5


@pytest.mark.parametrize("settings", [DevelopSettings(), LINEAR])
def test_a_single_frame(settings: DevelopSettings, shaken: list[RawFrame]) -> None:
    found = develop(shaken[1:2], replace(settings, reference=None))
    assert found.records == ()
    assert found.share == 1
    assert found.merged is not None
    assert np.isfinite(_pixels(found)).all()


def test_all_bayer_orders_give_the_same_picture() -> None:
    names: tuple[BayerName, ...] = ("RGGB", "BGGR", "GRBG", "GBRG")
    pictures = []
    for name in names:
        plan = BurstPlan(frames=3, gain=1.0, exposure=0.9, shake=SHAKEN, size_px=(128, 160), seed=2)
        burst = simulate_burst(CITY, sensor=replace(IMX477, cfa=name), plan=plan)
        pictures.append(_pixels(develop(list(burst), LINEAR)))
        assert _psnr(pictures[-1], burst.truth().linear_srgb) > 33
    for other in pictures[1:]:
        assert _psnr(other, pictures[0]) > 33


def test_natural_is_upright_and_linear_is_not(shaken: list[RawFrame]) -> None:
    turned = [replace(raw, metadata=replace(raw.metadata, orientation=6)) for raw in shaken[:2]]
    natural, linear = develop(turned, DevelopSettings()), develop(turned, LINEAR)
    assert natural.frame is not None
    assert natural.frame.shape == (256, 192)
    assert natural.frame.metadata.orientation == 1
    assert linear.frame is not None
    assert linear.frame.shape == SIZE
    assert linear.frame.metadata.orientation == 6
    assert (natural.frame.transfer, linear.frame.transfer) == ("srgb", "linear")


def test_before_is_the_reference_alone(shaken: list[RawFrame], truth: np.ndarray) -> None:
    found = develop(shaken, replace(LINEAR, denoise=0.0), with_before=True)
    assert found.before is not None
    assert np.array_equal(found.before.pixels, _pixels(develop(shaken[:1], replace(LINEAR, denoise=0.0))))


def test_mosaic_develops_nothing(shaken: list[RawFrame]) -> None:
    found = develop(shaken[:3], DevelopSettings(render="mosaic"), with_before=True)
    assert found.frame is None
    assert found.before is None
    assert found.merged is not None


def test_noise_is_estimated_when_the_files_are_silent(shaken: list[RawFrame], truth: np.ndarray) -> None:
    silent = [replace(raw, noise=None) for raw in shaken]
    told, found = develop(shaken, LINEAR), develop(silent, LINEAR)
    assert found.noise_from == "estimate"
    for level in (0.02, 0.1):
        assert found.noise.variance(level, channel=1) == pytest.approx(told.noise.variance(level, channel=1), rel=0.6)
    # The walls' plaster is white noise itself: no estimate from one frame can tell it from the sensor's.
    assert _psnr(_pixels(found), truth) > _psnr(_pixels(told), truth) - 1.5


@pytest.mark.parametrize(
    "told",
    [
        lambda raw: raw.noise.to_dn(range_dn=raw.range_dn),
        lambda _: NoiseModel.same(shot=0.0, read=0.0),
        lambda _: None,
    ],
)
def test_the_way_in_which_other_frames_state_their_noise_does_not_count(told: object, shaken: list[RawFrame]) -> None:
    """In digital numbers, as zeros (some writers do), or not at all: like the reference's."""
    others = [replace(raw, noise=told(raw)) for raw in shaken[1:]]  # type: ignore[operator]
    plain, found = develop(shaken, LINEAR), develop([shaken[0], *others], LINEAR)
    np.testing.assert_allclose(_pixels(found), _pixels(plain), atol=1e-5)


def test_noise_from_the_settings_counts_for_all_frames(shaken: list[RawFrame]) -> None:
    noise = NoiseModel.same(shot=2e-3, read=1e-5)
    mixed = [shaken[0], *(replace(raw, noise=NoiseModel.same(shot=9e-3, read=1e-4)) for raw in shaken[1:])]
    settings = replace(LINEAR, noise=noise)
    assert develop(mixed, settings).noise_from == "settings"
    np.testing.assert_array_equal(_pixels(develop(mixed, settings)), _pixels(develop(shaken, settings)))


def test_one_bad_file_among_good_ones(shaken: list[RawFrame], tmp_path: Path) -> None:
    for k, raw in enumerate(shaken[:4]):
        write_dng_cfa(tmp_path / f"shot_{k}.dng", raw)
    cut = tmp_path / "shot_2.dng"
    cut.write_bytes(cut.read_bytes()[:2000])
    found = develop(tmp_path, DevelopSettings(render="linear"))
    assert [skipped.name for skipped in found.skipped] == ["shot_2.dng"]
    assert len(found.records) == 2
    assert {found.reference_name, *(record.name for record in found.records)} == {f"shot_{k}.dng" for k in (0, 1, 3)}
    with pytest.raises(InputError, match=r"shot_2\.dng"):
        develop(tmp_path, DevelopSettings(strict=True))
    with pytest.raises(InputError, match=r"shot_2\.dng"):
        develop(tmp_path, DevelopSettings(reference=2))


def _rgb(size: tuple[int, int], frames: int = 5) -> tuple[list[Frame], np.ndarray]:
    """Noisy 8-bit-like pictures that move by whole pixels, and the clean first one, linear."""
    rng = np.random.default_rng(1)
    h, w = size
    canvas = CITY.pixels[:, :, :] ** 0.5
    pictures = []
    for k in range(frames):
        clean = canvas[10 + 2 * k : 10 + 2 * k + h, 20 - 3 * k : 20 - 3 * k + w]
        noisy = np.clip(clean + rng.normal(0, 0.03, clean.shape), 0, 1)
        encoded = srgb_encode(noisy.astype(np.float32))
        pictures.append(Frame(pixels=encoded, transfer="srgb", white="display white", metadata=Metadata(model="Phone")))
    return pictures, canvas[10 : 10 + h, 20 : 20 + w]


@pytest.mark.parametrize("size", [(192, 256), (191, 255), (192, 255)])
def test_rgb_bursts(size: tuple[int, int]) -> None:
    frames, clean = _rgb(size)
    single, merged = develop(frames[:1], LINEAR), develop(frames, LINEAR)
    assert merged.frame is not None
    assert merged.frame.shape == size
    assert merged.frame.transfer == "linear"
    assert _psnr(_pixels(merged), clean) > _psnr(_pixels(single), clean) + 3
    assert np.array_equal(_pixels(single), frames[0].to_linear())
    natural = develop(frames, DevelopSettings(), with_before=True)
    assert natural.frame is not None
    assert natural.before is not None
    assert natural.frame.shape == natural.before.shape == size
    assert (natural.frame.transfer, natural.merged, natural.reference_raw) == ("srgb", None, None)


def test_rgb_frames_give_no_mosaic() -> None:
    with pytest.raises(InputError, match="RGB"):
        develop(_rgb((64, 64), 1)[0], DevelopSettings(render="mosaic"))


def test_frames_that_are_no_burst_are_refused(shaken: list[RawFrame]) -> None:
    raw = shaken[0]
    smaller = replace(raw, mosaic=raw.mosaic[:-2])
    other_camera = replace(raw, metadata=replace(raw.metadata, model="Other"))
    other_order = replace(raw, cfa=raw.cfa.shifted(rows=1, columns=0))
    rgb = Frame(pixels=np.zeros((*SIZE, 3), np.float32), metadata=raw.metadata)
    for other in (smaller, other_camera, other_order, rgb):
        for settings in (LINEAR, DevelopSettings()):
            with pytest.raises(InputError, match=r"frame 0 is .*frame 1 is"):
                develop([raw, other], settings)


def test_requests_that_make_no_sense(shaken: list[RawFrame]) -> None:
    with pytest.raises(UsageError, match="0…1 for 2 frames; found 2"):
        develop(shaken[:2], DevelopSettings(reference=2))
    with pytest.raises(UsageError, match="found -1"):
        develop(shaken[:2], DevelopSettings(reference=-1))
    with pytest.raises(InputError, match="no input"):
        develop([])
    with pytest.raises(InputError, match="no such file"):
        develop("nowhere.dng")
    with pytest.raises(ContractError, match="0…2"):
        DevelopSettings(denoise=3.0)
    with pytest.raises(ContractError, match="normalised"):
        DevelopSettings(noise=NoiseModel.same(shot=1.0, read=1.0, domain="dn"))


def test_progress_counts_every_step(shaken: list[RawFrame]) -> None:
    steps: list[tuple[str, int, int]] = []
    develop(shaken[:4], LINEAR, progress=lambda *step: steps.append(step))
    merges = [step for step in steps if step[0] == "merge"]
    assert merges == [("merge", 1, 3), ("merge", 2, 3), ("merge", 3, 3)]
    assert steps[-1][0] == "render"


@pytest.mark.parametrize("level", [256, 4095])
@pytest.mark.parametrize("settings", [LINEAR, DevelopSettings()])
def test_lens_caps_and_white_walls_develop(level: int, settings: DevelopSettings, shaken: list[RawFrame]) -> None:
    """No texture, no light, no noise, or nothing but clipped light: nothing to hold on to, nothing to divide by."""
    flat = [replace(raw, mosaic=np.full(SIZE, level, np.uint16)) for raw in shaken[:3]]
    pixels = _pixels(develop(flat, settings))
    assert np.isfinite(pixels).all()
    assert float(pixels[24:-24, 24:-24].std(axis=(0, 1)).max()) < 0.02


@pytest.mark.parametrize("size", [(16, 16), (16, 200), (50, 18)])
@pytest.mark.parametrize("settings", [LINEAR, DevelopSettings()])
def test_the_smallest_frames(size: tuple[int, int], settings: DevelopSettings, shaken: list[RawFrame]) -> None:
    h, w = size
    small = [replace(raw, mosaic=np.ascontiguousarray(raw.mosaic[:h, :w])) for raw in shaken[:3]]
    assert _pixels(develop(small, settings)).shape == (h, w, 3)


def test_the_gain_map_of_the_reference_is_kept() -> None:
    frames, _ = _rgb(SIZE)
    gain = np.linspace(0, 2, 24 * 32, dtype=np.float32).reshape(24, 32)
    mapped = GainMap(log2_gain=gain, gain_map_min=(0.0,) * 3, gain_map_max=(2.0,) * 3, alternate_headroom_ev=2.0)
    frames = [replace(f, gain_map=mapped if k == 1 else None) for k, f in enumerate(frames)]
    for chosen in (frames, frames[1:2]):
        asked = DevelopSettings(gain_map=True, reference=1 if len(chosen) > 1 else 0)
        found = develop(chosen, asked).frame
        assert found is not None and found.gain_map is not None
        np.testing.assert_array_equal(found.gain_map.log2_gain, gain)
    plain = develop(frames, DevelopSettings(gain_map=False, reference=1)).frame
    assert plain is not None and plain.gain_map is None
    other = develop(frames, DevelopSettings(gain_map=True, reference=0)).frame
    assert other is not None and other.gain_map is None
