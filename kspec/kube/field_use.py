"""Which fields of a modelled kind are read, which change nothing in the control plane, and which no model reads.

What a person wrote and no model reads is told with the verdict: it could change what a real cluster does. A field
counts as read where a component of the cluster that is made from manifests asks for it: a decision that would ask for
it, and that no component there makes, does not count.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

from kspec.kube.located import Path, path_text


class Use(enum.Enum):
    """What becomes of a field. `READ`: with everything in it. `NO_EFFECT`: only the process in the container, or the
    person, sees it."""

    READ = "read"
    NO_EFFECT = "no effect"
    NOT_MODELLED = "not modelled"


Table = Mapping[str, "Use | Table"]
"""What becomes of each field; a table for a field that is looked into (in lists, each item). Absent: not modelled."""

READ, NO_EFFECT, NOT_MODELLED = Use.READ, Use.NO_EFFECT, Use.NOT_MODELLED


def _all(use: Use, fields: str) -> dict[str, Use | Table]:
    return dict.fromkeys(fields.split(), use)


_METADATA: Table = {
    **_all(READ, "name namespace labels"),
    **_all(NO_EFFECT, "creationTimestamp deletionGracePeriodSeconds deletionTimestamp generateName generation"),
    **_all(NO_EFFECT, "managedFields resourceVersion selfLink uid"),
}
_ACTED_ON = frozenset({"controller.kubernetes.io/pod-deletion-cost", "cluster-autoscaler.kubernetes.io/safe-to-evict"})
"""Annotations on which some component acts. All others are notes."""

_ASKS_NOTHING: Mapping[str, Any] = {"minReadySeconds": 0, "restartPolicy": "Always"}
"""Fields that no model reads, and the value with which a real cluster does what the models do without them."""

_CONTAINER: Table = {
    **_all(READ, "name image ports restartPolicy"),
    "resources": _all(READ, "requests limits"),
    **_all(NO_EFFECT, "args command env envFrom imagePullPolicy resizePolicy securityContext stdin stdinOnce"),
    **_all(NO_EFFECT, "terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir"),
}
_TERM = _all(READ, "labelSelector namespaceSelector namespaces topologyKey")
_POD_AFFINITY: Table = {
    "requiredDuringSchedulingIgnoredDuringExecution": _TERM,
    "preferredDuringSchedulingIgnoredDuringExecution": {"weight": READ, "podAffinityTerm": _TERM},
}
_POD_SPEC: Table = {
    **_all(READ, "hostNetwork nodeSelector overhead priority schedulerName schedulingGates"),
    **_all(READ, "serviceAccount serviceAccountName terminationGracePeriodSeconds tolerations"),
    "containers": _CONTAINER,
    "initContainers": _CONTAINER,
    **_all(READ, "preemptionPolicy topologySpreadConstraints"),
    "affinity": {"nodeAffinity": READ, "podAffinity": _POD_AFFINITY, "podAntiAffinity": _POD_AFFINITY},
    "volumes": {
        **_all(READ, "name persistentVolumeClaim gcePersistentDisk awsElasticBlockStore iscsi rbd"),
        **_all(NO_EFFECT, "configMap downwardAPI emptyDir hostPath projected secret"),
    },
    **_all(
        NO_EFFECT, "automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostPID"
    ),
    **_all(NO_EFFECT, "hostUsers hostname hostnameOverride imagePullSecrets securityContext setHostnameAsFQDN"),
    **_all(NO_EFFECT, "shareProcessNamespace subdomain"),
}
_TEMPLATE: Table = {"metadata": _METADATA, "spec": _POD_SPEC}
_TYPE = _all(READ, "apiVersion kind")

TABLES: Mapping[str, Table] = {
    "Deployment": {
        **_TYPE,
        "metadata": _METADATA,
        "spec": {
            **_all(READ, "paused replicas revisionHistoryLimit selector strategy"),
            "template": _TEMPLATE,
        },
        "status": NO_EFFECT,
    },
    "ReplicaSet": {
        **_TYPE,
        "metadata": _METADATA,
        "spec": {**_all(READ, "replicas selector"), "template": _TEMPLATE},
        "status": NO_EFFECT,
    },
    "Pod": {**_TYPE, "metadata": _METADATA, "spec": {**_POD_SPEC, "nodeName": READ}, "status": NO_EFFECT},
    "Node": {
        **_TYPE,
        "metadata": _METADATA,
        "spec": {**_all(READ, "taints unschedulable"), **_all(NO_EFFECT, "podCIDR podCIDRs providerID")},
        "status": {
            **_all(READ, "allocatable capacity images"),
            **_all(NO_EFFECT, "addresses daemonEndpoints nodeInfo"),
        },
    },
}


def unread(kind: str, item: Mapping[str, Any], priority_classes: Mapping[str, Any]) -> Iterator[tuple[str, Use]]:
    """The fields that a person wrote and no model reads, as paths, each with what becomes of it."""
    for path, use in _walk(TABLES[kind], item, ()):
        if path[-1] == "annotations":
            continue
        if path[-1] == "priorityClassName" and _at(item, path) in priority_classes:
            continue
        yield path_text(path), use
    for path, notes in _annotations(item):
        for key in sorted(notes):
            if not (kind == "ReplicaSet" and key.startswith("deployment.kubernetes.io/")):
                use = NOT_MODELLED if key in _ACTED_ON else NO_EFFECT
                yield f"{path_text(path)}[{key}]", use


def _walk(table: Table, item: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Use]]:
    for field, value in item.items():
        use = table.get(field, NOT_MODELLED)
        here: Path = (*path, field)
        if value is None or value in ([], {}):
            continue
        if use is NOT_MODELLED and field in _ASKS_NOTHING and value == _ASKS_NOTHING[field]:
            continue
        if isinstance(use, Use):
            if use is not READ:
                yield here, use
        elif isinstance(value, list):
            for position, part in enumerate(value):
                yield from _walk(use, part, (*here, position))
        else:
            yield from _walk(use, value, here)


def _annotations(item: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for path in ((), ("spec", "template")):
        holder = _at(item, (*path, "metadata", "annotations"))
        if isinstance(holder, Mapping):
            yield (*path, "metadata", "annotations"), holder


def _at(item: Any, path: Path) -> Any:
    for part in path:
        item = item[part] if isinstance(part, int) else item.get(part) if isinstance(item, Mapping) else None
    return item
