import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from catchlight.core import Frame, srgb_decode
from catchlight.core.gain_map import GainMap
from catchlight.io import read_picture, write_frame
from catchlight.io.gain_map import pack_jpeg, read_gain_map, read_jpeg_gain_map
from catchlight.io.gain_map.jpeg_segments import APP2, end_of_picture, head_segments
from catchlight.io.gain_map.read_gain_map import DAMAGED_NOTE

Lamps = Callable[..., GainMap]
Photo = Callable[..., Frame]


def jpeg_of(pixels: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray((pixels * 255).round().astype(np.uint8)).save(stream, "JPEG", quality=95, subsampling=0, **options)
    return stream.getvalue()


def log_error(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.abs(np.log2((found + 1 / 64) / (expected + 1 / 64)))


@pytest.mark.parametrize("coloured", [False, True])
def test_the_map_comes_back_within_a_step_of_eight_bits(
    tmp_path: Path, photo: Photo, lamps: Lamps, coloured: bool
) -> None:
    gain_map = lamps(coloured=coloured)
    write_frame(tmp_path / "a.jpg", photo(gain_map))
    back = read_picture(tmp_path / "a.jpg")
    assert isinstance(back, Frame)
    assert back.gain_map is not None
    error = np.abs(back.gain_map.log2_gain - gain_map.log2_gain)
    step = max(gain_map.gain_map_max) / 255
    # Three channels pass through JPEG's YCbCr and back, which costs a step more.
    assert np.percentile(error, 95) < (2.5 if coloured else 1.6) * step
    assert error.max() < 8 * step
    assert back.provenance == ("read JPEG, 8 bits", "with gain map")
    assert read_gain_map(tmp_path / "a.jpg") is not None


def test_the_base_is_what_it_is_without_a_map(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    write_frame(tmp_path / "plain.jpg", photo())
    write_frame(tmp_path / "map.jpg", photo(lamps()))
    plain, packed = (tmp_path / "plain.jpg").read_bytes(), (tmp_path / "map.jpg").read_bytes()
    at = max(s.end for s in head_segments(plain) if s.marker == APP2)  # all that the plain file has in front
    assert packed.startswith(plain[:at])
    end = end_of_picture(packed)
    assert packed[:end].endswith(plain[at:])
    for name in ("plain.jpg", "map.jpg"):
        with Image.open(tmp_path / name) as image:
            shown = np.asarray(image.convert("RGB"))
            assert image.info["icc_profile"]
        assert np.array_equal(shown, np.asarray(Image.open(io.BytesIO(plain))))


@pytest.mark.parametrize("headroom_ev", [0.0, 1.0, 4.0])
def test_libultrahdr_shows_the_same(photo: Photo, lamps: Lamps, headroom_ev: float) -> None:
    """The reference implementation of Android; a map of full size, since it places smaller ones half a cell aside."""
    frame, gain_map = photo(), lamps(96, 128)
    base = jpeg_of(frame.pixels)
    shown = imagecodecs.ultrahdr_decode(pack_jpeg(base, gain_map), boost=2.0**headroom_ev)[..., :3].astype(np.float32)
    light = srgb_decode(np.asarray(Image.open(io.BytesIO(base)), np.float32) / 255)
    error = log_error(shown, gain_map.apply(light, headroom_ev=headroom_ev))
    assert np.percentile(error, 95) < 0.02
    assert error.max() < 0.08
    if headroom_ev:
        assert log_error(shown, light).max() > 0.5


@pytest.mark.parametrize("scale", [1, 2])
def test_files_of_libultrahdr_are_read(scale: int) -> None:
    """What Android's own encoder makes of an HDR picture: read, and the HDR picture comes back."""
    y, x = np.mgrid[:64, :96]
    hdr = np.ones((64, 96, 4), np.float16)
    hdr[..., :3] = (4 * np.exp(-((x - 48) ** 2 + (y - 32) ** 2) / 300) + 0.1)[..., None]
    data = bytes(imagecodecs.ultrahdr_encode(hdr, 95, scale=scale))
    found = read_jpeg_gain_map(data)
    assert found is not None
    assert found.shape == (64 // scale, 96 // scale)
    base = srgb_decode(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32) / 255)
    shown = found.apply(base, headroom_ev=20.0)
    assert np.percentile(log_error(shown, hdr[..., :3].astype(np.float32)), 95) < 0.05


def test_files_of_phones_without_index_or_iso_metadata(photo: Photo, lamps: Lamps) -> None:
    """First-generation Ultra HDR has XMP alone, and editors drop or spoil the index: the second picture is found."""
    packed = pack_jpeg(jpeg_of(photo().pixels), lamps())
    without = packed.replace(b"MPF\0MM", b"XXX\0MM").replace(b"urn:iso:std:iso:ts:21496", b"urn:xxx:std:iso:ts:21496")
    spoilt = re.sub(rb"(?<=MPF\0MM)\0\*", b"\0\0", packed)
    moved = packed.replace(b"MPF\0MM", b"MPF\0MM").replace(b"\xff\xe1", b"\xff\xee\0\6more\xff\xe1", 1)
    for data in (without, spoilt, moved):
        found = read_jpeg_gain_map(data)
        assert found is not None
        assert np.abs(found.log2_gain - lamps().log2_gain).max() < 0.1


def test_cut_off_and_damaged_maps_leave_the_picture(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    write_frame(tmp_path / "a.jpg", photo(lamps()))
    data = (tmp_path / "a.jpg").read_bytes()
    whole = read_picture(tmp_path / "a.jpg")
    end = end_of_picture(data)
    iso_at = data.rfind(b"urn:iso")
    damaged = data[: iso_at + 37] + bytes(24) + data[iso_at + 61 :]
    for broken in (data[:end], data[: end + 2], data[: end + 90], data[:-1200], damaged):
        (tmp_path / "b.jpg").write_bytes(broken)
        back = read_picture(tmp_path / "b.jpg")
        assert isinstance(back, Frame)
        assert isinstance(whole, Frame)
        assert np.array_equal(back.pixels, whole.pixels)
        assert back.gain_map is None
        assert back.provenance == ("read JPEG, 8 bits", DAMAGED_NOTE)


def test_random_damage_never_harms_the_picture(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    write_frame(tmp_path / "a.jpg", photo(lamps()))
    data = (tmp_path / "a.jpg").read_bytes()
    end = end_of_picture(data)
    rng = np.random.default_rng(2)
    for _ in range(60):
        broken = bytearray(data)
        for at in rng.integers(end, len(data), 4):
            broken[at] = int(rng.integers(0, 256))
        (tmp_path / "b.jpg").write_bytes(broken)
        assert isinstance(read_picture(tmp_path / "b.jpg"), Frame)


def test_other_files_of_several_pictures_have_no_map(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (64, 48), (200, 9, 9)), Image.new("RGB", (64, 48), (9, 9, 9))
    first.save(tmp_path / "a.mpo", "MPO", save_all=True, append_images=[second])
    assert read_gain_map(tmp_path / "a.mpo") is None
    back = read_picture(tmp_path / "a.mpo")
    assert isinstance(back, Frame)
    assert back.provenance[-1] == "first of 2 pictures taken"


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_reads_index_and_packets(tmp_path: Path, photo: Photo, lamps: Lamps) -> None:
    write_frame(tmp_path / "a.jpg", photo(lamps(), orientation=6))
    data = (tmp_path / "a.jpg").read_bytes()
    end = end_of_picture(data)
    told = subprocess.run(
        ["exiftool", "-a", "-G1", "-s", str(tmp_path / "a.jpg")], capture_output=True, text=True, check=True
    ).stdout
    said = {tuple(line.split(":", 1)[0].split()): line.split(":", 1)[1].strip() for line in told.splitlines()}
    assert "Warning" not in told
    assert said["[MPF0]", "NumberOfImages"] == "2"
    assert said["[MPImage2]", "MPImageStart"] == str(end)
    assert said["[MPImage2]", "MPImageLength"] == str(len(data) - end)
    assert said["[XMP-hdrgm]", "Version"] == "1.0"
    assert said["[XMP-Container]", "DirectoryItemLength"] == str(len(data) - end)
    assert said["[IFD0]", "Orientation"] == "Rotate 90 CW"
    assert "[ICC_Profile]" in told
