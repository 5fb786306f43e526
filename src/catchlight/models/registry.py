"""The models that ship: found by name, read only when their hash is right."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from catchlight.core import ContractError, InputError, UsageError
from catchlight.models.model_entry import ModelEntry

WEIGHTS, CARD = "weights.toml", "CARD.md"


def families(root: Traversable | None = None) -> tuple[str, ...]:
    """Names of the model families, sorted.

    Args:
        root: folder of the families; what is installed by default.
    """
    return tuple(sorted(place.name for place in _root(root).iterdir() if (place / WEIGHTS).is_file()))


def entries(family: str | None = None, root: Traversable | None = None) -> tuple[ModelEntry, ...]:
    """The models of one family or of all, in the order of their `weights.toml`.

    Raises:
        InputError: a `weights.toml` is missing or damaged.
    """
    chosen = families(root) if family is None else (family,)
    found = tuple(entry for name in chosen for entry in _read(_root(root) / name))
    for entry in found:
        if sum(other.name == entry.name for other in found) > 1:
            raise InputError(
                f"{entry.family}/{WEIGHTS}: expected a name of its own for each model; found {entry.name} twice"
            )
    return found


def find(name: str, root: Traversable | None = None) -> ModelEntry:
    """The model of this name.

    Raises:
        UsageError: there is none.
    """
    known = {entry.name: entry for entry in entries(root=root)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"
        raise UsageError(f"there is no model {name!r}; {hint}")
    return known[name]


def verify(entry: ModelEntry, root: Traversable | None = None) -> bytes:
    """The model's file, hashed; what is returned is what was hashed, so nothing else can be run.

    Raises:
        InputError: the file is missing, or not the one that was recorded.
    """
    place = _root(root) / entry.family / entry.file
    try:
        content = place.read_bytes()
    except OSError as error:
        raise InputError(
            f"{place}: the model {entry.name} cannot be read: {error.strerror}; install catchlight again"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise InputError(
            f"{place}: expected sha256 {entry.sha256[:12]}…, found {found[:12]}… ({len(content)} bytes, "
            f"recorded {entry.bytes}); the model was not run; install catchlight again"
        )
    return content


def card(family: str, root: Traversable | None = None) -> str:
    """The card of a family, Markdown.

    Raises:
        InputError: there is none.
    """
    place = _root(root) / family / CARD
    try:
        return place.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{place}: the model's card cannot be read: {error.strerror}; install catchlight again"
        ) from error


def parse_weights(text: str, *, family: str) -> tuple[ModelEntry, ...]:
    """The entries of a `weights.toml`: what stands above its `[[model]]` tables holds for all of them.

    Raises:
        InputError: it is no TOML, or an entry lacks a key, has one too many, or a value of another kind.
    """
    place = f"{family}/{WEIGHTS}"
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{place}: expected TOML; {error}") from error
    models = raw.pop("model", None)
    if not isinstance(models, list) or not models:
        raise InputError(f"{place}: expected at least one [[model]]; found none")
    return tuple(_entry(place, family, {**raw, **model}) for model in models)


def _entry(place: str, family: str, values: Mapping[str, Any]) -> ModelEntry:
    try:
        return ModelEntry(**{**values, "family": family, "probe": tuple(values.get("probe", ()))})
    except (ContractError, TypeError, AttributeError) as error:
        said = str(error).replace("ModelEntry.__init__() ", "an entry ")
        raise InputError(f"{place}, {values.get('name', 'a model without name')}: {said}") from error


def _read(folder: Traversable) -> tuple[ModelEntry, ...]:
    try:
        text = (folder / WEIGHTS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{folder / WEIGHTS}: the list of models cannot be read; install catchlight again") from error
    return parse_weights(text, family=folder.name)


def _root(root: Traversable | None) -> Traversable:
    return root if root is not None else resources.files("catchlight.models")
