import struct

import pytest

from catchlight.core import ContractError
from catchlight.io.gain_map.facts import GainMapFacts
from catchlight.io.gain_map.iso_metadata import iso_metadata, read_iso_metadata

GREY = GainMapFacts(gain_map_min=(-0.5,) * 3, gain_map_max=(2.3,) * 3, gamma=(0.8,) * 3, alternate_headroom_ev=2.5)
COLOURED = GainMapFacts(
    gain_map_min=(0.0, -1.0, 0.25), gain_map_max=(1.0, 2.0, 3.0), base_headroom_ev=0.5, alternate_headroom_ev=3.0
)


@pytest.mark.parametrize(("facts", "length"), [(GREY, 5 + 8 * 7), (COLOURED, 5 + 8 * 17)])
def test_facts_come_back(facts: GainMapFacts, length: int) -> None:
    data = iso_metadata(facts)
    assert len(data) == length
    back = read_iso_metadata(data)
    assert back is not None
    for name in GainMapFacts.__slots__:
        assert getattr(back, name) == pytest.approx(getattr(facts, name), abs=1e-6)


def test_the_bytes_are_those_of_the_standard() -> None:
    """Written out by hand after C.2.2: versions, flags (base colour space), then signed or unsigned fractions."""
    facts = GainMapFacts(gain_map_min=(-0.5,) * 3, gain_map_max=(2.0,) * 3, alternate_headroom_ev=1.5)
    fractions = [(0, 1), (3, 2), (-1, 2), (2, 1), (1, 1), (1, 64), (1, 64)]
    assert iso_metadata(facts) == b"\0\0\0\0\x40" + b"".join(struct.pack(">iI", *pair) for pair in fractions)


def test_one_denominator_for_all_is_understood() -> None:
    """Bit 3 of the flags, of a draft that libultrahdr writes."""
    numbers = (0, 250, 10, 230, 100, 1, 2)
    back = read_iso_metadata(b"\0\0\0\0\x48" + struct.pack(">I7i", 100, *numbers))
    assert back is not None
    assert (back.gain_map_min[1], back.gain_map_max[2], back.alternate_headroom_ev) == (0.1, 2.3, 2.5)
    assert (back.base_offset[0], back.alternate_offset[0]) == (0.01, 0.02)


def test_maps_that_are_not_for_us_are_none() -> None:
    data = iso_metadata(GREY)
    assert read_iso_metadata(b"\0\1" + data[2:]) is None  # a reader of version 1 is needed
    assert read_iso_metadata(data[:4] + b"\x44" + data[5:]) is None  # the base is the HDR picture
    swapped = data[:5] + data[13:21] + data[5:13] + data[21:]
    assert read_iso_metadata(swapped) is None  # the same, said by the headrooms
    coloured = iso_metadata(COLOURED)
    assert read_iso_metadata(coloured[:4] + b"\x80" + coloured[5:]) is None  # gains for other primaries
    assert read_iso_metadata(data[:4] + b"\0" + data[5:]) is not None  # for which one gain for all does not care


def test_damage_is_an_error() -> None:
    data = iso_metadata(GREY)
    for length in (0, 3, 5, 20, len(data) - 1):
        with pytest.raises(ValueError, match="cut off"):
            read_iso_metadata(data[:length])
    with pytest.raises(ValueError, match="denominator"):
        read_iso_metadata(data[:9] + bytes(4) + data[13:])
    with pytest.raises(ContractError, match="EV"):
        read_iso_metadata(data[:29] + b"\x7f" + data[30:])
