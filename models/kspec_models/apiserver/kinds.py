"""What the API server knows of each kind beside its fields: rules of its strategy, as data.

Upstream: the strategies below `pkg/registry`. A kind that is not named here has what most kinds have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.kernel.values import fields_of
from kspec.kube.core import NamespacePhase
from kspec_models.apiserver.finalizers import GCPolicy
from kspec_models.apiserver.update import KindRules

GC_POLICIES: Mapping[str, GCPolicy] = {
    "Job": GCPolicy.ORPHAN_DEPENDENTS,
    "ReplicationController": GCPolicy.ORPHAN_DEPENDENTS,
}
"""What becomes of dependents when nobody says anything (A77); all others: they are deleted."""

NEEDS_A_VERSION = frozenset({"PodDisruptionBudget", "Lease"})
"""Kinds whose PUT needs a resourceVersion (A50)."""

IMMUTABLE: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("selector",),
    "ReplicaSet": ("selector",),
    "StatefulSet": ("selector", "service_name", "pod_management_policy"),
    "DaemonSet": ("selector",),
    "ControllerRevision": ("template",),
    "Job": ("selector", "completions", "completion_mode"),
    "PersistentVolumeClaim": ("access_modes", "selector", "mode"),
    "RoleBinding": ("role_ref",),
    "ClusterRoleBinding": ("role_ref",),
    "PriorityClass": ("value", "preemption_policy"),
    "StorageClass": ("provisioner", "reclaim", "mode"),
}
"""Fields that no update changes (422)."""

ONCE_SET: Mapping[str, tuple[str, ...]] = {
    "PersistentVolumeClaim": ("volume_name", "storage_class"),
    "Service": ("cluster_ip",),
}
"""Fields that an update may set where they are empty, and then no more."""

NOT_NEGATIVE = ("replicas", "parallelism", "completions", "backoff_limit", "min_ready_seconds")
"""Numbers that may not be below zero, of whichever kind."""

WHEN_MARKED: Mapping[str, Mapping[str, Any]] = {"Namespace": {"phase": NamespacePhase.TERMINATING}}
"""What else changes when a deletion is first asked for."""


def gc_policy(cls: type) -> GCPolicy:
    """What a deletion does to dependents unless told otherwise. A kind without finalizers can promise nothing."""
    if "finalizers" not in fields_of(cls) or cls.__name__ == "Namespace":
        return GCPolicy.UNSUPPORTED  # what is called finalizers of a Namespace here are those of its spec
    return GC_POLICIES.get(cls.__name__, GCPolicy.DELETE_DEPENDENTS)


def rules_of(cls: type) -> KindRules:
    """What a PUT of the kind may do."""
    return KindRules(unconditional_update=cls.__name__ not in NEEDS_A_VERSION)
