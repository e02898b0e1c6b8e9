"""Every property of a cluster has been seen to hold, seen to be exercised, and seen to fail.

A property nobody ever saw fail is not trusted: for each there is a broken twin of some component that only it, or it
among others, notices, in a system where it holds otherwise.
"""

from __future__ import annotations

import pytest

from kspec.engines.explicit import explore
from kspec.kernel.actions import Action, Reader, Step
from kspec.kernel.registry import load
from kspec.kernel.result import PropertyResult, Result, Verdict
from kspec.kernel.system import System
from kspec.kube.lenses import LatestField
from kspec.kube.watch import Put
from kspec.targets import target_of, under
from kspec_properties import ALL
from tests.properties.checking import checked

QUICK = [name for name, entry in load().systems.items() if entry.quick]

MUTANTS = {
    "concurrent_updates_never_both_succeed": ("store.cas", "store.compare=off"),
    "no_surplus_pods": ("replicaset.stale", "replicaset.expectations=off"),
    "replicas_converge": ("replicaset.stale", "replicaset.difference=never-deletes"),
    "sizes_stay_within_surge": ("deployment.rolling", "deployment.create=at-full-size"),
    "availability_is_kept_by_the_controller": ("deployment.rolling", "deployment.missing=ignored"),
    "a_rollout_completes": ("deployment.rolling", "deployment.old=kept"),
    "a_pod_is_bound_once_and_where_it_fits": ("scheduler.two", "apiserver.bind=unchecked"),
    "no_pod_stays_pending_for_ever": ("replicaset.stale", "scheduler.nodes=unseen"),
    "reports_are_true_when_all_is_quiet": ("replicaset.stale", "replicaset.status=one-short"),
    "a_refused_request_changes_nothing": ("store.cas", "apiserver.update=writes-first"),
    "a_quota_is_never_exceeded": ("apiserver.quota", "apiserver.quota=overwrites"),
}


def found(result: Result, name: str) -> PropertyResult:
    return result.property(name)


@pytest.mark.parametrize("name", QUICK)
def test_each_quick_system_gives_the_verdict_that_it_declares(name: str) -> None:
    result = checked(name)

    violated = {p.name for p in result.properties if p.verdict is Verdict.VIOLATED}
    assert violated == set(result.expected)
    assert all(p.verdict is Verdict.HOLDS for p in result.properties if p.name not in violated)
    assert not result.complete or result.never_enabled == ()


def test_each_property_has_a_witness_and_a_mutant() -> None:
    assert {p.name for p in ALL} == {*MUTANTS, "nothing_but_the_api_server_writes_the_store"}
    assert all(p.witness is not None for p in ALL)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_twin_is_noticed_by_the_property_that_it_breaks(name: str) -> None:
    system, setting = MUTANTS[name]

    assert found(checked(system), name).verdict is Verdict.HOLDS
    broken = found(checked(system, setting, only=name), name)
    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None
    assert broken.trace.clause


def test_a_pod_that_does_not_fit_by_what_the_scheduler_had_seen_is_noticed() -> None:
    broken = found(checked("scheduler.ports", "scheduler.occupied=forgotten"), "a_pod_is_bound_once_and_where_it_fits")

    assert broken.trace is not None
    assert "did not fit" in broken.trace.clause


def with_rogue(system: System) -> System:
    """The system with a component that deletes a ReplicaSet in the store itself, past the API server."""
    cluster = system.narrator._cluster
    kind = next(k for k in cluster.kinds.values() if k.resource == "replicasets")
    variable = f"replicasets/{kind.names[0]}"

    def meddle(see: Reader):  # type: ignore[no-untyped-def]  # a generator of steps
        if see(variable, LatestField("replicas")) is not None:
            yield Step([(variable, Put(kind, None))], action="writes etcd")

    import attrs

    return attrs.evolve(system, actions=(*system.actions, Action("rogue", "meddle", meddle)), again=None)


def test_a_component_that_writes_the_store_itself_is_noticed() -> None:
    name = "nothing_but_the_api_server_writes_the_store"
    with under(target_of("replicaset.crash"), {}) as (system, _):
        explore(system)  # learns the layout
        grown = system.again()  # type: ignore[misc]  # a cluster can always be laid out again
        assert found(explore(grown), name).verdict is Verdict.HOLDS
        broken = found(explore(with_rogue(grown)), name)

    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None
    assert broken.trace.clause.startswith("rogue wrote replicasets/")
