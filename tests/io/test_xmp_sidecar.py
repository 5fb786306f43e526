"""Ratings in sidecars: read from any program's, written without touching anything else."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from catchlight.core import InputError, UsageError
from catchlight.io.xmp_sidecar import rated, read_rating, sidecar_places, write_rating

_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
_DESCRIPTION = ".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"

# In the manner of Lightroom: attributes, an edit history, tabs, CRLF, a comment, a value that looks like an attribute.
_ADOBE = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\r\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">\r\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\r\n'
    '  <rdf:Description rdf:about=""\r\n'
    '    xmlns:xmp="http://ns.adobe.com/xap/1.0/"\r\n'
    '    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"\r\n'
    "   crs:Note='xmp:Rating=\"5\" > here'\r\n"
    '   xmp:Rating="2"\r\n'
    '   crs:Exposure2012="+0.35">\r\n'
    "   <!-- kept: <xmp:Rating>4</xmp:Rating> -->\r\n"
    '   <crs:Look><rdf:Description crs:Name="é"/></crs:Look>\r\n'
    "  </rdf:Description>\r\n </rdf:RDF>\r\n</x:xmpmeta>\r\n"
    '<?xpacket end="w"?>'
).encode()
# In the manner of older programs: an element, another prefix.
_ELEMENT = (
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="">'
    b'<xap:Rating xmlns:xap="http://ns.adobe.com/xap/1.0/">3</xap:Rating></rdf:Description></rdf:RDF>'
)
_WITHOUT = _ADOBE.replace(b'   xmp:Rating="2"\r\n', b"")
_WITHOUT_NAMESPACE = (
    b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about="" xmlns:dc="urn:dc" '
    b'dc:title="a"/></r:RDF>'
)


@pytest.mark.parametrize(("data", "rating"), [(_ADOBE, 2), (_ELEMENT, 3), (_WITHOUT, None), (_WITHOUT_NAMESPACE, None)])
def test_reads_what_other_programs_wrote(tmp_path: Path, data: bytes, rating: int | None) -> None:
    (tmp_path / "a.xmp").write_bytes(data)
    assert read_rating(tmp_path / "a.xmp") == rating


@pytest.mark.parametrize(
    ("before", "old", "new"),
    [(_ADOBE, b'xmp:Rating="2"', b'xmp:Rating="4"'), (_ELEMENT, b">3</xap", b">4</xap")],
)
def test_only_the_rating_changes_byte_by_byte(tmp_path: Path, before: bytes, old: bytes, new: bytes) -> None:
    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(before)
    write_rating(sidecar, 4)
    assert sidecar.read_bytes() == before.replace(old, new)
    assert read_rating(sidecar) == 4


@pytest.mark.parametrize("before", [_WITHOUT, _WITHOUT_NAMESPACE])
def test_a_rating_is_added_and_the_rest_stays(tmp_path: Path, before: bytes) -> None:
    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(before)
    after = rated(sidecar, -1)
    assert sidecar.read_bytes() == before  # nothing written yet
    first = ElementTree.fromstring(after).find(_DESCRIPTION)
    assert first is not None and first.attrib.pop(_RATING) == "-1"
    other = ElementTree.fromstring(before).find(_DESCRIPTION)
    assert other is not None and first.attrib == other.attrib
    # One piece was put in; what is left and right of it is the old file.
    cut = next(i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    assert before[:cut] == after[:cut] and after.endswith(before[cut:])


def test_a_new_sidecar_is_xml_that_says_the_rating(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.xmp"
    write_rating(sidecar, 5)
    found = ElementTree.fromstring(sidecar.read_bytes()).find(_DESCRIPTION)
    assert found is not None and found.attrib[_RATING] == "5"
    assert [p.name for p in tmp_path.iterdir()] == ["a.xmp"]


def test_both_conventions_are_known(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.XMP").write_bytes(_ADOBE)
    adobe, darktable = sidecar_places(tmp_path / "IMG_1.NEF")
    assert (adobe.name, darktable.name) == ("IMG_1.XMP", "IMG_1.NEF.xmp")


@pytest.mark.parametrize(
    "data",
    [
        _ADOBE[:200],
        b"",
        b"not xml",
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    ],
)
def test_a_damaged_sidecar_is_named_and_left_alone(tmp_path: Path, data: bytes) -> None:
    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.xmp: the XMP sidecar cannot be used"):
        write_rating(sidecar, 3)
    assert sidecar.read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == ["a.xmp"]


def test_refuses_what_is_no_rating(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found 6"):
        rated(tmp_path / "a.xmp", 6)
    (tmp_path / "b.xmp").write_bytes(b"<a/>")
    with pytest.raises(InputError, match=r"no rdf:Description"):
        rated(tmp_path / "b.xmp", 3)
