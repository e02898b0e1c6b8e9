"""A recording as the model sees it: committed versions of the objects that the model knows, in their order."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.objects import Deployment, Node, Pod, ReplicaSet

KINDS = (Deployment, ReplicaSet, Pod)
"""The kinds whose commits are events."""

COMPONENTS = ("deployment", "replicaset", "scheduler", "kubelet")
"""Whose commits the models must be able to make. Everybody else's are given."""

Name = str | int
"""What an object is called: a fixed name, or (of a pod) the number of pods that were created before it."""


@attrs.frozen
class Event:
    """One commit. `before` or `after` is None where the object is created or gone; both are whole versions.

    `by`: a component's name, or any other name for somebody whose commits are given. Where `before` equals `after`,
    only fields changed that the model does not have.
    """

    by: str
    cls: type
    name: Name
    before: Any
    after: Any
    title: str
    note: str = ""

    @property
    def hidden(self) -> bool:
        """Whether the model has none of the fields that changed."""
        return bool(self.before == self.after)

    @property
    def text(self) -> str:
        """One line: who did what to which object."""
        what = described(self.before, self.after)
        note = f" ({self.note})" if self.note else ""
        return f"{self.by}: {self.title} {what}{note}"


@attrs.frozen
class Recording:
    """All events of a recording. `notes`: what was left out of it or cannot be told, a sentence each."""

    name: str
    events: tuple[Event, ...]
    nodes: tuple[Node, ...]
    notes: tuple[str, ...] = ()

    @property
    def pods(self) -> int:
        """How many pods were ever created."""
        return sum(1 for event in self.events if event.cls is Pod and event.before is None)

    def names(self, cls: type) -> list[str]:
        """The fixed names of a kind that occur."""
        return sorted({event.name for event in self.events if event.cls is cls and isinstance(event.name, str)})

    def until(self, number: int) -> Recording:
        """The same up to this many events."""
        return attrs.evolve(self, events=self.events[:number])


def described(before: Any, after: Any) -> str:
    """What a commit changes, in words."""
    if after is None:
        return "is deleted"
    if before is None:
        return "is created" + (f" with {after.replicas} replicas" if hasattr(after, "replicas") else "")
    changed = [f.name for f in attrs.fields(type(after)) if getattr(before, f.name) != getattr(after, f.name)]
    if not changed:
        return "changes in fields that are not modelled"
    return ", ".join(f"{name} {_short(getattr(before, name))} → {_short(getattr(after, name))}" for name in changed)


def _short(value: Any) -> str:
    text = str(getattr(value, "value", value))
    return text if len(text) <= 40 else text[:37] + "..."
