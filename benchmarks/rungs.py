"""What each rung of a Deployment costs at 1 to N replicas, with the reductions on and each switched off.

    ./dev python benchmarks/rungs.py [--most 5] [--seconds 60] [--at 3]

Prints a Markdown table: distinct, generated, calls of Python functions, CPU seconds; ">" where the time ran out. One
run each, in one process after the other, so compare columns with care: the noise of two runs is some 10 %.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import attrs
import click

from kspec.engines.explicit import explore
from kspec.kernel.result import Limits, Result
from kspec.kube.cluster import Reductions
from kspec.kube.objects import Deployment, LabelSelector, Node, PodTemplate, labels
from kspec_models.scopes.ladder import Rung, Story, cluster_of, ladder
from kspec_models.scopes.workloads import ROOMY, template

ON = Reductions()

VARIANTS: dict[str, tuple[Reductions, bool]] = {
    "all reductions": (ON, True),
    "three nodes": (attrs.evolve(ON, one_node=False), True),
    "no views": (attrs.evolve(ON, views=False), True),
    "not folded": (attrs.evolve(ON, fold=False), False),
    "exact order": (attrs.evolve(ON, exact_order=True), True),
    "none": (Reductions(views=False, fold=False, one_node=False), False),
}


def story(replicas: int) -> Story:
    """A Deployment with the default strategy on three equal nodes."""
    pods: PodTemplate = template("web", "nginx")
    nodes = tuple(Node(f"node-{i + 1}", allocatable=ROOMY) for i in range(3))
    return Story("dep", (Deployment("dep", LabelSelector(labels(app="web")), pods, replicas),), nodes)


def run(replicas: int, rung: Rung, reductions: Reductions, fold: bool, seconds: float) -> tuple[Result, float]:
    """Explore one rung, and the CPU seconds that it took."""
    began = time.process_time()
    system = cluster_of(story(replicas), rung, reductions).system()
    result = explore(system, limits=Limits(seconds=seconds, memory_mb=12_000), fold=fold, confirm=False)
    return result, time.process_time() - began


def cell(result: Result, seconds: float) -> str:
    """One cell of the table."""
    mark = "" if result.complete else "> "
    return f"{mark}{result.distinct_states:,} / {result.generated_states:,} / {result.action_calls:,} / {seconds:.1f}"


def table(rows: list[str], columns: list[str], make: Callable[[str, str], str]) -> None:
    """Print a table, cell by cell."""
    click.echo("| rung | " + " | ".join(columns) + " |")
    click.echo("|---" * (len(columns) + 1) + "|")
    for row in rows:
        click.echo(f"| {row} | ", nl=False)
        for column in columns:
            click.echo(make(row, column) + " | ", nl=False)
        click.echo()


@click.command()
@click.option("--most", default=5, help="The largest number of replicas.")
@click.option("--seconds", default=60.0, help="The time for each cell.")
@click.option("--at", default=3, help="The replicas at which the reductions are switched off.")
def main(most: int, seconds: float, at: int) -> None:
    """Print both tables."""
    rungs = {rung.name: rung for rung in ladder(story(2), (), {}) if rung.base}
    rungs |= {"rollout": Rung("rollout", True, changes=("rollout",))}
    click.echo("distinct / generated / Python calls / CPU seconds\n")

    def by_size(rung: str, replicas: str) -> str:
        return cell(*run(int(replicas.split()[0]), rungs[rung], ON, True, seconds))

    table(list(rungs), [f"{n} replicas" for n in range(1, most + 1)], by_size)
    click.echo(f"\nat {at} replicas, with reductions switched off\n")

    def by_variant(rung: str, variant: str) -> str:
        reductions, fold = VARIANTS[variant]
        return cell(*run(at, rungs[rung], reductions, fold, seconds))

    table(list(rungs), list(VARIANTS), by_variant)


if __name__ == "__main__":
    main()
