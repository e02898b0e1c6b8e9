"""Our engines and a bare Python breadth-first search on the same problems, in turn, in one run.

    ./dev python -m benchmarks.engines [--repeats 3]

For each problem: generated states per second (the median of the repeats), and the ratio to the bare search, which is
hand-written for that problem with tuples of integers and knows no specs, properties or traces. Noise: see the spread.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import click

from benchmarks.bare import search, store_cas
from kspec.engines import explicit, reference
from kspec.kernel.registry import load
from kspec.kernel.system import System
from kspec.targets import target_of, under
from tests.kspec.known import store as known_store

Run = Callable[[], int]


def problems() -> Iterator[tuple[str, dict[str, Run]]]:
    """Each problem with its runs; a run returns how many states it generated."""
    p1 = known_store.compare_and_swap(4, 3)
    yield (
        "store CAS, 4 writers, 3 each",
        {
            "bare": lambda: search(*store_cas(4, 3)),
            "explicit": lambda: explicit.explore(p1).generated_states,
            "reference": lambda: reference.explore(p1).generated_states,
        },
    )
    load()
    for name in ("deployment.rolling", "replicaset.stale", "deployment.scale"):
        yield name, {"explicit": _of(name, explicit.explore), "reference": _of(name, reference.explore)}


def _of(name: str, explore: Callable[[System], object]) -> Run:
    def run() -> int:
        with under(target_of(name), {}) as (system, _):
            return int(explore(system).generated_states)  # type: ignore[attr-defined]  # a Result

    return run


@click.command()
@click.option("--repeats", default=3, help="How often each run is repeated.")
def main(repeats: int) -> None:
    """Print one line for each problem and engine."""
    for problem, runs in problems():
        rates: dict[str, list[float]] = {engine: [] for engine in runs}
        for _ in range(repeats):
            for engine, run in runs.items():
                began = time.perf_counter()
                generated = run()
                rates[engine].append(generated / (time.perf_counter() - began))
        base = statistics.median(next(iter(rates.values())))
        for engine, found in rates.items():
            median = statistics.median(found)
            spread = (max(found) - min(found)) / median
            click.echo(
                f"{problem:32} {engine:10} {median:12,.0f} generated/s  × {median / base:5.2f}  spread {spread:.0%}"
            )


if __name__ == "__main__":
    main()
