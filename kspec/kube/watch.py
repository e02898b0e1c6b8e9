"""API objects and what each late observer has yet to see of them.

An object's variable holds its latest version; for each observer whose cache may be late, the views that it has yet to
see, from what it sees now to the latest; and the *pins*: which requests in flight read what is still the latest
version. A view holds only the fields that the observer ever asks for. They are learned: the first question about
another field lays the world out anew (`Grew`). Equal neighbours are merged, but for one trailing "not the latest"
where the observer compares resource versions. A cache is never a second copy of the cluster, and a resourceVersion is
no number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from kspec.kernel.errors import Grew
from kspec.kernel.values import Opaque, Value

RESOURCE_VERSION = "metadata.resourceVersion"
"""The pseudo-field that an observer asks for when it compares versions."""

View = Any
"""None (the observer sees no such object), a tuple of field values, or the whole version (views switched off)."""


@attrs.frozen
class Entry:
    """One view of an object; `own`: it came from a write of the observer itself."""

    view: View
    own: bool = False


@attrs.frozen
class Obj:
    """An API object: `latest` None, it does not exist."""

    latest: Value | None
    queues: tuple[tuple[Entry, ...], ...] = ()
    pins: frozenset[str] = frozenset()


@attrs.define(eq=False)
class Learned:
    """What an exploration found out about a kind: it outlives a new layout."""

    fields: dict[str, set[str]] = attrs.field(factory=dict)
    names: list[str] = attrs.field(factory=list)


@attrs.define(eq=False)
class Kind(Opaque):
    """How objects of one kind are watched, in one layout of the world.

    What was learned until this layout is fixed in it; what is learned later is kept for the next one (`Grew`).
    `late`: the observers with a late cache, in order; `filters`: what an observer's watch selects; `views`: whether
    only learned fields are kept (a reduction). `slots` > 0: names are generated, the objects are members of a family;
    0: the objects have the fixed `names`.
    """

    cls: type
    resource: str
    late: tuple[str, ...]
    learned: Learned
    views: bool = True
    slots: int = 0
    filters: Mapping[str, Callable[[Any], bool]] = attrs.field(factory=dict)
    names: tuple[str, ...] = attrs.field(init=False)
    _fields: dict[str, tuple[str, ...]] = attrs.field(init=False)
    _comparing: frozenset[str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        asked = self.learned.fields
        self.names = tuple(sorted(self.learned.names))
        self._fields = {observer: tuple(sorted(f - {RESOURCE_VERSION})) for observer, f in asked.items()}
        self._comparing = frozenset(observer for observer, f in asked.items() if RESOURCE_VERSION in f)

    @property
    def identity(self) -> str:
        """What orders it among values."""
        return self.resource

    def fields(self, observer: str) -> tuple[str, ...]:
        """The fields that this observer ever asked for, in order."""
        return self._fields.get(observer, ())

    def compares(self, observer: str) -> bool:
        """Whether this observer ever compares resource versions."""
        return observer in self._comparing

    def ask(self, observer: str, field: str) -> None:
        """Note that this observer asks for a field which its views do not hold. Raises Grew."""
        self.learned.fields.setdefault(observer, set()).add(field)
        raise Grew

    def variable(self, name: str) -> str:
        """The variable of the object with this fixed name; a new name lays the world out anew (Grew)."""
        if name not in self.names:
            if name not in self.learned.names:
                self.learned.names.append(name)
            raise Grew
        return f"{self.resource}/{name}"

    def view(self, observer: str, version: Value | None) -> View:
        """What the observer keeps of a version."""
        if version is None:
            return None
        selects = self.filters.get(observer)
        if selects is not None and not selects(version):
            return None
        if not self.views:
            return version
        return tuple([getattr(version, f) for f in self.fields(observer)])

    def field(self, observer: str, view: View, field: str) -> Value:
        """One field of a view. Raises Grew when the view does not hold it yet."""
        if not self.views:
            return getattr(view, field)
        fields = self.fields(observer)
        if field not in fields:
            self.ask(observer, field)
        return view[fields.index(field)]

    def is_late(self, observer: str) -> bool:
        """Whether the observer's cache may lag."""
        return observer in self.late

    def object(self, version: Value | None) -> Obj:
        """A settled object: every observer has seen it."""
        return Obj(version, tuple([(Entry(self.view(o, version)),) for o in self.late]))

    def queue(self, obj: Obj, observer: str) -> tuple[Entry, ...]:
        """The views of a late observer, from what it sees now to the latest."""
        return obj.queues[self.late.index(observer)]

    def seen(self, obj: Obj, observer: str) -> View:
        """What the observer sees of the object now."""
        if observer in self.late:
            return self.queue(obj, observer)[0].view
        return self.view(observer, obj.latest)


# ---- updates


@attrs.frozen
class Put:
    """Commit a version (None: delete): every late observer has one more view to see, every pin is cleared."""

    kind: Kind
    version: Value | None
    by: str = ""

    def __call__(self, obj: Obj) -> Obj:
        kind = self.kind
        queues = []
        for observer, queue in zip(kind.late, obj.queues, strict=True):
            entry = Entry(kind.view(observer, self.version), own=observer == self.by)
            last = queue[-1]
            if not kind.views:
                merged = entry.view is None and last.view is None
            elif entry.view != last.view:
                merged = False
            else:
                merged = not kind.compares(observer) or (len(queue) > 1 and queue[-2].view == entry.view)
            if not merged:
                queue = (*queue, entry)
            elif entry.own and len(queue) > 1:
                queue = (*queue[:-1], Entry(last.view, own=True))
            queues.append(queue)
        return Obj(self.version, tuple(queues), frozenset())


@attrs.frozen
class Deliver:
    """So many events reach a late observer."""

    kind: Kind
    observer: str
    events: int = 1

    def __call__(self, obj: Obj) -> Obj:
        i = self.kind.late.index(self.observer)
        queue = obj.queues[i]
        rest = queue[min(self.events, len(queue) - 1) :]
        rest = (Entry(rest[0].view), *rest[1:])
        return attrs.evolve(obj, queues=(*obj.queues[:i], rest, *obj.queues[i + 1 :]))


@attrs.frozen
class Relist:
    """A late observer lists anew: it sees the latest."""

    kind: Kind
    observer: str

    def __call__(self, obj: Obj) -> Obj:
        return Deliver(self.kind, self.observer, len(self.kind.queue(obj, self.observer)))(obj)


@attrs.frozen
class Assume:
    """A late observer puts a field into its own cache before it is told (the scheduler's assumed pods, C09).

    `merge`: an event that then brings nothing new is left out (not where the order of events is kept).
    """

    kind: Kind
    observer: str
    field: str
    value: Value
    merge: bool = True

    def __call__(self, obj: Obj) -> Obj:
        i = self.kind.late.index(self.observer)
        queue: tuple[Entry, ...] = ()
        for entry in obj.queues[i]:
            assumed = Entry(self._assumed(entry.view), entry.own)
            if not queue or not self.merge or queue[-1] != assumed:
                queue = (*queue, assumed)
        return attrs.evolve(obj, queues=(*obj.queues[:i], queue, *obj.queues[i + 1 :]))

    def _assumed(self, view: View) -> View:
        if view is None or self.kind.field(self.observer, view, self.field) is not None:
            return view
        if not self.kind.views:
            return attrs.evolve(view, **{self.field: self.value})
        fields = self.kind.fields(self.observer)
        return tuple([self.value if f == self.field else x for f, x in zip(fields, view, strict=True)])


@attrs.frozen
class Pin:
    """This reader has read the latest version."""

    reader: str

    def __call__(self, obj: Obj) -> Obj:
        return attrs.evolve(obj, pins=obj.pins | {self.reader})


@attrs.frozen
class Unpin:
    """This reader has no request in flight any more."""

    reader: str

    def __call__(self, obj: Obj) -> Obj:
        return attrs.evolve(obj, pins=obj.pins - {self.reader})
