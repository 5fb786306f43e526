import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from safetensors.torch import save_file  # noqa: E402

from catchlight.cli import main  # noqa: E402
from catchlight.cli.export import export  # noqa: E402
from catchlight.models.check_model import check_model  # noqa: E402
from catchlight.models.registry import entries  # noqa: E402

if not any(command.callback is export for command in main.app.registered_commands):
    main.app.command()(export)

_RECIPE = """
import torch
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.recipe import Recipe, Schedule


class Noise:
    def batch(self, number):
        seen = torch.rand(2, 8, 16, 16, generator=torch.Generator().manual_seed(number))
        return seen, torch.zeros(2, 12, 16, 16)

    def describe(self):
        return {"seed": 0}


def recipe(data):
    noise = Noise()
    return Recipe(
        name="tiny", network=lambda: RawUNet((8,), (1,), ()), data=noise,
        objective=lambda network, batch: network(batch[0]).mean(),
        validate=lambda network: {"likeness": float(-network(noise.batch(0)[0]).square().mean())},
        schedule=Schedule(steps=10, decay=5),
        notes={"task": "cleans", "licence": "Apache-2.0", "data": "noise"},
    )
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run, and its recipe beside it."""
    from catchlight.train.recipe_request import RecipeRequest

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    folder.mkdir()
    place = folder.parent / "tiny.py"
    place.write_text(_RECIPE)
    recipe = RecipeRequest(name=str(place)).load()
    torch.manual_seed(1)
    save_file(recipe.network().state_dict(), folder / "best.safetensors")
    facts = {"name": "tiny", "fingerprint": recipe.fingerprint(), "code": "0123abc"}
    (folder / "recipe.json").write_text(json.dumps(facts))
    return folder


def _ask(catchlight, run, to, *more):
    notes = () if any("--note" in str(m) for m in more) else ("--note", "input_range=0…1")
    return catchlight("export", run, "--to", to, "--recipe", run.parent / "tiny.py", "--timed", "32", *notes, *more)


def test_files_entry_and_card_of_a_run(run, catchlight, tmp_path):
    done = _ask(catchlight, run, tmp_path / "family", "--int8", "--weights", "--json", tmp_path / "e.json")
    assert done.code == 0 and done.err == "", done.err
    names = {place.name for place in (tmp_path / "family").iterdir()}
    assert names == {"tiny_fp32.onnx", "tiny_int8.onnx", "tiny.safetensors", "weights.toml", "CARD.md"}
    for entry in entries(root=tmp_path):
        assert check_model(entry, tmp_path) == ()
        assert (entry.recipe, entry.commit, entry.family, entry.input_range) == ("tiny", "0123abc", "family", "0…1")
    record = json.loads((tmp_path / "e.json").read_text())
    assert len(record["models"]) == len(record["costs"]) == 2
    assert "2 files in" in done.out and "times as fast" in done.out


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--note", "data=x"), 2, "lack input_range; add them there, or with --note input_range=TEXT"),
        (("--note", "colour=red"), 2, "--note is KEY=TEXT"),
        (("--target", "coreml"), 1, "exported to onnx; found 'coreml'"),
    ],
)
def test_wrong_requests_are_one_line(run, catchlight, tmp_path, more, code, said):
    done = _ask(catchlight, run, tmp_path / "family", *more)
    assert done.code == code and said in done.one_line
    assert not (tmp_path / "family").exists()


def test_a_folder_without_a_run_is_told(run, catchlight, tmp_path):
    done = catchlight("export", tmp_path, "--to", tmp_path / "family")
    assert done.code == 1 and "found no recipe.json" in done.one_line


def test_weights_of_another_network_are_told(run, catchlight, tmp_path):
    (tmp_path / "recipe.json").write_bytes((run / "recipe.json").read_bytes())
    save_file({"other": torch.zeros(1)}, tmp_path / "best.safetensors")
    done = catchlight("export", tmp_path, "--to", tmp_path / "family", "--recipe", run.parent / "tiny.py")
    assert done.code == 1 and "expected the weights of a RawUNet; found another network's" in done.one_line


def test_what_is_missing_is_named(run, catchlight, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "onnxscript" else object())
    done = _ask(catchlight, run, tmp_path / "family")
    assert done.code == 1 and "export needs onnxscript" in done.one_line and "catchlight[train]" in done.one_line
