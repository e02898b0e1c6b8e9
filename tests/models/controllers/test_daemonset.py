"""DaemonSets: where pods belong, and the rolling update."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Effect, Percent, Phase, Taint
from kspec_models.controllers.daemonset import decisions, rollout
from kspec_models.controllers.daemonset.decisions import DaemonPod, NodeActions, Placement
from kspec_models.controllers.daemonset.rollout import Limits, OnNode, Update

HERE = Placement(True, True)
TOLERATIONS = decisions.daemon_tolerations((), host_network=False)
UNAVAILABLE = (OnNode.NONE, OnNode.UNCLEAR, OnNode.NEW_WAITING, OnNode.BOTH_WAITING, OnNode.BOTH_AVAILABLE)


def test_a_cordoned_or_failing_node_keeps_its_daemon_pods() -> None:
    taints = (
        Taint("node.kubernetes.io/unschedulable"),
        Taint("node.kubernetes.io/unreachable", effect=Effect.NO_EXECUTE),
    )
    assert decisions.node_should_run(None, "a", True, taints, TOLERATIONS) == HERE


def test_only_no_execute_ends_pods_that_are_there() -> None:
    for effect, stays in ((Effect.NO_SCHEDULE, True), (Effect.NO_EXECUTE, False)):
        taints = (Taint("dedicated", effect=effect),)
        assert decisions.node_should_run(None, "a", True, taints, TOLERATIONS) == Placement(False, stays)


def test_only_pods_on_the_host_network_bear_a_missing_network() -> None:
    taints = (Taint("node.kubernetes.io/network-unavailable"),)
    assert not decisions.node_should_run(None, "a", True, taints, TOLERATIONS).should_run
    assert decisions.node_should_run(None, "a", True, taints, decisions.daemon_tolerations((), True)).should_run


def test_a_terminating_pod_is_replaced_only_if_surge_is_allowed() -> None:
    pods = (DaemonPod(terminating=True),)
    assert decisions.node_actions(HERE, pods) == NodeActions()
    assert decisions.node_actions(HERE, pods, surge=True) == NodeActions(create=True)


def test_the_oldest_bound_pod_stays() -> None:
    pods = (DaemonPod(created=3), DaemonPod(created=1, bound=False), DaemonPod(created=2))
    assert decisions.node_actions(HERE, pods) == NodeActions(delete=(0, 1))


def test_a_pod_that_failed_waits_for_its_backoff_and_one_that_succeeded_does_not() -> None:
    pods = (DaemonPod(Phase.FAILED), DaemonPod(Phase.SUCCEEDED))
    assert decisions.node_actions(HERE, pods, failed_backoff=True).delete == (1,)
    assert decisions.node_actions(HERE, pods).delete == (0, 1)


def test_a_node_that_is_none_of_the_sets_loses_every_pod() -> None:
    pods = (DaemonPod(), DaemonPod(terminating=True))
    assert decisions.node_actions(Placement(False, False), pods) == NodeActions(delete=(0,))


def test_while_surging_the_old_pod_stays_until_the_new_one_is_available() -> None:
    old = DaemonPod(updated=False, created=0)
    assert decisions.node_actions(HERE, (old, DaemonPod(available=False, created=1)), surge=True).delete == ()
    assert decisions.node_actions(HERE, (old, DaemonPod(created=1)), surge=True).delete == (0,)
    not_ready = DaemonPod(updated=False, ready=False, available=False)
    assert decisions.node_actions(HERE, (not_ready, DaemonPod(available=False)), surge=True).delete == (0,)


def test_both_limits_round_up_and_are_never_both_zero() -> None:
    assert rollout.limits(3, 0, Percent(50)) == Limits(0, 2)
    assert rollout.limits(3, 0, 0) == Limits(0, 1)
    assert rollout.limits(0, 0, 0) == Limits(0, 0)


@given(st.lists(st.sampled_from(OnNode), max_size=8).map(tuple), st.integers(1, 4))
def test_without_surge_no_available_pod_goes_beyond_the_limit(nodes: tuple[OnNode, ...], most: int) -> None:
    update = rollout.rolling_update(nodes, Limits(0, most))
    taken = sum(1 for i in update.delete_old if nodes[i] is OnNode.OLD_AVAILABLE)
    down = sum(1 for node in nodes if node in UNAVAILABLE or node is OnNode.OLD_UNAVAILABLE)
    assert update.create_new == ()
    assert taken == 0 or down + taken <= most


@given(st.lists(st.sampled_from(OnNode), max_size=8).map(tuple), st.integers(1, 4))
def test_with_surge_no_old_pod_goes_before_its_successor_is_available(nodes: tuple[OnNode, ...], most: int) -> None:
    update = rollout.rolling_update(nodes, Limits(most, 0))
    assert all(nodes[i] is OnNode.BOTH_AVAILABLE for i in update.delete_old)
    beside_available = sum(1 for i in update.create_new if nodes[i] is OnNode.OLD_AVAILABLE)
    assert beside_available <= most


def test_an_unavailable_old_pod_is_replaced_whatever_the_limit() -> None:
    nodes = (OnNode.OLD_UNAVAILABLE,) * 3
    assert rollout.rolling_update(nodes, Limits(0, 1)) == Update(delete_old=(0, 1, 2))
    assert rollout.rolling_update(nodes, Limits(1, 0)) == Update(create_new=(0, 1, 2))
