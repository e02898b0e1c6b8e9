"""`kspec check`: explore exhaustively, systems by name, in a file, or from manifests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from kspec import run
from kspec.cli import options
from kspec.cli.finish import finish
from kspec.cli.output import emit
from kspec.cli.progress import Reporter
from kspec.cli.runs import Item, run_all
from kspec.kernel import settings as declared_settings
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import load
from kspec.kernel.result import Exit, Limits, Result
from kspec.targets import Target, choose, pairs, quick_targets, targets

LADDER_SECONDS = 60.0
"""The time for a ladder of manifests, unless told otherwise."""


@click.command("check", short_help="Explore every interleaving, delay and fault within a scope.")
@click.argument("systems", nargs=-1, metavar="[SYSTEM|FILE.py[::SYSTEM]]...")
@click.option("-f", "files", multiple=True, metavar="FILE|DIR|-", help="Check what these manifests do.")
@click.option(
    "--with",
    "changes",
    multiple=True,
    metavar="CHANGE,...",
    help="With -f: what happens once the cluster is settled (rollout, rollout=broken, scale, controller-crash...).",
)
@click.option("--nodes", type=options.POSITIVE, metavar="N", help="With -f: so many equal nodes with ample room.")
@click.option(
    "--caches",
    multiple=True,
    metavar="[COMPONENT=]HOW",
    help=f"With -f: how late a cache may be ({', '.join(options.CACHES)}).",
)
@click.option("--rungs", metavar="base|all|NAME", help="With -f: which scopes of the ladder must finish.")
@click.option("--show-run", is_flag=True, help="Tell one run, from the first act until all is quiet.")
@options.set_option
@options.property_option
@click.option(
    "--engine",
    type=click.Choice(run.EXHAUSTIVE_ENGINES),
    default=run.EXHAUSTIVE_ENGINES[0],
    show_default=True,
    help="The exhaustive engine.",
)
@options.seed_option
@options.limit_options
@options.result_options
def command(
    systems: tuple[str, ...],
    files: tuple[str, ...],
    changes: tuple[str, ...],
    nodes: int | None,
    caches: tuple[str, ...],
    rungs: str | None,
    show_run: bool,
    settings: tuple[str, ...],
    properties: tuple[str, ...],
    engine: str,
    seed: int,
    max_states: int | None,
    max_depth: int | None,
    max_time: float | None,
    max_memory: int | None,
    out: Path | None,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Explore every interleaving, delay and fault within a scope.

    Without arguments, the built-in quick systems. A system is named (`store.cas`, or a glob), or found in a spec file
    (`my_controller.py`, `my_controller.py::name`); with -f it is made from Kubernetes manifests.
    """
    manifests = Manifests(files, options.items(changes), nodes, options.caches_of(caches), rungs)
    manifests.validate()
    load()
    named = targets(systems) if systems or files else quick_targets()
    chosen = declared_settings.resolve(pairs(settings))
    if show_run:
        return _show_run(manifests if files else None, named, chosen)
    limits = options.limits_of(max_states, max_depth, max_time, max_memory)
    if files and max_time is None:
        limits = attrs.evolve(limits, seconds=LADDER_SECONDS)
    with Reporter(quiet=quiet) as reporter:
        items = [
            _item(target, chosen, globs, engine, seed, reporter)
            for target, globs in (choose(named, properties, chosen) if named else [])
        ]
        if files:
            items.append(manifests.item(chosen, properties, engine, reporter))
        outcomes = run_all(items, limits, reporter)
    return finish(outcomes, out=out, json_file=json_file, seed=seed)


def _item(
    target: Target, settings: dict[str, str], globs: Sequence[str], engine: str, seed: int, reporter: Reporter
) -> Item:
    def call(limits: Limits) -> list[Result]:
        return [
            run.check(
                target,
                settings=settings,
                properties=globs,
                engine=engine,
                limits=limits,
                seed=seed,
                progress=reporter,
            )
        ]

    return Item(target.name, engine, call)


@attrs.frozen
class Manifests:
    """What `-f` and its companions ask for."""

    files: tuple[str, ...]
    changes: tuple[str, ...]
    nodes: int | None
    caches: dict[str, str]
    rungs: str | None

    def validate(self) -> None:
        """Refuse options that mean nothing without `-f`. Raises UsageError."""
        if self.files:
            return
        given = {
            "--with": self.changes,
            "--nodes": self.nodes,
            "--caches": self.caches,
            "--rungs": self.rungs,
        }
        for option, value in given.items():
            if value:
                raise UsageError(f"{option} speaks of manifests: give them with -f FILE")

    def item(self, settings: dict[str, str], properties: Sequence[str], engine: str, reporter: Reporter) -> Item:
        """The run of the manifests' ladder."""

        def call(limits: Limits) -> list[Result]:
            return run.check_manifests(
                self.files,
                changes=self.changes,
                nodes=self.nodes,
                caches=self.caches,
                rungs=self.rungs,
                settings=settings,
                properties=properties,
                engine=engine,
                limits=limits,
                progress=reporter,
            )

        return Item(" ".join(self.files), engine, call, named=False)


def _show_run(manifests: Manifests | None, named: Sequence[Target], settings: dict[str, str]) -> int:
    from kspec.report.text import text

    if manifests is None:
        stories = [run.run_of(target, settings=settings) for target in named]
    else:
        stories = run.show_run(
            manifests.files,
            changes=manifests.changes,
            nodes=manifests.nodes,
            caches=manifests.caches,
            settings=settings,
        )
    for story in stories:
        if story.steps or not story.left_out:
            emit(text(story))
    left_out = [line for story in stories for line in story.left_out]
    if left_out:
        emit("\n".join(left_out))
    return int(Exit.INCONCLUSIVE if left_out else Exit.ESTABLISHED)
