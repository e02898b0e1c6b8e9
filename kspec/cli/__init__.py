"""The command line: parse, call the library, print, exit.

Commands are modules of this package, imported when they are called for. What a command answers is its exit code; every
error ends here as one message. Only `click` is imported at the top: `kspec --help` must stay quick.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

COMMANDS = {
    "check": "Explore every interleaving, delay and fault within a scope.",
    "fuzz": "Take long random runs with Hypothesis, shrunk when they fail.",
    "prove": "Prove theorems for all inputs with Z3.",
    "replay": "Re-execute a saved trace.",
    "why": "Explain one decision: who made it, and by which rule.",
    "list": "List systems, properties, settings and more.",
}
"""What each command does, as its own help says it."""

MODULES = {"list": "listing"}
"""The modules that are not called as their command: one called `list` would hide the built-in here."""


class Commands(click.Group):
    """The group of commands, each imported when it is asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            raise click.UsageError(f"say what is to be done: {', '.join(COMMANDS)}", ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"kspec.cli.{MODULES.get(cmd_name, cmd_name)}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            close = difflib.get_close_matches(name, COMMANDS, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"the commands are {', '.join(COMMANDS)}"
            raise click.UsageError(f"unknown command {name}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        import kspec

        click.echo(f"kspec {kspec.__version__}")
        ctx.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 established · 1 violated · 2 usage or spec error · 3 inconclusive · 4 sanity failure · "
    "5 untrustworthy · 70 internal error · 130 interrupted.",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Say the version.")
def group() -> None:
    """An executable, checked specification of Kubernetes.

    Can this cluster, with these manifests, delays and faults, ever break that promise? If it can, kspec shows the
    shortest story of how.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; answer with its exit code. Never raises."""
    from kspec.cli import errors
    from kspec.kernel.blame import spec_frame

    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = group.main(args=words, prog_name="kspec", standalone_mode=False, obj=words)
    except SystemExit as error:  # click's own answer to a closed pipe, unless a spec ends the process
        code = errors.report(error) if spec_frame(error.__traceback__) else 0
    except BaseException as error:
        code = errors.report(error)
    return errors.flushed(int(code or 0))


def main() -> NoReturn:
    """The entry point of the program."""
    sys.exit(run())
