"""The EndpointSlice controller's plumbing: it writes down which pods a Service selects, and how they are.

Models `pkg/controller/endpointslice/endpointslice_controller.go` syncService and `staging/src/k8s.io/endpointslice`
reconciler.go (P28, P29). What an endpoint says of its pod is in `decisions`.

Simplified: one slice a Service (up to 100 endpoints fit into one, P30), called like it; a pod has its address as soon
as it runs, and the address is the pod itself. Sound: nothing here depends on how endpoints are packed, and no address
goes to another pod while a slice names it. An update carries the version that was read, so that a controller which has
not yet seen its own slice is refused (upstream waits for it, endpointslice_tracker.go).

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.cache import Api, Cache, owner_reference
from kspec.kube.controller import controller
from kspec.kube.networking import Endpoint, EndpointSlice, Service
from kspec.kube.objects import LabelSelector, Phase, Pod
from kspec.kube.residual import Reconcile
from kspec_models.controllers.endpointslice import decisions
from kspec_models.controllers.endpointslice.decisions import PodReport
from kspec_models.helpers.labels import selector_matches

NOT_MODELLED = (
    "endpoints in several slices, hints for topology, addresses of several families, named target ports that differ",
    "the removal of the slices of a Service that is deleted (the garbage collector's)",
)


def selects(service: Any, labels: Any) -> bool:
    """Whether a Service selects a pod with these labels. One without a selector selects none."""
    return bool(service.selector) and selector_matches(LabelSelector(service.selector), labels)


def report(pod: Any) -> PodReport:
    """What an endpoint is made of: a pod has its address once it runs."""
    ips = () if pod.phase is Phase.PENDING else ("its address",)
    return PodReport(pod.ready, pod.deleting, pod.phase, ips, pod.namespace)


def endpoint_of(service: Any, pod: Any) -> Endpoint:
    """The endpoint of a selected pod."""
    found = decisions.conditions(pod.ready, pod.deleting, service.publish_not_ready_addresses)
    return Endpoint(pod.identity, found.ready, found.serving, found.terminating)


def endpoints_of(service: Any, cache: Cache) -> frozenset[Endpoint]:
    """The endpoints that the Service should have, by what the controller has seen."""
    pods = [pod for pod in cache.list(Pod) if pod.namespace == service.namespace and selects(service, pod.labels)]
    return frozenset(endpoint_of(service, pod) for pod in pods if decisions.belongs_in_endpoints(report(pod)))


@controller(Service, name="endpointslice", owns=EndpointSlice, watches=Pod, not_modelled=NOT_MODELLED)
def endpointslice(service: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a Service."""
    if not service.selector or service.deleting:
        return
    wanted = endpoints_of(service, cache)
    found = cache.get(EndpointSlice, service.name)
    if found is None:
        yield api.create(EndpointSlice(service.name, wanted, owner_reference(service), namespace=service.namespace))
    elif found.endpoints != wanted:
        yield api.update(found, endpoints=wanted)
