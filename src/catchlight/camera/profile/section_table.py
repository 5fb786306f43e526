"""From a table of a TOML file to a dataclass and back, by the names and types of its fields."""

from __future__ import annotations

import dataclasses
import math
import types
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from catchlight.core.errors import InputError

T = TypeVar("T")

_KINDS = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}


def from_table(kind: type[T], table: object, *, where: str, given: dict[str, object] | None = None) -> T:
    """The dataclass whose fields are the table's keys.

    Args:
        kind: dataclass of numbers, text, tuples of them, and other dataclasses (nested tables).
        table: what the TOML parser found.
        where: how the table is called in messages, as "[lens]".
        given: fields that do not come from the table.

    Raises:
        InputError: no table, a key that the dataclass does not know or lacks, or a value of another type.
        ContractError: the values break the dataclass's own contract.
    """
    given = given or {}
    if not isinstance(table, dict):
        raise InputError(f"{where} is a table; found {_found(table)}")
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init and f.name not in given}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            raise InputError(f"{where} has no key {key!r}; it knows {', '.join(fields)}")
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if needed and name not in table:
            raise InputError(f"{where} lacks the key {name!r}")
    hints = get_type_hints(kind)
    values = {name: _value(hints[name], value, f"{where} {name}") for name, value in table.items()}
    return kind(**values, **given)


def to_table(section: object, *, without: tuple[str, ...] = (), with_defaults: bool = True) -> dict[str, Any]:
    """The fields of a dataclass as a table; what is None, or left at its default, may be left out."""
    table = {}
    for field in dataclasses.fields(section):  # type: ignore[arg-type]
        value = getattr(section, field.name)
        usual = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        if field.init and value is not None and field.name not in without and (with_defaults or value != usual):
            table[field.name] = _plain(value)
    return table


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_table(value)
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value


def _value(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Union or origin is types.UnionType:
        (kind,) = [a for a in arguments if a is not types.NoneType]
        return _value(kind, value, where)
    if origin is Literal:
        if value not in arguments:
            raise InputError(f"{where} is one of {', '.join(map(str, arguments))}; found {_found(value)}")
        return value
    if origin is tuple:
        return _tuple(arguments, value, where)
    if dataclasses.is_dataclass(kind):
        return from_table(kind, value, where=where)  # type: ignore[arg-type]
    if kind is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    if kind not in _KINDS or type(value) is not kind or (kind is float and math.isnan(value)):
        raise InputError(f"{where} is {_KINDS.get(kind, kind)}; found {_found(value)}")
    return value


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise InputError(f"{where} is a list; found {_found(value)}")
    if arguments[-1] is Ellipsis:
        return tuple(_value(arguments[0], v, where) for v in value)
    if len(value) != len(arguments):
        raise InputError(f"{where} is a list of {len(arguments)}; found {len(value)}")
    return tuple(_value(kind, v, where) for kind, v in zip(arguments, value, strict=True))


def _found(value: object) -> str:
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
