from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catchlight.core import Metadata
from catchlight.io.exif import MOST_BYTES, completed, exif_block, read_exif
from catchlight.io.tiff_directory import EXIF_IFD, TiffDirectory, encode_block
from catchlight.io.tiff_field import UNDEFINED, TiffField

FACTS = ("make", "model", "exposure_s", "iso", "aperture_f", "focal_length_mm", "timestamp_ns", "orientation")


def facts(metadata: Metadata) -> tuple:
    return tuple(getattr(metadata, name) for name in FACTS)


def test_a_block_gives_back_what_it_was_made_of(metadata: Metadata) -> None:
    assert facts(read_exif(exif_block(metadata))) == facts(metadata)
    assert facts(read_exif(b"Exif\0\0" + exif_block(metadata))) == facts(metadata)


@given(
    exposure_s=st.none() | st.floats(1e-5, 3600),
    iso=st.none() | st.integers(1, 800_000).map(float),
    aperture_f=st.none() | st.floats(0.5, 128),
    focal_length_mm=st.none() | st.floats(0.5, 3000),
    timestamp_ns=st.none() | st.integers(0, 4_000_000_000_000_000_000),
    orientation=st.integers(1, 8),
    make=st.sampled_from(["", "Acme", "Zeiß"]),
)
def test_metadata_survives_without_any_block(**given: object) -> None:
    metadata = Metadata(**given)  # type: ignore[arg-type]
    back = read_exif(exif_block(metadata))
    assert back.make == metadata.make
    assert (back.iso, back.timestamp_ns, back.orientation) == (
        metadata.iso,
        metadata.timestamp_ns,
        metadata.orientation,
    )
    for name in ("exposure_s", "aperture_f", "focal_length_mm"):
        value = getattr(metadata, name)
        assert getattr(back, name) == (None if value is None else pytest.approx(value, rel=1e-8)), name


def test_what_changed_on_the_way_wins(metadata: Metadata) -> None:
    changed = replace(metadata, exposure_s=0.5, iso=100.0, orientation=1)
    back = read_exif(exif_block(changed, software="Somebody"))
    assert (back.exposure_s, back.iso, back.orientation) == (0.5, 100.0, 1)
    exif = Image.Exif()
    exif.load(exif_block(metadata))
    assert exif[305] == "Catchlight"
    # The camera's own fraction is kept, not an approximation of it.
    assert exif.get_ifd(34665)[33434] == 1 / 160
    assert (exif.get_ifd(34665)[33434].numerator, exif.get_ifd(34665)[33434].denominator) == (1, 160)


def test_apex_values_stand_in_for_missing_ones() -> None:
    below = TiffDirectory({37377: TiffField.of_signed_rationals(7.0), 37378: TiffField.of_rationals(4.0)})
    found = read_exif(encode_block(TiffDirectory({}, {EXIF_IFD: [below]})))
    assert found.exposure_s == 1 / 128
    assert found.aperture_f == 4.0


def test_a_block_fits_into_a_jpeg_segment(metadata: Metadata) -> None:
    below = TiffDirectory({37510: TiffField(UNDEFINED, bytes(200_000)), 33434: TiffField.of_rationals(0.25)})
    large = encode_block(TiffDirectory({270: TiffField.of_text("a fine day")}, {EXIF_IFD: [below]}))
    block = exif_block(replace(metadata, exif=large, exposure_s=0.25))
    assert len(block) <= MOST_BYTES
    assert read_exif(block).exposure_s == 0.25


def test_odd_values_are_unknown() -> None:
    below = TiffDirectory(
        {
            33434: TiffField(5, bytes(8)),  # 0/0
            33437: TiffField.of_rationals(0.0),
            34855: TiffField.of_shorts(0),
            36867: TiffField.of_text("0000:00:00 00:00:00"),
        }
    )
    found = read_exif(encode_block(TiffDirectory({274: TiffField.of_shorts(77)}, {EXIF_IFD: [below]})))
    assert facts(found) == ("", "", None, None, None, None, None, 1)


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_damage_never_raises(noise: bytes, at: int, value: int) -> None:
    read_exif(noise)
    block = bytearray(exif_block(Metadata(make="Acme", exposure_s=0.01, iso=100.0, timestamp_ns=0)))
    block[at % len(block)] = value
    read_exif(bytes(block))
    exif_block(Metadata(exif=bytes(block)))


def test_unknown_facts_are_filled_in() -> None:
    known, other = Metadata(make="A", iso=100.0), Metadata(make="B", model="C", iso=200.0, exposure_s=1.0)
    both = completed(known, other)
    assert (both.make, both.model, both.iso, both.exposure_s) == ("A", "C", 100.0, 1.0)
