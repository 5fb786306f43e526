import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.cli import main
from catchlight.cli.simulate import simulate
from catchlight.core import Frame, srgb_encode
from catchlight.io import write_frame
from catchlight.simulate import night_city


@pytest.fixture(autouse=True)
def _registered() -> None:
    if not any(command.callback is simulate for command in main.app.registered_commands):
        main.app.command()(simulate)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("photos") / "town.png"
    town = night_city(height_px=120, width_px=150, seed=1)
    write_frame(place, Frame(pixels=srgb_encode(town.pixels), transfer="srgb"))
    return place


@pytest.mark.parametrize("kind", ["burst", "stack", "dual-pixel", "sweep", "video"])
def test_every_kind_writes_frames_and_truth(
    kind: str, photo: Path, tmp_path: Path, catchlight: Callable[..., object]
) -> None:
    out, record = tmp_path / "out", tmp_path / "r.json"
    done = catchlight("simulate", kind, photo, photo, "-o", out, "--frames", 2, "--size", "64x48", "--json", record)
    assert done.code == 0, done.err  # type: ignore[attr-defined]
    assert f"{kind} of 2 at 64×48, IMX708" in done.out  # type: ignore[attr-defined]
    truth = json.loads((out / "truth.json").read_text())
    assert truth == json.loads(record.read_text())["truth"]
    frames = truth.get("frames") or truth["shots"]
    assert all((out / frame["file"]).is_file() for frame in frames)
    assert truth["synthetic"] is True


def test_the_seed_makes_the_difference(photo: Path, tmp_path: Path, catchlight: Callable[..., object]) -> None:
    made = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        catchlight("simulate", "burst", photo, "-o", tmp_path / name, "--frames", 2, "--seed", seed, "--size", "64x48")
        made.append((tmp_path / name / "001.dng").read_bytes())
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_another_camera_by_name(photo: Path, tmp_path: Path, catchlight: Callable[..., object]) -> None:
    done = catchlight("simulate", "burst", photo, "-o", tmp_path / "o", "--frames", 1, "--camera", "imx477")
    assert "IMX477" in done.out  # type: ignore[attr-defined]
    assert json.loads((tmp_path / "o" / "truth.json").read_text())["camera"] == "IMX477"


def test_a_stack_of_a_photo_with_its_depth(photo: Path, tmp_path: Path, catchlight: Callable[..., object]) -> None:
    steps = np.full((120, 150), 2000, np.uint16)
    steps[30:80, 40:100] = 500
    cv2.imwrite(str(tmp_path / "depth.png"), steps)
    given = ("simulate", "stack", photo, "-o", tmp_path / "o", "--frames", 3, "--depth", tmp_path / "depth.png")
    assert catchlight(*given).code == 0  # type: ignore[attr-defined]
    truth = json.loads((tmp_path / "o" / "truth.json").read_text())
    assert truth["size_px"] == [120, 150]
    assert [shot["focus_d"] for shot in truth["shots"]] == [0.5, 1.25, 2.0]
    wrong = catchlight(*given, photo.parent / "town.png", photo, "--depth-scale", 0, "--force")
    assert "--depth-scale" in wrong.one_line  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (["--frames", 0], 2, "--frames"),
        (["--gain", 0.5], 2, "--gain"),
        (["--size", "big"], 2, "--size"),
        (["--size", "63x48"], 2, "found 63x48"),
        (["--size", "64000x48000"], 2, "megapixels"),
        (["--depth", "d.png"], 2, "--depth"),
        (["--camera", "brownie"], 1, "brownie"),
        (["--json", "out/r.json"], 2, "--json"),
        (["--size", "4000x3000"], 1, "found 4000×3000; take a larger photo"),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing(
    wrong: list[object], code: int, said: str, photo: Path, tmp_path: Path, catchlight: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    done = catchlight("simulate", "burst", photo, "-o", "out", *wrong)
    assert done.code == code  # type: ignore[attr-defined]
    assert said in done.one_line  # type: ignore[attr-defined]
    assert not list((tmp_path / "out").iterdir())


def test_a_gain_that_would_be_ignored_is_refused(
    photo: Path, tmp_path: Path, catchlight: Callable[..., object]
) -> None:
    done = catchlight("simulate", "stack", photo, "-o", tmp_path / "o", "--gain", 8)
    assert done.code == 2  # type: ignore[attr-defined]
    assert "no noise" in done.one_line  # type: ignore[attr-defined]


def test_only_earlier_results_are_replaced(photo: Path, tmp_path: Path, catchlight: Callable[..., object]) -> None:
    arguments = ("simulate", "burst", photo, "--frames", 1, "-o")
    assert catchlight(*arguments, tmp_path / "o", "-q").out == ""  # type: ignore[attr-defined]
    again = catchlight(*arguments, tmp_path / "o")
    assert again.code == 1  # type: ignore[attr-defined]
    assert "--force" in again.one_line  # type: ignore[attr-defined]
    assert catchlight(*arguments, tmp_path / "o", "--force").code == 0  # type: ignore[attr-defined]
    other = catchlight(*arguments, photo.parent, "--force")
    assert "other files" in other.one_line  # type: ignore[attr-defined]
    assert photo.is_file()


def test_a_raw_is_no_scene(burst: Path, tmp_path: Path, catchlight: Callable[..., object]) -> None:
    done = catchlight("simulate", "stack", burst / "f0.dng", "-o", tmp_path / "o")
    assert "develop it first" in done.one_line  # type: ignore[attr-defined]
    assert np.array([p.name for p in tmp_path.iterdir()]).tolist() == ["burst"]
