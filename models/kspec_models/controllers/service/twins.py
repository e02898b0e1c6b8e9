"""Broken twins of the Service controller."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec.kube.networking import ServiceType

_DECISIONS = "kspec_models.controllers.service.decisions"


@broken_twin("service.finalizer", "never", f"{_DECISIONS}:guarded", "no finalizer is put on a Service")
def left_as_they_are(finalizers: tuple[str, ...]) -> tuple[str, ...]:
    """Those that it has."""
    return finalizers


@broken_twin("service.cleanup", "forgotten", f"{_DECISIONS}:needs_cleanup", "no load balancer is ever deleted")
def no_cleanup(guarded: bool, deleting: bool, type_: ServiceType) -> bool:
    """Never."""
    return False


@broken_twin("service.wants", "never", f"{_DECISIONS}:wants_load_balancer", "no load balancer is ever made")
def nobody_wants_one(type_: ServiceType, load_balancer_class: str) -> bool:
    """Nobody."""
    return False
