"""The garbage collector, step by step: what it knows and asks after each step that it sees.

A scenario is a list of steps, each of them about the objects that the API server has (`client`, `client-delete`), about
a change that the graph builder sees (`event`, `insert`, `process-changes`), or about a worker (`attempt-delete`).
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec_models.controllers.garbage_collector import builder, worker
from kspec_models.controllers.garbage_collector.builder import Change, ChangeType
from kspec_models.controllers.garbage_collector.decisions import Resource
from kspec_models.controllers.garbage_collector.graph import Identity, Memory, Metadata, Node, OwnerReference
from kspec_models.controllers.garbage_collector.worker import Answer, Call, Failure, Verb
from tests.conformance.adapters._objects import WhenAsked
from tests.conformance.interface import Given, Skip

RBAC = "rbac.authorization.k8s.io"
SERVED = {
    ("v1", "Pod"): Resource("v1", "pods"),
    ("v1", "Secret"): Resource("v1", "secrets"),
    ("v1", "Node"): Resource("v1", "nodes", namespaced=False),
    ("apps/v1", "Deployment"): Resource("apps/v1", "deployments"),
    (f"{RBAC}/v1", "Role"): Resource(f"{RBAC}/v1", "roles"),
    (f"{RBAC}/v1beta1", "Role"): Resource(f"{RBAC}/v1beta1", "roles"),
}
"""What the API server of the scenarios serves: not Deployments in extensions/v1beta1."""

Place = tuple[str, str, str, str]
"""Group and version, resource, namespace, name."""


@attrs.define
class Scenario:
    """The collector and the API server between two steps."""

    memory: Memory = attrs.field(factory=Memory)
    changes: tuple[Change, ...] = ()
    stored: dict[Place, Metadata] = attrs.field(factory=dict)
    calls: list[str] = attrs.field(factory=list)
    warnings: list[str] = attrs.field(factory=list)
    conflicts: int = 0

    def step(self, step: Given) -> bool:
        """Take a step; whether the collector sees it. Raises Skip for a step that is none of the known ones."""
        match dict(step):
            case {"client": text, "resource": resource, **more}:
                stored = _metadata({"id": text, **more})
                self.stored[_place(stored.identity, resource)] = stored
                return False
            case {"client-delete": text}:
                resource, place = text.split(" ")
                namespace, name = place.split("/")
                self.stored = {key: o for key, o in self.stored.items() if key[1:] != (resource, namespace, name)}
                return False
            case {"conflict": _}:
                self.conflicts += 1
                return False
            case {"event": event}:
                self._process(_change(event))
            case {"insert": event}:
                self.changes = (_change(event), *self.changes)
            case {"process-changes": count}:
                for _ in range(count):
                    first, *rest = self.changes
                    self.changes = tuple(rest)
                    self._process(first)
            case {"attempt-delete": count}:
                for _ in range(count):
                    self._attempt()
            case other:
                raise Skip(f"step {sorted(other)}")
        return True

    def state(self, after: int) -> dict[str, Any]:
        """What the collector knows now, and what it has asked and said since the last time."""
        queued = [self.memory.queued(key) for key in self.memory.to_delete.waiting]
        found = {
            "graph": [_node(node) for node in self.memory.nodes],
            "attempt_to_delete": [_queued(node) for node in queued if node is not None],
            "graph_changes": [_written(change) for change in self.changes],
            "absent_owners": sorted(_id(identity) for identity in self.memory.absent),
            "api_calls": self.calls,
            "events": self.warnings,
        }
        self.calls, self.warnings = [], []
        return {"after": after, **{key: value for key, value in found.items() if value}}

    def _process(self, change: Change) -> None:
        built = builder.process(self.memory, change)
        self.memory = built.memory
        self.warnings += ["Warning OwnerRefInvalidNamespace"] * len(built.warned)

    def _attempt(self) -> None:
        key, queue = self.memory.to_delete.get()
        if key is None:
            return
        self.memory = attrs.evolve(self.memory, to_delete=queue)
        run = worker.attempt_to_delete(self.memory, key, lambda version, kind: SERVED.get((version, kind)))
        answer: Answer = None
        while True:
            try:
                answer = self._serve(run.send(answer))
            except StopIteration as end:
                left = end.value
                break
        self.memory = worker.settle(self.memory, key, left)
        self.changes = self.changes if left.change is None else (*self.changes, left.change)

    def _serve(self, call: Call) -> Answer:
        version = call.resource.api_version if "/" in call.resource.api_version else f"/{call.resource.api_version}"
        where = f" ns={call.namespace}" if call.namespace else ""
        self.calls.append(f"{call.verb.value} {version}, Resource={call.resource.name}{where} name={call.name}")
        place = (call.resource.api_version, call.resource.name, call.namespace, call.name)
        if call.verb is not Verb.GET and self.conflicts:
            self.conflicts -= 1
            return Failure.CONFLICT
        if place not in self.stored:
            return Failure.NOT_FOUND
        match call.verb:
            case Verb.GET:
                return self.stored[place]
            case Verb.DELETE:
                del self.stored[place]
            case Verb.PATCH:
                old = self.stored[place]
                left = tuple(reference for reference in old.owners if reference.uid not in call.unreference)
                self.stored[place] = attrs.evolve(old, owners=left)
        return None


def states(given: Given) -> list[dict[str, Any]]:
    """What the model knows after each step that it sees. The order of `graph` is of no meaning."""
    scenario = Scenario()
    return [scenario.state(after) for after, step in enumerate(given["steps"]) if scenario.step(step)]


def _identity(text: str) -> Identity:
    """Parse `apps/v1/Deployment ns1/deployment1#deploymentuid1`."""
    kind, place = text.split(" ")
    version, _, kind = kind.rpartition("/")
    namespace, _, name = place.rpartition("/")
    name, _, uid = name.partition("#")
    return Identity(version, kind, namespace, name, uid)


def _reference(text: str) -> OwnerReference:
    of = _identity(text)
    return OwnerReference(of.api_version, of.kind, of.name, of.uid)


def _metadata(raw: Given) -> Metadata:
    return Metadata(
        _identity(raw["id"]),
        tuple(_reference(text) for text in raw.get("owners") or ()),
        resource_version=raw.get("resourceVersion", ""),
    )


def _change(raw: Given) -> Change:
    return Change(ChangeType(raw["type"]), _metadata(raw), raw.get("virtual", False))


def _place(identity: Identity, resource: str) -> Place:
    return identity.api_version, resource, identity.namespace, identity.name


def _id(identity: Identity) -> str:
    return f"{identity.api_version}/{identity.kind} {identity.namespace}/{identity.name}#{identity.uid}"


def _owners(owners: tuple[OwnerReference, ...]) -> dict[str, Any]:
    written = [f"{o.api_version}/{o.kind} {o.name}#{o.uid}" for o in owners]
    return {"owners": written} if written else {}


def _virtual(virtual: bool) -> dict[str, Any]:
    return {"virtual": True} if virtual else {}


def _node(node: Node) -> dict[str, Any]:
    return {"id": _id(node.identity), **_owners(node.owners), **_virtual(node.virtual)}


def _queued(node: Node) -> WhenAsked:
    """Upstream compares a queued node's owners only where a scenario writes them."""
    return WhenAsked({"id": _id(node.identity), **_virtual(node.virtual)}, _owners(node.owners))


def _written(change: Change) -> dict[str, Any]:
    return {"type": change.type.value, "id": _id(change.object.identity), **_virtual(change.virtual)}
