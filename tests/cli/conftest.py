"""Tiny bursts on disk, and the command line run inside this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from catchlight.cli.main import run
from catchlight.core import CameraColour, CfaPattern, Metadata, NoiseModel, RawFrame
from catchlight.io import write_dng_cfa


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def one_line(self) -> str:
        """The only line on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("catchlight: "), self.err
        return lines[0]


def make_tiny_raw(seed: int, *, height: int = 96, width: int = 128, orientation: int = 1) -> RawFrame:
    y, x = np.mgrid[:height, :width]
    scene = 0.2 + 0.1 * np.sin(x / 5) * np.cos(y / 7) + 0.3 * ((x // 16 + y // 12) % 2)
    noise = NoiseModel.same(shot=2e-4, read=1e-6)
    light = scene + np.random.default_rng(seed).normal(0, np.sqrt(noise.variance_map(scene, channel=0)))
    return RawFrame(
        mosaic=(512 + light * 15000).clip(0, 65535).round().astype(np.uint16),
        cfa=CfaPattern(name="RGGB"),
        black_dn=(512.0,) * 4,
        white_dn=15512.0,
        noise=noise,
        colour=CameraColour(neutral=(0.6, 1.0, 0.7)),
        metadata=Metadata(make="Acme", model="One", exposure_s=0.1, iso=800.0, orientation=orientation),
    )


@pytest.fixture
def tiny_raw() -> Callable[..., RawFrame]:
    return make_tiny_raw


@pytest.fixture
def burst(tmp_path: Path) -> Path:
    folder = tmp_path / "burst"
    folder.mkdir()
    for index in range(3):
        write_dng_cfa(folder / f"f{index}.dng", make_tiny_raw(index))
    return folder


@pytest.fixture
def catchlight(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    monkeypatch.delenv("CATCHLIGHT_TRACEBACK", raising=False)

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
