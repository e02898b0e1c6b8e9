"""Which fields of a kind are its status: the API server lets a write of the status change these, and no other write.

Kinds are one record here (`objects`), so that what is `status` in Kubernetes has to be said apart. A kind of one's own
may say it itself: `STATUS: ClassVar[frozenset[str]]`. A kind that says nothing has no status subresource: every write
may change every field.
"""

from __future__ import annotations

from collections.abc import Mapping

STATUS: Mapping[str, frozenset[str]] = {
    kind: frozenset(fields.split())
    for kind, fields in {
        "Pod": "phase ready initialized nominated_node disruption start unschedulable",
        "Node": "ready allocatable images",
        "Deployment": "status_replicas updated_replicas ready_replicas available_replicas",
        "ReplicaSet": "status_replicas ready_replicas available_replicas",
        "Namespace": "phase content_remaining finalizers_remaining",
        "PersistentVolume": "phase",
        "PersistentVolumeClaim": "phase",
        "PodDisruptionBudget": "disruptions_allowed current_healthy desired_healthy expected_pods disrupted_pods "
        "observed",
        "ResourceQuota": "hard used",
    }.items()
}
"""By kind. `hard` of a ResourceQuota is the status's copy of what its spec says."""


def status_fields(cls: type) -> frozenset[str] | None:
    """The fields of a kind's status; None: it has no status subresource."""
    own = getattr(cls, "STATUS", None)
    return own if isinstance(own, frozenset) else STATUS.get(cls.__name__)
