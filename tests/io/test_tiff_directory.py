import io
import struct

import numpy as np
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from catchlight.io.embedded_exif import embedded_directory
from catchlight.io.tiff_directory import EXIF_IFD, GPS_IFD, TiffDirectory, encode_block, read_directories
from catchlight.io.tiff_field import TiffField

fields = st.one_of(
    st.lists(st.integers(0, 255), min_size=1, max_size=9).map(lambda v: TiffField.of_bytes(*v)),
    st.lists(st.integers(0, 65535), min_size=1, max_size=9).map(lambda v: TiffField.of_shorts(*v)),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9).map(lambda v: TiffField.of_longs(*v)),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=5).map(lambda v: TiffField.of_rationals(*v)),
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5).map(lambda v: TiffField.of_signed_rationals(*v)),
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=5).map(lambda v: TiffField.of_doubles(*v)),
    st.text(max_size=30).map(TiffField.of_text),
)
tags = st.integers(1, 65535).filter(lambda tag: tag not in (330, EXIF_IFD, GPS_IFD))
flat = st.dictionaries(tags, fields, min_size=1, max_size=8)


@given(flat, flat, flat)
def test_directories_come_back_bit_for_bit(main: dict, exif: dict, gps: dict) -> None:
    written = TiffDirectory(main, {EXIF_IFD: [TiffDirectory(exif)], GPS_IFD: [TiffDirectory(gps)]})
    (back,) = read_directories(io.BytesIO(encode_block(written)))
    assert back == written


@given(st.floats(1e-9, 4e9))
def test_fractions_are_as_close_as_32_bits_allow(value: float) -> None:
    (back,) = TiffField.of_rationals(value).numbers
    assert abs(back - value) <= max(1e-9 * value, 2.0**-32)


def test_both_byte_orders_and_bigtiff_read_alike() -> None:
    found = []
    for order in ("<", ">"):
        for big in (False, True):
            buffer = io.BytesIO()
            extra = [(33434, 5, 1, (1, 125), True), (65000, 12, 2, (0.5, -2.25), True), (65001, 3, 3, (1, 2, 3), True)]
            with tifffile.TiffWriter(buffer, byteorder=order, bigtiff=big) as writer:
                writer.write(np.zeros((16, 16), np.uint8), extratags=extra, software="x", metadata=None)
            main = read_directories(buffer)[0]
            found.append((main.numbers(33434), main.numbers(65000), main.integers(65001), main.text(305)))
    assert found == [((1 / 125,), (0.5, -2.25), (1, 2, 3), "x")] * 4


def test_loops_and_lies_end() -> None:
    # A directory whose next directory, EXIF and SubIFD are itself, and a value that claims four billion bytes.
    entries = [(330, 4, 1, 8), (EXIF_IFD, 4, 1, 8), (40000, 7, 2**32 - 1, 8), (40001, 12, 2, 2**31)]
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + struct.pack("<I", 8)
    (main,) = read_directories(io.BytesIO(block))
    assert main.fields == {}
    assert main.incomplete


@given(st.binary(max_size=120))
def test_noise_is_no_directory_and_no_error(noise: bytes) -> None:
    for head in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"):
        read_directories(io.BytesIO(head + noise))


def test_exif_of_containers_that_are_no_tiff() -> None:
    exposure = TiffDirectory({33434: TiffField.of_rationals(0.02)})
    main = TiffDirectory({271: TiffField.of_text("FUJIFILM")}, {EXIF_IFD: [exposure]})
    block = encode_block(main)
    jpeg = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block
    raf = bytearray(b"FUJIFILMCCD-RAW ".ljust(160, b"\0") + jpeg)
    raf[84:92] = struct.pack(">II", 160, len(jpeg))
    found = embedded_directory(io.BytesIO(bytes(raf)))
    assert found == main

    def box(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(data), name) + data

    first, second = encode_block(TiffDirectory({271: TiffField.of_text("Canon")})), encode_block(exposure)
    canon = box(b"uuid", bytes(16) + box(b"CMT1", first) + box(b"CMT2", second))
    found = embedded_directory(io.BytesIO(box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", canon)))
    assert found is not None
    assert found.text(271) == "Canon"
    assert found.child(EXIF_IFD) == exposure
    assert embedded_directory(io.BytesIO(b"anything else")) is None
