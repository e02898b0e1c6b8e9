"""Closed scopes of the DaemonSet controller: nodes that join and change, rollouts, and a late cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.kernel.actions import Role
from kspec.kernel.properties import Property
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Here
from kspec.kube.apps import DaemonSet
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import Effect, LabelSelector, Node, Pod, Taint, labels
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.daemonset.reconcile import daemonset
from kspec_models.controllers.node_lifecycle.lifecycle import node_lifecycle
from kspec_models.controllers.node_lifecycle.silence import time
from kspec_models.controllers.pod_gc.collector import pod_gc
from kspec_models.controllers.taint_eviction.eviction import taint_eviction
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.heartbeat import cuts_off
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import node, template

KINDS = (DaemonSet, Pod)
FIRST, SECOND = "agent:1", "agent:2"
NODES = (node("node-1"), node("node-2"))
IDLE = ("kubelet.stop", "kubelet.remove")
"""What nobody gives the kubelets to do where no pod is deleted."""

CORDONED = Taint("node.kubernetes.io/unschedulable")
DEDICATED = Taint("dedicated")
EMPTIED = Taint("dedicated", effect=Effect.NO_EXECUTE)


def a_daemonset(**more: Any) -> DaemonSet:
    """A DaemonSet as a user posts it."""
    return DaemonSet("agent", LabelSelector(labels(app="agent")), template("agent", FIRST), **more)


ALWAYS = ("never_two_daemon_pods_on_a_node", "a_daemonset_converges")
"""What is promised of every DaemonSet, whatever its nodes do."""


# ---- users


def adds_a_node(name: str) -> Actor:
    """At any time, once, a node joins.

    The API server taints it as not ready, and the node lifecycle controller takes that away when it is: in one step.
    """
    actor = Actor("installer", own={"joined": False}, role=Role.USER, assumes=("at most one node joins",))

    @actor.once()
    def join(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.joined:
            new = node(name)
            yield f"{name} joins, and is ready", api.create(new), api.patch(new, taints=()), here.set(joined=True)

    return actor


def changes_a_node(name: str) -> Actor:
    """At any time, once, this node is cordoned, or dedicated to something else: for new pods only, or for all at once.

    A cordon is told with the taint that the node lifecycle controller adds to it.
    """
    actor = Actor(
        "administrator",
        watches=(Node,),
        own={"changed": False},
        role=Role.USER,
        assumes=("at most one change of one node",),
    )

    @actor.each(Node)
    def change(node: Any, here: Here, api: Api) -> Iterator[Any]:
        if node is None or node.name != name or here.changed:
            return
        done = here.set(changed=True)
        yield "kubectl cordon", api.patch(node, unschedulable=True, taints=(*node.taints, CORDONED)), done
        yield "a taint NoSchedule", api.patch(node, taints=(*node.taints, DEDICATED)), done
        yield "a taint NoExecute", api.patch(node, taints=(*node.taints, EMPTIED)), done

    return actor


def removes_a_node() -> Actor:
    """At any time, once, a Node object is deleted."""
    actor = Actor(
        "administrator",
        watches=(Node,),
        own={"removed": False},
        role=Role.USER,
        assumes=("at most one node is removed",),
    )

    @actor.each(Node)
    def remove(node: Any, here: Here, api: Api) -> Iterator[Any]:
        if node is not None and not here.removed:
            yield api.delete(node), here.set(removed=True)

    return actor


def changes_the_image(image: str) -> Actor:
    """Once every node has its pod, the user changes the image of the DaemonSet."""
    actor = Actor("user", own={"changed": False}, role=Role.USER, assumes=("the image is changed at most once",))

    @actor.once()
    def rollout(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        wanted = here.live(DaemonSet, "agent", "desired_number_scheduled")
        available = here.live(DaemonSet, "agent", "number_available")
        if not here.changed and wanted and available == wanted:
            new = api.patch(a_daemonset(), template=template("agent", image))
            yield f"image {image}", new, here.set(changed=True)

    return actor


# ---- systems


def cluster(
    name: str,
    people: Sequence[Component],
    *,
    pods: int,
    nodes: Sequence[Node] = NODES,
    room: Mapping[type, int] | None = None,
    promises: Sequence[Property] = (),
    caches: Mapping[str, str] | None = None,
    **more: Any,
) -> Cluster:
    """A DaemonSet's controller, a scheduler, the kubelets of these nodes, and these users.

    `room`: slots for Node, where nodes change.
    """
    return Cluster(
        name,
        (*people, daemonset, scheduler(), kubelet()),
        Scope(slots={Pod: pods, **(room or {})}, nodes=tuple(nodes), caches=caches or {}),
        properties=(*load().properties.values(), *promises),
        kinds_used=KINDS,
        not_modelled=NOT_MODELLED,
        **more,
    )


@system("daemonset.nodes", quick=True)
def daemonset_nodes() -> System:
    """One node, a second one joins; the first is cordoned, or dedicated to something else with a taint.

    Cordoned it keeps its pod, or still gets one. With a taint NoSchedule it keeps the pod that it has and gets none;
    with NoExecute it loses it.
    """
    people = (users.apply([a_daemonset()]), adds_a_node("node-2"), changes_a_node("node-1"))
    return cluster(
        "daemonset.nodes",
        people,
        pods=2,
        nodes=NODES[:1],
        room={Node: 2},
        promises=load().parts["daemonset.nodes"],
    ).system()


@system("daemonset.stale", quick=True)
def daemonset_stale() -> System:
    """Two nodes and a late cache: what is not seen yet is not created again, since it is expected."""
    people = (users.apply([a_daemonset()]),)
    caches = {"daemonset": "delayed"}
    return cluster("daemonset.stale", people, pods=3, caches=caches, idle=IDLE).system()


@system("daemonset.rollout", quick=True)
def daemonset_rollout() -> System:
    """Two nodes, a new image: with maxUnavailable 1 one node after the other loses its old pod and gets a new one."""
    people = (users.apply([a_daemonset()]), changes_the_image(SECOND))
    promises = load().parts["daemonset.rollout"]
    return cluster("daemonset.rollout", people, pods=2, promises=promises).system()


@system("daemonset.surge")
def daemonset_surge() -> System:
    """The same with maxSurge 1 and maxUnavailable 0: a node gets its new pod first, and then loses the old one."""
    surging = a_daemonset(max_surge=1, max_unavailable=0)
    people = (users.apply([surging]), changes_the_image(SECOND))
    promises = load().parts["daemonset.rollout"]
    return cluster("daemonset.surge", people, pods=4, promises=promises).system()


@system("daemonset.node_fails", quick=True)
def daemonset_node_fails() -> System:
    """A node loses its connection: it is tainted, and its daemon pod stays: it tolerates that, for ever."""
    known = load()
    components = (
        users.apply([a_daemonset()]),
        cuts_off(),
        daemonset,
        scheduler(),
        kubelet(heartbeats=True),
        node_lifecycle(),
        taint_eviction(),
        time(),
    )
    return Cluster(
        "daemonset.node_fails",
        components,
        Scope(slots={Pod: 1, Node: 1}, nodes=NODES[:1], whole=frozenset({daemonset.name})),
        (*known.parts["daemonset.node_fails"], *[known.properties[name] for name in ALWAYS]),
        kinds_used=KINDS,
        not_modelled=NOT_MODELLED,
        idle=("kubelet.stop", "kubelet.remove", "kubelet.leave", "taint-eviction.evict"),
    ).system()


@system("daemonset.node_removed", quick=True)
def daemonset_node_removed() -> System:
    """A Node object is deleted: PodGC takes the pod that was on it, the controller itself one that still waits for it.

    A pod that waits for a node which is gone fits nowhere, and nobody else would ever delete it.
    """
    known = load()
    components = (users.apply([a_daemonset()]), removes_a_node(), daemonset, scheduler(), kubelet(), pod_gc())
    return Cluster(
        "daemonset.node_removed",
        components,
        Scope(slots={Pod: 2, Node: 2}, nodes=NODES, whole=frozenset({daemonset.name})),
        tuple([known.properties[name] for name in ALWAYS]),
        kinds_used=KINDS,
        not_modelled=NOT_MODELLED,
        idle=("kubelet.remove", "pod-gc.collect terminated", "pod-gc.collect terminating"),
    ).system()
