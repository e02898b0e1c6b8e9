"""Recordings in the project's own form: a YAML file with a few events, for tests that run everywhere.

    name: what happened
    nodes: [node-1]
    events:
      - {by: user, create: Deployment web, replicas: 2, image: "web:1", surge: 1, unavailable: 0}
      - {by: deployment, create: ReplicaSet web 1, replicas: 2}
      - {by: replicaset, create: Pod a, of: web 1}
      - {by: scheduler, change: Pod a, node: node-1}
      - {by: user, change: Deployment web, image: "web:2"}
      - {by: replicaset, delete: Pod b}

`ReplicaSet web 1` is the one of revision 1; when it is created it has the template and the desired replicas of the
Deployment at that time. `change` names fields of `kspec.kube.objects`; `change` without a field is a commit of fields
that the model does not have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from kspec.kernel.errors import UsageError
from kspec.kernel.values import Ref
from kspec.kube.objects import Deployment, LabelSelector, OwnerReference, Phase, Pod, PodTemplate, ReplicaSet
from kspec_models.apiserver.default_toleration_seconds import with_default_tolerations
from kspec_models.controllers.deployment.reconcile import HASH_LABEL, template_hash
from kspec_models.scopes.workloads import a_deployment, node
from kspec_models.users import with_image
from tests.conformance.recordings.events import Event, Name, Recording

Fields = dict[str, Any]

KINDS = {"Deployment": Deployment, "ReplicaSet": ReplicaSet, "Pod": Pod}
VERBS = ("create", "change", "delete")


def read(path: Path) -> Recording:
    """The recording in a file. Raises UsageError."""
    try:
        document = YAML(typ="safe", pure=True).load(path)
    except (OSError, YAMLError) as error:
        raise UsageError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("events"), list):
        raise UsageError(f"{path}: not a recording: it has no list `events`")
    building = Building(tuple(document.get("nodes", ())))
    for number, fields in enumerate(document["events"], 1):
        try:
            building.event(dict(fields))
        except (KeyError, ValueError, TypeError) as error:
            raise UsageError(f"{path}: event {number}: {type(error).__name__}: {error}") from error
    nodes = tuple(node(name) for name in building.nodes)
    return Recording(str(document.get("name", path.stem)), tuple(building.events), nodes)


@attrs.define
class Building:
    """The objects as they are after the events so far."""

    nodes: tuple[str, ...]
    pods: dict[str, int] = attrs.field(factory=dict)
    sets: dict[str, str] = attrs.field(factory=dict)
    latest: dict[tuple[type, Name], Any] = attrs.field(factory=dict)
    events: list[Event] = attrs.field(factory=list)

    def event(self, fields: Fields) -> None:
        """One more event. Raises KeyError, ValueError or TypeError if something is missing or unknown."""
        by = fields.pop("by")
        (verb,) = [verb for verb in VERBS if verb in fields]
        title = fields.pop(verb)
        kind, _, called = title.partition(" ")
        cls = KINDS[kind]
        after: Any
        if verb == "create":
            name, after = self._created(cls, called, fields)
            before = None
        else:
            name = self._name(cls, called)
            before = self.latest[cls, name]
            after = None if verb == "delete" else self._changed(before, fields)
        self.latest[cls, name] = after
        self.events.append(Event(by, cls, name, before, after, title))

    def _name(self, cls: type, called: str) -> Name:
        return self.pods[called] if cls is Pod else self.sets[called] if cls is ReplicaSet else called

    def _created(self, cls: type, called: str, fields: Fields) -> tuple[Name, Any]:
        if cls is Deployment:
            deployment = a_deployment(called, fields.pop("replicas"), **_bounds(fields))
            return called, self._changed(deployment, fields)
        if cls is ReplicaSet:
            made = self._replica_set(called, fields)
            self.sets[called] = made.name
            return made.name, made
        owner = self.latest[ReplicaSet, self.sets[fields.pop("of")]]
        template: PodTemplate = owner.template
        spec = attrs.evolve(template.spec, tolerations=with_default_tolerations(template.spec.tolerations))
        reference = OwnerReference("ReplicaSet", owner.name)
        self.pods[called] = len(self.pods)
        return self.pods[called], self._changed(Pod(template.labels, spec, reference), fields)

    def _replica_set(self, called: str, fields: Fields) -> ReplicaSet:
        """A ReplicaSet of a Deployment's present template: `called` is the Deployment and the revision."""
        of, _, revision = called.partition(" ")
        deployment: Deployment = self.latest[Deployment, of]
        hashed = template_hash(deployment.template)
        labels = tuple(sorted({**dict(deployment.template.labels), HASH_LABEL: hashed}.items()))
        made = ReplicaSet(
            f"{of}-{hashed}",
            LabelSelector(labels),
            attrs.evolve(deployment.template, labels=labels),
            owner=OwnerReference("Deployment", of),
            labels=labels,
            revision=int(revision),
            desired_replicas=deployment.replicas,
        )
        return attrs.evolve(made, **fields)

    def _changed(self, before: Any, fields: Fields) -> Any:
        changes = dict(fields)
        if "image" in changes:
            changes["template"] = with_image(before.template, changes.pop("image"))
        if "node" in changes:
            changes["node"] = Ref("nodes", self.nodes.index(changes["node"]))
        if isinstance(before, ReplicaSet) and changes.get("owner") is not None:
            changes["owner"] = OwnerReference("Deployment", changes["owner"])
        if "labels" in changes:
            changes["labels"] = tuple(sorted(changes["labels"].items()))
        if "phase" in changes:
            changes["phase"] = Phase(changes["phase"])
        return attrs.evolve(before, **changes)


def _bounds(fields: Fields) -> Fields:
    return {name: fields.pop(name) for name in ("surge", "unavailable") if name in fields}
