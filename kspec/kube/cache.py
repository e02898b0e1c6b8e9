"""What a component's author works with: its cache, the objects in it, and the API.

A cached object answers with the fields of what this observer sees; which fields it ever asks for is learned. The
objects pretend to be of their kind (for the author's editor and type checker), and are not: they cannot be stored.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs

from kspec.kernel.actions import Lens, Update, Var, whole
from kspec.kernel.errors import SpecError, UsageError
from kspec.kernel.values import Ref, Value, order_key
from kspec.kube.answers import Untouched
from kspec.kube.lenses import Seen, SeenWhere
from kspec.kube.objects import Node, OwnerReference
from kspec.kube.processes import API_SERVER
from kspec.kube.requests import Request, Verb
from kspec.kube.residual import EachAnswer
from kspec.kube.watch import Kind, View

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster

T = TypeVar("T")
Question = Callable[[Any, Lens], Any]
"""Ask a variable, or (`("each", variable)`) every member of a family."""


class Cached:
    """One object as an observer sees it. Every attribute is a question about its view."""

    __slots__ = ("_kind", "_observer", "_view", "identity")

    def __init__(self, kind: Kind, observer: str, view: View, identity: str | Ref) -> None:
        self._kind, self._observer, self._view, self.identity = kind, observer, view, identity

    def __getattr__(self, field: str) -> Any:
        if field.startswith("_"):
            raise AttributeError(field)
        if field == "name" and isinstance(self.identity, str):
            return self.identity
        if not hasattr(self._kind.cls, field) and field not in {a.name for a in attrs.fields(self._kind.cls)}:
            raise AttributeError(f"{self._kind.cls.__name__} has no field {field!r}")
        return self._kind.field(self._observer, self._view, field)

    def __repr__(self) -> str:
        return f"{self._kind.cls.__name__} {self.identity}"


def identity_of(thing: Any) -> str | Ref:
    """What an object is called: its fixed name, or the mention of a member."""
    if isinstance(thing, Cached):
        return thing.identity
    if isinstance(thing, Got):
        return thing.identity
    if isinstance(thing, Untouched):
        return thing.unread.identity
    name = getattr(thing, "name", None)
    if isinstance(name, str):
        return name
    raise SpecError(f"{thing!r} is no object of the API: it has no name")


def _called(thing: Any) -> Value:
    """What tells a thing from others: what an object is called, any other value itself."""
    return thing.identity if isinstance(thing, (Cached, Got)) else thing


def class_of(thing: Any) -> type:
    """The kind of a cached or stored object."""
    if isinstance(thing, Cached):
        return thing._kind.cls
    if isinstance(thing, Got):
        return type(thing.object)
    return type(thing)


@attrs.frozen
class Got:
    """An object as a GET returned it, with what it is called."""

    object: Any
    identity: str | Ref

    def __getattr__(self, field: str) -> Any:
        if field.startswith("__"):
            raise AttributeError(field)
        return getattr(self.object, field)


class Cache:
    """The cache of one observer."""

    def __init__(
        self, cluster: Cluster, observer: str, ask: Question, choose: Callable[[Sequence[Value]], int]
    ) -> None:
        self._cluster, self._observer, self._ask, self._choose = cluster, observer, ask, choose

    def get(self, cls: type[T], name: str) -> T | None:
        """The object with this fixed name, as it is seen; None if it is not seen."""
        kind = self._cluster.kind(cls)
        view = self._ask(kind.variable(name), Seen(kind, self._observer))
        return None if view is None else cast(T, Cached(kind, self._observer, view, name))

    @property
    def nodes(self) -> tuple[tuple[Ref, Node], ...]:
        """The nodes that are seen, with their mentions: what pods call them. Those of the scope, where none changes."""
        if Node not in self._cluster.kinds:
            return tuple([(Ref("nodes", i), node) for i, node in enumerate(self._cluster.scope.nodes)])
        kind = self._cluster.kind(Node)
        found = self._ask(("each", kind.resource), Seen(kind, self._observer))
        refs = (
            found.answers
            if isinstance(found, EachAnswer)
            else [(Ref(kind.resource, i), view) for i, view in enumerate(found)]
        )
        return tuple(
            [(ref, cast(Node, Cached(kind, self._observer, view, ref))) for ref, view in refs if view is not None]
        )

    def list(self, cls: type[T]) -> Sequence[T]:
        """Every object of a kind that is seen, in an order that says nothing of generated names."""
        kind = self._cluster.kind(cls)
        return self._found(kind, Seen(kind, self._observer))

    def owned(self, cls: type[T], *, by: Any, orphans: bool = False) -> Sequence[T]:
        """The objects of a kind whose controller reference names `by` (with `orphans`, also those that have none).

        They are in the namespace of `by`, as every owner and what it owns.
        """
        kind = self._cluster.kind(cls)
        owners: set[Value] = {owner_reference(by)}
        if orphans:
            owners.add(None)
        found = self._found(kind, SeenWhere(kind, self._observer, "owner", frozenset(owners)))
        if not all("namespace" in attrs.fields_dict(of) for of in (cls, class_of(by))):
            return found
        return [thing for thing in found if thing.namespace == by.namespace]

    def _found(self, kind: Kind, lens: Lens) -> Sequence[Any]:
        if kind.slots:
            found = self._ask(("each", kind.resource), lens)
            pairs: Iterable[tuple[str | Ref, View]] = (
                found.answers
                if isinstance(found, EachAnswer)
                else sorted(
                    [(Ref(kind.resource, i), view) for i, view in enumerate(found) if view is not None],
                    key=lambda pair: order_key(pair[1]),
                )
            )
        else:
            pairs = [(name, self._ask(f"{kind.resource}/{name}", lens)) for name in tuple(kind.names)]
        return [Cached(kind, self._observer, view, identity) for identity, view in pairs if view is not None]

    def lowest(self, items: Sequence[T], n: int, *, key: Callable[[T], Any]) -> Sequence[T]:
        """The n lowest by key. Which of a tie is an open choice: each way is explored."""
        if n >= len(items):
            return tuple(items)
        ranks = [(key(item), item) for item in items]
        edge = sorted(rank for rank, _ in ranks)[n - 1]
        sure = [item for rank, item in ranks if rank < edge]
        tied = [item for rank, item in ranks if not (rank < edge) and not (edge < rank)]
        ways = list(itertools.combinations(tied, n - len(sure)))
        return [*sure, *ways[self._choose([frozenset(map(_called, way)) for way in ways])]]

    def in_any_order(self, items: Sequence[T]) -> Sequence[T]:
        """The items in an order that is an open choice: each is explored. For calls that are made one after another."""
        rest, ordered = list(items), []
        while rest:
            ordered.append(self.choose(rest) if len(rest) > 1 else rest[0])
            rest.remove(ordered[-1])
        return ordered

    def outside(self, variable: str, lens: Lens = whole) -> Any:
        """A variable of the environment, which is no object of the API: a clock, a measurement. It is never late."""
        return self._ask(variable, lens)

    def choose(self, options: Sequence[T]) -> T:
        """An open choice: each option is explored."""
        return options[self._choose([_called(option) for option in options])]


def owner_reference(thing: Any) -> OwnerReference:
    """A controller reference to an object with a fixed name."""
    name = identity_of(thing)
    if not isinstance(name, str):
        raise SpecError(f"{thing!r}: an owner needs a fixed name")
    uid = thing.uid if hasattr(class_of(thing), "uid") else None
    return OwnerReference(class_of(thing).__name__, name, uid)


class Api:
    """Makes requests of one caller. Nothing happens until a request is yielded."""

    def __init__(self, cluster: Cluster, user: str, reader: str) -> None:
        self._cluster, self._user, self._reader = cluster, user, reader

    def get(self, cls: type, name: str) -> Request:
        """GET: the answer is the object; NotFound is raised if there is none."""
        kind = self._cluster.kind(cls)
        kind.variable(name)
        return self._request(Verb.GET, kind, name, reader=self._reader)

    def create(self, thing: Any, *, on_refused: tuple[Var, Update] | None = None) -> Request:
        """POST: AlreadyExists, Forbidden and Invalid can be raised.

        Raises UsageError if a name has to be generated for a kind without slots.
        """
        kind = self._cluster.kind(type(thing))
        name = None
        if not kind.slots:
            name = getattr(thing, "name", "")
            if not name:
                called = kind.cls.__name__
                raise UsageError(
                    f"{self._cluster.name}: POST {kind.resource} by {self._user}: the {called} has no name, so one "
                    f"has to be generated, and its kind has no slots: give Scope(slots={{{called}: n}})"
                )
            kind.variable(name)
        return self._request(Verb.CREATE, kind, name, object=thing, on_refused=_refused(on_refused))

    def delete(
        self,
        thing: Any,
        *,
        grace_period_seconds: int | None = None,
        propagation_policy: str = "",
        on_refused: tuple[Var, Update] | None = None,
    ) -> Request:
        """DELETE: NotFound can be raised. `propagation_policy`: Foreground, Background or Orphan."""
        options: dict[str, Value] = {}
        if grace_period_seconds is not None:
            options["grace_period_seconds"] = grace_period_seconds
        if propagation_policy:
            options["propagation_policy"] = propagation_policy
        return self._about(Verb.DELETE, thing, changes=_sorted(options), on_refused=_refused(on_refused))

    def evict(self, pod: Any) -> Request:
        """POST pods/NAME/eviction: TooManyRequests is raised while a disruption budget does not allow it."""
        return self._about(Verb.CREATE, pod, subresource="eviction")

    def scale(self, thing: Any, replicas: int, *, as_read: bool = False) -> Request:
        """PUT of the scale subresource: unconditional, or (`as_read`) with the resourceVersion that was read."""
        reader = self._reader if as_read else ""
        return self._about(Verb.UPDATE, thing, subresource="scale", changes=(("replicas", replicas),), reader=reader)

    def keeping_version(self, update: Request) -> Request:
        """The same update; the next one of this object is of the version that its answer holds."""
        return attrs.evolve(update, keeps_version=True)

    def update(self, thing: Any, **changes: Value) -> Request:
        """PUT with the resourceVersion that was read: Conflict is raised if it is no longer the latest."""
        return self._about(Verb.UPDATE, thing, changes=_sorted(changes), reader=self._reader)

    def update_status(self, thing: Any, **changes: Value) -> Request:
        """PUT of the status, with the resourceVersion that was read."""
        return self._about(Verb.UPDATE, thing, subresource="status", changes=_sorted(changes), reader=self._reader)

    def patch(self, thing: Any, **changes: Value) -> Request:
        """PATCH: unconditional."""
        return self._about(Verb.PATCH, thing, changes=_sorted(changes))

    def patch_status(self, thing: Any, **changes: Value) -> Request:
        """PATCH of the status: unconditional."""
        return self._about(Verb.PATCH, thing, subresource="status", changes=_sorted(changes))

    def bind(self, pod: Any, node: Ref) -> Request:
        """POST pods/NAME/binding."""
        return self._about(Verb.CREATE, pod, subresource="binding", changes=(("node", node),))

    def _about(self, verb: Verb, thing: Any, **more: Any) -> Request:
        if isinstance(thing, Untouched):
            kind = self._cluster.by_resource(thing.unread.resource)
        else:
            kind = self._cluster.kind(class_of(thing))
        return self._request(verb, kind, identity_of(thing), **more)

    def _request(self, verb: Verb, kind: Kind, name: str | Ref | None, **more: Any) -> Request:
        outages = API_SERVER in self._cluster.processes
        return Request(verb, kind.resource, name, user=self._user, outages=outages, **more)


def _sorted(changes: dict[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(changes.items()))


def _refused(update: tuple[Var, Update] | None) -> tuple[tuple[Var, Update], ...]:
    return () if update is None else (update,)
