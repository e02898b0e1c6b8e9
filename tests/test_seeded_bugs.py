"""The seeded bugs are found by `check` and by `fuzz`, and their traces replay; with the bug gone they diverge."""

from __future__ import annotations

import pytest

import kspec
from kspec.kernel.result import Result, Verdict

BUGS = {
    "a controller without expectations": ("replicaset.stale", {"replicaset.expectations": "off"}, "no_surplus_pods"),
    "compare-and-swap without the compare": ("store.cas", {"store.compare": "off"}, "no_update_is_lost"),
}


def found(result: Result, name: str) -> kspec.Trace:
    judged = result.property(name)
    assert judged.verdict is Verdict.VIOLATED
    assert judged.trace is not None
    return judged.trace


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found_exhaustively_and_replays(bug: str) -> None:
    system, settings, name = BUGS[bug]
    trace = found(kspec.check(system, settings=settings), name)

    assert kspec.replay(trace).verdict is Verdict.REPRODUCED


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found_by_random_runs_and_replays(bug: str) -> None:
    system, settings, name = BUGS[bug]
    trace = found(kspec.fuzz(system, settings=settings, properties=[name]), name)

    assert kspec.replay(trace).verdict is Verdict.REPRODUCED


def test_surplus_pods_are_created_by_the_second_sync() -> None:
    system, settings, name = BUGS["a controller without expectations"]
    trace = found(kspec.check(system, settings=settings), name)

    assert [step.action.name for step in trace.steps].count("sync") == 2
    assert trace.clause == "active pods of ReplicaSet web = 3, its largest replicas = 2"


def test_the_trace_of_a_bug_diverges_where_the_bug_is_gone() -> None:
    system, settings, name = BUGS["a controller without expectations"]
    trace = found(kspec.check(system, settings=settings), name)

    answer = kspec.replay(trace, settings={"replicaset.expectations": "on"})
    assert answer.verdict is Verdict.DIVERGED
