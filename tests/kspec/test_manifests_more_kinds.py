"""What the API server refuses in kinds that are not read into typed objects."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from kspec.kube import validation

PODS: dict[str, Any] = {
    "metadata": {"labels": {"app": "a"}},
    "spec": {"containers": [{"name": "c", "image": "c:1"}]},
}
ENDING: dict[str, Any] = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "c:1"}]}}
SELECTOR: dict[str, Any] = {"matchLabels": {"app": "a"}}
BACKEND: dict[str, Any] = {"service": {"name": "web", "port": {"number": 80}}}

LEGAL: dict[tuple[str, str], dict[str, Any]] = {
    ("apps/v1", "StatefulSet"): {"spec": {"selector": SELECTOR, "serviceName": "web", "template": PODS}},
    ("apps/v1", "DaemonSet"): {"spec": {"selector": SELECTOR, "template": PODS}},
    ("batch/v1", "Job"): {"spec": {"template": ENDING}},
    ("batch/v1", "CronJob"): {"spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": ENDING}}}},
    ("autoscaling/v2", "HorizontalPodAutoscaler"): {
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}
    },
    ("v1", "Service"): {"spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}},
    ("networking.k8s.io/v1", "Ingress"): {
        "spec": {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}]}
    },
    ("v1", "PersistentVolumeClaim"): {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    ("v1", "PersistentVolume"): {
        "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/d"}}
    },
    ("storage.k8s.io/v1", "StorageClass"): {"provisioner": "ebs.example.com"},
}

Change = Callable[[dict[str, Any]], Any]


def problems(api_version: str, kind: str, change: Change | None = None) -> list[str]:
    item = copy.deepcopy({"metadata": {"name": "web"}, **LEGAL[api_version, kind]})
    if change is not None:
        change(item)
    return [str(problem) for problem in validation.problems(api_version, kind, item)]


def sets(path: str, value: Any) -> Change:
    """A change: the field at the end of this path gets a value; None: it is taken away."""

    def change(item: dict[str, Any]) -> None:
        *way, last = path.split(".")
        at: Any = item
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
        if value is None:
            del at[last]
        else:
            at[last] = value

    return change


@pytest.mark.parametrize("kind", LEGAL, ids=lambda kind: str(kind[1]))
def test_the_smallest_objects_are_accepted(kind: tuple[str, str]) -> None:
    assert problems(*kind) == []


BROKEN = [
    *[
        (kind, path, value, where)
        for kind in (("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"))
        for path, value, where in (
            ("spec.selector", None, "spec.selector"),
            ("spec.selector.matchLabels.app", "b", "spec.template.metadata.labels"),
            ("spec.template.spec.restartPolicy", "Never", "spec.template.spec.restartPolicy"),
            ("spec.minReadySeconds", -1, "spec.minReadySeconds"),
            ("spec.updateStrategy.type", "Recreate", "spec.updateStrategy.type"),
            ("spec.updateStrategy", {"type": "OnDelete", "rollingUpdate": {"maxUnavailable": 1}}, "rollingUpdate"),
            ("spec.updateStrategy.rollingUpdate.maxUnavailable", "101%", "maxUnavailable"),
            ("spec.updateStrategy.rollingUpdate.maxUnavailable", 0, "maxUnavailable"),
        )
    ],
    (("apps/v1", "StatefulSet"), "spec.replicas", -1, "spec.replicas"),
    (("apps/v1", "StatefulSet"), "spec.podManagementPolicy", "Ordered", "spec.podManagementPolicy"),
    (("apps/v1", "StatefulSet"), "spec.updateStrategy.rollingUpdate.partition", -1, "partition"),
    (("apps/v1", "StatefulSet"), "spec.ordinals.start", -1, "spec.ordinals.start"),
    (("apps/v1", "DaemonSet"), "spec.updateStrategy.rollingUpdate.maxSurge", 1, "maxSurge"),
    (("apps/v1", "DaemonSet"), "spec.template.spec.containers", [], "spec.template.spec.containers"),
    (("batch/v1", "Job"), "spec.template.spec.containers", [], "spec.template.spec.containers"),
    (("batch/v1", "Job"), "spec.template.spec.restartPolicy", None, "spec.template.spec.restartPolicy"),
    (("batch/v1", "Job"), "spec.parallelism", -1, "spec.parallelism"),
    (("batch/v1", "Job"), "spec.completionMode", "Indexed", "spec.completions"),
    (("batch/v1", "Job"), "spec.backoffLimitPerIndex", 1, "spec.backoffLimitPerIndex"),
    (("batch/v1", "Job"), "spec.selector", SELECTOR, "spec.selector"),
    (("batch/v1", "CronJob"), "spec.schedule", None, "spec.schedule"),
    (("batch/v1", "CronJob"), "spec.schedule", "every day", "spec.schedule"),
    (("batch/v1", "CronJob"), "spec.schedule", "61 * * * *", "spec.schedule"),
    (("batch/v1", "CronJob"), "spec.schedule", "TZ=Europe/Rome 0 8 * * *", "spec.schedule"),
    (("batch/v1", "CronJob"), "spec.concurrencyPolicy", "Never", "spec.concurrencyPolicy"),
    (("batch/v1", "CronJob"), "spec.startingDeadlineSeconds", -1, "spec.startingDeadlineSeconds"),
    (("batch/v1", "CronJob"), "metadata.name", "n" * 53, "metadata.name"),
    (("batch/v1", "CronJob"), "spec.jobTemplate.spec.parallelism", -1, "spec.jobTemplate.spec.parallelism"),
    (("autoscaling/v2", "HorizontalPodAutoscaler"), "spec.maxReplicas", None, "spec.maxReplicas"),
    (("autoscaling/v2", "HorizontalPodAutoscaler"), "spec.minReplicas", 0, "spec.minReplicas"),
    (("autoscaling/v2", "HorizontalPodAutoscaler"), "spec.minReplicas", 4, "spec.maxReplicas"),
    (("autoscaling/v2", "HorizontalPodAutoscaler"), "spec.scaleTargetRef.name", None, "spec.scaleTargetRef.name"),
    (("v1", "Service"), "spec.ports", None, "spec.ports"),
    (("v1", "Service"), "spec.type", "Loadbalancer", "spec.type"),
    (("v1", "Service"), "spec.ports.0.port", 70000, "spec.ports[0].port"),
    (("v1", "Service"), "spec.ports.0.targetPort", 0, "spec.ports[0].targetPort"),
    (("v1", "Service"), "spec.ports.0.nodePort", 30080, "spec.ports[0].nodePort"),
    (("v1", "Service"), "spec.ports.0.protocol", "HTTP", "spec.ports[0].protocol"),
    (("v1", "Service"), "spec.ports", [{"port": 80}, {"port": 81}], "spec.ports[0].name"),
    (("v1", "Service"), "spec.ports", [{"port": 80, "name": "a"}, {"port": 80, "name": "b"}], "spec.ports[1].port"),
    (("v1", "Service"), "spec", {"type": "NodePort", "clusterIP": "None", "ports": [{"port": 80}]}, "spec.clusterIP"),
    (("v1", "Service"), "spec.type", "ExternalName", "spec.externalName"),
    (("networking.k8s.io/v1", "Ingress"), "spec", {}, "spec"),
    (("networking.k8s.io/v1", "Ingress"), "spec.rules.0.http.paths.0.path", "shop", "paths[0].path"),
    (("networking.k8s.io/v1", "Ingress"), "spec.rules.0.http.paths.0.pathType", None, "paths[0].pathType"),
    (("networking.k8s.io/v1", "Ingress"), "spec.rules.0.http.paths.0.backend.service.name", None, "service.name"),
    (
        ("networking.k8s.io/v1", "Ingress"),
        "spec.rules.0.http.paths.0.backend.service.port",
        {"name": "web", "number": 80},
        "service.port",
    ),
    (("v1", "PersistentVolumeClaim"), "spec.accessModes", None, "spec.accessModes"),
    (("v1", "PersistentVolumeClaim"), "spec.accessModes", ["ReadWrite"], "spec.accessModes[0]"),
    (("v1", "PersistentVolumeClaim"), "spec.accessModes", ["ReadWriteOncePod", "ReadOnlyMany"], "spec.accessModes"),
    (("v1", "PersistentVolumeClaim"), "spec.resources.requests", {}, "spec.resources.requests"),
    (("v1", "PersistentVolumeClaim"), "spec.resources.requests.storage", 0, "spec.resources.requests"),
    (("v1", "PersistentVolume"), "spec.capacity", None, "spec.capacity"),
    (("v1", "PersistentVolume"), "spec.capacity.cpu", 1, "spec.capacity"),
    (("v1", "PersistentVolume"), "spec.persistentVolumeReclaimPolicy", "Keep", "spec.persistentVolumeReclaimPolicy"),
    (("v1", "PersistentVolume"), "spec.local", {"path": "/d"}, "spec.nodeAffinity"),
    (("storage.k8s.io/v1", "StorageClass"), "provisioner", None, "provisioner"),
    (("storage.k8s.io/v1", "StorageClass"), "reclaimPolicy", "Recycle", "reclaimPolicy"),
    (("storage.k8s.io/v1", "StorageClass"), "volumeBindingMode", "Late", "volumeBindingMode"),
]


@pytest.mark.parametrize(("kind", "path", "value", "where"), BROKEN)
def test_what_the_api_server_would_refuse_is_refused_with_its_path(
    kind: tuple[str, str], path: str, value: Any, where: str
) -> None:
    found = problems(*kind, sets(path, value))
    assert [problem.split(": ")[0] for problem in found if where in problem.split(": ")[0]]


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        (("apps/v1", "DaemonSet"), "spec.updateStrategy.rollingUpdate", {"maxSurge": "10%", "maxUnavailable": 0}),
        (("apps/v1", "DaemonSet"), "spec.updateStrategy", {"type": "OnDelete"}),
        (("apps/v1", "StatefulSet"), "spec.updateStrategy.rollingUpdate", {"partition": 2, "maxUnavailable": "50%"}),
        (
            ("apps/v1", "StatefulSet"),
            "spec.template.spec.containers.0.volumeMounts",
            [{"name": "of-a-claim-template", "mountPath": "/data"}],
        ),
        (("batch/v1", "Job"), "spec.selector", {"matchLabels": {"batch.kubernetes.io/controller-uid": "1-2-3"}}),
        (("batch/v1", "Job"), "spec", {"template": ENDING, "manualSelector": True, "selector": SELECTOR}),
        (("batch/v1", "Job"), "spec", {"template": ENDING, "completionMode": "Indexed", "completions": 3}),
        (("batch/v1", "CronJob"), "spec.schedule", "@hourly"),
        (("batch/v1", "CronJob"), "spec.schedule", "0 8 * * mon-fri"),
        (("v1", "Service"), "spec", {"clusterIP": "None"}),
        (("v1", "Service"), "spec", {"type": "ExternalName", "externalName": "db.example.com"}),
        (("v1", "Service"), "spec", {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]}),
        (("v1", "Service"), "spec.ports", [{"port": 53, "name": "a"}, {"port": 53, "name": "b", "protocol": "UDP"}]),
        (("networking.k8s.io/v1", "Ingress"), "spec", {"defaultBackend": BACKEND}),
        (("networking.k8s.io/v1", "Ingress"), "spec.rules", [{"host": "shop.example"}]),
    ],
)
def test_what_it_takes_is_taken(kind: tuple[str, str], path: str, value: Any) -> None:
    assert problems(*kind, sets(path, value)) == []
