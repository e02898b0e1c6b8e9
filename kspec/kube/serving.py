"""What the API server does with a request, as a change of the world.

The pipeline (a spec's) decides; here its decision becomes writes: the committed version, the memory of those who hear
of it at once, the order of the watches, and pins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from kspec.kernel.actions import Lens, Reader, Step, StepKind, Var
from kspec.kernel.errors import Grew, SlotsExhausted, SpecError
from kspec.kernel.values import ME, Ref, Uid, Value
from kspec.kube.component import Component, Seen, Writes
from kspec.kube.lenses import Forgotten, Latest, LatestFields, MentionedIn, Pinned
from kspec.kube.objects import HOSTNAME, Node, Pod
from kspec.kube.processes import API_SERVER, runs
from kspec.kube.requests import Code, Request, Response, Verb
from kspec.kube.watch import Kind, Obj, Pin, Put, View

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster


NEW = 128
"""The first label that no state has: states are labelled anew from 0 after every step. One is free for each name."""


@attrs.frozen
class Served:
    """A request that was served: the response, and what it changes. `target` is the object that it was about."""

    request: Request
    response: Response
    writes: Writes
    target: Var | None


def serve(cluster: Cluster, see: Reader, request: Request) -> Served:
    """Serve one request in the present state. Raises SlotsExhausted when a generated name is needed and none is
    free."""
    if not runs(cluster, see, API_SERVER):
        return Served(request, Response(Code.UNAVAILABLE, message="the API server does not answer"), [], None)
    kind = cluster.by_resource(request.resource)
    assert cluster.pipeline is not None
    look = Stored(cluster, see)
    target: Var | None
    if request.verb is Verb.CREATE and request.name is None:
        namesake = named(see, kind, getattr(request.object, "name", ""))
        response = cluster.pipeline(request, namesake, True, look)
        also = others_committed(cluster, see, response, request.user)
        if not response.writes:
            return Served(request, response, also, None)
        if not cluster.nodes_are_named and names_a_node(response.object):
            cluster.learned[Node].names.append("asked for by a pod")
            raise Grew
        slot = free_slot(cluster, see, kind)
        target = (kind.resource, slot)
        writes = commit(cluster, see, kind, target, response.object, None, request.user)
        return Served(request, response, [*writes, *also], target)
    target = target_of(see, kind, request)
    current = None if target is None else see(target, Latest())
    compares = target is not None and request.reader and request.verb is not Verb.GET
    unchanged = see(target, Pinned(request.reader)) if target is not None and compares else True
    response = cluster.pipeline(request, current, unchanged, look)
    writes = []
    if request.verb is Verb.CREATE and not request.subresource and response.writes:
        response = attrs.evolve(response, object=with_uid(cluster, kind, target, response.object))
    if target is not None and response.writes and response.object != current:
        writes = commit(cluster, see, kind, target, response.object, current, request.user)
        if request.keeps_version and response.object is not None:
            writes.append((target, Pin(request.reader)))
    elif target is not None and request.verb is Verb.GET and response.code.ok:
        writes = [(target, Pin(request.reader))]
    return Served(request, response, [*writes, *others_committed(cluster, see, response, request.user)], target)


def with_uid(cluster: Cluster, kind: Kind, target: Var | None, created: Any) -> Any:
    """The object with a uid of its own, where its name may have been another one's (FillObjectMetaSystemFields)."""
    if kind.cls not in cluster.scope.recreated:
        return created
    fixed = [f"{k.resource}/{name}" for k in cluster.kinds.values() if not k.slots for name in k.names]
    return attrs.evolve(created, uid=Uid(NEW + fixed.index(str(target))))


def target_of(see: Reader, kind: Kind, request: Request) -> Var | None:
    """The variable of the object that a request is about; None if no member has the name that it asks for."""
    if isinstance(request.name, Ref):
        return kind.resource if request.name.index == ME else (kind.resource, request.name.index)
    if request.name is None:
        raise SpecError(f"{request.line}: this request names no object")
    return kind.variable(request.name) if not kind.slots else member_named(see, kind, request.name)


def member_named(see: Reader, kind: Kind, name: str) -> Var | None:
    """The member that was given this name; None if none was."""
    for i, is_it in enumerate(see.each(kind.resource, HasName(name))):
        if is_it:
            return (kind.resource, i)
    return None


def named(see: Reader, kind: Kind, name: str) -> Any:
    """The object of a kind with slots that was given this name, if there is one."""
    if not name:
        return None
    return next((found for found in see.bag(kind.resource, LatestNamed(name)) if found is not None), None)


def others_committed(cluster: Cluster, see: Reader, response: Response, by: str) -> Writes:
    """The other objects that a request commits."""
    writes: Writes = []
    for other in response.also:
        kind = cluster.kind(other.cls)
        var: Var
        if isinstance(other.name, Ref):
            var = kind.resource if other.name.index == ME else (kind.resource, other.name.index)
        else:
            found = kind.variable(other.name) if not kind.slots else member_named(see, kind, other.name)
            if found is None:
                raise SpecError(f"{response.code}: no {other.cls.__name__} is called {other.name}")
            var = found
        writes += commit(cluster, see, kind, var, other.object, see(var, Latest()), by)
    return writes


class Stored:
    """What the API server finds in the store in the present state (`Look`)."""

    def __init__(self, cluster: Cluster, see: Reader) -> None:
        self._cluster, self._see = cluster, see

    def uses(self, cls: type) -> bool:
        """Whether the cluster has objects of this kind."""
        return cls in self._cluster.kinds

    def get(self, cls: type, name: str) -> Any:
        """The object with this name."""
        kind = self._cluster.kinds.get(cls)
        if kind is None:
            return None
        if kind.slots:
            return named(self._see, kind, name)
        return self._see(f"{kind.resource}/{name}", Latest()) if name in kind.names else None

    def all(self, cls: type, *fields: str) -> tuple[Any, ...]:
        """Every object of a kind, or these fields of each."""
        kind = self._cluster.kinds.get(cls)
        if kind is None:
            return ()
        lens: Lens = LatestFields(fields) if fields else Latest()
        if kind.slots:
            found = self._see.bag(kind.resource, lens)
        else:
            found = tuple([self._see(f"{kind.resource}/{name}", lens) for name in kind.names])
        rows = tuple([row for row in found if row is not None])
        return tuple([row[0] for row in rows]) if len(fields) == 1 else rows


def free_slot(cluster: Cluster, see: Reader, kind: Kind) -> int:
    """The smallest slot which nobody remembers or mentions."""
    free = see.each(kind.resource, Forgotten(kind))
    mentioned = frozenset().union(
        *[see(v, MentionedIn(kind.resource)) for v in cluster.mentioning],
        *[found for v in other_members(cluster, kind) for found in see.each(v, MentionedIn(kind.resource))],
    )
    for component in cluster.components:
        for cls, members in component.member_variables(cluster).items():
            if cls is kind.cls:
                for variable, initial in members.items():
                    idle = see.each(variable, IsInitial(initial))
                    free = tuple([a and b for a, b in zip(free, idle, strict=True)])
    for slot, is_free in enumerate(free):
        if is_free and slot not in mentioned:
            return slot
    raise SlotsExhausted(kind.resource)


def other_members(cluster: Cluster, kind: Kind) -> Iterator[str]:
    """The variables of members of other kinds: a pod mentions its node, and what runs on a node may outlive both."""
    others = {other.cls: other.resource for other in cluster.kinds.values() if other.slots and other is not kind}
    yield from others.values()
    for component in cluster.components:
        for cls, members in component.member_variables(cluster).items():
            yield from members if cls in others else ()


def commit(
    cluster: Cluster, see: Reader, kind: Kind, var: Var, new: Value | None, old: Value | None, by: str
) -> Writes:
    """What a committed version changes: the object, the memory of those who hear at once, the order of watches."""
    name: str | Ref = (
        var.split("/", 1)[1]
        if isinstance(var, str) and "/" in var
        else Ref(kind.resource, ME if isinstance(var, str) else var[1])
    )
    writes: Writes = [(var, Put(kind, new, by))]
    for component in cluster.components:
        if kind.cls not in component.watches:
            continue
        if not kind.is_late(component.name):
            before, after = kind.view(component.name, old), kind.view(component.name, new)
            writes += told(cluster, component, kind, name, before, after)
        elif cluster.reductions.exact_order and see(var, Grows(kind, component.name, new)):
            partition = getattr(old if new is None else new, "node", None) if component.selects(kind.cls) else None
            writes.append((f"order/{kind.resource}/{component.name}", Append((partition, name))))
    return writes


def told(cluster: Cluster, component: Component, kind: Kind, name: str | Ref, before: View, after: View) -> Writes:
    """What a component's memory learns from an event."""
    if before is None and after is None:
        return []
    return component.observed(
        cluster,
        None if before is None else Seen(kind, component.name, before, name),
        None if after is None else Seen(kind, component.name, after, name),
    )


def names_a_node(thing: Any) -> bool:
    """Whether a pod asks for a node by what no two nodes share: its name or its hostname."""
    if not isinstance(thing, Pod):
        return False
    terms = thing.spec.node_affinity or ()
    keys = [key for key, _ in thing.spec.node_selector] + [r.key for t in terms for r in t.match_expressions]
    return thing.node is not None or HOSTNAME in keys or any(t.match_fields for t in terms)


def stepped(served: Iterable[Served], extra: Writes, *, says: str = "") -> Step:
    """The step in which these requests were served, and what their caller does at once."""
    done = list(served)
    return Step(
        [*[w for s in done for w in s.writes], *extra],
        action=", ".join(s.request.line for s in done),
        says=says,
        answer=", ".join(str(s.response.code) for s in done),
        kind=StepKind.CALL,
        via="apiserver",
        swapped=swapped(done),
    )


def swapped(served: Iterable[Served]) -> tuple[tuple[Var, str], ...]:
    """The conditional writes that were granted: which object, and who had read it."""
    return tuple(
        [
            (s.target, s.request.reader)
            for s in served
            if s.target is not None and s.request.reader and s.request.verb is Verb.UPDATE and s.response.writes
        ]
    )


# ---- small lenses and updates


@attrs.frozen
class HasName:
    """Whether the object exists and was given this name."""

    name: str

    def __call__(self, obj: Obj) -> bool:
        return obj.latest is not None and bool(getattr(obj.latest, "name", "") == self.name)


@attrs.frozen
class LatestNamed:
    """The latest version if it was given this name, else None."""

    name: str

    def __call__(self, obj: Obj) -> Any:
        return obj.latest if HasName(self.name)(obj) else None


@attrs.frozen
class IsInitial:
    """Whether a variable has its initial value."""

    initial: Value

    def __call__(self, value: Value) -> bool:
        return bool(value == self.initial)


@attrs.frozen
class Grows:
    """Whether committing this version gives the observer one more view to see."""

    kind: Kind
    observer: str
    version: Value | None

    def __call__(self, obj: Any) -> bool:
        before = self.kind.queue(obj, self.observer)
        return len(self.kind.queue(Put(self.kind, self.version)(obj), self.observer)) > len(before)


@attrs.frozen
class Append:
    """Append one item to a tuple."""

    item: Value

    def __call__(self, items: tuple[Value, ...]) -> tuple[Value, ...]:
        return (*items, self.item)
