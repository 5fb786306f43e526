import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from catchlight.core import CfaPattern, Frame, InputError, Metadata, NoiseModel, RawFrame
from catchlight.io import write_dng_cfa
from catchlight.pipelines import DevelopSettings, develop
from catchlight.pipelines.burst_source import BurstSource, kinship, require_same_kind

NOISE = NoiseModel.same(shot=1e-3, read=1e-5)


def _raw(seed: int = 0, *, shape: tuple[int, int] = (64, 80), name: str = "RGGB", model: str = "One") -> RawFrame:
    rng = np.random.default_rng(seed)
    return RawFrame(
        mosaic=rng.integers(100, 900, shape).astype(np.uint16),
        cfa=CfaPattern(name=name),  # type: ignore[arg-type]
        black_dn=(64.0,) * 4,
        white_dn=1023.0,
        noise=NOISE,
        metadata=Metadata(make="Acme", model=model),
    )


def _rgb(shape: tuple[int, int] = (64, 80)) -> Frame:
    return Frame(pixels=np.full((*shape, 3), 0.5, np.float32), metadata=Metadata(make="Acme", model="One"))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Five DNGs, of which the second is cut off and the fourth is text."""
    paths = [tmp_path / f"shot_{k}.dng" for k in range(5)]
    for k, path in enumerate(paths):
        write_dng_cfa(path, _raw(k))
    paths[1].write_bytes(paths[1].read_bytes()[:900])
    paths[3].write_bytes(b"not a picture at all")
    return paths


def test_unreadable_files_are_left_out_and_named(files: list[Path]) -> None:
    source = BurstSource(files)
    found = list(source.stream(range(5)))
    assert [index for index, _ in found] == [0, 2, 4]
    for index, picture in found:
        assert isinstance(picture, RawFrame)
        assert np.array_equal(picture.mosaic, _raw(index).mosaic)
    assert sorted(source.skipped) == [1, 3]
    assert [source.skipped[k].name for k in (1, 3)] == ["shot_1.dng", "shot_3.dng"]
    assert all(skipped.reason for skipped in source.skipped.values())
    # They are not tried again.
    assert [index for index, _ in source.stream([4, 3, 1, 0])] == [4, 0]


def test_strict_stops_at_the_first_of_them(files: list[Path]) -> None:
    with pytest.raises(InputError, match="shot_1"):
        list(BurstSource(files, strict=True).stream(range(5)))


def test_nothing_readable_is_an_error(files: list[Path]) -> None:
    with pytest.raises(InputError, match="none of the 2 frames"):
        list(BurstSource([files[1], files[3]]).stream(range(2)))
    with pytest.raises(InputError, match="shot_1"):
        list(BurstSource([files[1]]).stream(range(1)))


def test_names() -> None:
    assert BurstSource([Path("a/b.dng"), Path("c.dng")]).name(1) == "c.dng"
    assert BurstSource([_raw(), _raw()]).name(1) == "frame 1"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (_raw(shape=(64, 82)), ("80×64", "82×64")),
        (_raw(name="GRBG"), ("RGGB RAW", "GRBG RAW")),
        (_raw(model="Two"), ("Acme One", "Acme Two")),
        (_rgb(), ("RGGB RAW", "RGB")),
    ],
)
def test_frames_of_different_kinds_are_told_apart(other: RawFrame | Frame, words: tuple[str, str]) -> None:
    require_same_kind(kinship(_raw(0)), "a.dng", kinship(_raw(1)), "b.dng")
    with pytest.raises(InputError) as caught:
        require_same_kind(kinship(_raw()), "a.dng", kinship(other), "b.dng")
    for word in (*words, "a.dng", "b.dng"):
        assert word in str(caught.value)


class _Spy(Sequence[RawFrame]):
    """Makes frames when asked, and knows how many of them are alive."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._lock = threading.Lock()
        self._alive, self.most, self.asked = 0, 0, 0

    def __len__(self) -> int:
        return self._frames

    def __iter__(self) -> Iterator[RawFrame]:
        raise AssertionError("a burst is read by index")

    def __getitem__(self, index: int) -> RawFrame:  # type: ignore[override]
        frame = _raw(index, shape=(64, 96))
        with self._lock:
            self.asked += 1
            self._alive += 1
            self.most = max(self.most, self._alive)
        weakref.finalize(frame.mosaic, self._gone)
        return frame

    def _gone(self) -> None:
        with self._lock:
            self._alive -= 1


@pytest.mark.parametrize("reference", [None, 4])
def test_memory_holds_three_frames_of_a_burst_however_long(reference: int | None) -> None:
    """The reference, the frame in use, and the one that is read ahead."""
    spy = _Spy(12)
    found = develop(spy, DevelopSettings(render="linear", reference=reference, denoise=0.0))
    assert len(found.records) == 11
    assert spy.asked >= 12
    assert spy.most <= 3
