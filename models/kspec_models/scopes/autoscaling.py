"""Closed scopes of the HorizontalPodAutoscaler: a workload that grows and shrinks with its load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.registry import load as load_specs
from kspec.kernel.registry import system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Here
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.cache import Api
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import Deployment, Phase, Pod, ReplicaSet
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import monitors
from kspec_models.controllers.horizontal_pod_autoscaler.load import load
from kspec_models.controllers.horizontal_pod_autoscaler.memory import CONTROLLER, time
from kspec_models.controllers.horizontal_pod_autoscaler.reconcile import scaling
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.scopes.workloads import a_deployment, a_replicaset, cluster
from kspec_models.users import Workload

REQUEST = 1000
"""What each pod requests of CPU, in millicores. An autoscaler wants half of it to be used."""

CALM, BUSY, IDLE = 480, 950, 0
"""How much CPU a workload needs, in millicores: enough for one pod, for two, and for none."""

OF_REPLICAS = (
    "concurrent_updates_never_both_succeed",
    "nothing_but_the_api_server_writes_the_store",
    "no_surplus_pods",
    "replicas_converge",
    "a_refused_request_changes_nothing",
)
"""The general properties that speak of a ReplicaSet whose pods have no nodes."""


def with_request(workload: Workload) -> Any:
    """The workload, whose containers request CPU."""
    spec = workload.template.spec
    containers = tuple([attrs.evolve(each, requests=(("cpu", REQUEST),)) for each in spec.containers])
    return attrs.evolve(
        workload, template=attrs.evolve(workload.template, spec=attrs.evolve(spec, containers=containers))
    )


def an_autoscaler(workload: Workload, least: int, most: int) -> HorizontalPodAutoscaler:
    """An autoscaler that wants pods to use half of the CPU that they request."""
    return HorizontalPodAutoscaler(workload.name, workload.name, type(workload).__name__, least, most, 50)


@system("hpa.scale", quick=True)
def hpa_scale() -> System:
    """A Deployment of one pod is scaled to two when its load doubles, and back some time after there is none any more.

    The load needs 480m of CPU, then perhaps 950m, then perhaps nothing; each pod requests 1000m and is to use half.
    """
    web = with_request(a_deployment("web", 1))
    people = (users.apply([web, an_autoscaler(web, 1, 2)]), load(CALM, BUSY, IDLE, patient="web"), time())
    known = load_specs()
    properties = (*known.properties.values(), *known.parts["autoscaling"])
    thin = cluster("hpa.scale", (*people, scaling(Deployment)), pods=2, properties=properties)
    return in_whole_steps(thin, "deployment", "replicaset").system()


@system("hpa.settles", quick=True)
def hpa_settles() -> System:
    """A ReplicaSet of one or two pods under a load that may fall at any time; what is measured sways by 8%, for ever.

    Pods are made ready by themselves: no scheduler and no kubelet takes part.
    """
    return alone("hpa.settles", load(BUSY, CALM, noise=8)).system()


@system("hpa.restart")
def hpa_restart() -> System:
    """Two pods' load, then perhaps none; the autoscaler may crash once, between any two writes, and forgets the window.

    What it recommended is lost. The size that it finds when it begins anew counts as recommended, so that it waits for
    a whole window again before it makes the workload smaller.
    """
    return alone("hpa.restart", load(BUSY, IDLE), crashes={CONTROLLER: 1}).system()


def alone(name: str, load_on_it: Actor, crashes: Mapping[str, int] | None = None) -> Cluster:
    """A ReplicaSet of one or two pods with its autoscaler. Nothing schedules the pods, and they get ready."""
    web, known = with_request(a_replicaset("web", 1)), load_specs()
    return Cluster(
        name,
        (
            users.apply([web, an_autoscaler(web, 1, 2)]),
            load_on_it,
            time(),
            scaling(ReplicaSet),
            replicaset,
            pods_get_ready(),
            *monitors((ReplicaSet, Pod)),
        ),
        Scope(slots={Pod: 2}, whole=frozenset(["replicaset"]), crashes=crashes or {}),
        properties=(*[known.properties[name] for name in OF_REPLICAS], *known.parts["autoscaling"]),
        kinds_used=(ReplicaSet, Pod),
        not_modelled=NOT_MODELLED,
    )


def pods_get_ready() -> Actor:
    """What kubelets do, and nothing else of them: pods run and are ready some time after they were created."""
    actor = Actor("kubelet", watches=(Pod,), not_modelled=("nodes: pods are ready without any",))

    @actor.each(Pod)
    def report(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and not pod.ready:
            yield "its containers run", api.patch_status(pod, phase=Phase.RUNNING, ready=True)

    return actor


def in_whole_steps(thin: Cluster, *controllers: str) -> Cluster:
    """The cluster, in which each reconcile of these controllers is one step: they are not what the story is about."""
    return attrs.evolve(thin, scope=attrs.evolve(thin.scope, whole=frozenset(controllers)))
