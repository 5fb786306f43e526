from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from catchlight.core import ColourSpace, Frame, InputError
from catchlight.core.gain_map import GainMap
from catchlight.io import read_picture, write_frame
from catchlight.io.gain_map import read_gain_map
from catchlight.io.gain_map.heif_items import HeifItem, full_box
from catchlight.io.gain_map.parse_heif_items import parse_heif_items
from catchlight.io.gain_map.read_gain_map import DAMAGED_NOTE
from catchlight.pipelines.upright import upright

Lamps = Callable[..., GainMap]
Photo = Callable[..., Frame]
BOTH = pytest.mark.parametrize("suffix", [".heic", ".avif"])


def read(path: Path) -> Frame:
    found = read_picture(path)
    assert isinstance(found, Frame)
    return found


@BOTH
@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("bits", [8, 10])
def test_the_map_comes_back_within_a_step_of_eight_bits(
    tmp_path: Path, photo: Photo, lamps: Lamps, suffix: str, coloured: bool, bits: int
) -> None:
    gain_map, path = lamps(coloured=coloured), tmp_path / f"a{suffix}"
    write_frame(path, photo(gain_map), bits=bits)
    back = read(path)
    assert back.gain_map is not None
    error = np.abs(back.gain_map.log2_gain - gain_map.log2_gain)
    assert np.percentile(error, 95) < 2.5 * max(gain_map.gain_map_max) / 255
    assert back.provenance == (f"read {suffix[1:].upper()}, {bits} bits", "with gain map")
    assert back.gain_map.alternate_headroom_ev == pytest.approx(gain_map.alternate_headroom_ev, abs=1e-5)


@BOTH
@pytest.mark.parametrize("size", [(96, 128), (37, 51)])
def test_the_base_is_what_it_is_without_a_map(
    tmp_path: Path, photo: Photo, lamps: Lamps, suffix: str, size: tuple[int, int]
) -> None:
    height, width = size
    frame = photo(lamps(18, 25), height=height, width=width)
    write_frame(tmp_path / f"map{suffix}", frame)
    write_frame(tmp_path / f"plain{suffix}", replace(frame, gain_map=None))
    plain, packed = (parse_heif_items((tmp_path / f"{name}{suffix}").read_bytes()) for name in ("plain", "map"))
    for number, item in plain.items.items():
        assert packed.items[number] == item
    assert packed.primary == plain.primary
    assert np.array_equal(read(tmp_path / f"map{suffix}").pixels, read(tmp_path / f"plain{suffix}").pixels)
    assert read(tmp_path / f"map{suffix}").shape == (height, width)
    assert read(tmp_path / f"plain{suffix}").gain_map is None


@BOTH
@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8])
def test_the_map_turns_with_its_picture(
    tmp_path: Path, photo: Photo, lamps: Lamps, suffix: str, orientation: int
) -> None:
    frame, path = photo(lamps(), orientation=orientation), tmp_path / f"a{suffix}"
    write_frame(path, frame)
    back, expected = upright(read(path)).gain_map, upright(frame).gain_map
    assert back is not None
    assert expected is not None
    assert back.shape == expected.shape
    assert np.abs(back.log2_gain - expected.log2_gain).max() < 0.1


def test_the_boxes_are_those_of_the_standard(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    frame = photo(lamps()).in_space(ColourSpace.DISPLAY_P3, "srgb")
    write_frame(tmp_path / "a.avif", frame)
    file = parse_heif_items((tmp_path / "a.avif").read_bytes())
    (number, tone_map), = ((n, item) for n, item in file.items.items() if item.kind == b"tmap")  # fmt: skip
    base, gains = tone_map.references[b"dimg"]
    assert b"tmap" in file.compatible
    assert base == file.primary
    assert file.alternatives == [[number, base]]  # the preferred one first
    assert file.items[gains].hidden
    assert not tone_map.hidden
    assert tone_map.property_of(b"ispe") == file.items[base].property_of(b"ispe")
    assert tone_map.property_of(b"colr") == b"nclx\0\x0c\0\x10\0\x06\x80"  # P3, PQ
    assert (file.items[gains].property_of(b"colr") or b"")[:8] == b"nclx\0\2\0\2"


def test_libheif_sees_the_alternatives_and_one_picture(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    write_frame(tmp_path / "a.heic", photo(lamps()))
    file = pillow_heif.open_heif(tmp_path / "a.heic")
    assert len(file) == 1
    (group,) = file.info["entity_groups"]
    assert group["type"] == "altr"
    assert group["entities"][1] == 1
    assert file.size == (128, 96)


def test_libavif_still_opens_the_base(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    """Pillow's libavif 1.4 knows `tmap` and refuses files whose tone map breaks its rules."""
    for orientation in (1, 6):
        write_frame(tmp_path / "a.avif", photo(lamps(), orientation=orientation), force=True)
        with Image.open(tmp_path / "a.avif") as image:
            assert image.convert("RGB").size == (128, 96)


@BOTH
def test_damaged_maps_leave_the_picture(tmp_path: Path, photo: Photo, lamps: Lamps, suffix: str) -> None:
    write_frame(tmp_path / f"a{suffix}", photo(lamps()))
    whole = read(tmp_path / f"a{suffix}")
    data = (tmp_path / f"a{suffix}").read_bytes()
    file = parse_heif_items(data)
    for n, item in file.items.items():
        if item.kind == b"tmap":
            tone_map, gains = n, item.references[b"dimg"][1]
    at = {n: data.rfind(file.items[n].data) for n in (tone_map, gains)}
    cases = (
        data[: at[tone_map] + 10] + bytes(40) + data[at[tone_map] + 50 :],
        data[: at[gains]] + bytes(len(file.items[gains].data)) + data[at[gains] + len(file.items[gains].data) :],
    )
    for broken in cases:
        (tmp_path / f"b{suffix}").write_bytes(broken)
        back = read(tmp_path / f"b{suffix}")
        assert np.array_equal(back.pixels, whole.pixels)
        assert back.gain_map is None
        assert back.provenance[-1] == DAMAGED_NOTE
        with pytest.raises(InputError, match="can be read without it"):
            read_gain_map(tmp_path / f"b{suffix}")


@BOTH
def test_random_damage_never_escapes_as_another_error(tmp_path: Path, photo: Photo, lamps: Lamps, suffix: str) -> None:
    write_frame(tmp_path / f"a{suffix}", photo(lamps()))
    data = (tmp_path / f"a{suffix}").read_bytes()
    rng = np.random.default_rng(5)
    for _ in range(40):
        broken = bytearray(data)
        for at in rng.integers(4, 1200, 3):
            broken[at] = int(rng.integers(0, 256))
        (tmp_path / f"b{suffix}").write_bytes(broken)
        try:
            read_picture(tmp_path / f"b{suffix}")
        except InputError as error:
            assert "\n" not in str(error)


def test_items_come_back_as_they_were(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    write_frame(tmp_path / "a.heic", photo(lamps()))
    file = parse_heif_items((tmp_path / "a.heic").read_bytes())
    again = parse_heif_items(file.encoded())
    assert again.items == file.items
    assert (again.primary, again.alternatives, again.compatible) == (file.primary, file.alternatives, file.compatible)


def test_gains_in_tiles_are_put_together(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    """Phones store pictures as grids of tiles, the gain map too."""
    write_frame(tmp_path / "a.heic", photo(lamps()))
    file = parse_heif_items((tmp_path / "a.heic").read_bytes())
    tone_map = next(item for item in file.items.values() if item.kind == b"tmap")
    base, tile = tone_map.references[b"dimg"]
    grid = max(file.items) + 1
    ispe = full_box(b"ispe", (128).to_bytes(4, "big"), (64).to_bytes(4, "big"))
    file.items[grid] = HeifItem(
        kind=b"grid", data=bytes([0, 0, 0, 1, 0, 128, 0, 64]), hidden=True, properties=[(ispe, False)],
        references={b"dimg": [tile, tile]},
    )  # fmt: skip
    # A tile is stored as the encoder padded it; without the crop it is 64×64.
    file.items[tile].properties = [p for p in file.items[tile].properties if p[0][4:8] != b"clap"]
    tone_map.references[b"dimg"] = [base, grid]
    (tmp_path / "b.heic").write_bytes(file.encoded())
    found = read(tmp_path / "b.heic").gain_map
    assert found is not None
    assert found.shape == (64, 128)
    assert np.abs(found.log2_gain[:48, 64:] - lamps().log2_gain).max() < 0.1


@pytest.mark.parametrize("suffix", [".tif", ".png", ".webp"])
def test_other_kinds_hold_the_standard_picture_alone(tmp_path: Path, photo: Photo, lamps: Lamps, suffix: str) -> None:
    write_frame(tmp_path / f"a{suffix}", photo(lamps()))
    write_frame(tmp_path / f"b{suffix}", photo())
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert read_gain_map(tmp_path / f"a{suffix}") is None


def test_avif_of_other_writers_has_no_map(tmp_path: Path) -> None:
    (tmp_path / "a.avif").write_bytes(imagecodecs.avif_encode(np.zeros((16, 16, 3), np.uint8)))
    assert read_gain_map(tmp_path / "a.avif") is None
