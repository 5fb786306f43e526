import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import rawpy
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catchlight.core import (
    CameraColour,
    CfaName,
    CfaPattern,
    ColourSpace,
    ContractError,
    Metadata,
    NoiseModel,
    OutputError,
    RawFrame,
    UnsupportedError,
)
from catchlight.core.colour import WHITE_D65, xyz_from_xy
from catchlight.io import read_picture, write_dng_cfa, write_dng_linear, write_frame
from catchlight.io.tiff_directory import read_directories


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("name", ["RGGB", "BGGR", "GRBG", "GBRG"])
def test_libraw_reads_back_what_was_written(
    tmp_path: Path, make_raw: Callable[..., RawFrame], name: str, compress: bool
) -> None:
    raw = make_raw(name=name)
    write_dng_cfa(tmp_path / "a.dng", raw, compress=compress)
    with rawpy.imread(str(tmp_path / "a.dng")) as read:
        assert np.array_equal(read.raw_image_visible, raw.mosaic)
        colours = "".join("RGBG"[i] for i in read.raw_pattern.ravel())
        assert colours == name
        assert read.white_level == 15520
        # LibRaw holds whole numbers by colour index; the sites' levels are 510…514.
        by_site = [read.black_level_per_channel[i] for i in read.raw_pattern.ravel()]
        assert by_site == pytest.approx(raw.black_dn, abs=1.0)
        gains = np.array(read.camera_whitebalance[:3])
        assert gains / gains[1] == pytest.approx([1 / 0.513, 1.0, 1 / 0.744], rel=1e-4)
        assert read.sizes.flip == 6
        picture = read.postprocess(use_camera_wb=True, no_auto_bright=True, user_flip=0).astype(float)
    # The left is dark and the right bright, in every channel.
    assert (picture[:, -20:].mean((0, 1)) > picture[:, :20].mean((0, 1)) + 20).all()


@pytest.mark.parametrize("compress", [True, False])
def test_everything_comes_back(tmp_path: Path, make_raw: Callable[..., RawFrame], compress: bool) -> None:
    raw = make_raw(name="GBRG")
    write_dng_cfa(tmp_path / "a.dng", raw, compress=compress)
    back = read_picture(tmp_path / "a.dng")
    assert isinstance(back, RawFrame)
    assert np.array_equal(back.mosaic, raw.mosaic)
    assert back.cfa == raw.cfa
    assert back.black_dn == raw.black_dn
    assert back.white_dn == raw.white_dn
    assert back.noise == raw.noise
    assert back.analog_gain is None  # ISO 640 says nothing about it: no tag tells the base sensitivity
    assert back.colour.neutral == pytest.approx(raw.colour.neutral, rel=1e-8)
    assert np.ravel(back.colour.matrix_1) == pytest.approx(np.ravel(raw.colour.matrix_1), abs=1e-8)
    assert np.ravel(back.colour.matrix_2) == pytest.approx(np.ravel(raw.colour.matrix_2), abs=1e-8)
    assert (back.colour.illuminant_1, back.colour.illuminant_2) == (17, 21)
    for name in ("make", "model", "exposure_s", "iso", "aperture_f", "focal_length_mm", "timestamp_ns", "orientation"):
        assert getattr(back.metadata, name) == getattr(raw.metadata, name), name


@settings(max_examples=12, deadline=None)
@given(
    rows=st.integers(11, 150),
    columns=st.integers(11, 150),
    kind=st.sampled_from(["noise", "extremes", "flat"]),
    seed=st.integers(0, 1000),
)
def test_any_mosaic_survives_compression_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: int, columns: int, kind: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (2 * rows, 2 * columns)
    mosaic = {
        "noise": rng.integers(0, 65536, shape),
        "extremes": rng.choice([0, 65535], shape),
        "flat": np.full(shape, seed),
    }[kind].astype(np.uint16)
    raw = RawFrame(mosaic=mosaic, cfa=CfaPattern(name="BGGR"), black_dn=(0.0, 0.0, 0.0, 0.0), white_dn=65535.0)
    path = tmp_path_factory.mktemp("dng") / "a.dng"
    write_dng_cfa(path, raw)
    back = read_picture(path)
    assert isinstance(back, RawFrame)
    assert np.array_equal(back.mosaic, mosaic)


def test_without_matrices_the_file_says_what_camera_colour_assumes(
    tmp_path: Path, make_raw: Callable[..., RawFrame]
) -> None:
    colour = CameraColour(neutral=(0.5, 1.0, 0.7))
    write_dng_cfa(tmp_path / "a.dng", make_raw(colour=colour, noise=None, metadata=Metadata()))
    back = read_picture(tmp_path / "a.dng")
    assert isinstance(back, RawFrame)
    assert back.noise is None
    assert back.colour.matrix_1 is not None
    mine = colour.rgb_from_camera(ColourSpace.SRGB)
    assert back.colour.rgb_from_camera(ColourSpace.SRGB) == pytest.approx(mine, abs=2e-3)


def test_libraw_makes_the_same_colour_of_it(tmp_path: Path) -> None:
    matrix = ((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086))
    white = np.array(matrix) @ xyz_from_xy(WHITE_D65)
    neutral = tuple((white / white[1]).tolist())
    colour = CameraColour(neutral=neutral, matrix_2=matrix, illuminant_2=21)
    patch = np.array([0.20, 0.30, 0.15])  # camera RGB, 0…1
    cfa = CfaPattern(name="GRBG")
    tile = (512 + patch[cfa.indices] * 15000).round().astype(np.uint16)
    raw = RawFrame(mosaic=np.tile(tile, (32, 32)), cfa=cfa, black_dn=(512.0,) * 4, white_dn=15512.0, colour=colour)
    write_dng_cfa(tmp_path / "a.dng", raw)
    with rawpy.imread(str(tmp_path / "a.dng")) as read:
        picture = read.postprocess(use_camera_wb=True, no_auto_bright=True, gamma=(1, 1), output_bps=16)
    theirs = picture[20:-20, 20:-20].mean((0, 1))
    ours = colour.rgb_from_camera(ColourSpace.SRGB) @ (patch / np.array(neutral))
    assert theirs / theirs.sum() == pytest.approx(ours / ours.sum(), abs=0.004)


def test_compression_is_worth_it(tmp_path: Path, make_raw: Callable[..., RawFrame]) -> None:
    raw = make_raw(512, 512)
    write_dng_cfa(tmp_path / "a.dng", raw)
    write_dng_cfa(tmp_path / "b.dng", raw, compress=False)
    assert (tmp_path / "a.dng").stat().st_size < 0.6 * (tmp_path / "b.dng").stat().st_size


def test_linear_dng_holds_camera_rgb(tmp_path: Path, make_frame: Callable, make_raw: Callable) -> None:
    frame = make_frame(60, 83, space=ColourSpace.CAMERA, transfer="linear")
    for compress in (True, False):
        path = tmp_path / f"{compress}.dng"
        write_dng_linear(path, frame, make_raw().colour, compress=compress)
        with rawpy.imread(str(path)) as read:
            stored = (read.raw_image_visible[..., :3].astype(float) - 1024) / (65535 - 1024)
            assert stored == pytest.approx(frame.pixels, abs=1e-5)
            assert read.black_level_per_channel[:3] == [1024] * 3
            assert read.postprocess(use_camera_wb=True).std() > 10
        with pytest.raises(UnsupportedError, match="linear DNG"):
            read_picture(path)
    with pytest.raises(ContractError, match="camera RGB"):
        write_dng_linear(tmp_path / "c.dng", make_frame(), CameraColour())


def test_an_existing_file_needs_force(tmp_path: Path, make_raw: Callable[..., RawFrame]) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="--force"):
        write_dng_cfa(path, make_raw())
    assert path.read_bytes() == b"mine"
    write_dng_cfa(path, make_raw(), force=True)
    assert isinstance(read_picture(path), RawFrame)


def test_too_large_for_tiff_names_the_output(
    tmp_path: Path, make_raw: Callable, make_frame: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catchlight.io.write_tiff._MOST_BYTES", 1000)  # instead of 4 GB
    for name, write in (
        ("a.dng", lambda path: write_dng_cfa(path, make_raw())),
        ("b.tif", lambda path: write_frame(path, make_frame())),
    ):
        with pytest.raises(OutputError) as caught:
            write(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: cannot be written: larger than the 4 GB")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def two_dngs(tmp_path: Path, make_raw: Callable, make_frame: Callable) -> list[Path]:
    """A compressed CFA DNG and a linear one, upright, 288×384: RawTherapee refuses much smaller ones."""
    upright = Metadata(make="Acme", model="One", exposure_s=0.01, iso=100.0)
    write_dng_cfa(tmp_path / "cfa.dng", make_raw(288, 384, metadata=upright))
    ramp = np.linspace(0.05, 0.8, 384, dtype=np.float32)[None, :, None] * np.array([0.5, 1.0, 0.7], np.float32)
    pixels = np.repeat(ramp, 288, 0)
    camera = make_frame(pixels=pixels, space=ColourSpace.CAMERA, transfer="linear", metadata=upright)
    write_dng_linear(tmp_path / "linear.dng", camera, make_raw().colour)
    return [tmp_path / "cfa.dng", tmp_path / "linear.dng"]


def assert_developed(path: Path) -> None:
    """The other developer's picture has the size (but for its own border) and the ramp from left to right."""
    picture = np.asarray(Image.open(path).convert("RGB"), float)
    assert abs(picture.shape[0] - 288) <= 8
    assert abs(picture.shape[1] - 384) <= 8
    assert picture[:, -60:].mean() > picture[:, :60].mean() + 30
    assert picture.std() > 15


@pytest.mark.skipif(which("rawtherapee-cli") is None, reason="RawTherapee is not installed")
def test_rawtherapee_develops_it(two_dngs: list[Path], tmp_path: Path) -> None:
    for path in two_dngs:
        out = tmp_path / "rt.png"
        command = ["rawtherapee-cli", "-q", "-Y", "-n", "-d", "-o", str(out), "-c", str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        assert_developed(out)


@pytest.mark.skipif(which("darktable-cli") is None, reason="darktable is not installed")
def test_darktable_develops_it(two_dngs: list[Path], tmp_path: Path) -> None:
    for path in two_dngs:
        out = tmp_path / f"{path.stem}.png"
        command = ["darktable-cli", str(path), str(out), "--core", "--configdir", str(tmp_path / "dt")]
        subprocess.run([*command, "--library", ":memory:"], check=True, capture_output=True, timeout=120)
        assert_developed(out)


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_finds_nothing_to_complain_about(two_dngs: list[Path]) -> None:
    for path in two_dngs:
        command = ["exiftool", "-validate", "-warning", "-error", "-a", str(path)]
        said = subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout
        assert "Validate" in said
        assert "OK" in said, said


@pytest.mark.parametrize("width", [30, 32, 34, 64, 496, 512, 514, 528])
def test_two_tiles_side_by_side_come_back(tmp_path: Path, width: int) -> None:
    """LibRaw takes exactly two tiles of sample pairs for another layout, so they are never written."""
    mosaic = np.random.default_rng(width).integers(64, 1000, (32, width)).astype(np.uint16)
    raw = RawFrame(mosaic=mosaic, cfa=CfaPattern(name="RGGB"), black_dn=(64.0,) * 4, white_dn=1023.0)
    write_dng_cfa(tmp_path / "a.dng", raw)
    back = read_picture(tmp_path / "a.dng")
    assert isinstance(back, RawFrame)
    np.testing.assert_array_equal(back.mosaic, mosaic)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("black", [(64.0,) * 4, (60.0, 61.5, 62.0, 63.0)])
@pytest.mark.parametrize("name", ["XTRANS", "QUAD_GRBG", "NONA_RGGB", "MONO"])
def test_mosaics_of_any_filters_come_back(tmp_path: Path, name: CfaName, black: tuple, compress: bool) -> None:
    cfa = CfaPattern(name=name, origin=(1, 4))
    light = np.random.default_rng(1).integers(64, 900, (276, 288)).astype(np.uint16)
    mosaic = (light + 1000 * cfa.colour_map(276, 288).astype(int)).astype(np.uint16)
    noise = NoiseModel.same(shot=1e-4, read=1e-6)
    raw = RawFrame(mosaic=mosaic, cfa=cfa, black_dn=black, white_dn=16383.0, noise=noise)
    write_dng_cfa(tmp_path / "a.dng", raw, compress=compress)
    back = read_picture(tmp_path / "a.dng")
    assert isinstance(back, RawFrame)
    assert np.array_equal(back.mosaic, mosaic)
    assert (back.cfa, back.black_dn, back.white_dn, back.noise) == (cfa, black, 16383.0, noise)


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("name", ["XTRANS", "QUAD_GRBG", "MONO"])
def test_exiftool_understands_any_filters(tmp_path: Path, name: CfaName) -> None:
    cfa = CfaPattern(name=name)
    raw = RawFrame(mosaic=np.full((48, 48), 900, np.uint16), cfa=cfa, black_dn=(64.0,) * 4, white_dn=1023.0)
    write_dng_cfa(tmp_path / "a.dng", raw, baseline_exposure_ev=2.5)
    command = ["exiftool", "-validate", "-s3", "-CFAPattern2", "-PhotometricInterpretation", "-BaselineExposure"]
    said = subprocess.run([*command, str(tmp_path / "a.dng")], check=True, capture_output=True, timeout=60, text=True)
    tile = " ".join(str(v) for v in cfa.indices.ravel())
    kind = ["Linear Raw"] if name == "MONO" else [tile, "Color Filter Array"]
    assert said.stdout.splitlines() == ["OK", *kind, "2.5"]


def test_libraw_develops_x_trans_and_grey(tmp_path: Path) -> None:
    colour = np.array([0.3, 0.6, 0.15], np.float32)
    for name in ("XTRANS", "MONO"):
        cfa = CfaPattern(name=name)  # type: ignore[arg-type]
        # LibRaw's X-Trans demosaicing fails on pictures smaller than its tiles of 512 px.
        mosaic = (colour[cfa.colour_map(516, 540)] * 60000).astype(np.uint16)
        raw = RawFrame(mosaic=mosaic, cfa=cfa, black_dn=(0.0,) * 4, white_dn=65535.0)
        write_dng_cfa(tmp_path / "a.dng", raw, force=True)
        with rawpy.imread(str(tmp_path / "a.dng")) as read:
            linear = read.postprocess(
                output_bps=16, gamma=(1, 1), no_auto_bright=True, use_camera_wb=False, user_wb=[1, 1, 1, 1],
                output_color=rawpy.ColorSpace.raw,
            )  # fmt: skip
        middle = linear[100:200, 100:200].reshape(-1, linear.shape[2]).mean(0)
        expected = colour if name == "XTRANS" else colour[1:2]
        assert middle / middle.max() == pytest.approx(expected / expected.max(), abs=0.01)


def test_baseline_exposure_and_noise_of_a_linear_dng(tmp_path: Path, make_frame: Callable) -> None:
    frame = make_frame(32, 48, space=ColourSpace.CAMERA, transfer="linear")
    frame = replace(frame, pixels=frame.pixels - np.float32(0.11))  # down to -0.01
    noise = NoiseModel(shot=(1e-4, 2e-4, 3e-4), read=(1e-6, 2e-6, 3e-6))
    write_dng_linear(tmp_path / "a.dng", frame, CameraColour(), noise=noise, baseline_exposure_ev=3.0)
    with (tmp_path / "a.dng").open("rb") as stream:
        main = read_directories(stream)[0]
    assert main.numbers(50730) == (3.0,)
    assert main.numbers(51041) == pytest.approx((1e-4, 1e-6, 2e-4, 2e-6, 3e-4, 3e-6))
    with rawpy.imread(str(tmp_path / "a.dng")) as read:
        stored = (read.raw_image_visible[..., :3].astype(float) - 1024) / (65535 - 1024)
    assert stored == pytest.approx(frame.pixels, abs=1e-5)
    assert stored.min() < -0.005
    with pytest.raises(ContractError, match="EV; found nan"):
        write_dng_linear(tmp_path / "b.dng", frame, CameraColour(), baseline_exposure_ev=float("nan"))


@pytest.mark.skipif(which("dcraw_emu") is None, reason="LibRaw's dcraw_emu is not installed")
def test_older_decoders_find_every_tile_of_a_grey_mosaic(tmp_path: Path) -> None:
    y, x = np.mgrid[:528, :552]
    mosaic = (2000 + 60 * x + 40 * (y % 200)).astype(np.uint16)
    raw = RawFrame(mosaic=mosaic, cfa=CfaPattern(name="MONO"), black_dn=(0.0,) * 4, white_dn=65535.0)
    write_dng_cfa(tmp_path / "a.dng", raw)
    # -4 -W: 16 bits, linear, not brightened.
    command = ["dcraw_emu", "-T", "-4", "-W", str(tmp_path / "a.dng")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    picture = tifffile.imread(tmp_path / "a.dng.tiff").reshape(528, 552).astype(float)
    assert np.corrcoef(picture.ravel(), mosaic.ravel())[0, 1] > 0.9999
