"""What is promised of containers holds, was exercised, and is broken by a broken kubelet."""

from __future__ import annotations

import attrs
import pytest

from kspec.engines.explicit import explore
from kspec.kernel.result import Limits, Verdict
from kspec.kube.cluster import Cluster
from kspec.kube.objects import Container
from kspec.targets import target_of, under
from kspec_models import users
from kspec_models.kubelet.programs import programs
from kspec_models.scopes import kubelet as kubelets
from kspec_properties.nodes import OF_CONTAINERS
from tests.properties.checking import checked

SYSTEMS = ("kubelet.containers", "kubelet.crash_loop", "kubelet.probes", "kubelet.restart", "kubelet.sandbox")

MUTANTS = {
    "no_container_runs_twice": (
        ("kubelet.restart", "kubelet.found=nothing"),
        ("kubelet.restart", "kubelet.pleg=after-a-start-unasked"),
    ),
    "init_containers_succeed_before_containers_start": (("kubelet.containers", "kubelet.init=not-waited-for"),),
    "a_pod_is_reported_ready_only_after_its_readiness_probe_succeeded": (
        ("kubelet.probes", "kubelet.readiness=ignored"),
    ),
    "a_final_phase_is_final": (("kubelet.crash_loop", "kubelet.phase=computed-anew"),),
    "a_pod_is_removed_only_when_nothing_of_it_runs": (("kubelet.containers", "kubelet.remove=at-once"),),
    "a_pod_gets_ready_or_ends": (("kubelet.probes", "kubelet.liveness=ignored"),),
    "a_deleted_pod_goes": (("kubelet.crash_loop", "kubelet.kill=never"),),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = checked(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    assert {p.name for p in OF_CONTAINERS} == set(MUTANTS)
    assert all(p.witness is not None for p in OF_CONTAINERS)


@pytest.mark.parametrize(("name", "where"), [(name, where) for name, all_of in MUTANTS.items() for where in all_of])
def test_a_broken_kubelet_is_noticed(name: str, where: tuple[str, str]) -> None:
    found = checked(*where, only=name).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


@pytest.mark.parametrize("name", ["kubelet.probes", "kubelet.restart"])
def test_nothing_breaks_when_the_kubelet_hears_late(name: str) -> None:
    with under(target_of(name), {}) as (system, _):
        assert all_hold(system.narrator._cluster)


def test_a_final_phase_of_somebody_else_stays_although_the_kubelet_has_not_heard_of_it() -> None:
    people = (users.apply([kubelets.a_pod(Container("web", "web:1"))]), users.delete_a_pod())
    others = (programs(exits=1), kubelets.marks_a_pod_as_failed())
    assert all_hold(kubelets.one_node("late", people, *others, silent=(kubelets.NO_INIT,)))


def all_hold(cluster: Cluster) -> bool:
    """Whether everything holds of a cluster when its kubelet's cache is late."""
    late = attrs.evolve(cluster, scope=attrs.evolve(cluster.scope, caches={"kubelet": "delayed"}))
    result = explore(late.system(), limits=Limits(seconds=60))
    return result.complete and all(p.verdict is Verdict.HOLDS for p in result.properties)
