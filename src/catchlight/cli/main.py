"""The `catchlight` command."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated

import typer

from catchlight.cli.calibrate import calibrate
from catchlight.cli.cull import cull
from catchlight.cli.demo import demo
from catchlight.cli.develop import develop
from catchlight.cli.evaluate import evaluate
from catchlight.cli.export import export
from catchlight.cli.failure import TRACEBACK_VARIABLE, describe_failure
from catchlight.cli.interrupts import Interrupted, Interrupts
from catchlight.cli.measure import measure
from catchlight.cli.models import models
from catchlight.cli.simulate import simulate
from catchlight.cli.terminal import open_missing_streams
from catchlight.cli.train import app as train_app

# Plain help and errors: they load faster, and boxes around one line help nobody.
app = typer.Typer(
    name="catchlight",
    help="An open computational camera: RAW bursts to finished photos, and cameras measured, on a CPU.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.command()(develop)
app.command()(cull)
app.command()(demo)
app.command()(measure)
app.command()(calibrate)
app.command()(simulate)
app.command()(evaluate)
app.command()(export)
app.add_typer(models, name="models")
app.add_typer(train_app, name="train")


def _print_version(asked: bool) -> bool:
    if asked:
        from catchlight import __version__

        typer.echo(f"catchlight {__version__}")
        raise typer.Exit
    return asked


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """An open computational camera: RAW bursts to finished photos, and cameras measured, on a CPU."""


def main() -> None:
    """Entry point of the `catchlight` script."""
    open_missing_streams()
    interrupts = Interrupts()
    interrupts.install()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # for developers; users get errors and our own warnings
    try:
        code = run(sys.argv[1:], check=interrupts.check)
    except Interrupted as again:  # a second signal while the first was being told
        code = again.exit_code
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:  # whoever read our output has read enough
            os._exit(code)
        except OSError:  # help or a version that went nowhere; what `develop` and `demo` say is flushed already
            os._exit(code or 1)
    if code >= 128:
        # The worker threads may be in the middle of a long kernel; every temporary file is removed already.
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str], *, check: Callable[[], None] = lambda: None) -> int:
    """Runs one command line and returns the exit code; every failure is one line on stderr.

    Args:
        arguments: what follows the program's name.
        check: called between stages of long work; may raise `KeyboardInterrupt`.
    """
    command = typer.main.get_command(app)
    try:
        # Each command only parses and returns the work, which then runs outside the parser's own exception handling.
        work = command.main(args=list(arguments) or ["--help"], prog_name="catchlight", standalone_mode=False)
        if not callable(work):
            return int(work or 0)
        work(check)
        check()
    except BaseException as error:
        # The reader has read enough: `catchlight --help | head -1`. The parser makes an exit of it.
        parsed = error.__context__ if isinstance(error, SystemExit) else error
        if isinstance(parsed, BrokenPipeError):
            return 0
        if isinstance(error, SystemExit):
            return error.code if isinstance(error.code, int) else 1
        line, code = describe_failure(error)
        if os.environ.get(TRACEBACK_VARIABLE):
            traceback.print_exception(error)
        with suppress(OSError):  # nobody reads it; the code still tells
            print(line, file=sys.stderr)
        return code
    return 0
