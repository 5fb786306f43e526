import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from catchlight.core import ColourSpace, ContractError, Frame, Metadata, OutputError, UsageError
from catchlight.io import WRITABLE_SUFFIXES, read_picture, write_frame

resource = pytest.importorskip("resource", reason="limits on file size are POSIX")

# Largest error of a smooth picture, in parts of 1: half a step where nothing is lost, else what quality 95 costs.
TOLERANCE = {".tif": 0.51 / 65535, ".tiff": 0.51 / 65535, ".png": 0.51 / 65535}
LOSSY = 0.03
SPACES = [ColourSpace.SRGB, ColourSpace.DISPLAY_P3, ColourSpace.REC2020]


def read(path: Path) -> Frame:
    found = read_picture(path)
    assert isinstance(found, Frame)
    return found


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("transfer", ["srgb", "linear"])
def test_pixels_space_and_curve_come_back(
    tmp_path: Path, make_frame: Callable[..., Frame], suffix: str, space: ColourSpace, transfer: str
) -> None:
    upright = replace(make_frame().metadata, orientation=1)
    frame = make_frame(49, 63, space=space, transfer=transfer, metadata=upright)
    path = tmp_path / f"a{suffix}"
    write_frame(path, frame)
    back = read(path)
    assert back.shape == (49, 63)
    assert (back.space, back.transfer, back.white) == (space, transfer, "display white")
    assert np.abs(back.pixels - frame.pixels).max() < TOLERANCE.get(suffix, LOSSY)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".webp", ".heic", ".avif"])
def test_metadata_travels(tmp_path: Path, make_frame: Callable[..., Frame], suffix: str) -> None:
    frame = make_frame()
    path = tmp_path / f"a{suffix}"
    write_frame(path, frame)
    back = read(path).metadata
    for name in ("make", "model", "exposure_s", "iso", "aperture_f", "focal_length_mm", "timestamp_ns"):
        assert getattr(back, name) == getattr(frame.metadata, name), name
    # HEIC's decoder turns the pixels upright; the others leave that to the reader of the tag.
    assert back.orientation == (1 if suffix == ".heic" else 6)
    exif = Image.Exif()
    exif.load(back.exif)
    gps = exif.get_ifd(34853)
    assert (gps[1], gps[3]) == ("N", "E")
    assert [float(v) for v in gps[2]] == [48.0, 51.0, 29.6]
    assert exif[305] == "Catchlight"
    assert exif.get_ifd(34665)[42036] == "Acme 26 mm f/1.8"
    assert 37500 not in exif.get_ifd(34665)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_orientation_is_a_transformation_there(
    tmp_path: Path, make_frame: Callable[..., Frame], suffix: str, orientation: int
) -> None:
    frame = make_frame(64, 96, metadata=Metadata(orientation=orientation))
    path = tmp_path / f"a{suffix}"
    write_frame(path, frame)
    back = read(path)
    upright = Image.fromarray((frame.pixels * 255).round().astype(np.uint8))
    upright.getexif()[274] = orientation
    from PIL import ImageOps

    expected = np.asarray(ImageOps.exif_transpose(upright), np.float32) / 255
    pixels = back.pixels
    if suffix == ".avif":
        assert back.metadata.orientation == orientation
        stored = Image.fromarray((pixels * 255).round().astype(np.uint8))
        stored.getexif()[274] = back.metadata.orientation
        pixels = np.asarray(ImageOps.exif_transpose(stored), np.float32) / 255
    assert pixels.shape == expected.shape
    assert np.abs(pixels - expected).max() < 0.04


@pytest.mark.parametrize(("suffix", "bits", "steps"), [(".heic", None, 10), (".avif", None, 10), (".avif", 8, 8)])
def test_a_fine_ramp_keeps_ten_bits(
    tmp_path: Path, make_frame: Callable[..., Frame], suffix: str, bits: int | None, steps: int
) -> None:
    ramp = np.repeat(np.linspace(0.4, 0.45, 512, dtype=np.float32)[None, :, None], 64, 0)
    write_frame(tmp_path / f"a{suffix}", make_frame(pixels=np.repeat(ramp, 3, 2)), quality=100, bits=bits)
    levels = len(np.unique(read(tmp_path / f"a{suffix}").pixels[..., 1]))
    assert (levels > 40) == (steps == 10)


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_white_comes_back_as_exactly_one(
    tmp_path: Path, make_frame: Callable[..., Frame], suffix: str, bits: int
) -> None:
    pixels = np.ones((64, 96, 3), np.float32)
    pixels[:, :32] = 0
    write_frame(tmp_path / f"a{suffix}", make_frame(pixels=pixels, metadata=Metadata()), quality=100, bits=bits)
    back = read(tmp_path / f"a{suffix}")
    assert f"{bits} bits" in back.provenance[0]
    assert (back.pixels[:, 40:] == 1).all()
    assert (back.pixels[:, :24] == 0).all()


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    suffix=st.sampled_from(WRITABLE_SUFFIXES),
    seed=st.integers(0, 99),
)
def test_every_size_comes_back(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, suffix: str, seed: int
) -> None:
    # Beyond 0…1 on purpose: such values are clipped.
    pixels = np.random.default_rng(seed).uniform(-0.2, 1.2, (height, width, 3)).astype(np.float32)
    path = tmp_path_factory.mktemp("frame") / f"a{suffix}"
    write_frame(path, Frame(pixels=pixels, transfer="srgb"))
    back = read(path)
    assert back.shape == (height, width)
    if suffix in TOLERANCE:
        assert np.abs(back.pixels - np.clip(pixels, 0, 1)).max() < TOLERANCE[suffix]


@pytest.mark.parametrize("bits", [8, 16])
def test_other_readers_agree(tmp_path: Path, make_frame: Callable[..., Frame], bits: int) -> None:
    frame = make_frame(300, 200)  # several strips
    full = 2**bits - 1
    expected = (frame.pixels * np.float32(full) + np.float32(0.5)).astype(np.uint8 if bits == 8 else np.uint16)
    write_frame(tmp_path / "a.tif", frame, bits=bits)
    assert np.array_equal(tifffile.imread(tmp_path / "a.tif"), expected)
    write_frame(tmp_path / "a.png", frame, bits=bits)
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        shown = np.asarray(image.convert("RGB"))
        assert image.getexif()[274] == 6
        assert "icc_profile" in image.info
    assert np.abs(shown.astype(int) - (expected.astype(int) if bits == 8 else expected.astype(int) // 257)).max() <= 1
    with Image.open(tmp_path / "a.tif") as image:
        assert image.getexif()[274] == 6
        assert image.getexif().get_ifd(34853)[1] == "N"


def test_the_profile_means_what_the_pixels_are(tmp_path: Path) -> None:
    """LittleCMS turns a Display P3 file into the sRGB that our own matrices give."""
    colours = np.array([[[0.2, 0.5, 0.3], [0.7, 0.6, 0.5], [0.5, 0.5, 0.5], [0.3, 0.35, 0.6]]], np.float32)
    for space in SPACES:
        source = Frame(pixels=np.tile(colours, (8, 2, 1)), space=ColourSpace.SRGB, transfer="srgb")
        path = tmp_path / f"{space.name}.png"
        write_frame(path, source.in_space(space, "srgb"), bits=8)
        with Image.open(path) as image:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
            shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), renderingIntent=1)
        assert shown is not None
        assert np.abs(np.asarray(shown, float) / 255 - source.pixels).max() < 0.012, space


def test_refusals_say_what_to_do(tmp_path: Path, make_frame: Callable[..., Frame]) -> None:
    frame = make_frame()
    with pytest.raises(UsageError, match=r"\.tif .*\.avif"):
        write_frame(tmp_path / "a.bmp", frame)
    with pytest.raises(UsageError, match="no suffix"):
        write_frame(tmp_path / "a", frame)
    with pytest.raises(UsageError, match="8 bits for JPEG, found 16"):
        write_frame(tmp_path / "a.jpg", frame, bits=16)
    with pytest.raises(UsageError, match="quality"):
        write_frame(tmp_path / "a.jpg", frame, quality=0)
    with pytest.raises(ContractError, match="camera RGB"):
        write_frame(tmp_path / "a.tif", make_frame(space=ColourSpace.CAMERA))
    assert not list(tmp_path.iterdir())


def test_existing_output_is_kept(tmp_path: Path, make_frame: Callable[..., Frame]) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        write_frame(path, make_frame())
    assert path.read_text() == "mine"
    write_frame(path, make_frame(), force=True)
    assert read(path).shape == (48, 64)


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """The system refuses to write behind byte 512 of any file, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".webp", ".heic", ".avif"])
@pytest.mark.usefixtures("small_files_only")
def test_no_room_leaves_nothing_behind(tmp_path: Path, make_frame: Callable[..., Frame], suffix: str) -> None:
    with pytest.raises(OutputError, match=rf"a{suffix}: cannot be written: the file system"):
        write_frame(tmp_path / f"a{suffix}", make_frame())
    assert not list(tmp_path.iterdir())
