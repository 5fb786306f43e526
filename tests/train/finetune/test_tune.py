"""The whole of it, small: it helps where the camera is unlike the training, and what does not help is thrown away."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from catchlight.camera.profile import CameraProfile, load_builtin
from catchlight.core import InputError, OutputError, UnsupportedError, UsageError
from catchlight.train.finetune import FineTuneRequest, NotBetterError, save_tuned, tune
from catchlight.train.finetune.comparison import compare
from catchlight.train.finetune.known_weights import raw_unet_of
from catchlight.train.finetune.step_time import step_time_s


@pytest.fixture
def asks(photos: Path, small_engine: Path, noisy_camera: CameraProfile, tmp_path: Path) -> FineTuneRequest:
    return FineTuneRequest(
        model=str(small_engine), photos=photos, camera=noisy_camera, folder=tmp_path / "tuned", steps=60, crop_px=32
    )


@pytest.mark.parametrize("method", ["low-rank", "last-blocks"])
def test_tuning_helps_where_the_noise_is_unlike_the_training(
    asks: FineTuneRequest, scene: Callable[..., np.ndarray], method: str
) -> None:
    request = replace(asks, method=method, rate=1e-2)
    tuned = tune(request)
    assert tuned.comparison is not None and tuned.network is not None
    assert (tuned.photos, tuned.held_out, tuned.scenes, tuned.steps) == (8, 4, 12, 60)
    assert tuned.trained < tuned.parameters
    assert tuned.comparison.better and tuned.comparison.overall.gained > 0.5
    weights, card, report = save_tuned(request, tuned)
    assert sorted(p.name for p in request.folder.iterdir()) == ["CARD.md", "best.safetensors", "report.json"]
    again, before = raw_unet_of(weights), raw_unet_of(Path(request.model) / "best.safetensors")
    # What was written is what was judged: on photos of other seeds, too, it is ahead.
    fresh = [[scene(k, 64)] for k in range(50, 54)]
    found = compare(before, again, fresh, request.camera.sensor, [2.0], seed=9, multiple=2)
    assert found.overall.gained > 0.3
    record = json.loads(report.read_text())
    assert record["better"] and [row["gain"] for row in record["rows"]] == [1.0, 4.0, None]
    said = card.read_text()
    assert "tuned for Noisy" in said and "8 photos" in said and "| all |" in said
    assert str(request.photos) not in said and "p0.png" not in said
    with pytest.raises(OutputError, match="holds a tuned network already"):
        tune(request)


@pytest.mark.parametrize("rate", [0.3, 1e-9])
def test_what_is_worse_or_no_better_is_thrown_away(asks: FineTuneRequest, rate: float) -> None:
    request = replace(asks, method="last-blocks", steps=10, rate=rate)
    tuned = tune(request)
    with pytest.raises(
        NotBetterError, match=r"^not better on your held-out photos: .* dB.*; nothing was changed$"
    ) as told:
        save_tuned(request, tuned)
    assert ("−" in str(told.value)) == (rate == 0.3) and "\n" not in str(told.value)
    assert [p.name for p in request.folder.iterdir()] == ["report.json"]
    assert json.loads((request.folder / "report.json").read_text())["better"] is False


def test_an_interrupted_run_goes_on_to_the_same_weights(asks: FineTuneRequest, tmp_path: Path) -> None:
    request = replace(asks, steps=16)
    whole = tune(request)
    broken = replace(request, folder=tmp_path / "broken")
    looks = iter([False] * 7 + [True])
    part = tune(broken, asked=lambda: next(looks))
    assert part.network is None and 0 < part.steps < 16 and (broken.folder / "run" / "checkpoint.pt").is_file()
    with pytest.raises(UsageError, match="another recipe"):
        tune(replace(broken, rank=3))
    rest = tune(broken)
    assert whole.network is not None and rest.network is not None
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, rest.network.state_dict()[name]), name
    assert rest.comparison == whole.comparison


def test_too_few_scenes_and_unusable_photos(
    asks: FineTuneRequest, write_scenes: Callable[[Path, int], Path], tmp_path: Path
) -> None:
    few = write_scenes(tmp_path / "few", 5)
    with pytest.raises(InputError, match=r"at least 8 different scenes .* found 5 in 5"):
        tune(replace(asks, photos=few))
    with pytest.raises(InputError, match=r"no photo can be used: .*p0.png"):
        tune(replace(asks, photos=few, crop_px=96))
    assert not asks.folder.exists()


def test_requests_that_make_no_sense(asks: FineTuneRequest) -> None:
    for wrong in ({"method": "all"}, {"rank": 0}, {"minutes": 0.0}, {"steps": 0}):
        with pytest.raises(UsageError):
            replace(asks, **wrong)
    mono = load_builtin("imx296_mono")
    with pytest.raises(UnsupportedError, match="Bayer"):
        replace(asks, camera=mono)


def test_timing_leaves_the_network_as_it_was(small_engine: Path) -> None:
    network = raw_unet_of(small_engine / "best.safetensors")
    before = {name: value.clone() for name, value in network.state_dict().items()}

    class Data:
        def batch(self, number: int) -> tuple[torch.Tensor, ...]:
            rng = np.random.default_rng(number)
            shapes = ((2, 8, 8, 8), (2, 12, 8, 8), (2,), (2, 3, 3))
            return tuple(torch.from_numpy(rng.random(s, np.float32)) for s in shapes)

        def describe(self) -> dict[str, object]:
            return {}

    from catchlight.train.raw_engine.objective import seen_l1

    assert step_time_s(network, Data(), seen_l1, bf16=False) > 0
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())
