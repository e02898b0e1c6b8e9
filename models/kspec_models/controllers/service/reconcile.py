"""The Service controller's plumbing: it has the cloud make and delete the load balancers of Services.

Models `staging/src/k8s.io/cloud-provider/controllers/service/controller.go` syncLoadBalancerIfNeeded, which runs in a
cloud-controller-manager: the finalizer is there before the load balancer is, and goes after it, so that neither a
deletion nor a crash between two calls leaves one behind that nobody pays attention to.

Simplified: the cloud's API is one of objects (`CloudLoadBalancer`) which are called like their Services and are asked
for like anything else; it makes and deletes at once, and refuses nothing but a second one and what is not there.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import attrs

from kspec.kube.cache import Api, Cache
from kspec.kube.controller import controller
from kspec.kube.networking import Service
from kspec.kube.requests import AlreadyExists, NotFound
from kspec.kube.residual import Reconcile
from kspec_models.controllers.service import decisions

NOT_MODELLED = (
    "the hosts of a load balancer, which follow the nodes; changes of its ports; errors of the cloud",
    "load balancers that are found gone: a Service is synced only for changes of its own",
    "allocation of cluster IPs and node ports, which the API server does",
)
ADDRESS = "203.0.113.80"
"""The address of every load balancer: nothing asks which one it is."""


@attrs.frozen
class CloudLoadBalancer:
    """A load balancer in the cloud, outside of the cluster."""

    name: str
    address: str = ADDRESS


@controller(Service, name="service", watches=CloudLoadBalancer, not_modelled=NOT_MODELLED)
def service(service: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a Service."""
    held = decisions.FINALIZER in service.finalizers
    if decisions.needs_cleanup(held, service.deleting, service.type):
        yield from cleaned_up(service, api)
    elif decisions.wants_load_balancer(service.type, service.load_balancer_class) and not service.deleting:
        yield from ensured(service, api)


def ensured(service: Any, api: Api) -> Reconcile:
    """First the finalizer, then the load balancer, then the status."""
    finalizers = decisions.guarded(service.finalizers)
    if finalizers == service.finalizers and service.load_balancer:
        return
    if finalizers != service.finalizers:
        yield api.patch(service, finalizers=finalizers)
    with suppress(AlreadyExists):  # a sync before this one made it and came no further
        yield api.create(CloudLoadBalancer(service.name))
    yield api.patch_status(service, load_balancer=ADDRESS)


def cleaned_up(service: Any, api: Api) -> Reconcile:
    """First the load balancer goes, then the finalizer, then the status; the Service may be gone by then."""
    with suppress(NotFound):  # a sync before this one deleted it and came no further
        yield api.delete(CloudLoadBalancer(service.name))
    yield api.patch(service, finalizers=decisions.unguarded(service.finalizers))
    if service.load_balancer:
        with suppress(NotFound):  # the finalizer was all that held it up
            yield api.patch_status(service, load_balancer="")
