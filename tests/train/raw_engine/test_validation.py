"""Scores fall with noise, the first is their mean, and colours are judged as they are shown."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.raw_engine import validation
from catchlight.train.raw_engine.validation import QuadValidation

Y, X = np.mgrid[:72, :80]
PHOTO = np.stack([90 + Y, 200 - X, 60 + X], 2).astype(np.uint8)


@pytest.fixture(autouse=True)
def small_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_PLAIN", "_CAMERA"):
        monkeypatch.setattr(validation, name, replace(getattr(validation, name), crop_px=64, batch=6))


def bilinear() -> RawUNet:
    network = RawUNet((4,), (1,), ())
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.bias.zero_()  # type: ignore[union-attr]
    return network


def test_noise_costs_what_it_must() -> None:
    scores = QuadValidation(photos=[PHOTO])(bilinear())
    assert list(scores) == ["mean", "clean", "shot 0.00025", "shot 0.001", "shot 0.004"]
    mean, clean, *noisy = scores.values()
    assert mean == pytest.approx((clean + sum(noisy)) / 4)
    # Soft ramps are all but met; four times the shot noise is 6 dB, and read noise grows more.
    assert clean > 40
    assert [one - two for one, two in pairwise(noisy)] == pytest.approx([6.5, 6.5], abs=1)


def test_an_even_error_of_the_camera_is_as_large_as_it_is_shown() -> None:
    """The rows of a camera's matrix have a sum of 1: an error that is grey stays as it is."""

    class Off(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = bilinear()

        def forward(self, quads: torch.Tensor) -> torch.Tensor:
            return self.inner(quads) + 0.3

    scores = QuadValidation(photos=[PHOTO])(Off())
    assert scores["clean"] == pytest.approx(-20 * math.log10(0.3), abs=0.1)
    assert scores["shot 0.00025"] == pytest.approx(-20 * math.log10(0.3), abs=0.5)
