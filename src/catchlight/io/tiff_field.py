"""One field of a TIFF directory: a type code and its values as little-endian bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

# Bytes of one value for each TIFF type code, and of the unit in which its bytes are swapped.
# Source: TIFF 6.0, section 2 "Image File Directory"; 13 (IFD) from Adobe TIFF Technical Note 1; 16–18 from BigTIFF.
VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
SWAP_BYTES = {**VALUE_BYTES, 5: 4, 10: 4}
_LETTERS = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    7: "B",
    8: "h",
    9: "i",
    11: "f",
    12: "d",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, DOUBLE = 1, 2, 3, 4, 5, 7, 10, 12


@dataclass(frozen=True, slots=True)
class TiffField:
    """Values of one tag.

    Args:
        kind: TIFF type code.
        data: all values, little-endian.

    >>> TiffField.of_rationals(1 / 125).numbers
    (0.008,)
    """

    kind: int
    data: bytes

    @classmethod
    def of_bytes(cls, *values: int) -> TiffField:
        """Unsigned 8-bit values."""
        return cls(BYTE, bytes(values))

    @classmethod
    def of_shorts(cls, *values: int) -> TiffField:
        """Unsigned 16-bit values."""
        return cls(SHORT, struct.pack(f"<{len(values)}H", *values))

    @classmethod
    def of_longs(cls, *values: int) -> TiffField:
        """Unsigned 32-bit values."""
        return cls(LONG, struct.pack(f"<{len(values)}I", *values))

    @classmethod
    def of_text(cls, text: str) -> TiffField:
        """A zero-terminated string; UTF-8, as every current reader expects."""
        return cls(ASCII, text.encode("utf-8") + b"\0")

    @classmethod
    def of_rationals(cls, *values: float) -> TiffField:
        """Non-negative fractions, each as close as 32 bits allow."""
        return cls(RATIONAL, b"".join(struct.pack("<II", *_ratio(v, 0xFFFFFFFF)) for v in values))

    @classmethod
    def of_signed_rationals(cls, *values: float) -> TiffField:
        """Fractions with a sign, each as close as 32 bits allow."""
        return cls(SRATIONAL, b"".join(struct.pack("<ii", *_ratio(v, 0x7FFFFFFF)) for v in values))

    @classmethod
    def of_doubles(cls, *values: float) -> TiffField:
        """64-bit floating-point values."""
        return cls(DOUBLE, struct.pack(f"<{len(values)}d", *values))

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.data) // VALUE_BYTES[self.kind]

    @property
    def numbers(self) -> tuple[float, ...]:
        """The values as numbers (fractions as floats, 0/0 as NaN); empty for text."""
        if self.kind in (RATIONAL, SRATIONAL):
            letter = "I" if self.kind == RATIONAL else "i"
            flat = struct.unpack(f"<{2 * self.count}{letter}", self.data)
            return tuple(
                n / d if d else (float("nan") if n == 0 else float("inf"))
                for n, d in zip(flat[::2], flat[1::2], strict=True)
            )
        if self.kind not in _LETTERS:
            return ()
        return tuple(float(v) for v in struct.unpack(f"<{self.count}{_LETTERS[self.kind]}", self.data))

    @property
    def integers(self) -> tuple[int, ...]:
        """The values as whole numbers; those that are not finite are left out."""
        return tuple(int(v) for v in self.numbers if v - v == 0)

    @property
    def text(self) -> str:
        """The value as text up to the first zero byte, blanks cut off."""
        raw = self.data.split(b"\0", 1)[0].strip()
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")


def _ratio(value: float, limit: int) -> tuple[int, int]:
    """Numerator and denominator, both at most `limit`; Fraction finds 1/125 rather than 8000/1000000."""
    if abs(value) >= limit:
        return (limit if value > 0 else -limit), 1
    most = int(limit / max(abs(value), 1.0))
    short = Fraction(value).limit_denominator(min(1_000_000, most))
    if abs(float(short) - value) > 1e-9 * abs(value):  # the short form is not exact enough: take all the bits
        short = Fraction(value).limit_denominator(most)
    return short.numerator, short.denominator


def first(fields: Sequence[TiffField | None]) -> TiffField | None:
    """The first field that is there."""
    return next((f for f in fields if f is not None), None)
