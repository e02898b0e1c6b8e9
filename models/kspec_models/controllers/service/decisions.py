"""What the Service controller decides: who wants a load balancer, and what guards it.

Upstream: staging/src/k8s.io/cloud-provider/controllers/service/controller.go wantsLoadBalancer, needsCleanup,
addFinalizer, removeFinalizer; the finalizer's name: cloud-provider/service/helpers/helper.go.
"""

from __future__ import annotations

from kspec.kube.networking import ServiceType

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
"""Keeps a Service until its load balancer is gone."""


def wants_load_balancer(type_: ServiceType, load_balancer_class: str) -> bool:
    """Whether the cloud is to make a load balancer; one of a class of its own is somebody else's."""
    return type_ is ServiceType.LOAD_BALANCER and not load_balancer_class


def needs_cleanup(guarded: bool, deleting: bool, type_: ServiceType) -> bool:
    """Whether there may be a load balancer that has to go (needsCleanup): only a guarded Service can have one."""
    return guarded and (deleting or type_ is not ServiceType.LOAD_BALANCER)


def guarded(finalizers: tuple[str, ...]) -> tuple[str, ...]:
    """The finalizers of a Service before its load balancer is made (addFinalizer)."""
    return finalizers if FINALIZER in finalizers else (*finalizers, FINALIZER)


def unguarded(finalizers: tuple[str, ...]) -> tuple[str, ...]:
    """The finalizers of a Service once its load balancer is gone (removeFinalizer)."""
    return tuple(each for each in finalizers if each != FINALIZER)
