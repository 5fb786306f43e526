"""`catchlight models`: what ships, its cards, and whether it is what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catchlight.cli.terminal import say, warn

if TYPE_CHECKING:
    from catchlight.models.model_entry import ModelEntry

models = typer.Typer(
    name="models",
    help="The learned models that ship: list, cards, verification.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Json = Annotated[str | None, typer.Option(metavar="FILE", help="Write it for machines.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the JSON.")]


@models.command("list")
def list_models(json: Json = None, force: Force = False) -> Callable[[Callable[[], None]], None]:
    """List the models: task, size, licence.

    catchlight models list --json m.json
    """
    from catchlight.cli.place_name import place_name

    return partial(_list, place_name("--json", json), force)


@models.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model, or a family.")],
    json: Json = None,
    force: Force = False,
) -> Callable[[Callable[[], None]], None]:
    """Show what is recorded of a model, and its card.

    catchlight models show raw_engine
    """
    from catchlight.cli.place_name import place_name

    return partial(_show, name, place_name("--json", json), force)


@models.command("verify")
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Models; all by default.")] = None,
    json: Json = None,
    force: Force = False,
) -> Callable[[Callable[[], None]], None]:
    """Check each model's hash, card, licence and operator set, and its outputs for a fixed input.

    catchlight models verify
    """
    from catchlight.cli.place_name import place_name

    return partial(_verify, tuple(names or ()), place_name("--json", json), force)


def _list(json: Path | None, force: bool, check: Callable[[], None]) -> None:
    from catchlight.models.registry import entries

    found = entries()
    _write(json, {"models": [_record(entry) for entry in found]}, force=force)
    rows = [("NAME", "PARAMETERS", "SIZE", "LICENCE", "TASK")]
    rows += [(e.name, f"{e.parameters:,}", f"{e.bytes / 1e6:.2f} MB", e.licence, e.task) for e in found]
    say(*_columns(rows))
    say(f"{len(found)} models, {sum(e.bytes for e in found) / 1e6:.1f} MB" + (f": {json}" if json else ""))


def _show(name: str, json: Path | None, force: bool, check: Callable[[], None]) -> None:
    from catchlight.models.registry import card, entries, families, find

    chosen = entries(name) if name in families() else (find(name),)
    _write(json, {"models": [_record(entry) for entry in chosen]}, force=force)
    for entry in chosen:
        facts = {key: value for key, value in _record(entry).items() if key not in ("name", "metrics")}
        say(entry.name, *_columns([("", key.replace("_", " "), str(value)) for key, value in facts.items()]))
        say(*_columns([("", what, f"{value:g}") for what, value in entry.metrics.items()]), "")
    _print_markdown(card(chosen[0].family))


def _verify(names: Sequence[str], json: Path | None, force: bool, check: Callable[[], None]) -> None:
    from catchlight.core import InputError
    from catchlight.io import check_writable
    from catchlight.models.check_model import check_model
    from catchlight.models.registry import entries, find

    if json is not None:
        check_writable(json, force=force)
    chosen = tuple(find(name) for name in names) or entries()
    problems: dict[str, tuple[str, ...]] = {}
    for entry in chosen:
        check()
        problems[entry.name] = check_model(entry)
        if not problems[entry.name]:
            say(f"{entry.name}: as recorded")
        warn(*(f"{entry.name}: {problem}" for problem in problems[entry.name]))
    _write(json, {"models": [{"name": n, "problems": list(p)} for n, p in problems.items()]}, force=force)
    bad = [name for name, found in problems.items() if found]
    if bad:
        raise InputError(f"{len(bad)} of {len(chosen)} models are not as recorded: {', '.join(bad)}")


def _record(entry: ModelEntry) -> dict[str, Any]:
    keys = (
        "name", "family", "task", "file", "parameters", "bytes", "precision", "licence", "sha256", "opset",
        "input_range", "size_multiple", "data", "recipe", "commit",
    )  # fmt: skip
    return {**{key: getattr(entry, key) for key in keys}, "metrics": dict(entry.metrics)}


def _write(place: Path | None, record: dict[str, Any], *, force: bool) -> None:
    if place is None:
        return
    from json import dumps

    from catchlight.io import atomic_output

    with atomic_output(place, force=force) as temporary:
        temporary.write_text(dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _print_markdown(text: str) -> None:
    import sys
    from contextlib import suppress

    from rich.console import Console
    from rich.markdown import Markdown

    with suppress(BrokenPipeError):  # whoever reads it has read enough
        Console(file=sys.stdout).print(Markdown(text))
