"""Gain map facts as XMP: the packets of Ultra HDR (version 1) files, which Android and Chrome read.

Source: Google, "Ultra HDR Image Format" v1.1: namespaces hdrgm (gain map) and Container (GContainer directory).
"""

from __future__ import annotations

import re

from catchlight.core.camera_colour import Triple
from catchlight.core.gain_map import DEFAULT_OFFSET
from catchlight.io.gain_map.facts import GainMapFacts

# What precedes a packet in a JPEG's APP1 segment. Source: XMP specification, part 3, section 1.1.3.
XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_HDRGM = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
_NAMES = ("GainMapMin", "GainMapMax", "Gamma", "OffsetSDR", "OffsetHDR")
_NUMBER = r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"


def base_packet(gain_map_bytes: int) -> bytes:
    """The packet of the base picture: a directory of both pictures, with the length of the second."""
    item = '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{}" Item:Mime="image/jpeg"{}/></rdf:li>'
    items = item.format("Primary", "") + item.format("GainMap", f' Item:Length="{gain_map_bytes}"')
    spaces = (
        ' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
        ' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
    )
    return _packet(spaces, f"<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory>")


def gain_map_packet(facts: GainMapFacts) -> bytes:
    """The packet of the gain map's own picture."""
    values = (facts.gain_map_min, facts.gain_map_max, facts.gamma, facts.base_offset, facts.alternate_offset)
    attributes = (
        f' hdrgm:HDRCapacityMin="{facts.base_headroom_ev:.6g}" hdrgm:HDRCapacityMax="{facts.alternate_headroom_ev:.6g}"'
        ' hdrgm:BaseRenditionIsHDR="False"'
    )
    if facts.channels_alike:
        pairs = zip(_NAMES, values, strict=True)
        return _packet(attributes + "".join(f' hdrgm:{name}="{three[0]:.6g}"' for name, three in pairs), "")
    lists = ""
    for name, three in zip(_NAMES, values, strict=True):
        items = "".join(f"<rdf:li>{value:.6g}</rdf:li>" for value in three)
        lists += f"<hdrgm:{name}><rdf:Seq>{items}</rdf:Seq></hdrgm:{name}>"
    return _packet(attributes, lists)


def read_gain_map_packet(packet: bytes) -> GainMapFacts | None:
    """The facts in a gain map's packet; None when it holds none, or when its base is the HDR picture.

    Raises:
        ValueError: values that cannot be.
    """
    text = packet.decode("utf-8", "replace")
    if "hdrgm:Version" not in text or re.search(r"hdrgm:BaseRenditionIsHDR\W+True", text):
        return None
    # The defaults are the specification's; only GainMapMax and HDRCapacityMax have none.
    defaults = {"GainMapMin": 0.0, "Gamma": 1.0, "OffsetSDR": DEFAULT_OFFSET, "OffsetHDR": DEFAULT_OFFSET}
    least, most, gamma, before, after = (_values(text, name, defaults.get(name)) for name in _NAMES)
    low, high = _values(text, "HDRCapacityMin", 0.0)[0], _values(text, "HDRCapacityMax", None)[0]
    if low >= high:
        return None
    return GainMapFacts(
        gain_map_min=least,
        gain_map_max=most,
        gamma=gamma,
        base_offset=before,
        alternate_offset=after,
        base_headroom_ev=low,
        alternate_headroom_ev=high,
    )


def _packet(attributes: str, content: str) -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {_HDRGM}{attributes}>{content}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="r"?>'
    ).encode()


def _values(text: str, name: str, default: float | None) -> Triple:
    """One value, or one for each channel; as an attribute, an element, or a list. Raises ValueError when it lacks."""
    one = re.search(rf'hdrgm:{name}\s*=\s*["\']\s*{_NUMBER}|<hdrgm:{name}\s*>\s*{_NUMBER}', text)
    if one:
        return (float(one[1] or one[2]),) * 3
    many = re.search(rf"<hdrgm:{name}\s*>(.*?)</hdrgm:{name}\s*>", text, re.DOTALL)
    found = [float(value) for value in re.findall(rf"<rdf:li\s*>\s*{_NUMBER}\s*</rdf:li\s*>", many[1])] if many else []
    if len(found) == 1:
        return (found[0],) * 3
    if len(found) == 3:
        return found[0], found[1], found[2]
    if default is None or many:
        raise ValueError(f"the gain map's packet has no {name}")
    return (default,) * 3
