import hashlib

import pytest

from catchlight.core import InputError, UsageError
from catchlight.models.registry import card, entries, families, find, parse_weights, verify

from .conftest import SHARED, entry_lines, make_model

# DESIGN: all shipped weights together.
_MOST_BYTES = 40 * 10**6


def test_a_family_is_a_folder_with_weights(shelf):
    (shelf / "empty").mkdir()
    assert families(shelf) == ("twice",)
    (entry,) = entries(root=shelf)
    assert (entry.family, entry.name, entry.licence, entry.size_multiple) == ("twice", "twice_fp32", "Apache-2.0", 2)
    assert entry.metrics == {"PSNR dB": 40.5}
    assert "Doubles" in card("twice", shelf)


def test_the_file_is_read_only_when_its_hash_is_right(shelf):
    entry = find("twice_fp32", shelf)
    assert verify(entry, shelf) == make_model()
    (shelf / "twice" / "twice_fp32.onnx").write_bytes(make_model(scale=3.0))
    with pytest.raises(InputError, match=r"expected sha256 .*; the model was not run; install"):
        verify(entry, shelf)
    (shelf / "twice" / "twice_fp32.onnx").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        verify(entry, shelf)


def test_an_unknown_name_gets_the_nearest(shelf):
    with pytest.raises(UsageError, match="did you mean twice_fp32"):
        find("twice_fp31", shelf)
    with pytest.raises(UsageError, match="there are: twice_fp32"):
        find("zzz", shelf)


def test_two_models_of_one_name_are_refused(shelf):
    lines = entry_lines("twice_fp32", "twice_fp32.onnx", b"1")
    (shelf / "twice" / "weights.toml").write_text(SHARED + lines + lines)
    with pytest.raises(InputError, match="twice_fp32 twice"):
        entries(root=shelf)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no toml", "expected TOML"),
        (SHARED, "at least one"),
        (SHARED + entry_lines("a", "a.onnx", b"", sha256=""), "sha256"),
        (SHARED + entry_lines("a", "a.onnx", b"", sha256='"12"'), "64 hexadecimal"),
        (SHARED + entry_lines("a", "../a.onnx", b"1"), "beside its weights.toml"),
        (SHARED + entry_lines("a", "a.onnx", b""), "bytes is a whole number >= 1"),
        (SHARED + entry_lines("a", "a.onnx", b"1", licence='""'), "licence is a text"),
        (SHARED + entry_lines("A b", "a.onnx", b"1"), "name is of a-z"),
        (SHARED + entry_lines("a", "a.onnx", b"1", precision='"int3"'), "precision"),
        (SHARED + entry_lines("a", "a.onnx", b"1", colour='"red"'), "colour"),
    ],
)
def test_damaged_weights_are_told(text, said):
    with pytest.raises(InputError, match=said):
        parse_weights(text, family="f")


@pytest.mark.parametrize("name", [entry.name for entry in entries()])
def test_what_ships_is_what_was_recorded(name):
    entry = find(name)
    content = verify(entry)
    assert len(content) == entry.bytes
    assert hashlib.sha256(content).hexdigest() == entry.sha256
    assert name in card(entry.family) and entry.licence in card(entry.family)


def test_all_weights_together_stay_small():
    assert sum(entry.bytes for entry in entries()) <= _MOST_BYTES
