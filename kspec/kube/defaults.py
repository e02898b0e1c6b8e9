"""The defaults that the API server writes into an object before it validates it.

What is modelled: pkg/apis/core/v1/defaults.go, pkg/apis/apps/v1/defaults.go of Kubernetes 1.36 for Deployments,
ReplicaSets, Pods and Nodes. What admission plugins add (the service account's token volume, the tolerations of
DefaultTolerationSeconds, priorities) comes later in the pipeline and is not here. A template gets fewer defaults than a
pod: requests from limits and host ports of the host's network are set only when a pod is made from it
(`pod_made_from`). Functions take plain mappings without nulls (`located.without_nulls`) and change them in place.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

PULL_ALWAYS = "Always"
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_MODE = 0o644
_TOKEN_SECONDS = 3600


def set_defaults(kind: str, item: Object) -> None:
    """Set the defaults of a Deployment, ReplicaSet, Pod or Node."""
    if kind == "Deployment":
        deployment(item)
    elif kind == "ReplicaSet":
        replica_set(item)
    elif kind == "Pod":
        pod(item)
    elif kind == "Node":
        node(item)


def deployment(item: Object) -> None:
    """Replicas 1, rolling update by 25% and 25%, ten old ReplicaSets, 600 s to progress."""
    spec = item.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    _default_text(strategy, "type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def replica_set(item: Object) -> None:
    """Replicas 1."""
    spec = item.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def pod(item: Object) -> None:
    """A pod's own defaults on top of those of its spec."""
    spec = item.setdefault("spec", {})
    pod_spec(spec)
    made_pod_spec(spec)


def node(item: Object) -> None:
    """Allocatable is the capacity unless it is given."""
    status = item.get("status", {})
    if "capacity" in status:
        status.setdefault("allocatable", dict(status["capacity"]))


def pod_spec(spec: Object) -> None:
    """The defaults of every pod spec, in a template too."""
    _default_text(spec, "dnsPolicy", "ClusterFirst")
    _default_text(spec, "restartPolicy", "Always")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    _default_text(spec, "schedulerName", "default-scheduler")
    _mirror_service_account(spec)
    for item in _containers(spec):
        _container(item)
    for volume in spec.get("volumes", []):
        _volume(volume)


def pod_made_from(spec: Object) -> Object:
    """The spec of a pod that is created with a template's (defaulted) spec: a new mapping."""
    made = copy.deepcopy(spec)
    made_pod_spec(made)
    return made


def made_pod_spec(spec: Object) -> None:
    """What a pod gets and a template does not: requests from limits, host ports of the host's network."""
    for item in [*spec.get("containers", []), *spec.get("initContainers", [])]:
        resources = item.get("resources", {})
        if resources.get("limits"):
            resources["requests"] = resources["limits"] | resources.get("requests", {})
        for port in item.get("ports", []) if spec.get("hostNetwork") else []:
            if not port.get("hostPort"):
                port["hostPort"] = port.get("containerPort", 0)
    spec.setdefault("enableServiceLinks", True)


def image_tag(image: str) -> str:
    """The tag of an image; `latest` if it has neither tag nor digest."""
    name, at, _ = image.partition("@")
    _, colon, tag = name.rpartition("/")[2].partition(":")
    return tag if colon else "" if at else "latest"


def _mirror_service_account(spec: Object) -> None:
    """`serviceAccount` is the older name of `serviceAccountName`: each is filled from the other."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _containers(spec: Object) -> Iterator[Object]:
    for field in ("containers", "initContainers", "ephemeralContainers"):
        yield from spec.get(field, [])


def _container(item: Object) -> None:
    pull = PULL_ALWAYS if image_tag(item.get("image", "")) == "latest" else "IfNotPresent"
    _default_text(item, "imagePullPolicy", pull)
    _default_text(item, "terminationMessagePath", "/dev/termination-log")
    _default_text(item, "terminationMessagePolicy", "File")
    item.setdefault("resources", {})
    for port in item.get("ports", []):
        _default_text(port, "protocol", "TCP")
    for name in _PROBES:
        if name in item:
            _probe(item[name])
    for handler in item.get("lifecycle", {}).values():
        if isinstance(handler, dict):
            _http_get(handler)
    for variable in item.get("env", []):
        _field_reference(variable.get("valueFrom", {}))


def _probe(probe: Object) -> None:
    for field, value in _PROBE.items():
        if not probe.get(field):
            probe[field] = value
    _http_get(probe)
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _http_get(handler: Object) -> None:
    if "httpGet" in handler:
        _default_text(handler["httpGet"], "path", "/")
        _default_text(handler["httpGet"], "scheme", "HTTP")


def _volume(volume: Object) -> None:
    if not any(field != "name" for field in volume):
        volume["emptyDir"] = {}
    for source in ("secret", "configMap", "downwardAPI", "projected"):
        if source in volume:
            volume[source].setdefault("defaultMode", _MODE)
    for item in volume.get("downwardAPI", {}).get("items", []):
        _field_reference(item)
    for part in volume.get("projected", {}).get("sources", []):
        if "serviceAccountToken" in part:
            part["serviceAccountToken"].setdefault("expirationSeconds", _TOKEN_SECONDS)
        for item in part.get("downwardAPI", {}).get("items", []):
            _field_reference(item)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")


def _field_reference(holder: Object) -> None:
    if "fieldRef" in holder:
        _default_text(holder["fieldRef"], "apiVersion", "v1")


def _default_text(holder: Object, field: str, value: str) -> None:
    """Text fields have no null: an empty one is one that was not given."""
    if not holder.get(field):
        holder[field] = value
