from dataclasses import replace

import numpy as np
import pytest

from catchlight.camera.profile import CameraProfile, Defects, Shading, load_builtin
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.core import CameraColour, CfaName, CfaPattern, InputError, Metadata, RawFrame
from catchlight.measure import psnr
from catchlight.pipelines import DevelopSettings, develop
from catchlight.pipelines.calibration import calibrate
from catchlight.pipelines.known_camera import KnownCamera, repaired
from catchlight.simulate import IMX477, BurstPlan, HandShake, night_city, record, simulate_burst


def _raw(*, iso: float | None = 400.0, analog_gain: float | None = None, h: int = 32, w: int = 48) -> RawFrame:
    return RawFrame(
        mosaic=np.full((h, w), 1000, np.uint16),
        cfa=IMX477.pattern,
        black_dn=(256.0,) * 4,
        white_dn=4095.0,
        analog_gain=analog_gain,
        metadata=Metadata(iso=iso),
    )


def _profile(**parts: object) -> CameraProfile:
    law = NoiseLaw(
        knots=(
            NoiseKnot(gain=1.0, shot=1e-4, read=1e-7, row=2e-8),
            NoiseKnot(gain=4.0, shot=4e-4, read=1.6e-6, row=3.2e-7, shot_rgb=(5e-4, 4e-4, 3e-4)),
        )
    )
    sensor = replace(IMX477, noise=law, size_px=(32, 48))
    return CameraProfile(name="mine", source="test", sensor=sensor, **parts)  # type: ignore[arg-type]


def test_noise_is_that_of_the_frames_gain() -> None:
    camera = KnownCamera(profile=_profile())
    assert camera.seen(_raw(iso=400.0)).noise.shot == (5e-4, 4e-4, 3e-4)  # type: ignore[union-attr]
    # Row noise is noise, too, to whoever merges, and so is the converter's rounding.
    sensor = _profile().sensor
    assert camera.noise_of(_raw(iso=100.0)).read == pytest.approx((1.2e-7 + sensor.rounding,) * 3)
    # What the camera says of its gain goes before ISO; in between, straight lines in log-log: both are powers here.
    assert camera.noise_of(_raw(iso=100.0, analog_gain=2.0)).shot[1] == pytest.approx(2e-4)
    assert camera.notes(_raw(iso=400.0)) == ()


def test_what_the_file_does_not_tell_is_said() -> None:
    camera = KnownCamera(profile=_profile(defects=Defects(x=(3,), y=(4,))))
    assert camera.noise_of(_raw(iso=None)).shot[1] == 1e-4
    assert "no ISO" in camera.notes(_raw(iso=None))[0]
    assert "guess" in camera.notes(_raw(iso=25600.0))[0]
    assert "not repaired" in camera.notes(_raw(h=30))[0]


def test_a_frame_of_another_camera_is_refused() -> None:
    with pytest.raises(InputError, match="this camera's own"):
        KnownCamera(profile=load_builtin("sony_a7s2")).seen(_raw())


def test_matrices_come_from_the_profile_only_where_the_file_has_none() -> None:
    camera = KnownCamera(profile=_profile())
    neutral = (0.5, 1.0, 0.7)
    bare = replace(_raw(), colour=CameraColour(neutral=neutral))
    assert camera.seen(bare).colour == replace(IMX477.colour, neutral=neutral)
    own = CameraColour(neutral=neutral, matrix_2=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    assert camera.seen(replace(_raw(), colour=own)).colour is own


def test_defects_become_the_median_of_sound_neighbours_of_their_colour() -> None:
    rng = np.random.default_rng(0)
    mosaic = rng.integers(500, 3000, (20, 24)).astype(np.uint16)
    defects = Defects(x=(6, 8, 0, 23), y=(5, 5, 0, 19))
    found = repaired(mosaic, defects, cfa=IMX477.pattern)
    bad = defects.mask(20, 24)
    assert np.array_equal(found[~bad], mosaic[~bad])
    for y, x in np.argwhere(bad):
        near = [
            mosaic[v, u]
            for v in range(y - 2, y + 3, 2)
            for u in range(x - 2, x + 3, 2)
            if 0 <= v < 20 and 0 <= u < 24 and not bad[v, u]
        ]
        assert found[y, x] == np.rint(np.median(near))


@pytest.mark.parametrize("name", ["XTRANS", "QUAD_RGGB", "MONO"])
def test_defects_of_any_mosaic_take_the_light_of_their_own_colour(name: CfaName) -> None:
    cfa = CfaPattern(name=name, origin=(1, 2))
    sound = np.array([700, 1500, 300], np.uint16)[cfa.colour_map(24, 36)]
    mosaic = sound.copy()
    places = [(0, 0), (23, 35), (7, 8), (7, 9), (8, 8), (12, 0), (15, 20)]
    for place in places:
        mosaic[place] = 4095
    found = repaired(mosaic, Defects(x=tuple(x for _, x in places), y=tuple(y for y, _ in places)), cfa=cfa)
    assert np.array_equal(found, sound)


def test_a_profile_of_x_trans_knows_frames_of_any_phase() -> None:
    camera = KnownCamera(profile=replace(_profile(), sensor=replace(_profile().sensor, cfa="XTRANS")))
    seen = camera.seen(replace(_raw(), cfa=CfaPattern(name="XTRANS", origin=(1, 4))))
    assert seen.noise == camera.noise_of(seen)
    with pytest.raises(InputError, match="is of a XTRANS sensor"):
        camera.seen(_raw())


def test_shading_is_taken_out_of_the_picture_unless_asked_not_to() -> None:
    grid = ((2.0, 1.0, 2.0), (2.0, 1.0, 2.0))
    profile = _profile(shading=Shading(red=grid, green=grid, blue=grid))
    h, w = 96, 128
    light = 0.4 / KnownCamera(profile=profile).without_shading(np.ones((h, w, 3), np.float32))[..., 1]
    raw = replace(
        _raw(), mosaic=np.rint(256 + 3839 * light).astype(np.uint16), colour=CameraColour(neutral=(1.0, 1.0, 1.0))
    )
    settings = DevelopSettings(render="linear", denoise=0.0)
    plain = develop([raw], replace(settings, camera=KnownCamera(profile=profile, shading=False))).frame
    flat = develop([raw], replace(settings, camera=KnownCamera(profile=profile))).frame
    assert plain is not None
    assert flat is not None
    assert np.ptp(plain.pixels[8:-8, 8:-8, 1]) > 0.1
    assert np.ptp(flat.pixels[8:-8, 8:-8, 1]) < 0.01
    assert any("shading corrected" in line for line in flat.provenance)


def test_a_burst_develops_with_its_calibrated_noise_as_well_as_with_the_told_one() -> None:
    """Calibrated from six pairs of flats; the frames of the burst do not say how noisy they are."""
    gain = 8.0
    flats = [
        replace(
            _raw(iso=800.0),
            mosaic=record(np.full((256, 256), level, np.float32), sensor=IMX477, gain=gain, seed=(i, k)),
        )
        for i, level in enumerate((0.001, 0.01, 0.05, 0.2, 0.4))
        for k in range(2)
    ]
    camera = KnownCamera(profile=calibrate(flats).profile)
    burst = simulate_burst(
        night_city(height_px=260, width_px=340, seed=4),
        sensor=IMX477,
        plan=BurstPlan(frames=4, gain=gain, seed=2, shake=HandShake(shift_px=4.0)),
    )
    told = list(burst)
    silent = [replace(raw, noise=None, analog_gain=None) for raw in told]
    settings = DevelopSettings(render="linear", reference=0)
    truth = burst.truth().linear_srgb
    quality = {}
    for name, frames, known in (("told", told, None), ("profile", silent, camera), ("guess", silent, None)):
        found = develop(frames, replace(settings, camera=known))
        assert found.frame is not None
        quality[name] = psnr(found.frame.pixels, truth, border_px=12), found.noise_from
    assert [quality[name][1] for name in ("told", "profile", "guess")] == ["file", "camera profile", "estimate"]
    assert quality["profile"][0] == pytest.approx(quality["told"][0], abs=0.1)
    assert quality["profile"][0] > quality["guess"][0] - 0.05


def test_pictures_that_are_rgb_already_say_that_the_profile_is_not_used() -> None:
    photo = night_city(height_px=64, width_px=64)
    found = develop([photo], DevelopSettings(render="linear", camera=KnownCamera(profile=_profile())))
    assert "not used" in found.notes[0]
