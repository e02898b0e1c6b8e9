"""Ordinary systems whose counts and verdicts other model checkers agree on, each with a twin that must fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kspec.engines import explicit, reference
from kspec.engines.common import NO_LIMITS, Meter
from kspec.engines.liveness import Graph, fair_parts
from kspec.kernel.result import Verdict
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.values import Ref
from kspec.kernel.world import State, World

from .engines import ENGINES, Explore
from .known import commit, replicaset, store

Lay = Callable[[], System]

COUNTS: dict[str, tuple[Lay, int, int, int]] = {
    "transaction commit, 3 resource managers": (commit.transaction_commit, 34, 93, 6),
    "two-phase commit, 3 resource managers": (commit.two_phase_commit, 288, 1_145, 10),
    "two-phase commit, 5 resource managers": (lambda: commit.two_phase_commit(5), 8_832, 58_145, 16),
    "store, 4 writers of 3 writes (p1)": (store.compare_and_swap, 82_861, 286_764, 24),
    "late ReplicaSet, 2 replicas on 2 nodes (p2s)": (replicaset.late_replicaset, 25_119, 62_151, 30),
}

TWINS: dict[str, tuple[Lay, str, int]] = {
    "commits without the others": (
        lambda: commit.transaction_commit(waits_for_all=False),
        "resource_managers_agree",
        3,
    ),
    "commits after the first vote": (
        lambda: commit.two_phase_commit(waits_for_all=False),
        "resource_managers_agree",
        5,
    ),
    "writes without comparing": (
        lambda: store.compare_and_swap(2, 2, compares=False),
        "no_update_is_lost",
        4,
    ),
    "syncs without expectations": (
        lambda: replicaset.late_replicaset(1, 1, 2, 1, 0, expectations=False),
        "no_surplus_pods",
        7,
    ),
}

VIOLATING_PARTS = {
    # left out of the fairness: strongly connected parts that are fair and hold a state that has not converged
    "": 0,
    "replicaset.deliver": 3_935,
    "replicaset.create": 17,
    "replicaset.reconcile": 43,
    "replicaset.see scale": 32,
    "scheduler.bind": 0,
    "kubelet.run": 0,
    "kubelet.finish": 0,
}


@pytest.fixture(params=ENGINES)
def explore(request: pytest.FixtureRequest) -> Explore:
    return ENGINES[request.param]


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_other_checkers(explore: Explore, name: str) -> None:
    lay, distinct, generated, depth = COUNTS[name]
    result = explore(lay())
    assert (result.distinct_states, result.generated_states, result.depth) == (distinct, generated, depth)
    assert result.complete and result.limits == () and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties} == {p.name: Verdict.HOLDS for p in result.properties}
    assert result.properties and result.verdict is Verdict.HOLDS


@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_is_violated_in_the_fewest_steps(explore: Explore, name: str) -> None:
    lay, broken, steps = TWINS[name]
    result = explore(lay())
    found = result.property(broken)
    assert found.verdict is Verdict.VIOLATED and result.verdict is Verdict.VIOLATED
    assert found.trace is not None and len(found.trace.steps) == steps
    assert found.trace.clause and found.trace.objects
    assert_is_a_behaviour(found.trace)


@pytest.mark.parametrize("unfair", ["replicaset.deliver", "replicaset.create", "replicaset.reconcile"])
def test_a_late_replicaset_does_not_converge_when_one_part_may_rest(explore: Explore, unfair: str) -> None:
    found = explore(replicaset.late_replicaset(1, 1, 2, 1, 1, unfair=[unfair])).property("replicas_converge")
    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.loop_at is not None
    assert_is_a_behaviour(found.trace)
    assert unfair not in found.fairness and "kubelet.run" in found.fairness


@pytest.mark.parametrize("unfair", ["scheduler.bind", "kubelet.run", "kubelet.finish"])
def test_a_late_replicaset_converges_although_pods_may_wait_for_ever(explore: Explore, unfair: str) -> None:
    found = explore(replicaset.late_replicaset(1, 1, 2, 1, 1, unfair=[unfair])).property("replicas_converge")
    assert found.verdict is Verdict.HOLDS


def test_the_number_of_violating_parts_depends_on_fairness_as_another_checker_found() -> None:
    system = replicaset.late_replicaset()
    search = reference.Search(system, system.properties, Meter(NO_LIMITS))
    search.run()
    kinds = [a.kind for a in system.actions]
    size = len(search.states)
    bad = bytearray(not system.properties[1].predicate(search.world.reader(state)) for state in search.states)
    found = {}
    for unfair in VIOLATING_PARTS:
        fair = [i for i, a in enumerate(system.actions) if a.fair and kinds[i] != unfair]
        graph = Graph(size, search.sources, search.targets, search.kinds, search.changes, fair)
        found[unfair] = sum(1 for _ in fair_parts(graph, range(size), bytearray(b"\1") * size, bad))
    assert found == VIOLATING_PARTS


def states_of(system: System) -> list[State]:
    """All reachable states, not folded."""
    search = reference.Search(system, (), Meter(NO_LIMITS))
    search.run()
    return search.states


def test_folded_resource_managers_are_counted_up_to_who_is_who() -> None:
    def as_multiset(state: State) -> object:
        manager, heard, network, *resource_managers = state
        rows = []
        for i, rm in enumerate(resource_managers):
            vote = commit.Prepared(Ref("rms", i))
            rows.append((rm.value, vote in heard, vote in network))
        return manager, commit.COMMIT in network, commit.ABORT in network, tuple(sorted(rows))

    orbits = {as_multiset(state) for state in states_of(commit.two_phase_commit(5))}
    folded = explicit.explore(commit.two_phase_commit(5, fold=True))
    assert folded.distinct_states == len(orbits) == 314 and folded.depth == 16


def test_folded_writers_are_counted_up_to_who_is_who() -> None:
    orbits = {(state[0], tuple(sorted(map(repr, state[1:])))) for state in states_of(store.compare_and_swap(3, 3))}
    folded = explicit.explore(store.compare_and_swap(3, 3, fold=True))
    assert folded.distinct_states == len(orbits) < 1_000 and folded.verdict is Verdict.HOLDS


def test_results_are_the_same_bytes_under_two_hash_seeds() -> None:
    root = Path(__file__).parents[2]
    outputs = []
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "tests.kspec.known", *ENGINES]
        done = subprocess.run(command, cwd=root, env=env, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
        outputs.append(done.stdout)
    assert b"writer.write writers#1: PUT" in outputs[0] and b"loop at" in outputs[0]
    assert outputs[0] == outputs[1]


def assert_is_a_behaviour(trace: Trace) -> None:
    """Every step of a trace is possible where it is taken and leads to the state after it; a loop closes."""
    world: World = trace.world
    assert trace.states[0] == world.initial
    for before, step, after in zip(trace.states, trace.steps, trace.states[1:], strict=False):
        assert step in world.steps_of(before, step.action, step.member)
        assert world.apply(before, step) == after
    assert len(trace.states) == len(trace.steps) + 1
    if trace.loop_at is not None:
        assert trace.states[-1] == trace.states[trace.loop_at]
