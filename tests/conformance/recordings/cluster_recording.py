"""Reading a recording of a real cluster: a folder with `watch.jsonl.gz` (committed versions in the order of
resourceVersion) and `audit.jsonl.gz` (the write requests, from which it is known who committed what).

Only objects of the recording's own namespace are read, and of these the fields that the model has. A generated hash in
a name or label is replaced by the model's own for the same template. How long pods tolerate a lost node is a flag of
the API server; it is replaced by the default, which the model has.
"""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from kspec.kernel.errors import UsageError
from kspec.kernel.values import Ref
from kspec.kube.defaults import set_defaults
from kspec.kube.objects import Deployment, Node, OwnerReference, Phase, Pod, ReplicaSet
from kspec.kube.typed import SYSTEM_PRIORITIES, typed
from kspec_models.apiserver.default_toleration_seconds import NOT_READY, UNREACHABLE, with_default_tolerations
from kspec_models.controllers.deployment.reconcile import HASH_LABEL, template_hash
from tests.conformance.recordings.events import Event, Name, Recording

Json = dict[str, Any]

SOMEBODY = "somebody"
"""Who committed a version of which the audit log does not say so: a binding or an eviction answers with no version."""

KIND_OF = {"deployments": Deployment, "replicasets": ReplicaSet, "pods": Pod}
ACTORS = {
    "system:serviceaccount:kube-system:deployment-controller": "deployment",
    "system:serviceaccount:kube-system:replicaset-controller": "replicaset",
    "system:kube-scheduler": "scheduler",
}


def read(folder: Path) -> Recording:
    """The events of a recording. Raises UsageError if the folder holds none."""
    meta = _json(folder / "meta.json")
    namespace = str(meta.get("namespace", "default"))
    return Reading(folder.name, namespace, requests(folder)).read(watched(folder))


def watched(folder: Path) -> list[Json]:
    """The watch events of a recording. Raises UsageError."""
    return list(_lines(folder / "watch.jsonl.gz"))


def requests(folder: Path) -> list[Json]:
    """The write requests of a recording in the order of completion. Raises UsageError."""
    return list(_lines(folder / "audit.jsonl.gz"))


def _json(path: Path) -> Json:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: no recording here: {error}") from error


def _lines(path: Path) -> Iterator[Json]:
    try:
        with gzip.open(path, "rt") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise UsageError(f"{path}:{number}: not JSON: {error}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


class Authors:
    """Who committed which version, by the audit log."""

    def __init__(self, log: list[Json]) -> None:
        self._by_version: dict[tuple[str, str, str], str] = {}
        self._binders: dict[str, str] = {}
        self._deleters: dict[tuple[str, str], str] = {}
        for entry in log:
            ref = entry.get("ref", {})
            resource, name, user = ref.get("resource", ""), ref.get("name", ""), actor(entry["user"])
            if entry["code"] >= 300:
                continue
            answer = (entry.get("response") or {}).get("metadata") or {}
            if ref.get("subresource") == "binding":
                self._binders[name] = user
            elif answer.get("resourceVersion"):
                self._by_version[resource, answer.get("name", name), answer["resourceVersion"]] = user
            if entry["verb"] == "delete":
                self._deleters[resource, name] = user  # the last one that was granted removed it

    def of(self, resource: str, kind: str, metadata: Json, binds: bool) -> str:
        """The actor of one watch event; SOMEBODY if the audit log does not say. `binds`: it gives a pod its node."""
        name = metadata["name"]
        if kind == "DELETED":
            return self._deleters.get((resource, name), SOMEBODY)
        found = self._by_version.get((resource, name, metadata["resourceVersion"]))
        if found is None and binds:
            found = self._binders.get(name)
        return SOMEBODY if found is None else found


def is_true(condition: str, status: Json) -> bool:
    """Whether a status has this condition, and it is True."""
    return any(c["type"] == condition and c["status"] == "True" for c in status.get("conditions", []))


def actor(user: str) -> str:
    """The model's name of a user of the API."""
    if user.startswith("system:node:"):
        return "kubelet"
    return ACTORS.get(user, user.rpartition(":")[2])


@attrs.define
class Reading:
    """Turns watch events into the model's, one after another."""

    name: str
    namespace: str
    log: list[Json]
    slots: dict[str, int] = attrs.field(factory=dict)
    nodes: list[str] = attrs.field(factory=list)
    hashes: dict[str, str] = attrs.field(factory=dict)
    latest: dict[tuple[type, Name], Any] = attrs.field(factory=dict)
    events: list[Event] = attrs.field(factory=list)

    def read(self, lines: list[Json]) -> Recording:
        """All of them. Raises UsageError if the recording does not begin with an empty namespace."""
        authors = Authors(self.log)
        last = {line["object"]["metadata"]["name"]: line["object"] for line in lines if line["plural"] == "nodes"}
        nodes = [self._node(last[name]) for name in sorted(last)]
        self.nodes = [node.name for node in nodes]
        for line in lines:
            cls = KIND_OF.get(line["plural"])
            if cls is None or line["object"]["metadata"].get("namespace") != self.namespace:
                continue
            if line["type"] == "INITIAL":
                raise UsageError(f"{self.name}: the recording does not begin with an empty namespace")
            self._event(authors, cls, line)
        notes = ["nodes do not change in the model: those at the end are there from the start"]
        unknown = sum(1 for event in self.events if event.by == SOMEBODY)
        if unknown:
            notes.append(f"of {unknown} commits the audit log does not say whose they are: they are given")
        return Recording(self.name, tuple(self.events), tuple(nodes), tuple(notes))

    def _node(self, item: Json) -> Node:
        plain = copy.deepcopy(item)
        plain.get("spec", {}).pop("taints", None)
        set_defaults("Node", plain)
        node = typed("Node", plain, "", SYSTEM_PRIORITIES)
        assert isinstance(node, Node)
        return node

    def _event(self, authors: Authors, cls: type, line: Json) -> None:
        item, kind = line["object"], line["type"]
        metadata = item["metadata"]
        after = self._version(cls, copy.deepcopy(item))
        name: Name = self.slots.setdefault(metadata["name"], len(self.slots)) if cls is Pod else after.name
        before = self.latest.get((cls, name))
        if kind == "DELETED":
            after = None
        self.latest[cls, name] = after
        binds = cls is Pod and before is not None and after is not None and before.node != after.node
        by = authors.of(line["plural"], kind, metadata, binds)
        note = f"resourceVersion {metadata['resourceVersion']}"
        self.events.append(Event(by, cls, name, before, after, f"{cls.__name__} {metadata['name']}", note))

    # ---- versions

    def _version(self, cls: type, item: Json) -> Any:
        status, metadata = item.get("status", {}), item["metadata"]
        if cls is ReplicaSet:
            self._learn_hash(item)
        self._rename_hashes(item)
        set_defaults(cls.__name__, item)
        thing = typed(cls.__name__, item, self.namespace, SYSTEM_PRIORITIES)
        deleting = "deletionTimestamp" in metadata
        finalizers = tuple(metadata.get("finalizers", ()))
        if isinstance(thing, Deployment):
            return attrs.evolve(
                thing,
                status_replicas=status.get("replicas", 0),
                updated_replicas=status.get("updatedReplicas", 0),
                ready_replicas=status.get("readyReplicas", 0),
                available_replicas=status.get("availableReplicas", 0),
                deleting=deleting,
                finalizers=finalizers,
            )
        if isinstance(thing, ReplicaSet):
            return attrs.evolve(
                thing,
                owner=self._owner(metadata),
                status_replicas=status.get("replicas", 0),
                ready_replicas=status.get("readyReplicas", 0),
                available_replicas=status.get("availableReplicas", 0),
                deleting=deleting,
                finalizers=finalizers,
            )
        assert isinstance(thing, Pod)
        node = item["spec"].get("nodeName")
        others = tuple(t for t in thing.spec.tolerations if t.key not in (NOT_READY, UNREACHABLE))
        return attrs.evolve(
            thing,
            spec=attrs.evolve(thing.spec, tolerations=with_default_tolerations(others)),
            owner=self._owner(metadata),
            node=None if node is None else Ref("nodes", self.nodes.index(node)),
            phase=Phase(status.get("phase", "Pending")),
            ready=is_true("Ready", status),
            initialized=is_true("Initialized", status),
            deleting=deleting,
            finalizers=finalizers,
        )

    def _owner(self, metadata: Json) -> OwnerReference | None:
        for reference in metadata.get("ownerReferences", []):
            if reference.get("controller"):
                return OwnerReference(reference["kind"], self._hashed(reference["name"]))
        return None

    def _learn_hash(self, item: Json) -> None:
        real = item["metadata"].get("labels", {}).get(HASH_LABEL)
        if real is None or real in self.hashes:
            return
        plain = copy.deepcopy(item)
        set_defaults("ReplicaSet", plain)
        thing = typed("ReplicaSet", plain, self.namespace, SYSTEM_PRIORITIES)
        assert isinstance(thing, ReplicaSet)
        self.hashes[real] = template_hash(thing.template)

    def _rename_hashes(self, item: Json) -> None:
        spec, metadata = item.get("spec", {}), item["metadata"]
        template = spec.get("template", {}).get("metadata", {})
        for labels in (metadata.get("labels"), spec.get("selector", {}).get("matchLabels"), template.get("labels")):
            if labels and labels.get(HASH_LABEL) in self.hashes:
                labels[HASH_LABEL] = self.hashes[labels[HASH_LABEL]]
        metadata["name"] = self._hashed(metadata["name"])

    def _hashed(self, name: str) -> str:
        start, dash, end = name.rpartition("-")
        return f"{start}{dash}{self.hashes[end]}" if end in self.hashes else name
