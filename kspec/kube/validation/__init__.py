"""What the API server refuses in a decoded and defaulted object that is being created, and why.

What is modelled: the validation of Kubernetes 1.36 with its default feature gates, one module for each part of it.
Paths are those of the API server's own causes. Objects are plain mappings without nulls (`located.without_nulls`),
whose fields have the right types (`schema.decoding_problems`) and, of the kinds that are read into typed objects, their
defaults (`defaults.set_defaults`).
"""

from __future__ import annotations

from collections.abc import Callable

from kspec.kube.located import Problem
from kspec.kube.validation.autoscaling import autoscaler
from kspec.kube.validation.checks import Object, Problems
from kspec.kube.validation.metadata import metadata_problems
from kspec.kube.validation.more_workloads import cron_job, daemon_set, job, stateful_set
from kspec.kube.validation.networking import ingress, service
from kspec.kube.validation.nodes import node
from kspec.kube.validation.pods import pod_spec
from kspec.kube.validation.policies import (
    cluster_role,
    cluster_role_binding,
    disruption_budget,
    limit_range,
    priority_class,
    resource_quota,
    role,
    role_binding,
)
from kspec.kube.validation.storage import claim, storage_class, volume
from kspec.kube.validation.workloads import deployment, replica_set


def problems(api_version: str, kind: str, item: Object) -> list[Problem]:
    """Everything that is wrong with an object; of a kind without rules here only the metadata is looked at."""
    found = list(metadata_problems(api_version, kind, item.get("metadata", {})))
    validate = _VALIDATORS.get((api_version, kind))
    return found + (list(validate(item)) if validate is not None else [])


def _pod(item: Object) -> Problems:
    yield from pod_spec(item["spec"], ("spec",), in_template=False)


_VALIDATORS: dict[tuple[str, str], Callable[[Object], Problems]] = {
    ("apps/v1", "Deployment"): deployment,
    ("apps/v1", "ReplicaSet"): replica_set,
    ("apps/v1", "StatefulSet"): stateful_set,
    ("apps/v1", "DaemonSet"): daemon_set,
    ("batch/v1", "Job"): job,
    ("batch/v1", "CronJob"): cron_job,
    ("autoscaling/v1", "HorizontalPodAutoscaler"): autoscaler,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): autoscaler,
    ("v1", "Service"): service,
    ("networking.k8s.io/v1", "Ingress"): ingress,
    ("v1", "PersistentVolumeClaim"): claim,
    ("v1", "PersistentVolume"): volume,
    ("storage.k8s.io/v1", "StorageClass"): storage_class,
    ("v1", "Pod"): _pod,
    ("v1", "Node"): node,
    ("v1", "LimitRange"): limit_range,
    ("v1", "ResourceQuota"): resource_quota,
    ("policy/v1", "PodDisruptionBudget"): disruption_budget,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): cluster_role,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): cluster_role_binding,
    ("rbac.authorization.k8s.io/v1", "Role"): role,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): role_binding,
    ("scheduling.k8s.io/v1", "PriorityClass"): priority_class,
}

__all__ = ["problems"]
