"""Files built here as Apple's documentation describes them; no photo of a phone is at hand."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from catchlight.core import Frame
from catchlight.io import read_picture, write_frame
from catchlight.io.gain_map.apple import apple_gain_map, apple_headroom
from catchlight.io.gain_map.heif_items import HeifItem, full_box
from catchlight.io.gain_map.jpeg_segments import APP1, APP2, end_of_picture, segment
from catchlight.io.gain_map.multi_picture import INDEX_BYTES, multi_picture_index
from catchlight.io.gain_map.parse_heif_items import parse_heif_items
from catchlight.io.gain_map.xmp_metadata import XMP_MARK
from catchlight.io.tiff_directory import EXIF_IFD, TiffDirectory, encode_block
from catchlight.io.tiff_field import UNDEFINED, TiffField

Photo = Callable[..., Frame]
LEVEL, LIGHT = 188, 0.503  # an sRGB level and its light
PACKET = b'<rdf:Description HDRGainMap:HDRGainMapVersion="131072" HDRGainMap:HDRGainMapHeadroom="5.0"/>'
TYPE = b"urn:com:apple:photo:2020:aux:hdrgainmap"


def exif_with_note(headroom: tuple[int, int], gain: tuple[int, int]) -> bytes:
    """A maker note of two signed fractions, big-endian, offsets from the note's start."""
    entries, values = b"", b""
    values_at = 14 + 2 + 2 * 12 + 4
    for tag, pair in ((33, headroom), (48, gain)):
        entries += tag.to_bytes(2, "big") + b"\0\x0a\0\0\0\1" + (values_at + len(values)).to_bytes(4, "big")
        values += b"".join(v.to_bytes(4, "big", signed=True) for v in pair)
    note = b"Apple iOS\0\0\1MM" + b"\0\2" + entries + bytes(4) + values
    main = TiffDirectory({271: TiffField.of_text("Apple")})
    main.children[EXIF_IFD] = [TiffDirectory({37500: TiffField(UNDEFINED, note)})]
    return encode_block(main)


@pytest.mark.parametrize(
    ("headroom", "gain", "stops"),
    [((9, 10), (5, 1000), 1.7), ((9, 10), (1, 1), 1.5), ((11, 10), (1, 100), 2.3), ((11, 10), (1, 1), 2.0)],
)
def test_the_headroom_of_a_maker_note(headroom: tuple[int, int], gain: tuple[int, int], stops: float) -> None:
    assert np.log2(apple_headroom(b"", exif_with_note(headroom, gain)) or 0) == pytest.approx(stops, abs=1e-6)


def test_the_headroom_of_xmp_goes_first_and_may_be_unknown() -> None:
    assert apple_headroom(PACKET, exif_with_note((9, 10), (1, 1))) == 5
    assert apple_headroom(b"", b"") is None
    assert apple_headroom(PACKET.replace(b"5.0", b"0.5"), b"") is None


def test_levels_are_light_above_one() -> None:
    found = apple_gain_map(np.array([[0, LEVEL, 255]], np.uint8), 5.0)
    assert found.log2_gain[0] == pytest.approx(np.log2([1, 1 + 4 * LIGHT, 5]), abs=0.005)
    light = found.apply(np.full((1, 3, 3), 0.2, np.float32), headroom_ev=9.0)
    assert light[0, :, 1] == pytest.approx([0.2, 0.2 * (1 + 4 * LIGHT), 1.0], rel=0.003)


def test_an_auxiliary_picture_of_heic(tmp_path: Path, photo: Photo) -> None:
    write_frame(tmp_path / "a.heic", photo())
    file = parse_heif_items((tmp_path / "a.heic").read_bytes())
    stream = io.BytesIO()
    stored = np.full((64, 64), LEVEL, np.uint8)
    pillow_heif.encode("L", (64, 64), stored.data.cast("B"), stream, quality=100, full_range_flag=1)
    coded = parse_heif_items(stream.getvalue())
    aux = replace(coded.items[coded.primary], hidden=True, references={b"auxl": [file.primary]})
    aux.properties = [*aux.properties, (full_box(b"auxC", TYPE + b"\0"), True)]
    number = max(file.items) + 1
    file.items[number] = aux
    file.items[number + 1] = HeifItem(
        kind=b"mime", data=PACKET, tail=b"\0application/rdf+xml\0", hidden=True, references={b"cdsc": [number]}
    )
    (tmp_path / "b.heic").write_bytes(file.encoded())
    found = read_picture(tmp_path / "b.heic")
    assert isinstance(found, Frame)
    assert found.gain_map is not None
    assert found.gain_map.log2_gain == pytest.approx(np.log2(1 + 4 * LIGHT), abs=0.02)
    assert found.gain_map.alternate_headroom_ev == pytest.approx(np.log2(5))


def test_a_second_picture_of_jpeg(tmp_path: Path, photo: Photo) -> None:
    streams = io.BytesIO(), io.BytesIO()
    Image.fromarray((photo().pixels * 255).astype(np.uint8)).save(streams[0], "JPEG", exif=b"")
    Image.fromarray(np.full((48, 64), LEVEL, np.uint8)).save(streams[1], "JPEG", quality=95)
    base, second = (stream.getvalue() for stream in streams)
    packet = b'<rdf:Description apdi:AuxiliaryImageType="' + TYPE + b'"/>'
    second = second[:2] + segment(APP1, XMP_MARK + packet) + second[2:]
    exif = segment(APP1, b"Exif\0\0" + exif_with_note((11, 10), (1, 1)))
    length = len(base) + len(exif) + 4 + INDEX_BYTES
    index = multi_picture_index(length, len(second), index_at=2 + len(exif) + 4)
    data = base[:2] + exif + segment(APP2, index) + base[2:] + second
    assert end_of_picture(data) == length
    (tmp_path / "a.jpg").write_bytes(data)
    found = read_picture(tmp_path / "a.jpg")
    assert isinstance(found, Frame)
    assert found.gain_map is not None
    assert found.gain_map.alternate_headroom_ev == pytest.approx(2.0)
    assert found.gain_map.log2_gain == pytest.approx(np.log2(1 + 3 * LIGHT), abs=0.02)
