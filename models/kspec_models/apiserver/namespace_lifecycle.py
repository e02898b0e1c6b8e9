"""NamespaceLifecycle admission: nothing new in a namespace that goes or is not there (A38).

Source: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go, Admit. Simplified: it reads
the namespace as it is stored; upstream reads a cache, and the store where the cache cannot know, so that a create which
was admitted just before the namespace began to go may still be stored after. The namespaces that every cluster has are
always there.
"""

from __future__ import annotations

from kspec.kube.core import Namespace, NamespacePhase
from kspec.kube.requests import Code, Look
from kspec_models.apiserver.write import Operation, Rejected, Write

IMMORTAL = frozenset({"default", "kube-system", "kube-public"})
"""Namespaces that may not be deleted."""

ALWAYS_THERE = IMMORTAL | {"kube-node-lease"}
"""Namespaces that every cluster has. The one of leases may be deleted, and the API server makes it anew."""


def refusal(write: Write, found: Namespace | None) -> Rejected | None:
    """Why the write is refused, given the namespace that it is in; None: it is not."""
    if write.operation is Operation.DELETE:
        protected = write.resource == "namespaces" and write.name in IMMORTAL
        return Rejected(f"namespace {write.name} may not be deleted") if protected else None
    if write.resource == "namespaces" or write.namespace == "":
        return None
    if found is None:
        if write.namespace in ALWAYS_THERE:
            return None
        return Rejected(f"there is no namespace {write.namespace}", Code.NOT_FOUND)
    if write.operation is Operation.CREATE and found.phase is NamespacePhase.TERMINATING:
        return Rejected(f"namespace {found.name} is being terminated: nothing new can be created in it")
    return None


def check(write: Write, look: Look) -> None:
    """Raise Rejected if the write may not be. A cluster without namespaces is not asked for any."""
    if write.operation is not Operation.DELETE and not look.uses(Namespace):
        return
    found = look.get(Namespace, write.namespace) if write.namespace and look.uses(Namespace) else None
    refused = refusal(write, found)
    if refused is not None:
        raise refused
