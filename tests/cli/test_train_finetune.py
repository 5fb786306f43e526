"""`catchlight train finetune`: a result, a rejection, an interruption, and wrong requests, each in one line."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import typer
from safetensors.torch import load_file, save_file
from torch import nn

from catchlight.camera.profile import load_builtin, profile_to_toml
from catchlight.camera.sensor.noise_law import NoiseLaw
from catchlight.cli.failure import describe_failure
from catchlight.cli.train_finetune import finetune
from catchlight.models.onnx_session import OnnxSession
from catchlight.train.finetune.request import _RATE
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.raw_engine.objective import seen_l1

Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops are so small that handing them to threads costs more than they do."""
    monkeypatch.setenv("CATCHLIGHT_THREADS", "1")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command as the program does: exit code, and all that was printed."""
    app = typer.Typer()
    app.command()(finetune)
    command = typer.main.get_command(app)

    def runs(*arguments: object) -> tuple[int, str]:
        code, line = 0, ""
        try:
            work = command.main(args=[str(a) for a in arguments], prog_name="catchlight", standalone_mode=False)
            work(lambda: None)
        except BaseException as error:
            line, code = describe_failure(error)
        captured = capsys.readouterr()
        return code, captured.out + captured.err + line

    return runs


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Bilinear interpolation, a little too bright."""
    torch.manual_seed(0)
    network = RawUNet((8, 8), (0, 0), (0,))
    with torch.no_grad():
        network.head.weight.mul_(0.01)
        network.head.bias.fill_(0.03)
    folder = tmp_path / "engine"
    folder.mkdir()
    save_file(network.state_dict(), folder / "best.safetensors")
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(10):
        rng = np.random.default_rng([seed, 3])
        small = rng.integers(0, 256, (9, 9, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"{seed}.png"), cv2.resize(small, (112, 112), interpolation=cv2.INTER_NEAREST))
    return folder


def test_a_tuned_network_with_its_table_card_and_record(run: Run, engine: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    to, record = tmp_path / "mine", tmp_path / "f.json"
    base = load_builtin("imx219")
    few = tuple(knot for knot in base.sensor.noise.knots if knot.gain <= 4)
    camera = tmp_path / "my-camera.toml"
    camera.write_text(profile_to_toml(replace(base, sensor=replace(base.sensor, noise=NoiseLaw(knots=few)))))
    code, said = run(
        engine, "--photos", photos, "--camera", camera, "--to", to, "--steps", 60, "--method", "last-blocks",
        "--json", record,
    )  # fmt: skip
    assert code == 0, said
    assert "broken.jpg" in said and "6 photos trained on, 4 held out (10 scenes); last-blocks" in said
    assert "| gain | before (dB) | after (dB) | difference (dB) |" in said and "| all |" in said
    files = ["CARD.md", "best.safetensors", "mine_fp32.onnx", "mine_int8.onnx", "report.json"]
    assert sorted(p.name for p in to.iterdir()) == files
    x = np.random.default_rng(0).random((1, 8, 8, 12), np.float32)
    network = RawUNet((8, 8), (0, 0), (0,))
    network.load_state_dict(load_file(to / "best.safetensors"))
    expected = network(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(OnnxSession(to / "mine_fp32.onnx", multiple=2).run(x), expected, atol=1e-5)
    np.testing.assert_allclose(OnnxSession(to / "mine_int8.onnx", multiple=2).run(x), expected, atol=0.05)
    assert "Eight bits instead of 32 (ONNX): " in (to / "CARD.md").read_text()
    found = json.loads(record.read_text())
    assert found == json.loads((to / "report.json").read_text())
    assert found["better"] and found["rows"][-1]["gained_db"] - found["rows"][-1]["ci95_db"] > 0


def test_what_is_not_better_leaves_the_report_alone(
    run: Run, engine: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One step at the usual rate already makes this engine better.
    monkeypatch.setitem(_RATE, "low-rank", 1e-9)
    to = tmp_path / "mine"
    code, said = run(engine, "--photos", photos, "--camera", "imx219", "--to", to, "--steps", 1, "--quiet")
    assert code == 1
    assert said.startswith("catchlight: not better on your held-out photos: ") and said.endswith("nothing was changed")
    assert [p.name for p in to.iterdir()] == ["report.json"]


def test_ctrl_c_ends_the_training_and_the_command_goes_on(
    run: Run, engine: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catchlight.cli.train_finetune._export", lambda *a, **k: None)
    to = tmp_path / "mine"
    asked = (engine, "--photos", photos, "--camera", "imx219", "--to", to, "--steps", 14, "--method", "last-blocks")
    calls = iter(range(1000))

    def struck(network: nn.Module, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        if next(calls) == 6:
            os.kill(os.getpid(), signal.SIGINT)
        return seen_l1(network, batch)

    with monkeypatch.context() as patch:
        # By the module: the package's own `tune` is the function.
        patch.setattr(import_module("catchlight.train.finetune.tune"), "seen_l1", struck)
        code, said = run(*asked)
    assert code == 130 and "interrupted after 7 steps" in said and "the same command goes on" in said
    assert sorted(p.name for p in to.iterdir()) == ["run"]
    code, said = run(*asked)
    assert "14 steps" in said and not (to / "run").exists()


def test_wrong_requests_are_one_line(run: Run, engine: Path, photos: Path, tmp_path: Path) -> None:
    common = ("--photos", photos, "--to", tmp_path / "mine")
    for arguments, wanted, told in (
        (("no-model", *common, "--camera", "imx219"), 2, "expected raw_engine_best or raw_engine_fast"),
        ((engine, *common, "--camera", "no-camera"), 1, "no camera is called 'no-camera'"),
        ((engine, *common, "--camera", "imx219", "--method", "all"), 2, "low-rank or last-blocks"),
        ((engine, *common, "--camera", "imx219", "--minutes", "0"), 2, "--minutes is above 0"),
        ((engine, *common, "--camera", "imx296_mono"), 1, "tuned for Bayer cameras"),
        ((engine, "--photos", tmp_path / "none", "--camera", "imx219"), 1, "none"),
        ((engine, "--photos", "", "--camera", "imx219"), 2, "empty name"),
    ):
        code, said = run(*arguments)
        assert code == wanted and told in said and len(said.splitlines()) == 1, said
    for file in list(photos.iterdir())[3:]:
        file.unlink()
    code, said = run(engine, *common, "--camera", "imx219")
    assert code == 1 and "at least 8 different scenes" in said and "add more photos" in said
    assert not (tmp_path / "mine").exists()
