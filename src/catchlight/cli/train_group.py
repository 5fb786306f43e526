"""A group of commands whose first word may also be the name of a recipe."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

# The command that a first word which is no command is an argument of.
DEFAULT = "run"


class RecipeGroup(TyperGroup):
    """`catchlight train raw_engine_fast --minutes 30` is `catchlight train run raw_engine_fast --minutes 30`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the default command before what is none; nothing at all asks for help."""
        if not args:
            args = ["--help"]
        elif args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and options of the default command, then the other commands."""
        self.commands[DEFAULT].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)
