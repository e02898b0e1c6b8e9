"""Which pods PodGC deletes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Effect, Phase, Taint
from kspec_models.controllers.pod_gc import decisions
from kspec_models.controllers.pod_gc.decisions import GcNode, GcPod

NONE: frozenset[str] = frozenset()
ORPHAN = (GcPod("p", Phase.RUNNING, node="n"),)


def names(pods: tuple[GcPod, ...]) -> list[str]:
    return [pod.name for pod in pods]


def test_evicted_pods_go_first_then_the_oldest() -> None:
    pods = (
        GcPod("young", Phase.FAILED, created=3),
        GcPod("old", Phase.SUCCEEDED, created=1),
        GcPod("evicted", Phase.FAILED, "Evicted", created=9),
        GcPod("running", Phase.RUNNING, created=0),
    )
    assert names(decisions.terminated(pods, 1)) == ["evicted", "old"]
    assert names(decisions.terminated(pods, 3)) == []


def test_a_threshold_of_zero_switches_it_off_and_does_not_mean_none() -> None:
    assert decisions.terminated((GcPod("a", Phase.FAILED),), 0) == ()


@given(st.lists(st.sampled_from(Phase), max_size=8), st.integers(1, 5))
def test_as_many_terminated_pods_stay_as_the_threshold_says(phases: list[Phase], threshold: int) -> None:
    pods = tuple(GcPod(str(i), phase) for i, phase in enumerate(phases))
    ended = [pod for pod in pods if pod.phase in (Phase.SUCCEEDED, Phase.FAILED)]
    assert len(ended) - len(decisions.terminated(pods, threshold)) == min(len(ended), threshold)


@pytest.mark.parametrize(
    ("ready", "key", "effect", "expected"),
    [
        (False, decisions.OUT_OF_SERVICE, Effect.NO_EXECUTE, ["going"]),
        (False, decisions.OUT_OF_SERVICE, Effect.NO_SCHEDULE, ["going"]),
        (True, decisions.OUT_OF_SERVICE, Effect.NO_EXECUTE, []),
        (False, "node.kubernetes.io/not-ready", Effect.NO_EXECUTE, []),
    ],
)
def test_only_terminating_pods_of_an_unready_tainted_node_are_not_waited_for(
    ready: bool, key: str, effect: Effect, expected: list[str]
) -> None:
    pods = (GcPod("going", Phase.RUNNING, node="n", deleting=True), GcPod("staying", Phase.RUNNING, node="n"))
    nodes = (GcNode("n", ready, (Taint(key, effect=effect),)),)
    assert names(decisions.terminating_out_of_service(pods, nodes)) == expected


def test_only_terminating_pods_without_a_node_are_unscheduled_terminating() -> None:
    pods = (GcPod("a", deleting=True), GcPod("b"), GcPod("c", node="n", deleting=True))
    assert names(decisions.unscheduled_terminating(pods)) == ["a"]


def test_a_pod_is_an_orphan_after_the_quarantine_of_its_node_and_a_look_at_the_api() -> None:
    first = decisions.orphan_pass(ORPHAN, NONE, NONE, (), now=0)
    assert first == decisions.OrphanPass((), (("n", 40),))
    assert decisions.orphan_pass(ORPHAN, NONE, NONE, first.quarantine, now=39).orphans == ()
    assert decisions.orphan_pass(ORPHAN, NONE, NONE, first.quarantine, now=40).orphans == ORPHAN
    assert decisions.orphan_pass(ORPHAN, NONE, frozenset("n"), first.quarantine, now=40).orphans == ()
    assert decisions.orphan_pass(ORPHAN, frozenset("n"), NONE, first.quarantine, now=40).orphans == ()


def test_only_nodes_that_pods_name_and_the_cache_lacks_are_quarantined() -> None:
    pods = (GcPod("waiting"), GcPod("there", node="m"), *ORPHAN)
    assert decisions.orphan_pass(pods, frozenset("m"), NONE, (), now=0).quarantine == (("n", 40),)


def test_the_quarantine_ends_once_and_begins_anew() -> None:
    over = decisions.orphan_pass(ORPHAN, frozenset("n"), NONE, (("n", 40),), now=40)
    assert over.quarantine == ()
    assert decisions.orphan_pass(ORPHAN, NONE, NONE, over.quarantine, now=60).quarantine == (("n", 100),)


def test_a_node_that_was_there_again_meanwhile_keeps_its_time() -> None:
    """So a node deleted, made anew and deleted again can lose its pods without 40 seconds of absence."""
    back = decisions.orphan_pass(ORPHAN, frozenset("n"), NONE, (("n", 40),), now=20)
    assert decisions.orphan_pass(ORPHAN, NONE, NONE, back.quarantine, now=40).orphans == ORPHAN


def test_pods_that_have_not_ended_are_called_failed_first() -> None:
    assert [decisions.fails_first(phase) for phase in (None, *Phase)] == [True, True, True, False, False, True]
