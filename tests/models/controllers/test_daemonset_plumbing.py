"""The DaemonSet controller in a cluster, walked by hand: where pods go, what they bear, rollouts, status."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.settings import applied
from kspec.kernel.values import Ref
from kspec.kube.apps import DaemonSet, UpdateStrategy
from kspec.kube.objects import Node, Pod, PodSpec, labels
from kspec_models import users
from kspec_models.client.counted_expectations import CountedExpectations, Lowered
from kspec_models.client.expectations import Outstanding
from kspec_models.controllers.daemonset import placement
from kspec_models.controllers.daemonset.decisions import DaemonPod
from kspec_models.controllers.daemonset.reconcile import on_node
from kspec_models.controllers.daemonset.rollout import OnNode
from kspec_models.controllers.daemonset.status import Counts, status
from kspec_models.scopes.daemonset import (
    FIRST,
    NODES,
    SECOND,
    a_daemonset,
    adds_a_node,
    changes_a_node,
    changes_the_image,
    cluster,
)
from tests.kspec.kube.small import Walk

COMPONENTS = ("daemonset", "scheduler", "kubelet")


def walk(things: list[Any], *more: Any, pods: int = 4, **how: Any) -> Walk:
    return Walk(cluster("walk", (users.apply(things), *more), pods=pods, **how).system())


def settled(walked: Walk) -> Walk:
    while walked.can("user.apply"):
        walked("user.apply")
    return walked.until_quiet(*COMPONENTS)


def pods(walked: Walk) -> list[Pod]:
    return list(walked.all("pods"))


def the_set(walked: Walk) -> DaemonSet:
    found = walked.latest("daemonsets/agent")
    assert isinstance(found, DaemonSet)
    return found


def images(walked: Walk) -> list[str]:
    return sorted(pod.spec.containers[0].image for pod in pods(walked))


# ---- where pods go


def test_each_node_gets_one_pod_that_only_this_node_may_run() -> None:
    walked = settled(walk([a_daemonset()]))
    assert sorted(pod.only_node for pod in pods(walked)) == ["node-1", "node-2"]
    assert sorted(pod.node for pod in pods(walked) if pod.node is not None) == [Ref("nodes", 0), Ref("nodes", 1)]
    keys = {toleration.key for toleration in pods(walked)[0].spec.tolerations}
    assert {"node.kubernetes.io/unschedulable", "node.kubernetes.io/not-ready"} <= keys


def test_a_node_selector_leaves_other_nodes_without_a_pod() -> None:
    template = a_daemonset().template
    gpu = attrs.evolve(template, spec=attrs.evolve(template.spec, node_selector=labels(gpu="yes")))
    nodes = (NODES[0], attrs.evolve(NODES[1], labels=labels(gpu="yes")))
    walked = settled(walk([attrs.evolve(a_daemonset(), template=gpu)], nodes=nodes))
    assert [pod.only_node for pod in pods(walked)] == ["node-2"]
    assert the_set(walked).desired_number_scheduled == 1


def changed(way: int) -> Walk:
    walked = settled(walk([a_daemonset()], changes_a_node("node-1"), nodes=NODES, room={Node: 2}))
    walked("administrator.change", way)
    return settled(walked)


CORDON, NO_SCHEDULE, NO_EXECUTE = range(3)


@pytest.mark.parametrize(
    ("way", "left", "desired", "misscheduled"), [(CORDON, 2, 2, 0), (NO_SCHEDULE, 2, 1, 1), (NO_EXECUTE, 1, 1, 0)]
)
def test_what_becomes_of_a_pod_when_its_node_changes(way: int, left: int, desired: int, misscheduled: int) -> None:
    walked = changed(way)
    assert len(pods(walked)) == left
    assert (the_set(walked).desired_number_scheduled, the_set(walked).number_misscheduled) == (desired, misscheduled)


def test_a_node_that_joins_gets_a_pod() -> None:
    walked = settled(walk([a_daemonset()], adds_a_node("node-2"), nodes=NODES[:1], room={Node: 2}))
    assert len(pods(walked)) == 1
    walked("installer.join")
    assert sorted(pod.only_node for pod in pods(settled(walked))) == ["node-1", "node-2"]


def test_a_pod_that_waits_for_a_node_which_is_gone_is_deleted() -> None:
    spec = placement.spec_for(PodSpec(a_daemonset().template.spec.containers), "node-9", False)
    lost = Pod(labels(app="agent"), spec)
    walked = settled(walk([lost, a_daemonset()]))
    assert "node-9" not in [pod.only_node for pod in pods(walked)] and len(pods(walked)) == 2


# ---- rollouts


def rolled(**how: Any) -> Walk:
    walked = settled(walk([a_daemonset(**how)], changes_the_image(SECOND)))
    walked("user.rollout")
    return walked


def test_without_surge_an_old_pod_goes_before_its_successor_comes() -> None:
    walked = rolled()
    walked.until_quiet("daemonset")
    assert [pod.deleting for pod in pods(walked)].count(True) == 1 and images(walked) == [FIRST, FIRST]
    assert images(settled(walked)) == [SECOND, SECOND]
    assert the_set(walked).updated_number_scheduled == 2


def test_with_surge_the_successor_comes_before_the_old_pod_goes() -> None:
    walked = rolled(max_surge=1, max_unavailable=0)
    walked.until_quiet("daemonset")
    assert images(walked) == [FIRST, FIRST, SECOND] and not any(pod.deleting for pod in pods(walked))
    assert images(settled(walked)) == [SECOND, SECOND]


def test_on_delete_replaces_nothing_by_itself() -> None:
    assert images(settled(rolled(update_strategy=UpdateStrategy.ON_DELETE))) == [FIRST, FIRST]


def test_which_node_changes_first_is_open() -> None:
    taken = []
    for way in range(2):
        walked = rolled()
        assert len(walked.can("daemonset.sync")) == 2
        walked("daemonset.sync", way)
        walked.until_quiet("daemonset.call")
        taken += [pod.only_node for pod in pods(walked) if pod.deleting]
    assert sorted(taken) == ["node-1", "node-2"]


def test_what_the_update_finds_on_a_node() -> None:
    new, old = DaemonPod(), DaemonPod(updated=False)
    late_new, late_old = attrs.evolve(new, available=False), attrs.evolve(old, available=False)
    going = attrs.evolve(old, terminating=True)
    assert [on_node(each) for each in ((going,), (new,), (late_new,), (old,), (late_old,))] == [
        OnNode.NONE,
        OnNode.NEW_AVAILABLE,
        OnNode.NEW_WAITING,
        OnNode.OLD_AVAILABLE,
        OnNode.OLD_UNAVAILABLE,
    ]
    assert on_node((old, new)) is OnNode.BOTH_AVAILABLE and on_node((late_new, old)) is OnNode.BOTH_WAITING
    assert on_node((new, new)) is OnNode.UNCLEAR and on_node((new, going)) is OnNode.NEW_AVAILABLE


# ---- status and expectations


def test_of_several_pods_on_a_node_the_oldest_is_reported() -> None:
    ready, waits = DaemonPod(updated=False), DaemonPod(ready=False, available=False, created=1)
    assert status(((True, (waits, ready)), (True, ()), (False, (ready,)))) == Counts(2, 1, 1, 1, 1, 0)


def test_a_late_cache_is_waited_for() -> None:
    walked = walk([a_daemonset()], caches={"daemonset": "delayed"})
    walked("user.apply")
    walked("daemonset.deliver")
    walked("daemonset.sync")
    walked.until_quiet("daemonset.call")
    assert len(pods(walked)) == 2
    assert [o.step.says for o in walked.can("daemonset.sync")] == []
    with applied({"daemonset.expectations": "off", "daemonset.consistency": "off"}):
        assert any("POST pods" in o.step.says for o in walked.can("daemonset.sync"))


def test_every_event_about_a_pod_that_goes_lowers_the_deletions() -> None:
    there, going = Pod(), Pod(deleting=True)
    observed: Any = CountedExpectations.observed
    events = [*observed(None, there), *observed(there, going), *observed(going, None)]
    assert events == [Lowered(adds=1), Lowered(deletes=1), Lowered(deletes=1)]
    assert observed(there, attrs.evolve(there, ready=True)) == ()
    assert Lowered(deletes=1)(Outstanding(1, 2)) == Outstanding(1, 1)
    assert Lowered(adds=1, deletes=1)(Outstanding(0, 0)) == Outstanding(0, 0)
