"""`kspec prove`: theorems, for all inputs."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kspec import run
from kspec.cli import options
from kspec.cli.finish import finish
from kspec.cli.progress import Reporter
from kspec.cli.runs import Item, run_all
from kspec.kernel import settings as declared_settings
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import load
from kspec.kernel.result import Limits, Result
from kspec.targets import pairs


@click.command("prove", short_help="Prove theorems for all inputs with Z3.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@options.set_option
@options.time_option
@options.json_option
@options.quiet_option
def command(
    names: tuple[str, ...],
    settings: tuple[str, ...],
    max_time: float | None,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Prove theorems for all inputs with Z3.

    A name is a theorem's or that of what it is about, or a glob of either; without names, every theorem.
    """
    load()
    chosen = declared_settings.resolve(pairs(settings))
    with Reporter(quiet=quiet) as reporter:

        def call(limits: Limits) -> Sequence[Result]:
            return run.prove_theorems(names, settings=chosen, limits=limits, progress=reporter)

        item = Item(" ".join(names) or "theorems", "z3", call)
        outcomes = run_all([item], Limits(seconds=max_time), reporter)
    if not outcomes:
        raise UsageError("no theorem is installed (see `kspec list properties`)")
    return finish(outcomes, out=None, json_file=json_file, seed=0)
