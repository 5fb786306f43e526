import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catchlight.core import CfaName, CfaPattern, InputError, RawFrame, UnsupportedError
from catchlight.core.camera_colour import CameraColour
from catchlight.core.colour import xyz_from_xy
from catchlight.io import read_picture, write_dng_cfa
from catchlight.io.tiff_directory import SUB_IFDS, TiffDirectory
from catchlight.io.tiff_field import TiffField
from catchlight.io.write_tiff import write_tiff

MATRIX = ((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086))


def write_dng(path: Path, mosaic: np.ndarray, **changed: TiffField | None) -> None:
    """A plain uncompressed DNG, other tags than the writer's own: `t50829=...` sets one, None takes it away."""
    h, w = mosaic.shape[:2]
    fields: dict[int, TiffField | None] = {
        254: TiffField.of_longs(0),
        256: TiffField.of_longs(w),
        257: TiffField.of_longs(h),
        258: TiffField.of_shorts(16),
        259: TiffField.of_shorts(1),
        262: TiffField.of_shorts(32803),
        271: TiffField.of_text("Acme"),
        272: TiffField.of_text("One"),
        277: TiffField.of_shorts(1),
        278: TiffField.of_longs(h),
        33421: TiffField.of_shorts(2, 2),
        33422: TiffField.of_bytes(0, 1, 1, 2),
        50706: TiffField.of_bytes(1, 4, 0, 0),
        50708: TiffField.of_text("Acme One"),
        50717: TiffField.of_longs(4095),
        50721: TiffField.of_signed_rationals(*np.ravel(MATRIX).tolist()),
        50778: TiffField.of_shorts(21),
    }
    fields |= {int(name[1:]): value for name, value in changed.items()}
    directory = TiffDirectory({tag: value for tag, value in fields.items() if value is not None})
    write_tiff(path, directory, [mosaic.astype("<u2").tobytes()], tiled=False)


@pytest.fixture
def mosaic() -> np.ndarray:
    return np.random.default_rng(3).integers(100, 4000, (40, 60)).astype(np.uint16)


def read(path: Path) -> RawFrame:
    found = read_picture(path)
    assert isinstance(found, RawFrame)
    return found


@pytest.mark.parametrize(("top", "left", "name"), [(1, 0, "GBRG"), (0, 1, "GRBG"), (1, 1, "BGGR"), (2, 2, "RGGB")])
def test_masked_borders_move_the_pattern(tmp_path: Path, mosaic: np.ndarray, top: int, left: int, name: str) -> None:
    area = TiffField.of_longs(top, left, 40, 60)
    write_dng(tmp_path / "a.dng", mosaic, t50829=area)
    raw = read(tmp_path / "a.dng")
    assert raw.cfa.name == name
    # The pattern counts from the active area; LibRaw skips one more row or column to start at an even one.
    assert np.array_equal(raw.mosaic, mosaic[top + top % 2 :, left + left % 2 :])
    levels = {(0, 0): 60.0, (0, 1): 61.0, (1, 0): 62.0, (1, 1): 63.0}
    write_dng(
        tmp_path / "b.dng",
        mosaic,
        t50829=area,
        t50713=TiffField.of_shorts(2, 2),
        t50714=TiffField.of_rationals(*levels.values()),
    )
    assert read(tmp_path / "b.dng").black_dn == tuple(levels[y ^ top % 2, x ^ left % 2] for y, x in levels)


@pytest.mark.parametrize(
    ("repeat", "levels", "expected"),
    [
        (None, (64.0,), (64.0, 64.0, 64.0, 64.0)),
        ((2, 2), (60.0, 61.0, 62.0, 63.5), (60.0, 61.0, 62.0, 63.5)),
        ((1, 2), (60.0, 70.0), (60.0, 70.0, 60.0, 70.0)),
        ((2, 4), (60.0, 62.0, 64.0, 66.0, 1.0, 2.0, 3.0, 4.0), (62.0, 64.0, 2.0, 3.0)),
    ],
)
def test_black_levels_are_told_by_site(
    tmp_path: Path, mosaic: np.ndarray, repeat: tuple[int, int] | None, levels: tuple, expected: tuple
) -> None:
    tags = {"t50714": TiffField.of_rationals(*levels)}
    if repeat:
        tags["t50713"] = TiffField.of_shorts(*repeat)
    write_dng(tmp_path / "a.dng", mosaic, **tags)
    assert read(tmp_path / "a.dng").black_dn == pytest.approx(expected)


def test_missing_tags_stay_unknown(tmp_path: Path, mosaic: np.ndarray) -> None:
    write_dng(tmp_path / "a.dng", mosaic, t50721=None, t50778=None, t50717=None)
    raw = read(tmp_path / "a.dng")
    assert raw.noise is None
    assert raw.analog_gain is None
    assert raw.white_dn == 65535
    assert raw.metadata.exposure_s is None
    assert raw.colour.neutral is None
    assert raw.metadata.orientation == 1


@pytest.mark.parametrize(
    ("pairs", "shot"),
    [
        ((1e-4, 1e-6), (1e-4, 1e-4, 1e-4)),
        ((1e-4, 1e-6, 2e-4, 1e-6, 3e-4, 1e-6), (1e-4, 2e-4, 3e-4)),
        ((1e-4, 1e-6, 2e-4, 1e-6, 4e-4, 1e-6, 5e-4, 1e-6), (1e-4, 3e-4, 5e-4)),
        ((float("nan"), 1e-6), None),
        ((0.0, 0.0), None),
    ],
)
def test_noise_profiles_of_every_length(tmp_path: Path, mosaic: np.ndarray, pairs: tuple, shot: tuple | None) -> None:
    write_dng(tmp_path / "a.dng", mosaic, t51041=TiffField.of_doubles(*pairs))
    noise = read(tmp_path / "a.dng").noise
    if shot is None:
        assert noise is None
    else:
        assert noise is not None
        assert noise.shot == pytest.approx(shot)
        assert noise.domain == "normalised"


def test_calibration_and_balance_belong_to_the_matrix(tmp_path: Path, mosaic: np.ndarray) -> None:
    balance, calibration = (1.1, 1.0, 0.9), np.diag([1.02, 1.0, 0.97])
    write_dng(
        tmp_path / "a.dng",
        mosaic,
        t50723=TiffField.of_signed_rationals(*calibration.ravel().tolist()),
        t50727=TiffField.of_rationals(*balance),
    )
    expected = np.diag(balance) @ calibration @ np.array(MATRIX)
    assert np.array(read(tmp_path / "a.dng").colour.matrix_1) == pytest.approx(expected, abs=1e-7)


def test_a_white_point_given_as_xy_becomes_the_neutral(tmp_path: Path, mosaic: np.ndarray) -> None:
    xy = (0.38, 0.37)
    write_dng(tmp_path / "a.dng", mosaic, t50729=TiffField.of_rationals(*xy))
    expected = np.array(MATRIX) @ xyz_from_xy(xy)
    colour: CameraColour = read(tmp_path / "a.dng").colour
    assert colour.neutral == pytest.approx(tuple(expected / expected[1]), rel=1e-6)


def test_a_mosaic_below_a_preview_is_found(tmp_path: Path, mosaic: np.ndarray) -> None:
    write_dng(tmp_path / "flat.dng", mosaic, t50714=TiffField.of_longs(50))
    from catchlight.io.tiff_directory import encode_directory, read_directories

    data = bytearray((tmp_path / "flat.dng").read_bytes())
    with (tmp_path / "flat.dng").open("rb") as stream:
        below = read_directories(stream)[0]
    upper = TiffDirectory({tag: below.fields.pop(tag) for tag in (271, 272, 50706, 50708, 50721, 50778)})
    upper.fields |= {
        51041: TiffField.of_doubles(3e-4, 2e-6),
        274: TiffField.of_shorts(8),
        254: TiffField.of_longs(1),
        256: TiffField.of_longs(1),
        257: TiffField.of_longs(1),
        258: TiffField.of_shorts(8, 8, 8),
        259: TiffField.of_shorts(1),
        262: TiffField.of_shorts(2),
        273: TiffField.of_longs(8),
        277: TiffField.of_shorts(3),
        278: TiffField.of_longs(1),
        279: TiffField.of_longs(3),
    }
    upper.children[SUB_IFDS] = [below]
    data[4:8] = len(data).to_bytes(4, "little")
    (tmp_path / "a.dng").write_bytes(bytes(data) + encode_directory(upper, offset=len(data)))
    raw = read(tmp_path / "a.dng")
    assert np.array_equal(raw.mosaic, mosaic)
    assert raw.black_dn == (50.0, 50.0, 50.0, 50.0)
    assert raw.white_dn == 4095
    assert raw.noise is not None
    assert raw.noise.shot[0] == pytest.approx(3e-4)
    assert raw.orientation == 8
    assert raw.colour.matrix_1 is not None


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("share", [0.0005, 0.01, 0.5, 0.9, 0.999])
def test_a_cut_off_file_is_one_clear_line(
    tmp_path: Path, make_raw: Callable[..., RawFrame], capfd: pytest.CaptureFixture, share: float, compress: bool
) -> None:
    path = tmp_path / "whole.dng"
    write_dng_cfa(path, make_raw(), compress=compress)
    data = path.read_bytes()
    cut = tmp_path / "cut.dng"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"cut\.dng: .*(cut off|not a RAW)"):
        read_picture(cut)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_pixels_behind_the_directory_are_missed_too(
    tmp_path: Path, mosaic: np.ndarray, capfd: pytest.CaptureFixture, share: float
) -> None:
    # The directory first, as cameras write it: all tags are there, the strip is cut.
    write_dng(tmp_path / "a.dng", mosaic)
    data = (tmp_path / "a.dng").read_bytes()
    from catchlight.io.tiff_directory import encode_directory, read_directories

    with (tmp_path / "a.dng").open("rb") as stream:
        main = read_directories(stream)[0]
    at = 8 + len(encode_directory(main, offset=8))
    main.fields[273] = TiffField.of_longs(at)
    whole = b"II*\0\x08\0\0\0" + encode_directory(main, offset=8) + mosaic.astype("<u2").tobytes()
    (tmp_path / "b.dng").write_bytes(whole)
    assert np.array_equal(read(tmp_path / "b.dng").mosaic, mosaic)
    (tmp_path / "c.dng").write_bytes(whole[: at + int((len(whole) - at) * share)])
    with pytest.raises(InputError, match="cut off"):
        read_picture(tmp_path / "c.dng")
    assert capfd.readouterr().err == ""
    assert len(data) > 0


def test_other_sensors_are_refused_kindly(tmp_path: Path, mosaic: np.ndarray) -> None:
    stripes = TiffField.of_bytes(*[0, 1, 2, 1] * 4)
    write_dng(tmp_path / "stripes.dng", mosaic, t33421=TiffField.of_shorts(4, 4), t33422=stripes)
    write_dng(tmp_path / "six.dng", mosaic, t33421=TiffField.of_shorts(6, 6), t33422=TiffField.of_bytes(*[0] * 36))
    write_dng(tmp_path / "cyan.dng", mosaic, t33422=TiffField.of_bytes(3, 5, 4, 1))
    for name in ("stripes", "six", "cyan"):
        with pytest.raises(UnsupportedError, match=rf"{name}\.dng: expected a"):
            read_picture(tmp_path / f"{name}.dng")


@pytest.mark.parametrize(("top", "left"), [(0, 0), (1, 3), (4, 1)])
@pytest.mark.parametrize("name", ["XTRANS", "QUAD_GRBG", "NONA_BGGR", "RGGB"])
def test_tiles_of_any_size_count_from_the_active_area(
    tmp_path: Path, mosaic: np.ndarray, name: CfaName, top: int, left: int
) -> None:
    cfa = CfaPattern(name=name, origin=(2, 1))
    # A Bayer tile, too, may be told in more than 2×2 sites; LibRaw takes 36 at most.
    table = np.tile(cfa.indices, (2, 2)) if cfa.is_bayer else cfa.indices
    write_dng(
        tmp_path / "a.dng",
        mosaic,
        t33421=TiffField.of_shorts(*table.shape),
        t33422=TiffField.of_bytes(*table.ravel().tolist()),
        t50829=TiffField.of_longs(top, left, 40, 60),
    )
    raw = read(tmp_path / "a.dng")
    # LibRaw begins at an even place where it takes the filters for Bayer's.
    first = next((y, x) for y in (top, top + 1) for x in (left, left + 1) if _begins(raw.mosaic, mosaic[y:, x:]))
    assert raw.cfa == cfa.shifted(rows=first[0] - top, columns=first[1] - left)
    assert min(raw.shape) >= 30


def _begins(part: np.ndarray, whole: np.ndarray) -> bool:
    return part.shape <= whole.shape and np.array_equal(part, whole[: part.shape[0], : part.shape[1]])


@pytest.mark.parametrize("photometric", [34892, 32803])
def test_a_sensor_without_filters_has_one_colour(tmp_path: Path, mosaic: np.ndarray, photometric: int) -> None:
    tags: dict[str, TiffField | None] = {"t33421": None, "t33422": None}
    if photometric == 32803:
        tags = {"t33421": TiffField.of_shorts(1, 1), "t33422": TiffField.of_bytes(1)}
    tags["t51041"] = TiffField.of_doubles(2e-4, 1e-6)
    write_dng(tmp_path / "a.dng", mosaic, t262=TiffField.of_shorts(photometric), **tags)
    raw = read(tmp_path / "a.dng")
    assert raw.cfa == CfaPattern(name="MONO")
    assert np.array_equal(raw.mosaic, mosaic)
    assert raw.colour.white_balance() == (1, 1, 1)
    assert raw.noise is not None
    assert raw.noise.shot == (2e-4, 2e-4, 2e-4)


def test_black_of_a_large_tile_is_that_of_even_and_odd_places(tmp_path: Path, mosaic: np.ndarray) -> None:
    cfa = CfaPattern(name="XTRANS")
    levels = 60 + np.arange(36, dtype=float).reshape(6, 6)
    write_dng(
        tmp_path / "a.dng",
        mosaic,
        t33421=TiffField.of_shorts(6, 6),
        t33422=TiffField.of_bytes(*cfa.indices.ravel().tolist()),
        t50713=TiffField.of_shorts(6, 6),
        t50714=TiffField.of_rationals(*levels.ravel().tolist()),
    )
    expected = tuple(levels[y::2, x::2].mean() for y in (0, 1) for x in (0, 1))
    assert read(tmp_path / "a.dng").black_dn == pytest.approx(expected)


def test_levels_that_contradict_each_other_are_an_input_error(tmp_path: Path, mosaic: np.ndarray) -> None:
    write_dng(tmp_path / "a.dng", mosaic, t50714=TiffField.of_longs(9000))
    with pytest.raises(InputError, match="contradicts"):
        read_picture(tmp_path / "a.dng")


def test_an_absurd_size_is_an_input_error(tmp_path: Path, mosaic: np.ndarray) -> None:
    huge = TiffField.of_longs(4_000_000_000)
    write_dng(tmp_path / "a.dng", mosaic, t256=huge, t257=huge, t278=huge)
    with pytest.raises(InputError, match=r"a\.dng"):
        read_picture(tmp_path / "a.dng")
    nothing = TiffField.of_longs(0)
    write_dng(tmp_path / "b.dng", mosaic, t256=nothing, t257=nothing)
    with pytest.raises(InputError, match=r"b\.dng"):
        read_picture(tmp_path / "b.dng")


def test_the_file_is_left_alone(tmp_path: Path, mosaic: np.ndarray) -> None:
    write_dng(tmp_path / "a.dng", mosaic)
    before = (tmp_path / "a.dng").read_bytes()
    raw = read(tmp_path / "a.dng")
    assert raw.cfa == CfaPattern(name="RGGB")
    assert raw.mosaic.flags.owndata  # the decoder's memory is gone
    assert (tmp_path / "a.dng").read_bytes() == before


def test_a_name_that_is_no_utf8_is_read_all_the_same(tmp_path: Path, mosaic: np.ndarray) -> None:
    odd = tmp_path / os.fsdecode(b"bad\xff.dng")
    write_dng(tmp_path / "a.dng", mosaic)
    try:
        odd.write_bytes((tmp_path / "a.dng").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert np.array_equal(read(odd).mosaic, mosaic)


def test_damage_that_the_decoder_notices_is_an_input_error(tmp_path: Path, make_raw: Callable[..., RawFrame]) -> None:
    path = tmp_path / "a.dng"
    write_dng_cfa(path, make_raw(256, 384))
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half : half + 4096] = bytes(range(255, -1, -1)) * 16
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.dng: the RAW data is damaged"):
        read_picture(path)
