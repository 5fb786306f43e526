from pathlib import Path

import numpy as np
import pytest

from catchlight.cli.main import run
from catchlight.core import InputError
from catchlight.evaluate.develop.peers import benchmark, evaluate_peers, peer_bursts
from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_run import PeerError, PeerRun
from catchlight.evaluate.develop.peers.peer_score import PSNR
from catchlight.io import read_picture


def _green(run: PeerRun) -> np.ndarray:
    """The first mosaic as grey: bad, but in place."""
    raw = read_picture(run.frames[0])
    values = (np.asarray(raw.mosaic, np.float32) - raw.black_dn[0]) / raw.range_dn  # type: ignore[union-attr]
    return np.repeat(values[..., None], 3, axis=2).astype(np.float32)


def _fails(run: PeerRun) -> np.ndarray:
    raise PeerError("no stars")


def _peer(name: str, develop: object, *programs: str) -> Peer:
    return Peer(name=name, programs=programs, frames=None, settings="none", develop=develop)  # type: ignore[arg-type]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = _peer("catchlight", _green)
    everyone = (ours, _peer("broken", _fails), _peer("gone", _green, "no-such-program"))
    monkeypatch.setattr(benchmark, "EVERYONE", everyone)
    monkeypatch.setattr(benchmark, "OURS", everyone[:1])
    monkeypatch.setattr(benchmark, "PEERS", everyone[1:])
    monkeypatch.setattr(peer_bursts, "QUICK_SIDE_PX", 160)
    monkeypatch.setattr(peer_bursts, "QUICK_GAINS", (8.0,))
    monkeypatch.delenv("CATCHLIGHT_DATA", raising=False)


@pytest.mark.usefixtures("small")
def test_it_goes_on_past_what_fails_and_names_what_is_missing() -> None:
    found = evaluate_peers(quick=True)
    assert found.benchmark == "develop-peers"
    case = "IMX477, gain 8, disc, shaken and rotated"
    assert 5 < found.value(method="catchlight", case=case, metric=PSNR) < 40
    assert found.config["failures"] == {f"{case} | broken": "no stars"}
    assert found.config["missing"] == {"gone": "missing: no-such-program"}


@pytest.mark.usefixtures("small")
def test_the_command_prints_the_table_and_keeps_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["evaluate", "develop", "--peers", "--quick", "--cache", str(tmp_path / "cache"), "--json"]
    assert run([*asked, str(tmp_path / "a.json")]) == 0
    said = capsys.readouterr().out
    assert "broken (failed 1×: no stars)" in said and "gone: missing: no-such-program" in said
    assert run([*asked, str(tmp_path / "b.json")]) == 0
    assert "2 of the measurements from an earlier run" in capsys.readouterr().out


def test_peers_go_with_develop_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "measure", "--peers"]) == 2
    assert "--peers" in capsys.readouterr().err


def test_photos_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--data"):
        peer_bursts.peer_photos(tmp_path, quick=True)
