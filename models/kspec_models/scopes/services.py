"""Closed scopes of Services: who gets traffic while the pods behind an address change.

The reconciles of Deployments and ReplicaSets are one step each here: what they do call by call is told elsewhere, and
what matters here is in which order pods, slices and rules change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.networking import EndpointSlice, Service
from kspec.kube.objects import Deployment, Pod, ReplicaSet, labels
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.deployment.reconcile import deployment
from kspec_models.controllers.endpointslice.reconcile import endpointslice
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.kubelet import kubelet
from kspec_models.proxy.kube_proxy import kube_proxy
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import a_deployment, node
from kspec_models.traffic import ClusterIP, Way, clients

FRONT = Service("web", labels(app="web"))
"""The Service that all these clusters have."""

ENDED = "no_packet_reaches_a_pod_that_has_ended"
SAME_PODS = "every_way_to_a_service_leads_to_the_same_pods_when_all_is_quiet"


def cluster(
    name: str,
    people: Sequence[Component],
    *,
    pods: int,
    ways: Sequence[Way] = (ClusterIP(FRONT),),
    deployments: bool = True,
    kubelets: Component | None = None,
    others: Sequence[Component] = (),
    kinds: Sequence[type] = (),
    silent: Sequence[str] = (),
    **more: Any,
) -> Cluster:
    """Pods behind a Service, and clients that send to it. `silent`: promises that have nothing to speak of here."""
    components: list[Component] = [clients(*ways), *people, endpointslice, kube_proxy(), *others]
    components += [deployment] if deployments else []
    components += [replicaset, scheduler(), kubelets or kubelet()]
    used = (Pod, ReplicaSet, *((Deployment,) if deployments else ()), Service, EndpointSlice, *kinds)
    whole = frozenset({"deployment", "replicaset"} if deployments else {"replicaset"})
    promises = [promise for promise in load().parts["services"] if promise.name not in silent]
    return Cluster(
        name,
        components,
        Scope(slots={Pod: pods}, nodes=(node(),), whole=whole),
        (*load().properties.values(), *promises),
        kinds_used=used,
        not_modelled=NOT_MODELLED,
        not_applicable=tuple(silent),
        **more,
    )


@system("service.rollout", quick=True)
def service_rollout() -> System:
    """Expected to fail: a Deployment of one behind a Service, its image is changed; who still gets traffic?

    The old pod's containers end while the rules of the node still name it: the EndpointSlice controller, kube-proxy and
    the kubelet hear of the deletion at the same time, and nobody waits for anybody.
    """
    web = a_deployment("web", 1)
    people = (users.apply([FRONT, web]), users.rollout(web, "web:2"))
    silent = ("each_endpoint_gets_an_equal_share", SAME_PODS)
    return cluster("service.rollout", people, pods=2, silent=silent, expected=(ENDED,)).system()
