import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catchlight.camera.profile import CameraProfile, Shading, profile_to_toml
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.camera.sensor.sensor import SensorProfile

Run = Callable[..., Any]  # conftest's Outcome


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A profile of the camera that took conftest's burst, at ISO 800."""
    grid = ((1.5, 1.0, 1.5), (1.5, 1.0, 1.5))
    sensor = SensorProfile(
        name="One",
        bits=14,
        black_dn=512.0,
        white_dn=15512.0,
        cfa="RGGB",
        noise=NoiseLaw(knots=(NoiseKnot(gain=8.0, shot=3e-4, read=2e-6),)),
        source="test",
    )
    camera = CameraProfile(name="One", source="test", sensor=sensor, shading=Shading(red=grid, green=grid, blue=grid))
    place = tmp_path / "one.toml"
    place.write_text(profile_to_toml(camera))
    return place


def test_the_record_says_where_the_noise_is_from(catchlight: Run, burst: Path, profile: Path, tmp_path: Path) -> None:
    out, record = tmp_path / "o.jpg", tmp_path / "r.json"
    done = catchlight("develop", burst, "-o", out, "--camera", profile, "--json", record, "--report", tmp_path / "page")
    assert done.code == 0, done.err
    told = json.loads(record.read_text())
    assert told["noise_from"] == "camera profile"
    assert told["noise"]["shot"] == [3e-4] * 3
    assert (told["settings"]["camera"], told["settings"]["shading"]) == ("One", True)
    assert "camera profile" in (tmp_path / "page" / "index.html").read_text()
    done = catchlight("develop", burst, "-o", out, "--camera", profile, "--json", record, "--no-shading", "--force")
    assert done.code == 0
    assert json.loads(record.read_text())["settings"]["shading"] is False


@pytest.mark.parametrize(
    ("camera", "code", "words"),
    [
        ("imx477", 1, "white at 4095"),  # of another camera
        ("no such camera", 1, "no camera is called"),
        ("none.toml", 1, "none.toml"),
        ("", 2, "--camera"),
    ],
)
def test_a_camera_that_cannot_be_meant_is_one_line(
    catchlight: Run, burst: Path, tmp_path: Path, camera: str, code: int, words: str
) -> None:
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg", "--camera", camera)
    assert done.code == code
    assert words in done.one_line
    assert not (tmp_path / "o.jpg").exists()


def test_the_profile_is_never_overwritten(catchlight: Run, burst: Path, profile: Path, tmp_path: Path) -> None:
    before = profile.read_bytes()
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg", "--camera", profile, "--json", profile, "--force")
    assert (done.code, profile.read_bytes()) == (2, before)
    assert not (tmp_path / "o.jpg").exists()
