import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catchlight.core import OutputError
from catchlight.io import atomic_output, check_writable, same_file


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "photo.tif"
    with atomic_output(target, force=False) as place:
        assert place.parent == tmp_path
        assert place.suffix == ".tif"
        assert place.name.startswith(".")
        place.write_bytes(b"pixels")
        assert not target.exists()
    assert target.read_bytes() == b"pixels"
    assert names(tmp_path) == ["photo.tif"]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_any_end_but_a_good_one_leaves_the_old_file(tmp_path: Path, stop: type[BaseException]) -> None:
    target = tmp_path / "photo.tif"
    target.write_bytes(b"old")
    with pytest.raises(stop), atomic_output(target, force=True) as place:
        place.write_bytes(b"half")
        raise stop
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["photo.tif"]


def test_ctrl_c_in_the_middle_of_a_real_run(tmp_path: Path) -> None:
    script = f"""
import sys, time
from pathlib import Path
from catchlight.io import atomic_output
with atomic_output(Path({str(tmp_path / "a.tif")!r}), force=False) as place:
    place.write_bytes(b"half")
    print("ready", flush=True)
    time.sleep(30)
"""
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert run.stdout is not None
    assert run.stdout.readline().strip() == "ready"
    assert len(names(tmp_path)) == 1
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=20) != 0
    run.stdout.close()
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "device"),
        (errno.ENOENT, "its folder does not exist; create it"),
    ],
)
def test_what_the_system_refuses_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match=said) as caught, atomic_output(tmp_path / "a.tif", force=False) as place:
        place.write_bytes(b"all of it")
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == []


def test_a_full_device_is_said_so(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with (
        pytest.raises(OutputError, match="disk is full"),
        atomic_output(tmp_path / "a.tif", force=False),
        Path("/dev/full").open("wb", buffering=0) as device,
    ):
        device.write(b"x")


def test_bad_targets_fail_before_any_work(tmp_path: Path) -> None:
    taken = tmp_path / "taken.tif"
    taken.write_bytes(b"old")
    for path, said in (
        (taken, "--force"),
        (tmp_path, "folder"),
        (tmp_path / "no" / "where.tif", "does not exist"),
        (taken / "below.tif", "not a folder|does not exist"),
        (Path(), "name of"),
        (tmp_path / ("x" * 300 + ".tif"), "choose a shorter name"),
        (Path(os.devnull), "not a regular file"),
    ):
        with pytest.raises(OutputError, match=said):
            check_writable(path, force=False)
        with pytest.raises(OutputError, match=said), atomic_output(path, force=False):
            pytest.fail("the work began")
    check_writable(taken, force=True)
    check_writable(tmp_path / "new.tif", force=False)


def test_a_read_only_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):  # root may write anywhere
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="read-only"):
        check_writable(folder / "a.tif", force=False)
    folder.chmod(0o755)


def test_links_are_followed_and_compared(tmp_path: Path) -> None:
    real, link = tmp_path / "real.tif", tmp_path / "link.tif"
    real.write_bytes(b"old")
    link.symlink_to(real)
    assert same_file(real, link)
    assert same_file(tmp_path / "x" / ".." / "real.tif", real) is False  # the folder x does not exist
    assert not same_file(real, tmp_path / "none.tif")
    with atomic_output(link, force=True) as place:
        place.write_bytes(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_very_long_name_still_fits(tmp_path: Path) -> None:
    target = tmp_path / ("ä" * 120 + ".tif")
    with atomic_output(target, force=False) as place:
        place.write_bytes(b"x")
    assert target.exists()


def test_somebody_else_may_be_faster(tmp_path: Path) -> None:
    target = tmp_path / "a.tif"
    with pytest.raises(OutputError, match="appeared"), atomic_output(target, force=False) as place:
        place.write_bytes(b"mine")
        target.write_bytes(b"theirs")
        time.sleep(0)
    assert target.read_bytes() == b"theirs"
    assert names(tmp_path) == ["a.tif"]


def test_writing_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nothing was written"), atomic_output(tmp_path / "a.tif", force=False):
        pass


def test_a_link_back_to_itself_is_one_line(tmp_path: Path) -> None:
    loop = tmp_path / "loop.tif"
    loop.symlink_to(loop)
    with pytest.raises(OutputError, match="back to itself"), atomic_output(loop, force=True):
        pytest.fail("the work began")


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    target = tmp_path / os.fsdecode(b"bad\xff.tif")
    try:
        target.touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with atomic_output(target, force=True) as place:
        place.write_bytes(b"x")
    assert names(tmp_path) == [target.name]
    assert target.read_bytes() == b"x"
