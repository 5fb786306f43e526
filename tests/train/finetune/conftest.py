"""A small engine that knows little noise, photos of plain scenes, and a camera that is far noisier."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from catchlight.camera.profile import CameraProfile, load_builtin
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.simulate.batches.mosaic_plan import MosaicPlan
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.raw_engine.objective import seen_l1
from catchlight.train.raw_engine.quad_batches import QuadBatches

WIDTHS, DOWN, UP = (8, 12), (0, 1), (1,)
SCENES = 12


def _scene(seed: int, side: int = 72) -> np.ndarray:
    """Coloured rectangles on a soft ground."""
    rng = np.random.default_rng([seed, 101])
    ground = cv2.resize(rng.uniform(40, 200, (3, 3, 3)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(25):
        x, y, w, h = (int(v) for v in rng.integers((-8, -8, 4, 4), (side, side, 30, 30)))
        cv2.rectangle(ground, (x, y), (x + w, y + h), rng.uniform(5, 250, 3).tolist(), -1)
    return np.clip(ground, 0, 255).astype(np.uint8)


def _write_scenes(folder: Path, count: int = SCENES) -> Path:
    folder.mkdir()
    for seed in range(count):
        cv2.imwrite(str(folder / f"p{seed}.png"), _scene(seed)[..., ::-1])
    return folder


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops are so small that handing them to threads costs more than they do."""
    monkeypatch.setenv("CATCHLIGHT_THREADS", "1")


@pytest.fixture(scope="session")
def scene() -> Callable[..., np.ndarray]:
    return _scene


@pytest.fixture(scope="session")
def write_scenes() -> Callable[[Path, int], Path]:
    return _write_scenes


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_scenes(tmp_path_factory.mktemp("own") / "photos")


@pytest.fixture(scope="session")
def small_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training folder whose network was trained with little noise, on other scenes."""
    plan = MosaicPlan(crop_px=32, batch=8, shot=(2e-5, 2e-4), merged_share=0.0)
    data = QuadBatches(photos=[_scene(seed) for seed in range(900, 912)], plan=plan, origin={})
    torch.manual_seed(0)
    network = RawUNet(WIDTHS, DOWN, UP)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for step in range(150):
        optimiser.zero_grad()
        seen_l1(network, data.batch(step)).backward()
        optimiser.step()
    folder = tmp_path_factory.mktemp("engine")
    save_file(network.state_dict(), folder / "best.safetensors")
    return folder


@pytest.fixture(scope="session")
def noisy_camera() -> CameraProfile:
    """240 photons at white and six electrons of read noise at gain 1: the engine knows 5,000 photons at least."""
    base = load_builtin("imx477")
    knots = tuple(NoiseKnot(gain=g, shot=g / 240, read=(6 * g / 240) ** 2) for g in (1.0, 4.0))
    sensor = replace(base.sensor, noise=NoiseLaw(knots=knots))
    return CameraProfile(name="Noisy", source="made up", sensor=sensor)
