import os
from pathlib import Path

import pytest

from catchlight.camera.profile import builtin_profiles, load_builtin, profile_from_toml, profile_to_toml, read_profile
from catchlight.core import InputError


def test_there_are_profiles_for_more_than_ten_real_cameras() -> None:
    assert len(builtin_profiles()) >= 14
    names = {load_builtin(name).name for name in builtin_profiles()}
    assert len(names) == len(builtin_profiles())


@pytest.mark.parametrize("name", builtin_profiles())
def test_every_builtin_profile_is_sound_and_says_where_it_comes_from(name: str) -> None:
    profile = load_builtin(name)
    assert profile.sensor.source == profile.source
    assert any(word in profile.source for word in ("MIT", "BSD", "Mildenhall"))
    assert profile_from_toml(profile_to_toml(profile)) == profile
    assert all(model > 0 for gain in (1.0, 4.0, 16.0) for model in profile.sensor.noise_at(gain).shot)


def test_a_name_is_a_name_and_a_path_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_profile("IMX477") is load_builtin("imx477")
    assert load_builtin("Nikon D850") is load_builtin("nikon_d850")
    text = profile_to_toml(load_builtin("imx708"))
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    (tmp_path / "mark.toml").write_text(text, encoding="utf-8-sig")
    (tmp_path / "mine").write_text(text, encoding="utf-8")
    (tmp_path / "imx477").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for source in (
        "mine.toml",
        "mark.toml",
        "mine",
        "./mine",
        Path("mine"),
        str(tmp_path / "mine.toml"),
        Path("imx477"),
    ):
        assert read_profile(source) == load_builtin("imx708")
    assert read_profile("imx477") == load_builtin("imx477")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no camera is called 'imx999'.*imx477"):
        read_profile("imx999")


@pytest.mark.parametrize("name", ["nothing.toml", "no/such/folder", "\0.toml", ""])
def test_a_missing_file_is_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_profile(name)
    assert "\n" not in str(caught.value)


def test_other_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    picture, huge, folder = tmp_path / "camera.png", tmp_path / "huge.toml", tmp_path / "folder.toml"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    folder.mkdir()
    with huge.open("wb") as file:
        os.truncate(file.fileno(), 2**30)  # sparse: a gigabyte that takes no room
    for path, message in ((picture, "TOML text was expected"), (huge, "at most 16 MB"), (folder, "is no file")):
        with pytest.raises(InputError, match=message):
            read_profile(path)
