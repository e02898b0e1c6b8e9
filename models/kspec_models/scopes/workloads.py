"""Closed scopes of the thin cluster: small instances, each telling one story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import (
    Container,
    ContainerPort,
    Deployment,
    IntOrPercent,
    LabelSelector,
    Node,
    Percent,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    Strategy,
    labels,
)
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import monitors
from kspec_models.controllers.deployment.reconcile import deployment
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.kubelet import kubelet
from kspec_models.scheduler.schedule import scheduler

ROOMY = (("cpu", 64_000), ("memory", 2**36), ("pods", 110))
"""What a node with ample room offers."""


QUARTER = Percent(25)
"""What maxSurge and maxUnavailable are unless they are given."""


def node(name: str = "node-1") -> Node:
    """A node with ample room."""
    return Node(name, allocatable=ROOMY)


def template(app: str, image: str, *, host_port: int = 0) -> PodTemplate:
    """A template with one container."""
    ports = (ContainerPort(host_port, host_port),) if host_port else ()
    return PodTemplate(labels(app=app), PodSpec((Container(app, image, ports=ports),)))


def a_replicaset(name: str, replicas: int) -> ReplicaSet:
    """A ReplicaSet as a user posts it."""
    return ReplicaSet(name, LabelSelector(labels(app=name)), template(name, f"{name}:1"), replicas)


def a_deployment(
    name: str,
    replicas: int,
    *,
    surge: IntOrPercent = QUARTER,
    unavailable: IntOrPercent = QUARTER,
    host_port: int = 0,
) -> Deployment:
    """A Deployment as a user posts it."""
    return Deployment(
        name,
        LabelSelector(labels(app=name)),
        template(name, f"{name}:1", host_port=host_port),
        replicas,
        Strategy(max_surge=surge, max_unavailable=unavailable),
    )


def cluster(
    name: str,
    users_of_it: Sequence[Component],
    *,
    pods: int,
    nodes: Sequence[Node] = (node(),),
    caches: Mapping[str, str] | None = None,
    crashes: Mapping[str, int] | None = None,
    deployments: bool = True,
    broken_images: frozenset[str] = frozenset(),
    schedulers: Sequence[Component] = (scheduler(),),
    **more: Any,
) -> Cluster:
    """The thin cluster with these users: the controllers, the scheduler, the kubelets, and the monitor."""
    controllers: list[Component] = [deployment, replicaset] if deployments else [replicaset]
    kinds = (Deployment, ReplicaSet, Pod) if deployments else (ReplicaSet, Pod)
    components = (*users_of_it, *controllers, *schedulers, kubelet(broken_images=broken_images), *monitors(kinds))
    scope = Scope(slots={Pod: pods}, nodes=tuple(nodes), caches=caches or {}, crashes=crashes or {})
    return Cluster(name, components, scope, kinds_used=kinds, not_modelled=NOT_MODELLED, **more)


@system("replicaset.stale", quick=True)
def replicaset_stale() -> System:
    """A ReplicaSet of two behind a late cache; the user scales it down to one at any time."""
    web = a_replicaset("web", 2)
    people = (users.apply([web]), users.scale(web, 1))
    caches = {"replicaset": "delayed"}
    return cluster("replicaset.stale", people, pods=3, caches=caches, deployments=False).system()


@system("replicaset.crash", quick=True)
def replicaset_crash() -> System:
    """The same with a controller that may crash once, between any two calls."""
    web = a_replicaset("web", 2)
    people = (users.apply([web]), users.scale(web, 1))
    crashes = {"replicaset": 1}
    return cluster("replicaset.crash", people, pods=4, crashes=crashes, deployments=False).system()


@system("deployment.rolling", quick=True)
def deployment_rolling() -> System:
    """A Deployment of two; once it is complete the user changes its image."""
    web = a_deployment("web", 2)
    people = (users.apply([web]), users.rollout(web, "web:2"))
    return cluster("deployment.rolling", people, pods=4).system()


@system("deployment.scale", quick=True)
def deployment_scale() -> System:
    """A Deployment of two; the user scales it to one at any time, and changes its image once it is complete."""
    web = a_deployment("web", 2)
    people = (users.apply([web]), users.rollout(web, "web:2"), users.scale(web, 1))
    return cluster("deployment.scale", people, pods=5).system()


@system("scheduler.ports", quick=True)
def scheduler_ports() -> System:
    """Two pods that want the same host port, two nodes, a late scheduler; the user scales down to one at any time."""
    edge = ReplicaSet("edge", LabelSelector(labels(app="edge")), template("edge", "edge:1", host_port=443), 2)
    people = (users.apply([edge]), users.scale(edge, 1))
    nodes = (node("node-1"), node("node-2"))
    caches = {"scheduler": "delayed"}
    return cluster("scheduler.ports", people, pods=2, nodes=nodes, caches=caches, deployments=False).system()


@system("scheduler.two", quick=True)
def scheduler_two() -> System:
    """Two schedulers that do not know of each other, both late, want to bind the same pod."""
    web = a_replicaset("web", 1)
    return cluster(
        "scheduler.two",
        (users.apply([web]), users.scale(web, 0)),
        pods=1,
        nodes=(node("node-1"), node("node-2")),
        caches={"scheduler": "delayed", "scheduler-2": "delayed"},
        deployments=False,
        schedulers=(scheduler(), scheduler("scheduler-2")),
    ).system()


# ---- known bugs, found on purpose


@system("replicaset.forgetful", quick=True)
def replicaset_forgetful() -> System:
    """Expected to fail: a ReplicaSet controller without expectations creates pods that its cache does not show yet."""
    return cluster(
        "replicaset.forgetful",
        (users.apply([a_replicaset("web", 2)]),),
        pods=3,
        caches={"replicaset": "delayed"},
        deployments=False,
        settings={"replicaset.expectations": "off"},
        properties=(load().properties["no_surplus_pods"],),
        expected=("no_surplus_pods",),
    ).system()


@system("deployment.deadlock", quick=True)
def deployment_deadlock() -> System:
    """Expected to fail: one replica with a host port, one node, the default strategy: the rollout waits for itself."""
    edge = a_deployment("edge", 1, host_port=443)
    people = (users.apply([edge]), users.rollout(edge, "edge:2"))
    return cluster(
        "deployment.deadlock",
        people,
        pods=2,
        nodes=(node("only"),),
        expected=("a_rollout_completes",),
        idle=("kubelet.stop", "kubelet.remove"),
    ).system()


@system("deployment.scaled_before_rollout")
def deployment_scaled_before_rollout() -> System:
    """Expected to fail, an open bug of Kubernetes: scaled down while it rolls, and the rollout never goes on.

    With maxSurge 0 the only active ReplicaSet can have its new size already when the controller meets the scaling
    event; it then writes nothing, the annotation desired-replicas stays wrong, and every later sync is a scaling event
    too (W41; kubernetes/kubernetes pull requests 138036, 138840).
    """
    web = a_deployment("web", 2, surge=0, unavailable=1)
    people = (users.apply([web]), users.rollout(web, "web:2"), users.scale(web, 1))
    name = "deployment.scaled_before_rollout"
    return cluster(name, people, pods=5, expected=("a_rollout_completes",)).system()
