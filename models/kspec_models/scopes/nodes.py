"""Closed scopes of nodes that fail, are tainted, or go: who notices, who evicts, and what runs meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Role
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import (
    Effect,
    Node,
    NodeReady,
    Operator,
    Phase,
    Pod,
    ReplicaSet,
    Taint,
    Toleration,
    labels,
)
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import monitors
from kspec_models.controllers.node_lifecycle.lifecycle import node_lifecycle
from kspec_models.controllers.node_lifecycle.silence import time
from kspec_models.controllers.pod_gc.collector import pod_gc
from kspec_models.controllers.pod_gc.decisions import OUT_OF_SERVICE
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.controllers.taint_eviction.eviction import taint_eviction
from kspec_models.kubelet import Containers, kubelet
from kspec_models.kubelet.heartbeat import PLACED, cuts_off
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import a_replicaset, node, template

NODES = (node("node-1"), node("node-2"))


# ---- faults


def fails(times: int = 1) -> Actor:
    """So often a node is cut off, or dies: its containers end with it. It may come back, and need not."""
    actor = cuts_off(times)
    actor.there = {**actor.there, Pod: {**PLACED, "containers": Containers.NONE}}

    @actor.once()
    def die(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        count = getattr(here, "cut off")
        for ref, failed in here.nodes:
            if here.at(ref, "alive") and count < times:
                there = [pod for pod, at in here.all("placed") if at == ref]
                ended = tuple([here.set_at(pod, containers=Containers.NONE) for pod in there])
                counted = here.set(**{"cut off": count + 1})
                yield f"{failed.name} dies, and all that runs on it", here.set_at(ref, alive=False), ended, counted

    return actor


# ---- people, and who stands in for them


def taints_a_node(*stages: tuple[Taint, ...]) -> Actor:
    """`kubectl taint`: at any time, in this order, a node's taints become these."""
    actor = Actor(
        "user",
        watches=(Node,),
        own={"taints": 0},
        role=Role.USER,
        assumes=(f"changes of the taints of one node: at most {len(stages)}",),
    )

    @actor.once()
    def taint(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        stage = here.taints
        for _, first in here.nodes[:1] if stage < len(stages) else ():
            yield api.patch(first, taints=stages[stage]), here.set(taints=stage + 1)

    return actor


def deletes_a_node() -> Actor:
    """`kubectl delete node`: at any time, once, a node on which a pod runs."""
    actor = Actor(
        "user",
        watches=(Node, Pod),
        own={"node deleted": False},
        role=Role.USER,
        assumes=("at most one node is deleted",),
    )

    @actor.once()
    def delete_node(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        used = {pod.node for pod in cache.list(Pod) if pod.phase is Phase.RUNNING}
        for ref, unwanted in here.nodes:
            if ref in used and not getattr(here, "node deleted"):
                yield api.delete(unwanted), here.set(**{"node deleted": True})

    return actor


def gives_a_node_up() -> Actor:
    """An operator who sees that a node is not ready says that it is down for good, once."""
    actor = Actor(
        "user", watches=(Node,), own={"given up": False}, role=Role.USER, assumes=("at most one node is given up",)
    )

    @actor.each(Node)
    def give_up(node: Any, here: Here, api: Api) -> Iterator[Any]:
        if node is not None and node.ready is not NodeReady.TRUE and not getattr(here, "given up"):
            tainted = (*node.taints, Taint(OUT_OF_SERVICE, "nodeshutdown", Effect.NO_EXECUTE))
            yield "it is down for good", api.patch(node, taints=tainted), here.set(**{"given up": True})

    return actor


def programs_end() -> Actor:
    """Stands in for kubelets of pods whose programs end by themselves: each has Succeeded, or Failed, at some time."""
    actor = Actor("programs", watches=(Pod,), role=Role.ENVIRONMENT)

    @actor.each(Pod, fair=True)
    def end(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and pod.node is not None and not pod.finished:
            for phase in (Phase.SUCCEEDED, Phase.FAILED):
                yield api.patch_status(pod, phase=phase)

    return actor


# ---- systems


def cluster(
    name: str,
    *components: Component,
    pods: int,
    nodes: Sequence[Node] = NODES,
    slots: int = 2,
    taints: bool = False,
    caches: Mapping[str, str] | None = None,
    **more: Any,
) -> Cluster:
    """Nodes that are objects, pods, and these components: each reconcile of a ReplicaSet is one step.

    `taints`: what is promised of taints applies too.
    """
    known = load()
    whole = frozenset({replicaset.name}) if replicaset in components else frozenset[str]()
    scope = Scope(slots={Node: slots, Pod: pods}, nodes=tuple(nodes), caches=caches or {}, whole=whole)
    properties = (*known.properties.values(), *known.parts[name], *(known.parts["taints"] if taints else ()))
    return Cluster(name, components, scope, properties, kinds_used=(Node, Pod), not_modelled=NOT_MODELLED, **more)


def a_pod(app: str, *tolerations: Toleration, name: str = "") -> Pod:
    """A pod as a user posts it."""
    spec = attrs.evolve(template(app, f"{app}:1").spec, tolerations=tolerations)
    return Pod(labels=labels(app=app), spec=spec, name=name)


def failing(*faults: Component) -> tuple[Component, ...]:
    """One replica, whoever keeps it running, whoever notices that a node fails, and these faults."""
    return (
        users.apply([a_replicaset("web", 1)]),
        replicaset,
        scheduler(),
        kubelet(heartbeats=True),
        node_lifecycle(),
        taint_eviction(),
        time(),
        *faults,
        *monitors((ReplicaSet, Pod)),
    )


IDLE = ("kubelet.leave", "node-lifecycle.watch the zones")
"""Where no pod is removed by force, and one node always works."""


@system("node.fails", quick=True)
def node_fails() -> System:
    """A node dies, or is only cut off: it is declared Unknown, tainted, its pod evicted and replaced elsewhere.

    The old pod stays Terminating, for its kubelet cannot confirm. On a dead node that is all that is left of it; on one
    that was cut off its containers run beside the new ones, until the node is connected again and its kubelet hears
    that they are to end.
    """
    return cluster("node.fails", *failing(fails()), pods=2, taints=True, idle=IDLE).system()


@system("node.cut_off", quick=True)
def node_cut_off() -> System:
    """Expected to fail: a node is cut off, its pod is replaced, and two containers run where one is wanted.

    Nobody promises anything else: from outside, a node that is cut off cannot be told from one that is dead (W147).
    """
    name, story = "node.cut_off", "no_more_containers_run_than_wanted"
    return cluster(name, *failing(cuts_off(comes_back=False)), pods=2, expected=(story,), idle=CUT_OFF_IDLE).system()


CUT_OFF_IDLE = (*IDLE, "kubelet.heartbeat", "kubelet.stop", "kubelet.remove", "time.the lease is renewed")
"""Where no node comes back, moreover."""


@system("node.disruption", quick=True)
def node_disruption() -> System:
    """Both nodes are cut off, one after the other: the controller takes the fault for its own, and evicts nobody."""
    return cluster(
        "node.disruption",
        users.apply([a_pod("web", name="web")]),
        scheduler(),
        kubelet(heartbeats=True),
        node_lifecycle(),
        time(),
        cuts_off(2),
        pods=1,
        idle=("kubelet.stop", "kubelet.remove", "kubelet.leave"),
    ).system()


@system("node.removed", quick=True)
def node_removed() -> System:
    """A Node object is deleted, perhaps of a node that was cut off: PodGC deletes its pod by force, and it is replaced.

    The containers of a node that is cut off do not know: they run until it is connected again.
    """
    return cluster(
        "node.removed",
        users.apply([a_replicaset("web", 1)]),
        deletes_a_node(),
        replicaset,
        scheduler(),
        kubelet(heartbeats=True),
        pod_gc(),
        cuts_off(),
        *monitors((ReplicaSet, Pod)),
        pods=3,
        idle=("kubelet.heartbeat", "kubelet.remove", "pod-gc.collect terminating", "pod-gc.collect terminated"),
    ).system()


@system("node.joins", quick=True)
def node_joins() -> System:
    """A node is new, and a pod is bound to it before PodGC, which is late, has heard of the node: its pod must stay.

    Admission gives a new node a taint, which it loses once its kubelet has said that it is ready.
    """
    return cluster(
        "node.joins",
        users.apply([attrs.evolve(node("node-1"), ready=NodeReady.FALSE), a_pod("web", name="web")]),
        scheduler(),
        kubelet(heartbeats=True),
        node_lifecycle(),
        pod_gc(),
        nodes=(),
        slots=1,
        pods=1,
        caches={"pod-gc": "delayed"},
        idle=JOINS_IDLE,
    ).system()


JOINS_IDLE = (
    *("kubelet.stop", "kubelet.remove", "kubelet.leave", "node-lifecycle.monitor", "node-lifecycle.mark pods"),
    *("pod-gc.collect terminated", "pod-gc.collect terminating"),
)
"""Where no pod is deleted and no node falls silent."""


@system("node.out_of_service", quick=True)
def node_out_of_service() -> System:
    """A pod with a name of its own is evicted from a node that fails, and cannot come back while it is Terminating.

    Its name is free, and it is created elsewhere, once an operator calls the node out of service, by which he answers
    for it that the node is dead: of a node that was only cut off the old containers run on.
    """
    database = a_pod("db", name="db-0")
    return cluster(
        "node.out_of_service",
        users.apply([database, database]),
        gives_a_node_up(),
        scheduler(),
        kubelet(heartbeats=True),
        node_lifecycle(),
        taint_eviction(),
        time(),
        pod_gc(),
        fails(),
        pods=2,
        idle=("node-lifecycle.watch the zones", "pod-gc.collect orphans", "pod-gc.collect terminated"),
    ).system()


@system("taints.tolerated", quick=True)
def taints_tolerated() -> System:
    """A node is tainted, first against new pods and then against all: one pod goes, one goes later, one tolerates it.

    The taints may be taken away in time.
    """
    key = "maintenance"
    pods = [
        a_pod("web", name="web"),
        a_pod("batch", Toleration(key, Operator.EXISTS, toleration_seconds=60), name="batch"),
        a_pod("agent", Toleration(key, Operator.EXISTS), name="agent"),
    ]
    keeps_off, evicts = Taint(key, effect=Effect.NO_SCHEDULE), Taint(key, effect=Effect.NO_EXECUTE)
    return cluster(
        "taints.tolerated",
        users.apply(pods),
        taints_a_node((keeps_off,), (keeps_off, evicts), ()),
        scheduler(),
        kubelet(),
        taint_eviction(),
        nodes=NODES[:1],
        slots=1,
        pods=3,
        taints=True,
    ).system()


@system("pod_gc.terminated", quick=True)
def pod_gc_terminated() -> System:
    """Three pods end, and PodGC keeps one of them: which, is open."""
    return cluster(
        "pod_gc.terminated",
        users.apply([a_pod("job")] * 3),
        scheduler(),
        programs_end(),
        pod_gc(threshold=1),
        nodes=NODES[:1],
        slots=1,
        pods=3,
        idle=("pod-gc.collect orphans", "pod-gc.collect terminating"),
    ).system()
