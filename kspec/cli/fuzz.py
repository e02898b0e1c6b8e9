"""`kspec fuzz`: long random runs, shrunk when they fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from kspec import run
from kspec.cli import options
from kspec.cli.finish import finish
from kspec.cli.progress import Reporter
from kspec.cli.runs import Item, run_all
from kspec.kernel import settings as declared_settings
from kspec.kernel.result import Limits, Result
from kspec.targets import Target, choose, pairs, targets


@click.command("fuzz", short_help="Take long random runs with Hypothesis, shrunk when they fail.")
@click.argument("systems", nargs=-1, required=True, metavar="SYSTEM|FILE.py[::SYSTEM]...")
@click.option("--examples", type=options.POSITIVE, default=200, show_default=True, metavar="N", help="How many runs.")
@click.option(
    "--steps", type=options.POSITIVE, default=50, show_default=True, metavar="N", help="Steps of a run, at most."
)
@options.set_option
@options.property_option
@options.seed_option
@options.time_option
@options.result_options
def command(
    systems: tuple[str, ...],
    examples: int,
    steps: int,
    settings: tuple[str, ...],
    properties: tuple[str, ...],
    seed: int,
    max_time: float | None,
    out: Path | None,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Take long random runs with Hypothesis, shrunk when they fail.

    What no run breaks is SAMPLED, never more. The same seed takes the same runs.
    """
    named = targets(systems)
    chosen = declared_settings.resolve(pairs(settings))
    with Reporter(quiet=quiet) as reporter:
        items = [
            _item(target, chosen, globs, examples, steps, seed, reporter)
            for target, globs in choose(named, properties, chosen)
        ]
        outcomes = run_all(items, options.limits_of(max_time=max_time), reporter)
    return finish(outcomes, out=out, json_file=json_file, seed=seed)


def _item(
    target: Target,
    settings: dict[str, str],
    globs: Sequence[str],
    examples: int,
    steps: int,
    seed: int,
    reporter: Reporter,
) -> Item:
    def call(limits: Limits) -> list[Result]:
        return [
            run.fuzz(
                target,
                settings=settings,
                properties=globs,
                examples=examples,
                steps=steps,
                limits=limits,
                seed=seed,
                progress=reporter,
            )
        ]

    return Item(target.name, "hypothesis", call)
