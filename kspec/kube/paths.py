"""What Kubernetes calls a field of a kind: `status.disruptionsAllowed`, `spec.claimRef`, `Ready`.

Most of it follows from the field's own name, and from what `status` says is status. A kind of one's own that says
nothing of a status is told in its own fields.
"""

from __future__ import annotations

import re

from kspec.kube.status import status_fields

PATHS = {
    "node": "spec.nodeName",
    "phase": "status.phase",
    "ready": "Ready",
    "initialized": "Initialized",
    "deleting": "deletionTimestamp",
    "replicas": "spec.replicas",
    "status_replicas": "status.replicas",
    "updated_replicas": "status.updatedReplicas",
    "ready_replicas": "status.readyReplicas",
    "available_replicas": "status.availableReplicas",
    "owner": "ownerReference",
    "template": "image",
    "taints": "spec.taints",
    "unschedulable": "spec.unschedulable",
    "disruption": "DisruptionTarget",
    "content_remaining": "NamespaceContentRemaining",
    "finalizers_remaining": "NamespaceFinalizersRemaining",
    "status_current_replicas": "status.currentReplicas",
    "status_desired_replicas": "status.desiredReplicas",
    "able_to_scale": "AbleToScale",
    "scaling_active": "ScalingActive",
    "scaling_limited": "ScalingLimited",
    "active": "status.active",
    "succeeded": "status.succeeded",
    "failed": "status.failed",
    "terminating": "status.terminating",
    "uncounted_succeeded": "status.uncountedTerminatedPods.succeeded",
    "uncounted_failed": "status.uncountedTerminatedPods.failed",
    "last_schedule": "status.lastScheduleTime",
    "last_successful": "status.lastSuccessfulTime",
    "completed": "status.completionTime",
}
"""Fields that are called the same in every kind that has them."""

OF_KIND = {
    ("CronJob", "created"): "creationTimestamp",
    ("DaemonSet", "max_surge"): "spec.updateStrategy.rollingUpdate.maxSurge",
    ("DaemonSet", "max_unavailable"): "spec.updateStrategy.rollingUpdate.maxUnavailable",
    ("DaemonSet", "update_strategy"): "spec.updateStrategy.type",
    ("HorizontalPodAutoscaler", "target"): "spec.scaleTargetRef.name",
    ("HorizontalPodAutoscaler", "target_kind"): "spec.scaleTargetRef.kind",
    ("Ingress", "default_port"): "spec.defaultBackend.service.port",
    ("Ingress", "default_service"): "spec.defaultBackend.service.name",
    ("Ingress", "ingress_class"): "spec.ingressClassName",
    ("Ingress", "paths"): "spec.rules",
    ("Job", "scheduled"): "batch.kubernetes.io/cronjob-scheduled-timestamp",
    ("PersistentVolume", "attributes_class"): "spec.volumeAttributesClassName",
    ("PersistentVolume", "claim"): "spec.claimRef",
    ("PersistentVolume", "mode"): "spec.volumeMode",
    ("PersistentVolume", "reclaim"): "spec.persistentVolumeReclaimPolicy",
    ("PersistentVolume", "storage_class"): "spec.storageClassName",
    ("PersistentVolumeClaim", "attributes_class"): "spec.volumeAttributesClassName",
    ("PersistentVolumeClaim", "mode"): "spec.volumeMode",
    ("PersistentVolumeClaim", "request"): "spec.resources.requests.storage",
    ("PersistentVolumeClaim", "storage_class"): "spec.storageClassName",
    ("Pod", "nominated_node"): "status.nominatedNodeName",
    ("Pod", "spec"): "spec",
    ("Pod", "start"): "status.startTime",
    ("Pod", "unschedulable"): "PodScheduled",
    ("PodDisruptionBudget", "observed"): "observed",
    ("ReplicaSet", "revision"): "deployment.kubernetes.io/revision",
    ("Service", "load_balancer"): "status.loadBalancer.ingress",
    ("StatefulSet", "max_unavailable"): "spec.updateStrategy.rollingUpdate.maxUnavailable",
    ("StatefulSet", "partition"): "spec.updateStrategy.rollingUpdate.partition",
    ("StatefulSet", "start"): "spec.ordinals.start",
    ("StatefulSet", "update_strategy"): "spec.updateStrategy.type",
    ("StorageClass", "default"): "storageclass.kubernetes.io/is-default-class",
    ("StorageClass", "mode"): "volumeBindingMode",
    ("StorageClass", "reclaim"): "reclaimPolicy",
}
"""Fields whose own name does not lead to what Kubernetes calls them in this kind."""

METADATA = frozenset({"name", "namespace", "labels", "annotations", "finalizers", "uid"})
"""Called as they are: nobody says `metadata.labels`."""

WITHOUT_SPEC = frozenset(
    {
        *("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"),
        *("ConfigMap", "Secret", "ControllerRevision", "EndpointSlice", "PriorityClass", "StorageClass"),
    }
)
"""Kinds that hold their fields themselves."""

OURS = "kspec.kube."
"""Where the kinds of Kubernetes are."""

INITIALS = {"ip": "IP", "url": "URL", "cidr": "CIDR", "api": "API", "uid": "UID"}


def path_of(cls: type, field: str) -> str:
    """What Kubernetes calls a field of a kind."""
    known = OF_KIND.get((cls.__name__, field)) if cls.__module__.startswith(OURS) else None
    known = known or PATHS.get(field)
    if known is not None:
        return known
    status = status_fields(cls)
    if status is None and not cls.__module__.startswith(OURS):
        return field
    if field in METADATA or cls.__name__ in WITHOUT_SPEC:
        return camel(field)
    return f"{'status' if field in (status or ()) else 'spec'}.{camel(field)}"


def camel(field: str) -> str:
    """`cluster_ip` as `clusterIP`."""
    return re.sub(r"_([a-z0-9]+)", lambda found: INITIALS.get(found[1], found[1].capitalize()), field)
