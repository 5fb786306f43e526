import contextlib
import math
import random
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.camera.actuator import Actuator
from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.lens_map import LensMap
from catchlight.camera.profile import CameraProfile, Defects, Shading, Sharpness, profile_from_toml, profile_to_toml
from catchlight.camera.sensor import NoiseKnot, NoiseLaw, PatternNoise, SensorProfile
from catchlight.core import CameraColour, ContractError, InputError

SMALLEST = """
format = 1
name = "mine"
source = "my own frames"
[sensor]
bits = 12
black_dn = 256
white_dn = 4095
cfa = "RGGB"
[[noise]]
gain = 1
shot = 1.2e-4
read = 3.0e-9
"""


def full() -> CameraProfile:
    sensor = SensorProfile(
        name='A "sensor"',
        source="line one\nline two \\ three\ttab\n",
        bits=12,
        black_dn=256.25,
        white_dn=4095.0,
        cfa="QUAD_RGGB",
        noise=NoiseLaw(
            knots=(
                NoiseKnot(gain=1.0, shot=0.1 + 0.2, read=1e-9, row=5e-324, shot_rgb=(1e-4, 2e-4, 1 / 3)),
                NoiseKnot(gain=math.pi, shot=1e-3, read=1e-8, read_rgb=(1e-8, 1.1e-8, 1.2e-8)),
            )
        ),
        colour=CameraColour(
            matrix_1=((1.0, 0.1, 0.0), (0.0, 1.0, 0.1), (0.1, 0.0, 1.0)), illuminant_1=17, neutral=(0.5, 1.0, 0.7)
        ),
        base_iso=64.0,
        pattern_noise=PatternNoise(prnu=0.004, read_tail=-0.1, black_bias_dn=(0.5, 0.0, -0.5), serial=7),
        size_px=(3040, 4056),
        pixel_pitch_um=1.55,
        readout_s=0.0,
    )
    return CameraProfile(
        name="Everything",
        source="a test",
        sensor=sensor,
        lens=Lens(focal_length_mm=4.74, aperture_f=1.8, distortion=(0.01, -0.02, 0.001), vignetting=(-0.3, 0.05)),
        dual_pixel=DualPixel(slope=0.24),
        actuator=Actuator(natural_frequency_hz=80.0, damping=0.2),
        lens_map=LensMap(focus_d=(0.0, 5.0, 15.0), position_dac=(445.0, 600.5, 925.0)),
        shading=Shading(
            red=((1.5, 1.1, 1.6), (1.4, 1.0, 1.5)), green=((1.4,) * 3, (1.0,) * 3), blue=((1.3,) * 3, (1.1,) * 3)
        ),
        sharpness=Sharpness(field_x=(0.0, -0.8), field_y=(0.1, 0.6), angle_deg=(5.0, 95.0), mtf50_cy_px=(0.31, 0.22)),
        defects=Defects(x=tuple(range(200)), y=tuple(range(0, 400, 2))),
    )


def test_a_round_trip_is_exact() -> None:
    profile = full()
    text = profile_to_toml(profile)
    assert profile_from_toml(text) == profile
    assert profile_to_toml(profile_from_toml(text)) == text
    assert max(len(line) for line in text.splitlines()) <= 130


@given(
    shot=st.floats(1e-300, 1e300),
    read=st.floats(1e-300, 1e300),
    name=st.text(min_size=1).filter(lambda s: s.strip() != ""),
    source=st.text(),
)
def test_any_number_and_any_text_survive(shot: float, read: float, name: str, source: str) -> None:
    law = NoiseLaw(knots=(NoiseKnot(gain=1.0, shot=shot, read=read),))
    sensor = SensorProfile(name=name, source=source, bits=8, black_dn=0.0, white_dn=255.0, cfa="MONO", noise=law)
    profile = CameraProfile(name=name, source=source, sensor=sensor)
    assert profile_from_toml(profile_to_toml(profile)) == profile


def test_the_noise_is_written_as_other_programs_expect_it() -> None:
    text = profile_to_toml(full())
    found = re.search(r"^\[\[noise\]\]\ngain = 1\.0\nshot = 0\.30000000000000004\nread = 1e-09\n", text, re.MULTILINE)
    assert found
    assert text.count("[[noise]]") == 2


def test_the_smallest_profile_takes_whole_numbers_and_defaults() -> None:
    profile = profile_from_toml(SMALLEST)
    assert profile.sensor.noise_at(1.0).shot == (1.2e-4,) * 3
    assert (profile.sensor.name, profile.sensor.source) == ("mine", "my own frames")
    assert profile.lens is None
    assert profile.sensor.pattern_noise == PatternNoise()


BROKEN = {
    "no TOML": ('name = "cut of', "TOML was expected"),
    "cut in a table": (SMALLEST[: SMALLEST.index("cfa")], "noise"),
    "empty": ("", "format = 1"),
    "another format": (SMALLEST.replace("format = 1", "format = 2"), "found 2"),
    "no name": (SMALLEST.replace('name = "mine"', ""), "name is expected as text"),
    "no sensor": (SMALLEST.replace("[sensor]", "[sensors]"), "'sensors'"),
    "unknown key": (SMALLEST.replace("cfa =", "cfaa ="), r"no key 'cfaa'; it knows name, bits"),
    "unknown noise key": (SMALLEST + "slope = 3.0\n", r"\[\[noise\]\] has no key 'slope'"),
    "missing key": (SMALLEST.replace("bits = 12", ""), "lacks the key 'bits'"),
    "text for a number": (SMALLEST.replace("bits = 12", 'bits = "12"'), "whole number; found '12'"),
    "truth for a number": (SMALLEST.replace("gain = 1", "gain = true"), "gain is a number; found True"),
    "a list for a number": (SMALLEST.replace("gain = 1", "gain = [1]"), "gain is a number; found a list"),
    "NaN": (SMALLEST.replace("1.2e-4", "nan"), "shot is a number; found nan"),
    "infinity": (SMALLEST.replace("1.2e-4", "inf"), "finite"),
    "negative noise": (SMALLEST.replace("3.0e-9", "-3.0e-9"), "finite and > 0"),
    "noise is a table": (SMALLEST.replace("[[noise]]", "[noise]"), r"\[\[noise\]\]"),
    "an endless number": (SMALLEST.replace("gain = 1", f"gain = 1{'0' * 400}"), "gain is a number"),
    "endless bits": (SMALLEST.replace("bits = 12", f"bits = 1{'0' * 400}"), "1 to 16 bits"),
    "endless nesting": (f"a = {'[' * 5000}", "TOML was expected"),
    "no noise": (SMALLEST[: SMALLEST.index("[[noise]]")], "section 'noise'"),
    "unknown filter": (SMALLEST.replace("RGGB", "RGBW"), "cfa is one of RGGB"),
    "levels": (SMALLEST.replace("4095", "5000"), "12 bits"),
    "short triple": (SMALLEST + "shot_rgb = [1e-4, 1e-4]\n", "list of 3; found 2"),
    "section is a number": (SMALLEST.replace("[sensor]", "lens = 4\n[sensor]"), r"\[lens\] is a table; found 4"),
    "uneven shading": (
        SMALLEST + "[shading]\nred = [[1,1],[1,1]]\ngreen = [[1,1],[1,1]]\nblue = [[1,1],[1]]\n",
        "even rows",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_profile_is_refused_in_one_line(kind: str) -> None:
    text, message = BROKEN[kind]
    with pytest.raises(InputError, match=message) as caught:
        profile_from_toml(text, called="broken.toml")
    assert str(caught.value).startswith("broken.toml")
    assert "\n" not in str(caught.value)


def test_no_damage_ends_in_anything_but_an_error_of_ours() -> None:
    whole = profile_to_toml(full())
    for end in range(0, len(whole), 13):
        try:
            profile_from_toml(whole[:end])
        except InputError as error:
            assert "\n" not in str(error)
    rng = random.Random(1)
    for _ in range(100):
        text = list(whole)
        for _ in range(3):
            text[rng.randrange(len(text))] = rng.choice('0-.e[]="\n#x\t\0é')
        with contextlib.suppress(InputError):
            profile_from_toml("".join(text))


def test_defects_lie_on_the_sensor() -> None:
    with pytest.raises(ContractError, match="3040×4056"):
        replace(full(), defects=Defects(x=(4056,), y=(0,)))


def test_the_equivalent_blur_halves_the_contrast_at_its_frequency() -> None:
    sharpness = full().sharpness
    assert sharpness is not None
    for sigma, frequency in zip(sharpness.sigma_px, sharpness.mtf50_cy_px, strict=True):
        assert math.exp(-2 * (math.pi * sigma * frequency) ** 2) == pytest.approx(0.5)
    with pytest.raises(ContractError, match="one length"):
        replace(sharpness, angle_deg=(0.0,))
    with pytest.raises(ContractError, match="0…2 cycles"):
        replace(sharpness, mtf50_cy_px=(0.0, 0.1))
