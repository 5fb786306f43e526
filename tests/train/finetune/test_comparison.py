"""Judging: known PSNR, paired differences, and when a network counts as better."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from catchlight.camera.profile import CameraProfile
from catchlight.core.colour import srgb_encode
from catchlight.train.finetune.camera_crops import camera_crop, light_colour
from catchlight.train.finetune.comparison import Comparison, Judged, compare, comparison_table
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.raw_engine.quad_batches import as_quads


def _row(gained: float, ci95: float, gain: float | None = None) -> Judged:
    return Judged(gain=gain, before=30.0, after=30.0 + gained, gained=gained, ci95=ci95)


def _bilinear() -> RawUNet:
    network = RawUNet((4, 4), (0, 0), (0,))
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.bias.zero_()
    return network


class _Knows(nn.Module):
    """Gives back the truth of the crops it is asked for, in order, off by a factor."""

    def __init__(self, sensor: object, photos: list[np.ndarray], factor: float) -> None:
        super().__init__()
        self.factor, self.answers = factor, []
        for s, photo in enumerate(photos):
            for e, exposure in enumerate((1.0, 0.25)):
                mosaic = camera_crop(
                    photo, sensor, colour=light_colour(sensor, cct_k=5000.0), exposure=exposure, gain=2.0,
                    seed=(5, 37, s, 0, 0, e),
                )  # fmt: skip
                object.__setattr__(mosaic, "clean", mosaic.clean * np.float32(factor))
                self.answers.append(as_quads(mosaic)[1])

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        return self.answers.pop(0)


def test_a_known_error_gives_its_psnr(noisy_camera: CameraProfile) -> None:
    photos = [np.full((64, 64, 3), v, np.uint8) for v in (180, 200)]
    before = _Knows(noisy_camera.sensor, photos, 0.8)
    after = _Knows(noisy_camera.sensor, photos, 0.9)
    found = compare(before, after, [[p] for p in photos], noisy_camera.sensor, [2.0], seed=5, multiple=2)

    def expected(factor: float) -> float:
        light = ((np.array([180, 200]) / 255 + 0.055) / 1.055) ** 2.4
        errors = srgb_encode(factor * light) - srgb_encode(light)
        return float(np.mean(-20 * np.log10(np.abs(errors))))

    assert found.overall.before == pytest.approx(expected(0.8), abs=0.02)
    assert found.overall.after == pytest.approx(expected(0.9), abs=0.02)
    assert found.overall.gained == pytest.approx(expected(0.9) - expected(0.8), abs=0.02)
    assert found.scenes == 2 and [row.gain for row in found.rows] == [2.0]


def test_the_interval_is_over_scenes_not_photos(noisy_camera: CameraProfile, scene: Callable[..., np.ndarray]) -> None:
    torch.manual_seed(1)
    other = RawUNet((4, 4), (0, 0), (0,))
    photos = [scene(k, 64) for k in range(3)]
    one = compare(_bilinear(), other, [[p] for p in photos], noisy_camera.sensor, [1.0, 4.0], seed=2, multiple=2)
    # The same photos thrice: photos of one scene are no further evidence.
    many = compare(_bilinear(), other, [[p] * 3 for p in photos], noisy_camera.sensor, [1.0, 4.0], seed=2, multiple=2)
    assert many.overall.ci95 > 0.7 * one.overall.ci95
    assert one.rows[0].before > one.rows[1].before + 2  # four times the gain
    mean = np.mean([row.gained for row in one.rows])
    assert one.overall.gained == pytest.approx(mean)


def test_equal_networks_are_not_better(noisy_camera: CameraProfile, scene: Callable[..., np.ndarray]) -> None:
    scenes = [[scene(k, 64)] for k in range(3)]
    found = compare(_bilinear(), _bilinear(), scenes, noisy_camera.sensor, [1.0], seed=0, multiple=2)
    assert found.overall.gained == 0 and found.overall.ci95 == 0 and not found.better


@pytest.mark.parametrize(
    ("rows", "overall", "better"),
    [
        ([(0.5, 0.2), (0.3, 0.4)], (0.4, 0.2), True),
        ([(0.5, 0.2), (0.3, 0.4)], (0.4, 0.5), False),  # may be chance
        ([(0.1, 0.01), (0.08, 0.01)], (0.09, 0.01), False),  # nobody would see it
        ([(2.0, 0.2), (-0.3, 0.1)], (0.9, 0.2), False),  # surely worse at one gain
        ([(2.0, 0.2), (-0.3, 0.4)], (0.9, 0.2), True),  # worse at one gain, maybe
        ([(-1.0, 0.2)], (-1.0, 0.2), False),
        ([(math.nan, math.nan)], (math.nan, math.nan), False),
    ],
)
def test_when_it_is_better(rows: list[tuple[float, float]], overall: tuple[float, float], better: bool) -> None:
    found = Comparison(rows=tuple(_row(*r, gain=1.0) for r in rows), overall=_row(*overall), scenes=4)
    assert found.better is better


def test_table() -> None:
    found = Comparison(rows=(_row(0.5, 0.25, gain=16.0),), overall=_row(-0.125, 0.0625), scenes=4)
    assert comparison_table(found)[2:] == (
        "| 16 | 30.00 | 30.50 | +0.50 ± 0.25 |",
        "| all | 30.00 | 29.88 | -0.12 ± 0.06 |",
    )
