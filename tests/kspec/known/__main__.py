"""Explore small known systems with the named engines and print everything that may not depend on a hash seed."""

from __future__ import annotations

import sys

import attrs

from kspec.kernel.result import Result
from kspec.kernel.system import System
from kspec.kernel.values import order_key

from ..engines import ENGINES  # noqa: TID252 - run as a module of this package
from . import commit, replicaset, store


def systems() -> list[System]:
    """Right ones and broken ones, safety and liveness."""
    return [
        commit.two_phase_commit(),
        commit.two_phase_commit(waits_for_all=False),
        store.compare_and_swap(2, 2, compares=False),
        replicaset.late_replicaset(1, 1, 2, 1, 1, unfair=["replicaset.deliver"]),
        replicaset.late_replicaset(1, 1, 2, 1, 0, expectations=False),
    ]


def tell(result: Result) -> None:
    """Print a result with its traces, without what is measured."""
    plain = attrs.evolve(result, seconds=0, peak_memory_mb=0, properties=())
    print(plain)
    for prop in result.properties:
        print(attrs.evolve(prop, trace=None))
        if prop.trace is not None:
            print("loop at", prop.trace.loop_at)
            for state in prop.trace.states:
                print(order_key(state))
            for step in prop.trace.steps:
                print(step.label, step.choice, [(var, order_key(update)) for var, update in step.step.writes])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for system in systems():
            tell(ENGINES[name](system))
