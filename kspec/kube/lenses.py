"""Questions about one API object: what is true of it, and what an observer sees of it.

Each is a lens: a pure, hashable function of the object's variable, whose answer is all that an action learns.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.values import Value, mentions
from kspec.kube.watch import RESOURCE_VERSION, Kind, Obj, View


@attrs.frozen
class Latest:
    """The latest version, or None. Only the API server may ask."""

    def __call__(self, obj: Obj) -> Value | None:
        return obj.latest


@attrs.frozen
class LatestField:
    """One field of the latest version; None when there is no such object."""

    field: str

    def __call__(self, obj: Obj) -> Value:
        return None if obj.latest is None else getattr(obj.latest, self.field)


@attrs.frozen
class LatestFields:
    """Some fields of the latest version as a tuple; None when there is no such object."""

    fields: tuple[str, ...]

    def __call__(self, obj: Obj) -> Any:
        return None if obj.latest is None else tuple([getattr(obj.latest, f) for f in self.fields])


@attrs.frozen
class Seen:
    """What an observer sees of the object now."""

    kind: Kind
    observer: str

    def __call__(self, obj: Obj) -> View:
        return self.kind.seen(obj, self.observer)


@attrs.frozen
class SeenWhere:
    """What an observer sees of the object now, if one field has this value; else None."""

    kind: Kind
    observer: str
    field: str
    values: frozenset[Value]

    def __call__(self, obj: Obj) -> View:
        view = self.kind.seen(obj, self.observer)
        if view is None or self.kind.field(self.observer, view, self.field) not in self.values:
            return None
        return view


@attrs.frozen
class SeenFields:
    """Some fields of what an observer sees now, as a tuple; None when it sees no such object."""

    kind: Kind
    observer: str
    fields: tuple[str, ...]

    def __call__(self, obj: Obj) -> View:
        view = self.kind.seen(obj, self.observer)
        return None if view is None else tuple([self.kind.field(self.observer, view, f) for f in self.fields])


@attrs.frozen
class Pending:
    """How many events are on their way to a late observer."""

    kind: Kind
    observer: str

    def __call__(self, obj: Obj) -> int:
        return len(self.kind.queue(obj, self.observer)) - 1


@attrs.frozen
class Coming:
    """What a late observer sees now, and what it will see after so many events: (view, view)."""

    kind: Kind
    observer: str
    events: int

    def __call__(self, obj: Obj) -> tuple[View, View]:
        queue = self.kind.queue(obj, self.observer)
        return queue[0].view, queue[min(self.events, len(queue) - 1)].view


@attrs.frozen
class UpToDate:
    """Whether the version that the observer sees is the latest (its resourceVersion would match)."""

    kind: Kind
    observer: str

    def __call__(self, obj: Obj) -> bool:
        if not self.kind.compares(self.observer):
            self.kind.ask(self.observer, RESOURCE_VERSION)
        return not self.kind.is_late(self.observer) or len(self.kind.queue(obj, self.observer)) == 1


@attrs.frozen
class ReadOwnWrites:
    """Whether the observer has seen every write that it made itself (W02)."""

    kind: Kind
    observer: str

    def __call__(self, obj: Obj) -> bool:
        if not self.kind.is_late(self.observer):
            return True
        return not any(entry.own for entry in self.kind.queue(obj, self.observer)[1:])


@attrs.frozen
class Pinned:
    """Whether the version that this reader read is still the latest."""

    reader: str

    def __call__(self, obj: Obj) -> bool:
        return self.reader in obj.pins


@attrs.frozen
class Forgotten:
    """Whether the object does not exist and no observer still has to learn that it is gone."""

    kind: Kind

    def __call__(self, obj: Obj) -> bool:
        return obj == self.kind.object(None)


@attrs.frozen
class MentionedIn:
    """Which members of a family a variable mentions."""

    family: str

    def __call__(self, value: Value) -> frozenset[int]:
        return mentions(value, self.family)
