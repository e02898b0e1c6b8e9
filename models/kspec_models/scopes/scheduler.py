"""Closed scopes of the scheduler: priorities, pods that avoid each other, and a scheduler of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kernel.values import Ref
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import HOSTNAME, Container, LabelSelector, Node, Phase, Pod, PodSpec, labels
from kspec.kube.placement import AffinityTerm, PodAffinity
from kspec.kube.policy import PodDisruptionBudget
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.kubelet import kubelet
from kspec_models.scheduler.schedule import scheduler

APART = PodAffinity(required_anti=(AffinityTerm(HOSTNAME, LabelSelector(labels(app="db"))),))
"""Not on one node with a pod labelled app=db."""


def a_node(name: str, *, cpu: int = 64_000) -> Node:
    """A node with so much cpu and ample room otherwise."""
    allocatable = (("cpu", cpu), ("memory", 2**36), ("pods", 110))
    return Node(name, labels=((HOSTNAME, name),), allocatable=allocatable)


def a_pod(app: str, *, cpu: int = 0, **spec: Any) -> Pod:
    """A pod with one container."""
    container = Container(app, f"{app}:1", requests=(("cpu", cpu),) if cpu else ())
    return Pod(labels=labels(app=app), spec=PodSpec((container,), **spec))


def cluster(
    name: str,
    pods: Sequence[Pod],
    nodes: Sequence[Node],
    schedulers: Sequence[Component],
    *,
    part: str,
    caches: Mapping[str, str] | None = None,
    people: Sequence[Component] = (),
    **more: Any,
) -> Cluster:
    """Pods that a user creates one after another, schedulers, and the kubelets of these nodes."""
    known = load()
    return Cluster(
        name,
        (users.apply(pods), *people, *schedulers, kubelet()),
        Scope(slots={Pod: len(pods)}, nodes=tuple(nodes), caches=caches or {}),
        properties=(*known.properties.values(), *known.parts[part]),
        kinds_used=(Pod,),
        not_modelled=NOT_MODELLED,
        **more,
    )


@system("scheduler.preemption", quick=True)
def preemption() -> System:
    """A node with room for two pods, four that want it: two of low priority go for two of high, and no equal does."""
    return preempting("scheduler.preemption", [a_pod("batch", cpu=1000, priority=1)] * 2, cpu=2000).system()


@system("scheduler.preemption.late")
def preemption_late() -> System:
    """A node with room for one pod, three that want it, behind a late cache: what is chosen again while it is going."""
    pods = [a_pod("batch", cpu=1000, priority=1)]
    caches = {"scheduler": "delayed"}
    return preempting("scheduler.preemption.late", pods, cpu=1000, caches=caches).system()


def preempting(name: str, low: Sequence[Pod], *, cpu: int, **more: Any) -> Cluster:
    """Pods of low priority, and two of high, on a node with so much cpu."""
    pods = [*low, *[a_pod("web", cpu=1000, priority=9)] * 2]
    schedulers = [scheduler(preemption=True)]
    return cluster(name, pods, [a_node("only", cpu=cpu)], schedulers, part="scheduler.preemption", **more)


@system("scheduler.budget", quick=True)
def budget() -> System:
    """Two full nodes, and a pod that is more important: it takes the room of the one that no budget guards.

    The budget allows no disruption; its status is as it was written, and nobody keeps it.
    """
    pods = [attrs.evolve(a_pod(app, cpu=1000, priority=1), **running(n)) for n, app in enumerate(("db", "web"))]
    guard = PodDisruptionBudget("db", LabelSelector(labels(app="db")), min_available=1, observed=True)
    arriving = [a_pod("shop", cpu=1000, priority=9)]
    schedulers = [scheduler(preemption=True, budgets=True)]
    name = "scheduler.budget"
    built = cluster(name, arriving, [a_node("node-1", cpu=1000), a_node("node-2", cpu=1000)], schedulers, part=name)
    return attrs.evolve(
        built,
        scope=attrs.evolve(built.scope, slots={Pod: 3}, stored=(guard, *pods)),
        kinds_used=(*built.kinds_used, PodDisruptionBudget),
        properties=tuple([p for p in built.properties if p.name != "evictions_keep_to_the_budget"]),  # it asks for none
    ).system()


def running(node: int) -> dict[str, Any]:
    """The fields of a pod that runs on a node."""
    return {"node": Ref("nodes", node), "phase": Phase.RUNNING, "ready": True}


@system("scheduler.affinity", quick=True)
def affinity() -> System:
    """Three pods that avoid each other, two nodes, a late scheduler: two are bound, and the third waits."""
    pods = [a_pod("db", pod_affinity=APART)] * 3
    nodes = [a_node("node-1"), a_node("node-2")]
    caches = {"scheduler": "delayed"}
    name = "scheduler.affinity"
    return cluster(name, pods, nodes, [scheduler()], part=name, caches=caches, idle=IDLE).system()


@system("scheduler.affinity.two", quick=True)
def affinity_two() -> System:
    """Expected to fail: two late schedulers; each keeps apart what it has bound, and neither knows of the other."""
    second = "scheduler-2"
    pods = [a_pod("db", pod_affinity=APART), a_pod("db", pod_affinity=APART, scheduler_name=second)]
    nodes = [a_node("node-1"), a_node("node-2")]
    return cluster(
        "scheduler.affinity.two",
        pods,
        nodes,
        [scheduler(), scheduler(second, scheduler_name=second)],
        part="scheduler.affinity",
        caches={"scheduler": "delayed", second: "delayed"},
        expected=("pods_that_avoid_each_other_are_kept_apart",),
        idle=IDLE,
    ).system()


@system("scheduler.own", quick=True)
def own() -> System:
    """A scheduler of one's own beside the default one: each binds the pods that name it, on nodes that both fill."""
    mine = "careful"
    pods = [a_pod("web", cpu=1000), a_pod("web", cpu=1000, scheduler_name=mine), a_pod("web", cpu=1000)]
    nodes = [a_node("node-1", cpu=2000), a_node("node-2", cpu=1000)]
    schedulers = [scheduler(), scheduler(mine, scheduler_name=mine)]
    return cluster("scheduler.own", pods, nodes, schedulers, part="scheduler.own", idle=IDLE).system()


@system("scheduler.scores", quick=True)
def scores() -> System:
    """Scores decide: three pods, a large node and a small one; which goes where follows from what is there already."""
    pods = [a_pod("web", cpu=1000), a_pod("web", cpu=1000), a_pod("db", cpu=2000)]
    nodes = [a_node("large", cpu=6000), a_node("small", cpu=4000)]
    settings = {"scheduler.scores": "default"}
    name = "scheduler.scores"
    return cluster(name, pods, nodes, [scheduler()], part=name, settings=settings, idle=IDLE).system()


IDLE = ("kubelet.stop", "kubelet.remove")
"""What nobody gives the kubelets to do where no pod is deleted."""
