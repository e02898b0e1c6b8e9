"""Subresources: which resources have which, and what is modelled of them.

Upstream: `api/discovery/` (what an API server says that it serves), `pkg/registry/core/rest/storage_core.go`. A path
that no resource serves is 404, after authorisation (A01).

Simplified: a verb that a subresource does not serve is 404 as well (upstream: 405).
"""

from __future__ import annotations

from collections.abc import Mapping

from kspec.kube.requests import Request, Verb

CHANGED = frozenset({Verb.GET, Verb.UPDATE, Verb.PATCH})

MODELLED: Mapping[str, frozenset[Verb]] = {
    "status": CHANGED,
    "scale": CHANGED,
    "namespaces/finalize": frozenset({Verb.UPDATE}),
    "pods/binding": frozenset({Verb.CREATE}),
    "pods/eviction": frozenset({Verb.CREATE}),
}
"""What the registry knows, of every resource or of one, and with which verbs."""

_SCALED = ("scale", "status")

SERVED: Mapping[str, tuple[str, ...]] = {
    "pods": (
        *("attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize"),
        "status",
    ),
    "namespaces": ("finalize", "status"),
    "nodes": ("proxy", "status"),
    "services": ("proxy", "status"),
    "serviceaccounts": ("token",),
    "certificatesigningrequests": ("approval", "status"),
    **dict.fromkeys(("deployments", "replicasets", "replicationcontrollers", "statefulsets"), _SCALED),
    **dict.fromkeys(
        ("daemonsets", "jobs", "cronjobs", "horizontalpodautoscalers", "poddisruptionbudgets"), ("status",)
    ),
    **dict.fromkeys(("persistentvolumeclaims", "persistentvolumes", "resourcequotas", "ingresses"), ("status",)),
    **dict.fromkeys(("servicecidrs", "volumeattachments", "storageversions", "podcertificaterequests"), ("status",)),
    **dict.fromkeys(("storageversionmigrations", "resourceclaims", "devicetaintrules", "podgroups"), ("status",)),
    **dict.fromkeys(("flowschemas", "prioritylevelconfigurations", "resourcepoolstatusrequests"), ("status",)),
    **dict.fromkeys(("apiservices", "customresourcedefinitions", "validatingadmissionpolicies"), ("status",)),
}
"""The subresources of each resource of Kubernetes's own."""

ASKED_ABOUT: Mapping[str, tuple[str, ...]] = {
    "nodes": ("checkpoint", "configz", "healthz", "log", "metrics", "pods", "spec", "stats"),
}
"""What is authorised as a subresource, and is none of the API server: the kubelet asks about its own paths
(`pkg/kubelet/server/auth.go`)."""

OF_EVERY = "finalizers"
"""Asked about wherever an owner's deletion is to be held up (the plugin OwnerReferencesPermissionEnforcement)."""

WORDS = frozenset({OF_EVERY, *[word for words in (*SERVED.values(), *ASKED_ABOUT.values()) for word in words]})
"""Everything that is a subresource of some resource."""


def subresources_of(resource: str) -> tuple[str, ...]:
    """What may stand behind the slash of a resource of Kubernetes's own, when it is asked who may."""
    return (*SERVED.get(resource, ()), *ASKED_ABOUT.get(resource, ()), OF_EVERY)


def modelled(request: Request) -> bool:
    """Whether the registry knows what the request does: always, unless it is about a subresource."""
    if not request.subresource:
        return True
    own = f"{request.resource}/{request.subresource}"
    return request.verb in MODELLED.get(own, MODELLED.get(request.subresource, frozenset()))
