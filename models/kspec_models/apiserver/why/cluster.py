"""The cluster that manifests describe, as the API server finds it when it looks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.values import Ref
from kspec.kube.core import Namespace, ResourceQuota, ServiceAccount
from kspec.kube.located import without_nulls
from kspec.kube.manifests import Entry
from kspec.kube.objects import Phase, Pod
from kspec.kube.scheduling import PriorityClass
from kspec.kube.typed_policies import policy_of
from kspec.kube.typed_storage import storage_of
from kspec_models.apiserver.authorization import RBAC_KINDS
from kspec_models.apiserver.namespace_lifecycle import ALWAYS_THERE
from kspec_models.apiserver.quota import quota_pod
from kspec_models.helpers import quota_usage

ALWAYS_USED = (*RBAC_KINDS, PriorityClass)
"""Kinds that are asked for although no manifest has any: every cluster has some."""


@attrs.frozen
class Unread:
    """An object of a kind that no model reads: where it is counts, and whether something of it changes.

    `content`: what its manifest says, but for its status and its version.
    """

    kind: str
    name: str
    namespace: str = ""
    content: str = ""


def unread(entry: Entry) -> Unread:
    """A manifest of such a kind."""
    said: dict[str, Any] = {key: value for key, value in without_nulls(entry.mapping).items() if key != "status"}
    said["metadata"] = {k: v for k, v in (said.get("metadata") or {}).items() if k != "resourceVersion"}
    return Unread(entry.kind, entry.name, entry.namespace, json.dumps(said, sort_keys=True, default=str))


@attrs.frozen
class Placed:
    """An object with the manifest that it comes from."""

    entry: Entry
    object: Any


def placed(entry: Entry) -> Placed:
    """A manifest as an object, as it was sent: what admission fills in is still open."""
    found: Any = policy_of(entry) or storage_of(entry) or entry.object
    if found is None:
        return Placed(entry, unread(entry))
    return Placed(entry, held(with_status(as_sent(found, entry), entry) if isinstance(found, Pod) else found, entry))


def held(thing: Any, entry: Entry) -> Any:
    """The object with its finalizers, and whether it is being deleted."""
    metadata = entry.mapping.get("metadata") or {}
    if not hasattr(thing, "finalizers") or isinstance(thing, Namespace):
        return thing
    return attrs.evolve(
        thing, finalizers=tuple(metadata.get("finalizers") or ()), deleting=bool(metadata.get("deletionTimestamp"))
    )


def as_sent(pod: Pod, entry: Entry) -> Pod:
    """A pod before admission: with its class, number and account as the manifest has them."""
    written: Mapping[str, Any] = entry.mapping.get("spec") or {}
    policies = {
        each.get("name"): each.get("imagePullPolicy") or ""
        for field in ("containers", "initContainers")
        for each in written.get(field) or []
    }
    spec = attrs.evolve(
        pod.spec,
        priority_class_name=written.get("priorityClassName") or "",
        priority=written.get("priority") or 0,
        preemption_policy=written.get("preemptionPolicy") or "PreemptLowerPriority",
        service_account_name=written.get("serviceAccountName") or "",
        containers=tuple([attrs.evolve(c, image_pull_policy=policies.get(c.name, "")) for c in pod.spec.containers]),
        init_containers=tuple(
            [attrs.evolve(c, image_pull_policy=policies.get(c.name, "")) for c in pod.spec.init_containers]
        ),
    )
    return attrs.evolve(pod, name=entry.name, spec=spec)


def with_status(pod: Pod, entry: Entry) -> Pod:
    """A pod with what its manifest says of its state: its node, phase and readiness."""
    status: Mapping[str, Any] = entry.mapping.get("status") or {}
    ready = [each.get("status") for each in status.get("conditions") or [] if each.get("type") == "Ready"]
    return attrs.evolve(
        pod,
        node=Ref("nodes", 0) if entry.node_name else None,
        phase=Phase(status.get("phase") or "Pending"),
        ready=ready == ["True"],
    )


class Described:
    """What is stored. A quota whose manifest has no status counts the pods that are there."""

    def __init__(self, stored: Sequence[Placed]) -> None:
        self.stored = stored
        self._objects: list[Any] = [self._counted(each.object) for each in stored]

    def _counted(self, thing: Any) -> Any:
        if not isinstance(thing, ResourceQuota) or thing.used:
            return thing
        pods = [each.object for each in self.stored if isinstance(each.object, Pod)]
        mine = tuple([quota_pod(pod) for pod in pods if pod.namespace == thing.namespace])
        return attrs.evolve(thing, used=quota_usage.recount(thing.hard, thing.scopes, mine))

    def uses(self, cls: type) -> bool:
        """Whether the manifests have objects of the kind, or every cluster has."""
        return cls in ALWAYS_USED or any(type(thing) is cls for thing in self._objects)

    def get(self, cls: type, name: str) -> Any:
        """The object with this name."""
        return next((thing for thing in self.all(cls) if thing.name == name), None)

    def all(self, cls: type, *fields: str) -> tuple[Any, ...]:
        """Every object of a kind. Some namespaces are in every cluster; each has the service account `default`."""
        found: list[Any] = [thing for thing in self._objects if type(thing) is cls]
        if cls is Namespace:
            given = {thing.name for thing in found}
            found += [Namespace(name) for name in sorted(ALWAYS_THERE - given)]
        if cls is ServiceAccount:
            homes = {each.entry.namespace for each in self.stored} | {"default"}
            have = {(thing.namespace, thing.name) for thing in found}
            found += [ServiceAccount("default", home) for home in sorted(homes) if (home, "default") not in have]
        if not fields:
            return tuple(found)
        rows = [tuple([getattr(thing, field) for field in fields]) for thing in found]
        return tuple([row[0] for row in rows]) if len(fields) == 1 else tuple(rows)

    def where(self, thing: Any) -> str:
        """The file and line of an object's manifest; empty: it has none."""
        return next((each.entry.where for each in self.stored if each.object == thing), "")

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is taken for granted because no manifest speaks of it."""
        found = []
        if not self.uses(Namespace):
            found.append("no Namespace is given: the namespace of the request is there, and active")
        if not self.uses(ServiceAccount):
            found.append("no ServiceAccount is given: those that pods name are there")
        return tuple(found)
