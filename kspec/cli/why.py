"""`kspec why`: explain one decision. What it explains are commands of their own, each imported when it is asked for."""

from __future__ import annotations

import difflib
from importlib import import_module

import click

QUESTIONS: dict[str, str] = {
    "pod": "Why a pod waits for a node, or why it is on the one it has.",
    "request": "Which link decides a request to the API server, and by which rule.",
    "rights": "What a caller may ask of the API server, and by which binding.",
}
"""What can be asked about, as its own help says it: the module of `request` is `kspec.cli.why_request`."""


class Questions(click.Group):
    """The group of questions."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            raise click.UsageError(f"say what is to be explained: {', '.join(QUESTIONS)}", ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(QUESTIONS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in QUESTIONS:
            return None
        question = import_module(f"kspec.cli.why_{cmd_name}").command
        assert isinstance(question, click.Command)
        return question

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in QUESTIONS and not name.startswith("-"):
            close = difflib.get_close_matches(name, QUESTIONS, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(QUESTIONS)}"
            raise click.UsageError(f"nothing to explain is called {name}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(QUESTIONS.items()))


@click.group("why", cls=Questions, short_help="Explain one decision: who made it, and by which rule.")
def command() -> None:
    """Explain one decision: who made it, and by which rule."""
