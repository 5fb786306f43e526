"""The operator set that an ONNX file asks for, read without the `onnx` package."""

from __future__ import annotations

from catchlight.core import InputError

# Field numbers of ModelProto and OperatorSetIdProto in onnx.proto; a missing domain is ONNX's own.
_OPSET_IMPORT, _DOMAIN, _VERSION = 8, 1, 2
# Wire types of protocol buffers that ONNX uses at these levels.
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def onnx_opset(content: bytes) -> int:
    """Version of ONNX's own operators in a model's file.

    Raises:
        InputError: it is no ONNX model.

    Source: Protocol Buffers, "Encoding"; onnx.proto, messages ModelProto and OperatorSetIdProto.

    >>> onnx_opset(bytes([8 << 3 | 2, 2, 2 << 3, 17]))
    17
    """
    try:
        for field, value in _fields(content):
            if field == _OPSET_IMPORT and isinstance(value, bytes):
                opset = dict(_fields(value))
                version = opset.get(_VERSION)
                if opset.get(_DOMAIN, b"") in (b"", b"ai.onnx") and isinstance(version, int):
                    return version
    except (IndexError, ValueError):
        pass
    raise InputError("expected an ONNX model that names its operator set; found a damaged or other file")


def _fields(message: bytes) -> list[tuple[int, int | bytes]]:
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            found.append((key >> 3, value))
            continue
        if kind == _LENGTH:
            length, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(kind)
        if at + length > len(message):
            raise IndexError(at)
        found.append((key >> 3, message[at : at + length]))
        at += length
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
