from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from catchlight.camera.profile import builtin_profiles, load_builtin, profile_from_toml, profile_to_toml
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core import CfaName, CfaPattern, Frame, InputError, Metadata, RawFrame, UsageError
from catchlight.core.colour import srgb_encode
from catchlight.io import write_dng_cfa
from catchlight.pipelines.calibration import Assumed, CalibrationSettings, calibrate
from catchlight.simulate import record

BAYER = tuple(n for n in builtin_profiles() if load_builtin(n).sensor.pattern.is_bayer)
H, W = 192, 256
Y, X = (np.mgrid[:H, :W] + 0.5) / np.array([H, W])[:, None, None] - 0.5
VIGNETTE = (1 / (1 + 0.4 * (X**2 + Y**2)) ** 2).astype(np.float32)
LEVELS = (0.0, 0.01, 0.05, 0.2, 0.5)


def _raw(
    sensor: SensorProfile,
    light: np.ndarray,
    *,
    gain: float,
    seed: tuple[int, ...],
    tell: bool = True,
    time_s: float = 0.01,
) -> RawFrame:
    return RawFrame(
        mosaic=record(light.astype(np.float32), sensor=sensor, gain=gain, seed=seed),
        cfa=sensor.pattern,
        black_dn=(sensor.black_dn,) * 4,
        white_dn=sensor.white_dn,
        metadata=Metadata(iso=sensor.base_iso * gain, exposure_s=time_s) if tell else Metadata(),
    )


def _flats(
    sensor: SensorProfile, *, gain: float = 1.0, seed: int = 0, tell: bool = True, levels: tuple[float, ...] = LEVELS
) -> list[RawFrame]:
    return [
        _raw(sensor, level * VIGNETTE + 0.002, gain=gain, seed=(seed, i, k), tell=tell, time_s=0.01 * (i + 1))
        for i, level in enumerate(levels)
        for k in range(2)
    ]


@pytest.mark.parametrize("name", BAYER)
def test_every_camera_comes_back_from_its_own_flats(name: str) -> None:
    sensor = load_builtin(name).sensor
    gain = 2.0
    found = calibrate(_flats(sensor, gain=gain), CalibrationSettings(base_iso=sensor.base_iso, name="again"))
    (noise,) = found.gains
    truth = sensor.noise_at(gain)
    shot, read = (sum(v) / 3 for v in (truth.shot, truth.read))
    # Four standard errors and 1.5 %; colours of one gain differ by less than that in all these profiles.
    assert abs(noise.fit.shot - shot) < 4 * noise.fit.shot_se + 0.015 * shot
    assert abs(noise.fit.read - read) < 4 * noise.fit.read_se + 0.015 * read
    knot = found.profile.sensor.noise.at(gain)
    assert knot.shot == pytest.approx(noise.fit.shot, rel=1e-5)
    assert profile_from_toml(profile_to_toml(found.profile)) == found.profile
    assert found.profile.name == "again"
    assert (found.profile.sensor.black_dn, found.profile.sensor.white_dn) == (sensor.black_dn, sensor.white_dn)


def test_gains_in_one_call_are_sorted_by_iso() -> None:
    sensor = load_builtin("imx477").sensor
    frames = [*_flats(sensor, gain=8.0, seed=1), *_flats(sensor, gain=1.0, seed=2)]
    found = calibrate([frames[i] for i in np.random.default_rng(0).permutation(len(frames))])
    assert [g.gain for g in found.gains] == [1.0, 8.0]
    assert [g.scenes for g in found.gains] == [len(LEVELS)] * 2
    for noise in found.gains:
        assert noise.fit.shot == pytest.approx(sensor.noise_at(noise.gain).shot[0], rel=0.03)
    assert found.warnings == ()


def test_frames_that_tell_nothing_are_sorted_by_what_they_show() -> None:
    sensor = load_builtin("imx477").sensor
    frames = _flats(sensor, gain=4.0, tell=False)
    found = calibrate(frames[::2] + frames[1::2], CalibrationSettings(gain=4.0))
    (noise,) = found.gains
    assert (noise.gain, noise.scenes, noise.frames) == (4.0, len(LEVELS), len(frames))
    assert noise.fit.read == pytest.approx(sensor.noise_at(4.0).read[0], rel=0.05)


def test_darks_give_black_level_defects_and_the_read_noise() -> None:
    sensor = load_builtin("imx477").sensor
    light = np.zeros((H, W), np.float32)
    hot = {(11, 20), (40, 41), (100, 203)}
    for y, x in hot:
        light[y, x] = 0.3
    # A camera whose black lies two steps above what its files say.
    real = replace(sensor, black_dn=258.0)
    darks = [_raw(real, light, gain=1.0, seed=(5, k), time_s=0.5) for k in range(6)]
    # Without darks the read noise would be known to 20 %.
    flats = _flats(real, levels=(0.1, 0.4))
    found = calibrate(
        [replace(f, black_dn=(256.0,) * 4) for f in flats], darks=[replace(d, black_dn=(256.0,) * 4) for d in darks]
    )
    defects = found.profile.defects
    assert defects is not None
    assert set(zip(defects.y, defects.x, strict=True)) == hot
    assert found.profile.sensor.black_dn == pytest.approx(258.0, abs=0.05)
    assert any("black level of 256" in line for line in found.warnings)
    assert found.gains[0].fit.read == pytest.approx(sensor.noise_at(1.0).read[0], rel=0.05)


def test_a_flat_gives_the_shading_and_an_update_keeps_the_rest() -> None:
    old = load_builtin("imx477")
    sensor = old.sensor
    flats = [_raw(sensor, 0.7 * VIGNETTE, gain=1.0, seed=(6, k)) for k in range(2)]
    found = calibrate(_flats(sensor, gain=1.0), flats=flats, base=old)
    assert found.profile.shading is not None
    gains = found.profile.shading.gains(H, W)
    np.testing.assert_allclose(gains[..., 1] * VIGNETTE, (gains[..., 1] * VIGNETTE).mean(), rtol=0.02)
    assert found.profile.sensor.colour == sensor.colour
    assert found.profile.lens == old.lens
    # What was not measured stays, with the converter's rounding in it as in what was.
    assert found.profile.sensor.noise_at(64.0) == sensor.noise_at(64.0)
    assert found.profile.sensor.noise.at(1.0) != sensor.noise.at(1.0)
    with pytest.raises(InputError, match="another camera"):
        calibrate(_flats(sensor), base=load_builtin("sony_a7s2"))


def test_a_black_level_that_darks_correct_is_taken_off_the_flats_too() -> None:
    sensor = load_builtin("imx477").sensor
    frames = _flats(sensor, gain=1.0)
    darks = [_raw(sensor, np.zeros((H, W)), gain=1.0, seed=(8, k)) for k in range(4)]
    flats = [_raw(sensor, 0.1 * VIGNETTE, gain=1.0, seed=(9, k)) for k in range(4)]
    wrong = [[replace(f, black_dn=(sensor.black_dn - 100,) * 4) for f in group] for group in (frames, darks, flats)]
    told = calibrate(frames, darks=darks, flats=flats)
    corrected = calibrate(wrong[0], darks=wrong[1], flats=wrong[2])
    assert told.flat is not None
    assert corrected.flat is not None
    # 100 DN left in a flat of 384 DN would make its corners look a sixth less dark.
    assert corrected.flat.falloff == pytest.approx(told.flat.falloff, abs=0.002)


def test_a_single_frame_is_a_guess_and_says_so() -> None:
    sensor = load_builtin("imx477").sensor
    ramp = np.broadcast_to(np.linspace(0.0, 0.8, W, dtype=np.float32), (H, W))
    found = calibrate([_raw(sensor, ramp, gain=8.0, seed=(7,))])
    assert found.gains[0].method == "flat places of one frame"
    assert any("guess" in line for line in found.warnings)
    assert found.gains[0].fit.shot == pytest.approx(sensor.noise_at(8.0).shot[0], rel=0.2)


def test_lone_and_clipped_frames_among_others_are_left_out() -> None:
    sensor = load_builtin("imx477").sensor
    lone = _raw(sensor, 0.35 * VIGNETTE, gain=1.0, seed=(8,), time_s=3.0)
    full = [_raw(sensor, 3 * VIGNETTE, gain=1.0, seed=(9, k), time_s=9.0) for k in range(2)]
    found = calibrate([*_flats(sensor), lone, *full])
    assert found.gains[0].frames == 2 * len(LEVELS)
    assert any("frame 10" in line and "no other frame" in line for line in found.warnings)
    assert any("clipped" in line for line in found.warnings)


def test_frames_that_do_not_belong_together_are_refused() -> None:
    sensor = load_builtin("imx477").sensor
    small = _raw(sensor, 0.2 * VIGNETTE[:96, :128], gain=1.0, seed=(1,))
    with pytest.raises(InputError, match=r"frame 0 is 256×192, frame 10 is 128×96"):
        calibrate([*_flats(sensor), small])
    with pytest.raises(InputError, match="RGGB"):
        calibrate([*_flats(sensor), replace(_flats(sensor)[0], cfa=CfaPattern(name="BGGR"))])
    with pytest.raises(InputError, match="found none"):
        calibrate([])
    with pytest.raises(UsageError, match="both"):
        calibrate([Path("a.dng"), _flats(sensor)[0]])  # type: ignore[list-item]
    with pytest.raises(InputError, match="cap on"):
        calibrate(_flats(sensor), darks=_flats(sensor, levels=(0.5,)))


def _files(folder: Path, sensor: SensorProfile, kind: str) -> list[Path]:
    places = []
    for i, raw in enumerate(_flats(sensor, tell=False)):
        place = folder / f"{i:02d}.{kind}"
        if kind == "dng":
            write_dng_cfa(place, raw)
        elif kind == "png":
            cv2.imwrite(str(place), raw.mosaic)
        else:
            quads = [raw.mosaic[y::2, x::2] for y, x in ((0, 0), (0, 1), (1, 1))]
            tifffile.imwrite(place, np.stack(quads, axis=-1), photometric="rgb")
        places.append(place)
    return places


@pytest.mark.parametrize("kind", ["dng", "png", "tif"])
def test_raw_files_grey_pngs_and_rgb_tiffs_give_the_same_numbers(tmp_path: Path, kind: str) -> None:
    sensor = load_builtin("imx477").sensor
    cfa = "RGGB" if kind == "png" else None
    assumed = Assumed(cfa=cfa, black_dn=256.0, white_dn=4095.0)
    found = calibrate(_files(tmp_path, sensor, kind), CalibrationSettings(assumed=assumed))
    truth = sensor.noise_at(1.0)
    fit = found.gains[0].fit
    assert abs(fit.shot - truth.shot[0]) < 4 * fit.shot_se + 0.01 * truth.shot[0]
    assert abs(fit.read - truth.read[0]) < 4 * fit.read_se + 0.01 * truth.read[0]
    assert found.profile.sensor.cfa == ("MONO" if kind == "tif" else "RGGB")
    assert any("ISO" in line for line in found.warnings)
    assert any("linear" in line for line in found.warnings) == (kind != "dng")


def test_assumed_levels_are_told(tmp_path: Path) -> None:
    found = calibrate(_files(tmp_path, load_builtin("imx477").sensor, "png"))
    said = " ".join(found.warnings)
    assert "black 0, white 65535, no colour filters" in said
    assert "--white" in said
    assert "--black" in said


def test_pictures_that_hide_the_noise_are_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(InputError, match=r"a\.jpg.*8 bits"):
        calibrate([tmp_path / "a.jpg"])
    encoded = Frame(
        pixels=np.full((64, 64, 3), 0.5, np.float32),
        transfer="srgb",
        provenance=("read TIFF, 16 bits", "a profile → x"),
    )
    with pytest.raises(InputError, match="linear light"):
        calibrate([encoded, encoded])
    rgb = np.random.default_rng(0).integers(0, 65535, (64, 64, 3)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "b.png"), rgb)
    with pytest.raises(InputError, match="one channel"):
        calibrate([tmp_path / "b.png"], CalibrationSettings(assumed=Assumed(cfa="RGGB")))


def test_noise_behind_a_tone_curve_is_refused(tmp_path: Path) -> None:
    for i, raw in enumerate(_flats(load_builtin("imx477").sensor, tell=False)):
        light = ((raw.mosaic.astype(np.float32) - 256) / 3839).clip(0, 1)
        cv2.imwrite(str(tmp_path / f"{i:02d}.png"), np.rint(65535 * srgb_encode(light)).astype(np.uint16))
    with pytest.raises(InputError, match="tone curve"):
        calibrate(tmp_path)


def test_dark_frames_alone_are_refused() -> None:
    with pytest.raises(InputError, match="--darks"):
        dark = np.zeros((H, W), np.float32)
        calibrate([_raw(load_builtin("imx477").sensor, dark, gain=1.0, seed=(1, k)) for k in range(4)])


@pytest.mark.parametrize("cfa", ["QUAD_RGGB", "XTRANS", "MONO"])
def test_other_filters_than_bayer_come_as_grey_files(tmp_path: Path, cfa: CfaName) -> None:
    sensor = load_builtin("imx477").sensor
    layout = CfaPattern(name=cfa)
    for i, level in enumerate((0.002, 0.05, 0.4)):
        light = layout.sample(np.broadcast_to(np.array([0.6, 1.0, 0.4], np.float32) * np.float32(level), (H, W, 3)))
        for k in range(2):
            cv2.imwrite(str(tmp_path / f"{i}{k}.png"), record(light, sensor=sensor, gain=4.0, seed=(i, k)))
    found = calibrate(
        tmp_path, CalibrationSettings(gain=4.0, assumed=Assumed(cfa=cfa, black_dn=256.0, white_dn=4095.0))
    )
    fit, truth = found.gains[0].fit, sensor.noise_at(4.0)
    assert abs(fit.shot - truth.shot[0]) < 4 * fit.shot_se + 0.01 * truth.shot[0]
    assert abs(fit.read - truth.read[0]) < 4 * fit.read_se + 0.01 * truth.read[0]
    assert found.profile.sensor.cfa == cfa
    assert (found.gains[0].colours is None) == (cfa == "MONO")


def test_x_trans_raw_is_told_apart_by_colour_wherever_its_tile_begins() -> None:
    base = load_builtin("imx477").sensor
    cfa = CfaPattern(name="XTRANS", origin=(1, 2))
    shots = (2e-4, 4e-4, 8e-4)
    colours = cfa.colour_map(H, W)
    frames = []
    for i, level in enumerate((0.002, 0.1, 0.4)):
        for k in range(2):
            rng = np.random.default_rng((i, k))
            sigma = np.sqrt(np.array(shots)[colours] * level + 1e-6)
            dn = 256 + base.range_dn * (level + sigma * rng.standard_normal((H, W)))
            mosaic = np.clip(np.rint(dn), 0, 4095).astype(np.uint16)
            frames.append(
                RawFrame(
                    mosaic=mosaic, cfa=cfa, black_dn=(256.0,) * 4, white_dn=4095.0,
                    metadata=Metadata(iso=100.0, exposure_s=0.01 * (i + 1)),
                )
            )  # fmt: skip
    found = calibrate(frames)
    assert found.profile.sensor.cfa == "XTRANS"
    told = found.profile.sensor.noise.at(1.0).shots
    # 8/36 of the photosites are red: some 11,000 a pair, a standard error of about 2 % for the slope.
    assert told == pytest.approx(shots, rel=0.08)


def test_a_long_burst_is_measured_in_parts() -> None:
    sensor = load_builtin("imx477").sensor
    ramp = np.broadcast_to(np.linspace(0.0, 0.6, W, dtype=np.float32), (H, W))
    found = calibrate([_raw(sensor, ramp, gain=4.0, seed=(3, k)) for k in range(17)])
    (noise,) = found.gains
    assert noise.frames == 17
    truth = sensor.noise_at(4.0)
    assert abs(noise.fit.shot - truth.shot[0]) < 4 * noise.fit.shot_se + 0.005 * truth.shot[0]
    assert abs(noise.fit.read - truth.read[0]) < 4 * noise.fit.read_se + 0.01 * truth.read[0]


def test_copies_of_a_frame_are_left_out() -> None:
    sensor = load_builtin("imx477").sensor
    frames = _flats(sensor)
    found = calibrate([*frames, frames[4], frames[8]])
    assert found.gains == calibrate(frames).gains
    assert any("content" in line and "frame 10, frame 11" in line for line in found.warnings)


def test_frames_of_two_cameras_are_refused() -> None:
    sensor = load_builtin("imx477").sensor
    one, two = (
        [replace(f, metadata=replace(f.metadata, make="Acme", model=name)) for f in _flats(sensor, seed=i)]
        for i, name in enumerate(("One", "Two"))
    )
    with pytest.raises(InputError, match=r"frame 0 is of Acme One, frame 10 of Acme Two"):
        calibrate([*one, *two])
    # A file that does not tell may be of any.
    assert calibrate([*one, *_flats(sensor, seed=1)]).profile.name == "Acme One"
    with pytest.raises(InputError, match="white at"):
        calibrate([*one, *(replace(f, white_dn=f.white_dn - 1000) for f in _flats(sensor, seed=1))])


def test_black_levels_may_wander_from_frame_to_frame() -> None:
    sensor = load_builtin("imx477").sensor
    frames = _flats(sensor)
    told = [replace(f, black_dn=(f.black_dn[0] + 0.25 * (i % 2),) * 4) for i, f in enumerate(frames)]
    found = calibrate(told)
    assert found.gains[0].frames == len(frames)
    assert found.gains[0].fit.shot == pytest.approx(calibrate(frames).gains[0].fit.shot, rel=1e-3)


def test_darks_alone_are_not_enough() -> None:
    sensor = load_builtin("imx477").sensor
    for seed in range(6):
        with pytest.raises(InputError, match="dark ones only"):
            calibrate([_raw(sensor, 0 * VIGNETTE, gain=1.0, seed=(seed, k)) for k in range(2)])


def test_darks_of_files_with_black_at_nothing_do_not_tell_the_black_level() -> None:
    rng = np.random.default_rng(6)

    def frame(level: float) -> RawFrame:
        light = rng.poisson(level / 1e-3, (H, W)) * 1e-3 + rng.normal(0, 0.004, (H, W))
        return RawFrame(
            mosaic=np.clip(np.rint(light * 65535), 0, 65535).astype(np.uint16),
            cfa=CfaPattern(name="RGGB"),
            black_dn=(0.0,) * 4,
            white_dn=65535.0,
        )

    flats = [frame(level) for level in (0.1, 0.3, 0.6) for _ in range(2)]
    found = calibrate(flats, darks=[frame(0.0) for _ in range(4)])
    assert found.profile.sensor.black_dn == 0
    assert found.gains[0].fit.read == calibrate(flats).gains[0].fit.read
    assert any("dark half of the noise" in line for line in found.warnings)
    assert not any("white level right" in line for line in found.warnings)


def test_a_scene_most_of_which_moves_is_refused() -> None:
    sensor = load_builtin("imx477").sensor
    rng = np.random.default_rng(3)
    picture = cv2.GaussianBlur(rng.random((H, W)).astype(np.float32), (0, 0), 3)
    picture = (0.3 + 4 * (picture - picture.mean())).clip(0.02, 0.8)
    frames = []
    for k in range(3):
        dx, dy = (cv2.resize(rng.normal(0, 2, (8, 8)).astype(np.float32), (W, H)) for _ in range(2))
        y, x = np.mgrid[:H, :W].astype(np.float32)
        moved = cv2.remap(picture, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        frames.append(_raw(sensor, moved, gain=1.0, seed=(k,)))
    with pytest.raises(InputError, match="hold still"):
        calibrate(frames)
