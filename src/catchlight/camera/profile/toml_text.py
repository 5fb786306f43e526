"""Writes TOML that a person can read; the standard library only reads it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_LINE = 110


def table_text(header: str, table: Mapping[str, Any], *, notes: Mapping[str, str] | None = None) -> str:
    """One `[header]` or `[[header]]` with its keys; tables in it follow as `[header.key]`.

    Args:
        header: with its brackets; empty for the keys at the top of a file.
        table: text, numbers, booleans, lists of them, lists of lists (one a line), and tables.
        notes: comment behind a key's value.
    """
    lines = [header] if header else []
    inner = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner.append((f"[{header.strip('[]')}.{key}]", value))
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            inner += [(f"[[{header.strip('[]')}.{key}]]", entry) for entry in value]
        else:
            note = (notes or {}).get(key)
            text = f"{key} = {_value_text(value, len(key) + 3)}"
            if note and "\n" in text:
                lines.append(f"# {key}: {note}")
            elif note:
                text = f"{text}  # {note}"
            lines.append(text)
    text = "\n".join(lines) + "\n"
    return "\n".join([text, *(table_text(name, value, notes=notes) for name, value in inner)])


def _value_text(value: Any, indent: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # TOML wants a digit after the point or an exponent, as repr gives; it is the shortest text that reads back as
        # the same number.
        return repr(float(value)) if math.isfinite(value) else ("nan" if math.isnan(value) else f"{value:+}")
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        return _string_text(value)
    items = [_value_text(v, indent) for v in value]
    line = f"[{', '.join(items)}]"
    if len(line) + indent <= _LINE or not items:
        return line
    if isinstance(value[0], list):
        return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return _wrapped(items)


def _wrapped(items: list[str]) -> str:
    lines, line = [], " "
    for item in items:
        if len(line) + len(item) + 2 > _LINE:
            lines.append(line)
            line = " "
        line += f" {item},"
    return "[\n" + "\n".join([*lines, line]) + "\n]"


def _string_text(text: str) -> str:
    lines = text.split("\n")
    escaped = [_escaped(line) for line in lines]
    # A line break directly behind the opening quotes is not part of the text.
    return '"""\n' + "\n".join(escaped) + '"""' if len(lines) > 1 else f'"{escaped[0]}"'


def _escaped(line: str) -> str:
    line = line.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in line)
