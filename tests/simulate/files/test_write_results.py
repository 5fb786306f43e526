"""What is written can be read back as what was simulated."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.lens.lens import Lens
from catchlight.core import Frame, OutputError, RawFrame, srgb_encode
from catchlight.io import expand_inputs, read_picture
from catchlight.simulate import IMX477, BurstPlan, HandShake, MovingObject, night_city, simulate_burst, textured_disc
from catchlight.simulate.defocus import FocalStack, FocusSweep, SweepPlan, layers_of_scene
from catchlight.simulate.files.write_burst import write_burst
from catchlight.simulate.files.write_stack import write_stack, write_sweep
from catchlight.simulate.files.write_video import write_video
from catchlight.simulate.scene3d import CardScene, Pinhole, random_scene
from catchlight.simulate.video import VideoPlan, simulate_video

TOWN = night_city(height_px=110, width_px=130, seed=2)
CAMERA = Pinhole(focal_px=110.0, size_px=(48, 64), margin_px=10)
PLAIN = Pinhole(focal_px=110.0, size_px=(48, 64))
LENS = Lens(focal_length_mm=6.0, aperture_f=2.0)


@pytest.fixture(scope="module")
def scene() -> CardScene:
    return random_scene([TOWN], camera=CAMERA, seed=2, cards=2, duration_s=0.2)


def _linear_png(path: Path) -> np.ndarray:
    picture = read_picture(path)
    assert isinstance(picture, Frame)
    return picture.pixels


def test_a_burst(tmp_path: Path) -> None:
    colour, alpha = textured_disc(diameter_px=20)
    plan = BurstPlan(
        frames=2, gain=4.0, shake=HandShake(shift_px=5.0), moving=MovingObject(colour=colour, alpha=alpha),
        readout_s=0.02, motion_samples=2, seed=3,
    )  # fmt: skip
    burst = simulate_burst(TOWN, sensor=IMX477, plan=plan)
    told: list[tuple[str, int, int]] = []
    said = write_burst(tmp_path / "b", burst, progress=lambda *a: told.append(a))
    # The frames alone lie at the top, so that the folder can be developed as it is.
    files = expand_inputs([tmp_path / "b"])
    assert [f.name for f in files] == ["000.dng", "001.dng"]
    for k, file in enumerate(files):
        raw = read_picture(file)
        assert isinstance(raw, RawFrame)
        assert np.array_equal(raw.mosaic, burst[k].mosaic)
    truth = json.loads((tmp_path / "b" / "truth.json").read_text())
    assert truth.keys() == said.keys()
    np.testing.assert_allclose(truth["frames"][1]["frame_from_reference"], burst.frame_from_reference[1])
    np.testing.assert_allclose(truth["frames"][1]["first_row_from_reference"], burst.row_transforms(1)[0])
    assert truth["shot"] == list(IMX477.noise_at(4.0).shot)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b" / truth["clean_mosaic"]), burst.clean_mosaic(0))
    clean = srgb_encode(np.clip(burst.truth().linear_srgb, 0, 1))
    np.testing.assert_allclose(_linear_png(tmp_path / "b" / truth["clean"]), clean, atol=1e-5)
    mask = cv2.imread(str(tmp_path / "b" / truth["frames"][1]["mask"]), cv2.IMREAD_UNCHANGED)
    np.testing.assert_allclose(mask / 255, burst.object_mask(1), atol=0.003)
    assert told == [("simulating", 1, 2), ("simulating", 2, 2)]


def test_a_dual_pixel_stack(scene: CardScene, tmp_path: Path) -> None:
    stack = FocalStack(
        layers_of_scene(scene, CAMERA), lens=LENS, pixel_pitch_um=2.0, focus_d=(0.3, 1.5), dual_pixel=DualPixel()
    )
    write_stack(tmp_path / "s", stack)
    truth = json.loads((tmp_path / "s" / "truth.json").read_text())
    assert [f.name for f in expand_inputs([tmp_path / "s"])] == ["000.png", "001.png"]
    assert [s["focus_d"] for s in truth["shots"]] == [0.3, 1.5]
    assert truth["disparity_px_per_coc_px"] == 0.25
    shot = stack[1]
    assert shot.left is not None
    np.testing.assert_allclose(
        _linear_png(tmp_path / "s" / truth["shots"][1]["left"]), srgb_encode(np.clip(shot.left, 0, 1)), atol=1e-5
    )
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "s" / truth["shots"][1]["coc"]), shot.coc_px)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "s" / truth["depth"]), stack.depth().metres)


def test_a_sweep(scene: CardScene, tmp_path: Path) -> None:
    plan = SweepPlan(focus_d=(0.5, 1.0), gain=2.0)
    sweep = FocusSweep(
        scene, camera=CAMERA, lens=LENS, sensor=IMX477, plan=plan, pixel_pitch_um=2.0, dual_pixel=DualPixel()
    )
    write_sweep(tmp_path / "s", sweep)
    truth = json.loads((tmp_path / "s" / "truth.json").read_text())
    raw = read_picture(tmp_path / "s" / truth["frames"][1]["file"])
    assert isinstance(raw, RawFrame)
    assert np.array_equal(raw.mosaic, sweep[1].raw.mosaic)
    assert truth["frames"][1]["object_d"] == pytest.approx(sweep[1].object_d)
    assert truth["frames"][1]["time_s"] == pytest.approx(1 / 30)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "s" / truth["frames"][1]["left"]), sweep[1].left)


def test_a_video(scene: CardScene, tmp_path: Path) -> None:
    plan = VideoPlan(frames=3, interval_s=0.05)
    frames = list(simulate_video(scene, camera=PLAIN, plan=plan))
    write_video(tmp_path / "v", frames, camera=PLAIN, plan=plan)
    names = [f"{k:06d}" for k in range(3)]
    assert [f.stem for f in expand_inputs([tmp_path / "v"])] == names
    # Middlebury's format, read as its description says.
    raw = (tmp_path / "v" / "flow" / "000001.flo").read_bytes()
    assert raw[:4] == b"PIEH"
    w, h = np.frombuffer(raw, "<i4", 2, 4).tolist()
    flow = frames[1].flow
    assert flow is not None
    np.testing.assert_array_equal(np.frombuffer(raw, "<f4", offset=12).reshape(h, w, 2), flow.vectors)
    seen = cv2.imread(str(tmp_path / "v" / "flow" / "000001.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(seen == 255, flow.confidence == 1)
    assert not (tmp_path / "v" / "flow" / "000002.flo").exists()
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "v" / "depth" / "000002.tif"), frames[2].depth.metres)
    lines = (tmp_path / "v" / "path.txt").read_text().splitlines()
    assert len(lines) == 3
    time_s, x, y, z, qx, qy, qz, qw = (float(v) for v in lines[2].split())
    assert time_s == pytest.approx(0.1)
    np.testing.assert_allclose([x, y, z], frames[2].world_from_camera[:3, 3], atol=1e-9)
    angle = 2 * np.arccos(qw)
    axis = np.array([qx, qy, qz]) / np.sin(angle / 2)
    np.testing.assert_allclose(cv2.Rodrigues(axis * angle)[0], frames[2].world_from_camera[:3, :3], atol=1e-6)


def test_an_interrupted_simulation_leaves_nothing(scene: CardScene, tmp_path: Path) -> None:
    def stop(_: str, done: int, __: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    plan = VideoPlan(frames=3)
    with pytest.raises(KeyboardInterrupt):
        write_video(
            tmp_path / "v", simulate_video(scene, camera=PLAIN, plan=plan), camera=PLAIN, plan=plan, progress=stop
        )
    assert not list(tmp_path.iterdir())
    (tmp_path / "photo.jpg").write_text("mine")
    with pytest.raises(OutputError):
        write_burst(tmp_path, simulate_burst(TOWN, sensor=IMX477), force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]
