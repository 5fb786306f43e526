import xml.etree.ElementTree as ElementTree

import pytest

from catchlight.io.gain_map.facts import GainMapFacts
from catchlight.io.gain_map.xmp_metadata import base_packet, gain_map_packet, read_gain_map_packet

SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "Item": "http://ns.google.com/photos/1.0/container/item/",
}
# As Google's specification prints it, section "Gain map image's metadata", example with lists.
PRINTED = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"
 hdrgm:BaseRenditionIsHDR="False" hdrgm:HDRCapacityMin="0.3" hdrgm:HDRCapacityMax='3'>
 <hdrgm:GainMapMin><rdf:Seq><rdf:li>-0.5</rdf:li><rdf:li>-1</rdf:li><rdf:li>0</rdf:li></rdf:Seq></hdrgm:GainMapMin>
 <hdrgm:GainMapMax>2.5e0</hdrgm:GainMapMax>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def description(packet: bytes) -> ElementTree.Element:
    found = ElementTree.fromstring(packet).find(".//rdf:Description", SPACES)
    assert found is not None
    return found


def test_a_strict_reader_finds_the_directory() -> None:
    items = description(base_packet(1234)).findall("Container:Directory/rdf:Seq/rdf:li/Container:Item", SPACES)
    attributes = [{key.split("}")[1]: value for key, value in item.attrib.items()} for item in items]
    assert attributes == [
        {"Semantic": "Primary", "Mime": "image/jpeg"},
        {"Semantic": "GainMap", "Mime": "image/jpeg", "Length": "1234"},
    ]


@pytest.mark.parametrize("three", [(0.0, 0.0, 0.0), (-0.5, 0.0, 0.25)])
def test_facts_come_back(three: tuple[float, float, float]) -> None:
    facts = GainMapFacts(gain_map_min=three, gain_map_max=(2.25,) * 3, alternate_headroom_ev=2.5)
    packet = gain_map_packet(facts)
    assert read_gain_map_packet(packet) == facts
    assert description(packet).get(f"{{{SPACES['hdrgm']}}}HDRCapacityMax") == "2.5"


def test_the_printed_example_is_read() -> None:
    facts = read_gain_map_packet(PRINTED)
    assert facts is not None
    assert facts.gain_map_min == (-0.5, -1, 0)
    assert facts.gain_map_max == (2.5,) * 3
    assert (facts.gamma, facts.base_offset) == ((1.0,) * 3, (1 / 64,) * 3)  # the defaults
    assert (facts.base_headroom_ev, facts.alternate_headroom_ev) == (0.3, 3)


def test_others_are_none_and_incomplete_ones_an_error() -> None:
    assert read_gain_map_packet(PRINTED.replace(b'"False"', b'"True"')) is None
    assert read_gain_map_packet(b"<x:xmpmeta/>") is None
    with pytest.raises(ValueError, match="GainMapMax"):
        read_gain_map_packet(PRINTED.replace(b"GainMapMax>", b"Other>"))
