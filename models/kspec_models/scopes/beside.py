"""What stands beside the verdict on a person's manifests: what is not run, and what pods need that is in none of them.

Three things, each from the manifests alone. Objects whose controllers are no part of the cluster: what they do is not
known. ConfigMaps, Secrets and claims that pods need and that are in no manifest: the model's pods start all the same,
where real ones wait (kubelet: makeEnvironmentVariables and the volume manager; scheduler: VolumeBinding PreFilter).
And objects that are read and change nothing here.

Looked at: volumes that some container mounts, `envFrom` and `valueFrom`, keys that they name, and claims; what is
`optional` is not needed. Not looked at: Secrets of image pulls (the kubelet tries without) and of volume drivers,
service accounts, namespaces, and what an object that is not run may make itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.result import PropertyResult, Verdict
from kspec.kube.manifests import Entry

SYSTEMS: Mapping[str, str] = {
    "CronJob": "cronjob.*",
    "DaemonSet": "daemonset.*",
    "HorizontalPodAutoscaler": "hpa.*",
    "Ingress": "service.kinds",
    "Job": "job.*",
    "PersistentVolume": "storage.*",
    "PersistentVolumeClaim": "storage.*",
    "PodDisruptionBudget": "drain.*",
    "ResourceQuota": "apiserver.quota*",
    "Service": "service.*",
    "StatefulSet": "statefulset.*",
    "StorageClass": "storage.*",
}
"""Kinds that are not run from manifests, and the built-in systems in which their controllers are."""

PUBLISHED = "kube-root-ca.crt"
"""A ConfigMap that a controller puts into every namespace (pkg/controller/certificates/rootcacertpublisher)."""

Object = Mapping[str, Any]


@attrs.frozen
class Need:
    """An object without which a pod does not start; `key`: an entry that it has to have, "" for none."""

    kind: str
    name: str
    key: str = ""


def rows(entries: Sequence[Entry]) -> tuple[PropertyResult, ...]:
    """What cannot be told of the manifests: a row for each object that is not run, and for each that is missing."""
    return (*[_not_run(entry) for entry in not_run(entries)], *[_missing(*found) for found in missing(entries)])


def not_in_run(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The same for one run that is told: lines of their own."""
    left_out = ", ".join(entry.title for entry in not_run(entries))
    lines = [f"not in this run: {left_out}"] if left_out else []
    return (*lines, *[f"in no manifest: {what}, {_why(who)}" for what, who in missing(entries)])


def notes(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The objects that are read, and on which nobody in the cluster acts."""
    used = {pods_of(entry).get("priorityClassName") for entry in entries}
    idle = [entry.title for entry in entries if entry.passive and not _is_used_class(entry, used)]
    return (f"read, and changes nothing here: {', '.join(idle)}",) if idle else ()


# ---- objects that are not run


def not_run(entries: Iterable[Entry]) -> list[Entry]:
    """The objects that somebody would act upon, who is no part of the cluster."""
    return [entry for entry in entries if entry.object is None and not entry.passive]


def _not_run(entry: Entry) -> PropertyResult:
    systems = SYSTEMS.get(entry.kind)
    see = f" (see kspec check '{systems}')" if systems else ""
    why = (
        f"its controller is not checked from manifests{see}"
        if entry.known
        else "a custom resource: no controller in the model"
    )
    return _row(entry.title, f"What {entry.title} does is not known.", why)


def _is_used_class(entry: Entry, used: Iterable[Any]) -> bool:
    return entry.kind == "PriorityClass" and (bool(entry.mapping.get("globalDefault")) or entry.name in used)


# ---- objects that are missing


def missing(entries: Sequence[Entry]) -> list[tuple[str, list[str]]]:
    """What pods need and no manifest has, and whose pods these are. Both as messages call them."""
    given = {(entry.kind, entry.namespace, entry.name): entry for entry in entries}
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        for need in needs(pods_of(entry)):
            there = given.get((need.kind, entry.namespace, need.name))
            if there is None or (need.key and need.key not in _keys(there.mapping)):
                found.setdefault(_called(need, entry.namespace, there), {})[entry.title] = None
    return [(what, list(who)) for what, who in found.items()]


def _called(need: Need, namespace: str, there: Entry | None) -> str:
    if there is not None:
        return f"key {need.key} of {there.title}"
    return f"{need.kind} {need.name}" if namespace in ("", "default") else f"{need.kind} {namespace}/{need.name}"


def _missing(what: str, who: Sequence[str]) -> PropertyResult:
    return _row(what, f"Whether the pods that need {what} start is not known.", f"in no manifest, {_why(who)}")


def _why(who: Sequence[str]) -> str:
    return f"and needed by {', '.join(who)}: a pod waits until something makes it"


def _row(title: str, sentence: str, why: str) -> PropertyResult:
    return PropertyResult(title, sentence, "object", Verdict.INCONCLUSIVE, why=why)


# ---- what a pod needs


def pods_of(entry: Entry) -> Object:
    """The spec, as it was written, of the pods that an object is or asks for; empty for one that is not run."""
    if entry.object is None or entry.kind == "Node":
        return {}
    spec = _part(entry.mapping, "spec")
    return spec if entry.kind == "Pod" else _part(_part(spec, "template"), "spec")


def needs(spec: Object) -> Iterator[Need]:
    """What a pod with this spec cannot start without, besides its images."""
    containers = [*_items(spec, "initContainers"), *_items(spec, "containers")]
    mounted = {mount.get("name") for container in containers for mount in _items(container, "volumeMounts")}
    for volume in _items(spec, "volumes"):
        claim = _part(volume, "persistentVolumeClaim").get("claimName")
        if claim:
            yield Need("PersistentVolumeClaim", claim)  # mounted or not: the scheduler looks for it
        if volume.get("name") in mounted:
            for source in (volume, *_items(_part(volume, "projected"), "sources")):
                yield from _referred(source, "configMap", "secret")
    for container in containers:
        for source in _items(container, "envFrom"):
            yield from _referred(source, "configMapRef", "secretRef")
        for variable in _items(container, "env"):
            yield from _referred(_part(variable, "valueFrom"), "configMapKeyRef", "secretKeyRef")


def _referred(source: Object, config_map: str, secret: str) -> Iterator[Need]:
    """The ConfigMap or Secret that a source names, unless it may be missing; each key that it wants of it."""
    for kind, field in (("ConfigMap", config_map), ("Secret", secret)):
        reference = _part(source, field)
        name = reference.get("name") or reference.get("secretName")
        if not name or reference.get("optional") or (kind, name) == ("ConfigMap", PUBLISHED):
            continue
        keys = [reference.get("key"), *[item.get("key") for item in _items(reference, "items")]]
        wanted = [key for key in keys if key]
        yield from [Need(kind, name, key) for key in wanted] if wanted else [Need(kind, name)]


def _keys(mapping: Object) -> set[str]:
    """The keys that a ConfigMap or a Secret has."""
    return {key for field in ("data", "binaryData", "stringData") for key in _part(mapping, field)}


def _part(mapping: Object, field: str) -> Object:
    found = mapping.get(field)
    return found if isinstance(found, Mapping) else {}


def _items(mapping: Object, field: str) -> list[Object]:
    return [item for item in mapping.get(field) or () if isinstance(item, Mapping)]
