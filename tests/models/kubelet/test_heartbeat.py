"""Heartbeats, and nodes that lose their connection."""

from __future__ import annotations

from typing import Any

from kspec.kernel.actions import Role
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import Node, NodeReady, Phase, Pod, PodSpec
from kspec_models import users
from kspec_models.kubelet import Containers, kubelet
from kspec_models.kubelet.heartbeat import cuts_off
from kspec_models.kubelet.life import Life
from kspec_models.kubelet.programs import programs
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import node, template
from tests.kspec.kube.small import Walk

POD = Pod(spec=PodSpec(template("web", "web:1").spec.containers))


def doubter() -> Actor:
    """Somebody who writes that a node is not known to be ready, and may force a pod out of the API."""
    actor = Actor("user", watches=(Node, Pod), role=Role.USER)

    @actor.each(Node)
    def doubt(node: Any, here: Any, api: Any) -> Any:
        if node is not None and node.ready is NodeReady.TRUE:
            yield api.patch_status(node, ready=NodeReady.UNKNOWN)

    @actor.each(Pod)
    def force(pod: Any, here: Any, api: Any) -> Any:
        if pod is not None:
            yield api.delete(pod, grace_period_seconds=0)

    return actor


def walk(**how: Any) -> Walk:
    others = (programs(),) if how else ()
    components = (
        users.apply([POD]),
        doubter(),
        users.delete_a_pod(),
        scheduler(),
        kubelet(heartbeats=True, **how),
        *others,
        cuts_off(),
    )
    scope = Scope(slots={Pod: 1, Node: 1}, nodes=(node(),))
    walked = Walk(Cluster("heartbeats", components, scope, (), kinds_used=(Pod, Node)).system())
    walked("user.apply")
    return walked.until_quiet("scheduler", "kubelet", "programs")


def test_a_connected_kubelet_says_that_its_node_is_ready() -> None:
    walked = walk()
    walked("user.doubt")
    assert walked.latest(("nodes", 0)).ready is NodeReady.UNKNOWN
    walked("kubelet.heartbeat")
    assert walked.latest(("nodes", 0)).ready is NodeReady.TRUE


def test_a_node_that_is_cut_off_says_nothing_and_its_containers_run_on() -> None:
    walked = walk()
    walked("network.cut off")
    walked("user.doubt")
    walked("user.delete")
    assert not walked.can("kubelet") and not walked.can("network.cut off")
    assert walked.latest(("pods", 0)).deleting and walked.at(("containers", 0)) is Containers.RUNNING

    walked("network.connect")
    walked.until_quiet("kubelet")
    assert walked.latest(("nodes", 0)).ready is NodeReady.TRUE
    assert walked.latest(("pods", 0)) is None and walked.at(("placed", 0)) is None


def test_containers_of_a_pod_that_was_forced_out_run_until_the_node_is_connected_again() -> None:
    walked = walk()
    walked("network.cut off")
    walked("user.force")
    assert walked.latest(("pods", 0)) is None and not walked.can("kubelet")
    walked("network.connect")
    walked.until_quiet("kubelet")
    assert walked.at(("containers", 0)) is Containers.NONE and walked.at(("placed", 0)) is None


def test_the_full_level_of_detail_has_heartbeats_too() -> None:
    walked = walk(detail=Life())
    assert walked.latest(("pods", 0)).phase is Phase.RUNNING
    walked("network.cut off")
    walked("user.delete")
    walked.until_quiet("kubelet")
    assert walked.at(("runtime", 0)).runs
    walked("network.connect")
    walked.until_quiet("kubelet", "programs")
    assert walked.latest(("pods", 0)) is None and walked.at(("placed", 0)) is None
