"""Star ratings in XMP sidecars: the small files beside pictures that photo programs keep their notes in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from catchlight.core import InputError, UsageError
from catchlight.io.atomic_output import atomic_output

_XMP, _RDF = "http://ns.adobe.com/xap/1.0/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
# Far more than programs write there, edit histories and masks included.
_MOST_BYTES = 16 * 2**20
_NEW = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmp:Rating="{rating}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


def sidecar_places(picture: Path) -> tuple[Path, ...]:
    """Where the sidecars of a picture are, or would be: Adobe's `name.xmp` first, then darktable's `name.suffix.xmp`.

    A file that is there under another spelling of the suffix (`name.XMP`) is taken.
    """
    return tuple(_there(place) for place in (picture.with_suffix(".xmp"), picture.with_name(f"{picture.name}.xmp")))


def read_rating(sidecar: Path) -> int | None:
    """The rating in a sidecar: 1…5, 0 for none, -1 for rejected; None where it says nothing.

    Raises:
        InputError: no sidecar, or one that is damaged.
    """
    return _scan(sidecar, _bytes_of(sidecar)).rating


def rated(sidecar: Path, rating: int) -> bytes:
    """What a sidecar holds once it tells `rating`: a new one, or the one that is there with only `xmp:Rating` changed.

    Every other byte stays as it is: notes of other programs, order, spaces, comments.

    Args:
        sidecar: its place; it need not exist.
        rating: 1…5, 0 for none, -1 for rejected.

    Raises:
        UsageError: another rating.
        InputError: the sidecar that is there is damaged, or in another encoding than UTF-8; it is left alone.

    Source: ISO 16684-1:2019 (XMP), sections 7 and 8.4; Adobe XMP Specification Part 1, 2012, table 8.
    """
    if not -1 <= rating <= 5:
        raise UsageError(f"a rating is -1 (rejected), 0 (none) or 1…5; found {rating}")
    if not sidecar.exists():
        return _NEW.format(rating=rating).encode()
    data = _bytes_of(sidecar)
    found = _scan(sidecar, data)
    number = str(rating).encode()
    if found.values:
        # A second mention would contradict the first one, so all of them change.
        for start, end in sorted(found.values, reverse=True):
            data = data[:start] + number + data[end:]
    elif found.insert_at is not None:
        declared = b"" if found.prefix else b' xmlns:xmp="%s"' % _XMP.encode()
        prefix = (found.prefix or "xmp").encode()
        attribute = declared + b" " + prefix + b':Rating="' + number + b'"'
        data = data[: found.insert_at] + attribute + data[found.insert_at :]
    else:
        raise _damaged(sidecar, "no rdf:Description in it")
    if _scan(sidecar, data).rating != rating:
        raise _damaged(sidecar, "its rating stands where it cannot be changed safely")
    return data


def write_rating(sidecar: Path, rating: int) -> None:
    """Writes what `rated` makes, whole or not at all.

    Raises:
        UsageError, InputError: as `rated`.
        OutputError: it cannot be written.
    """
    data = rated(sidecar, rating)
    with atomic_output(sidecar, force=True) as temporary:
        temporary.write_bytes(data)


@dataclass(slots=True)
class _Scan:
    """Where things are in the bytes of a sidecar."""

    rating: int | None = None
    values: list[tuple[int, int]] = field(default_factory=list)
    insert_at: int | None = None
    prefix: str = ""


def _scan(sidecar: Path, data: bytes) -> _Scan:
    """Finds the rating, or where one belongs."""
    found = _Scan()
    parser = expat.ParserCreate(encoding="utf-8")
    # Prefix → namespace of every open element, and the names of those elements.
    scopes: list[dict[str, str]] = [{}]
    names: list[tuple[str, str]] = []
    text_start: list[int] = []

    def resolved(name: str) -> tuple[str, str]:
        prefix, _, local = name.rpartition(":")
        return scopes[-1].get(prefix, ""), local

    def start(name: str, attributes: dict[str, str]) -> None:
        scope = dict(scopes[-1])
        for key, value in attributes.items():
            if key == "xmlns" or key.startswith("xmlns:"):
                scope[key[6:]] = value
        scopes.append(scope)
        names.append(resolved(name))
        at = parser.CurrentByteIndex
        if names[-1] == (_RDF, "Description") and names[-2:-1] == [(_RDF, "RDF")]:
            prefix = next((p for p, uri in scope.items() if uri == _XMP and p), "")
            if found.insert_at is None:
                found.insert_at, found.prefix = at + 1 + len(name.encode()), prefix
            for key in attributes:
                if resolved(key) == (_XMP, "Rating") and ":" in key:
                    span = _value_span(data, at, key)
                    if span:
                        found.values.append(span)
                        _told(found, attributes[key])
        if names[-1] == (_XMP, "Rating") and names[-2:-1] == [(_RDF, "Description")]:
            text_start.append(_tag_end(data, at))

    def end(_name: str) -> None:
        if names[-1] == (_XMP, "Rating") and text_start:
            first, last = text_start.pop(), parser.CurrentByteIndex
            if 0 < first <= last and b"<" not in data[first:last]:
                found.values.append((first, last))
                _told(found, data[first:last].decode("utf-8", "replace"))
        names.pop()
        scopes.pop()

    def doctype(*_: Any) -> None:
        raise _damaged(sidecar, "it declares a document type, which no sidecar has")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _damaged(sidecar, str(error)) from error
    return found


def _told(found: _Scan, text: str) -> None:
    """The first rating counts; some programs write it as 3.0."""
    try:
        value = int(float(text.strip()))
    except (ValueError, OverflowError):
        return
    if found.rating is None and -1 <= value <= 5:
        found.rating = value


def _value_span(data: bytes, at: int, key: str) -> tuple[int, int] | None:
    """Where the value of an attribute lies, in the start tag that begins at `at`."""
    tag = data[at : _tag_end(data, at)]
    # Values are skipped whole, so that a text that looks like the attribute is not taken for it.
    for match in re.finditer(rb"([^\s=/<>\"']+)\s*=\s*(\"[^\"]*\"|'[^']*')", tag):
        if match.group(1) == key.encode():
            return at + match.start(2) + 1, at + match.end(2) - 1
    return None


def _tag_end(data: bytes, at: int) -> int:
    """Behind the `>` of the start tag that begins at `at`; a `>` within quotes does not end it."""
    match = re.compile(rb"<(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>").match(data, at)
    return match.end() if match else at


def _bytes_of(sidecar: Path) -> bytes:
    try:
        if sidecar.stat().st_size > _MOST_BYTES:
            raise _damaged(sidecar, f"it is larger than {_MOST_BYTES >> 20} MB")
        data = sidecar.read_bytes()
    except OSError as error:
        raise InputError(f"{sidecar}: cannot be read: {error.strerror or error}; check its permissions") from error
    # The byte positions that the parser tells are those of UTF-8.
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        raise _damaged(sidecar, "expected UTF-8, found another encoding")
    return data


def _damaged(sidecar: Path, why: str) -> InputError:
    return InputError(
        f"{sidecar}: the XMP sidecar cannot be used ({why}); it is left as it is, move it away or repair it"
    )


def _there(place: Path) -> Path:
    if place.exists():
        return place
    upper = place.with_suffix(".XMP")
    return upper if upper.exists() else place
