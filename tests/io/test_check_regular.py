import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from catchlight.core import InputError
from catchlight.io import expand_inputs, read_picture
from catchlight.io.check_regular import check_regular

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def refusal(work: Callable[[], object]) -> str:
    """The message of the InputError that `work` raises within five seconds: a pipe would be waited for for ever."""
    said: list[str] = []

    def run() -> None:
        with pytest.raises(InputError) as caught:
            work()
        said.append(str(caught.value))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive(), "still waiting"
    assert said, "it was taken"
    assert "\n" not in said[0]
    return said[0]


@needs_pipes
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.dng"
    os.mkfifo(pipe)
    (tmp_path / "link.dng").symlink_to(pipe)
    expected = f"{pipe}: is not a regular file but a pipe"
    assert expected in refusal(lambda: read_picture(pipe))
    assert expected in refusal(lambda: expand_inputs([pipe]))
    assert expected in refusal(lambda: expand_inputs([f"{tmp_path}/p*.dng"]))
    assert "link.dng: is not a regular file" in refusal(lambda: read_picture(tmp_path / "link.dng"))


@needs_pipes
def test_a_folder_stands_for_its_files_only(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.dng")
    (tmp_path / "b.dng").symlink_to(tmp_path / "gone.dng")
    (tmp_path / "c.dng").symlink_to("c.dng")
    (tmp_path / "d.dng").touch()
    assert expand_inputs([tmp_path]) == [tmp_path / "d.dng"]


def test_sockets_and_devices_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket may only be short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("s.dng")
        assert "but a socket" in refusal(lambda: read_picture(Path("s.dng")))
    assert "but a device" in refusal(lambda: read_picture(Path(os.devnull)))


def test_links_that_lead_nowhere_are_called_so(tmp_path: Path) -> None:
    dangling, loop = tmp_path / "dangling.dng", tmp_path / "loop.dng"
    dangling.symlink_to("gone.dng")
    loop.symlink_to(loop)
    for path, said in ((dangling, "leads nowhere, to gone.dng"), (loop, "leads nowhere, only back to itself")):
        assert said in refusal(lambda path=path: read_picture(path))
        assert said in refusal(lambda path=path: expand_inputs([path]))


@pytest.mark.parametrize("name", ["none.dng", "a\0b.dng", "x" * 300 + ".dng", "file/below.dng"])
def test_names_without_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="no such file"):
        check_regular(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        expand_inputs([tmp_path / name])


def test_files_and_links_to_them_pass(tmp_path: Path) -> None:
    (tmp_path / "a.dng").touch()
    (tmp_path / "link.dng").symlink_to("a.dng")
    check_regular(tmp_path / "a.dng")
    check_regular(tmp_path / "link.dng")
