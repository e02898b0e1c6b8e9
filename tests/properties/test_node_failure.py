"""What is promised where nodes fail, are tainted or go: it holds, was exercised, and a broken component breaks it."""

from __future__ import annotations

import pytest

from kspec.kernel.registry import load
from kspec.kernel.result import Limits, Verdict
from kspec.kube.objects import Effect, Operator, Taint, Toleration
from kspec_properties import node_failure, taints
from tests.properties.checking import checked

SYSTEMS = (
    "node.fails",
    "node.disruption",
    "node.removed",
    "node.joins",
    "node.out_of_service",
    "taints.tolerated",
    "pod_gc.terminated",
)
PARTS = (*SYSTEMS, "taints", "node.cut_off")

MUTANTS = {
    "replicas_run_on_working_nodes": (("node.fails", "node-lifecycle.no-execute=never"),),
    "a_node_that_heartbeats_in_time_is_never_declared_unknown": (("node.disruption", "node-lifecycle.grace=ignored"),),
    "nobody_is_evicted_while_all_is_down": (("node.disruption", "node-lifecycle.disruption=unnoticed"),),
    "a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone": (
        ("node.fails", "taint-eviction.deletion=forced"),
        ("node.joins", "pod-gc.orphans=by-the-cache"),
        ("node.out_of_service", "pod-gc.out-of-service=without-the-taint"),
    ),
    "pods_of_nodes_that_are_gone_go": (("node.removed", "pod-gc.orphans=kept"),),
    "what_is_not_wanted_ends_where_the_kubelet_is_connected": (
        ("node.removed", "kubelet.stop=only-deleted"),
        ("node.out_of_service", "kubelet.stop=only-deleted"),
    ),
    "no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate": (
        ("taints.tolerated", "scheduler.taints=ignored"),
    ),
    "a_pod_that_tolerates_its_taints_for_ever_is_not_evicted": (
        ("taints.tolerated", "taint-eviction.tolerations=ignored"),
    ),
    "a_pod_is_evicted_only_for_a_taint_that_is_seen": (
        ("taints.tolerated", "taint-eviction.effects=all"),
        ("node.fails", "taint-eviction.effects=all"),
    ),
    "a_pod_that_does_not_tolerate_a_taint_is_evicted": (
        ("taints.tolerated", "taint-eviction.effects=none"),
        ("node.fails", "taint-eviction.effects=none"),
    ),
    "terminated_pods_do_not_pile_up": (("pod_gc.terminated", "pod-gc.surplus=one-stays"),),
    "terminated_pods_are_kept_up_to_the_threshold": (("pod_gc.terminated", "pod-gc.surplus=all"),),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = checked(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}
    assert {p.name for p in load().parts[name]} <= {p.name for p in result.properties}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    promised = {p.name: p for part in PARTS for p in load().parts[part]}
    expected = {node_failure.no_more_containers_run_than_wanted.name}

    assert set(promised) - expected == set(MUTANTS)
    assert all(p.witness is not None for p in promised.values())


@pytest.mark.parametrize(("name", "where"), [(name, where) for name, all_of in MUTANTS.items() for where in all_of])
def test_a_broken_component_is_noticed(name: str, where: tuple[str, str]) -> None:
    found = checked(*where, only=name, limits=Limits(states=6000, seconds=120)).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


def test_a_stuck_cluster_says_who_waits_for_what() -> None:
    found = checked("node.fails", "node-lifecycle.no-execute=never").property("replicas_run_on_working_nodes")

    assert found.trace is not None
    waits = {(actor, what): because for actor, what, because in found.trace.waits}
    assert waits["kubelet", "node-1 to be connected"] == "nobody has to bring it back"
    assert waits["taint-eviction", ""] == "a pod is on node-1, which has no NoExecute taint"

    removed = checked("node.removed", "pod-gc.orphans=kept").property("pods_of_nodes_that_are_gone_go")
    assert removed.trace is not None
    assert ("pod-gc", "", "a pod is bound to a node that is gone") in removed.trace.waits
    assert "node-lifecycle" not in {actor for actor, _, _ in removed.trace.waits}


def test_on_a_node_that_is_cut_off_a_second_container_runs_where_one_is_wanted() -> None:
    found = checked("node.cut_off").property("no_more_containers_run_than_wanted")

    assert found.verdict is Verdict.VIOLATED and found.trace is not None
    assert found.trace.clause == "2 containers run, and 1 is wanted"
    done = [step.action.kind for step in found.trace.steps]
    order = ["network.cut off", "node-lifecycle.monitor", "taint-eviction.evict", "kubelet.start"]
    places = [len(done) - 1 - done[::-1].index(kind) for kind in order]
    assert places == sorted(places) and done[-1] == "kubelet.start"


def test_a_toleration_counts_only_if_it_is_the_first_that_matches() -> None:
    taint = Taint("maintenance", effect=Effect.NO_EXECUTE)
    for_a_while = Toleration("maintenance", Operator.EXISTS, toleration_seconds=60)
    for_ever = Toleration("maintenance", Operator.EXISTS)
    assert taints.tolerates_for_ever((for_ever, for_a_while), taint)
    assert not taints.tolerates_for_ever((for_a_while, for_ever), taint)
    assert not taints.tolerates_for_ever((), taint)
