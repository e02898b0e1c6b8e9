"""Errors are for people: what is wrong and what to do, in one message; the traceback goes to a file.

An error that passed through a spec's own code is the spec's (exit 2, with the spec's file and line), even where kspec's
code, which it called, raised it; any other is a fault of kspec (exit 70).
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import traceback

import click

from kspec.kernel.blame import spec_frame
from kspec.kernel.errors import KspecError, SlotsExhausted
from kspec.kernel.result import Exit
from kspec.outcome import code_of


def explained(error: BaseException) -> tuple[Exit, str]:
    """The exit code of an error and the message for a person; writes a traceback file where one can help."""
    if isinstance(error, click.ClickException):
        return Exit.USAGE, _of_click(error)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Exit.INTERRUPTED, "interrupted"
    if isinstance(error, KspecError):
        return code_of(error), str(error)
    if isinstance(error, SlotsExhausted):
        return Exit.INCONCLUSIVE, f"limited by slots of {error.family}: a generated name was needed and none was free"
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    where = spec_frame(error.__traceback__)
    if where is not None:
        path, line, function = where
        return Exit.USAGE, f"{path}:{line}: {what} (in {function}); the traceback is in {_written(error)}"
    return Exit.INTERNAL, f"internal error: {what}. This is a fault of kspec; its traceback is in {_written(error)}"


def report(error: BaseException) -> int:
    """Print an error; answer with its exit code."""
    code, message = explained(error)
    with contextlib.suppress(OSError):
        click.echo(f"kspec: {message}", err=True)
    return int(code)


def flushed(code: int) -> int:
    """Flush what was printed. A reader that went away (`kspec ... | head`) is no error."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            silence(stream.fileno() if not stream.closed else None)
    return code


def silence(descriptor: int | None) -> None:
    """Let what is still printed there go nowhere."""
    if descriptor is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def _of_click(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else "kspec"
    return f"{message[:1].lower()}{message[1:]} (see `{command} --help`)"


def _written(error: BaseException) -> str:
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="kspec-traceback-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.writelines(traceback.format_exception(error))
            return file.name
    except OSError:
        return "no file: it could not be written"
