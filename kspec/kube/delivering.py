"""How events reach late caches, and what a crash loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step, StepKind, Var
from kspec.kernel.values import Ref, Value
from kspec.kube.component import Component, Writes
from kspec.kube.lenses import Coming, Pending
from kspec.kube.processes import API_SERVER, only_while_running
from kspec.kube.scope import COALESCED, RELISTED, member_variable
from kspec.kube.serving import IsInitial, told
from kspec.kube.watch import Deliver, Kind, Relist

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster


def actions_of(cluster: Cluster, component: Component) -> Iterator[Action]:
    """Everything that happens on behalf of a component: what it does, what reaches its caches, its crashes."""
    for action in component.actions(cluster):
        yield only_while_running(cluster, action, component.name)
    for cls in component.watches:
        if cls in cluster.kinds and cluster.kind(cls).is_late(component.name):
            for action in deliveries(cluster, component, cluster.kind(cls)):
                yield only_while_running(cluster, action, component.name, API_SERVER)
    if cluster.scope.crashes.get(component.name, 0):
        yield Action(component.name, "crash", crash_of(cluster, component), role=Role.FAULT)


def deliveries(cluster: Cluster, component: Component, kind: Kind) -> Iterator[Action]:
    """How the events of a kind reach a late cache, as its scope wants it."""
    mode, name = cluster.cache_of(component.name), component.name

    def arrives(see: Reader, var: Var, thing: str | Ref, order: str = "") -> Iterator[Step]:
        pending = see(var, Pending(kind, name))
        most = pending if mode == COALESCED else min(pending, 1)
        for events in range(1, most + 1):
            before, after = see(var, Coming(kind, name, events))
            learned = told(cluster, component, kind, thing, before, after)
            taken: Writes = [(order, RemoveFirst(thing, events))] if order else []
            yield Step([(var, Deliver(kind, name, events)), *learned, *taken], kind=StepKind.DELIVER)

    if cluster.reductions.exact_order:
        yield in_order(cluster, component, kind, arrives)
    elif kind.slots:

        def each(see: Reader) -> Iterator[Step]:
            yield from arrives(see, kind.resource, see.me)

        yield Action(name, "deliver", each, each=kind.resource, about=kind.resource, role=Role.DELIVERY)
    else:
        for fixed in kind.names:
            var = f"{kind.resource}/{fixed}"

            def one(see: Reader, var: str = var, fixed: str = fixed) -> Iterator[Step]:
                yield from arrives(see, var, fixed)

            yield Action(name, "deliver", one, about=var, role=Role.DELIVERY)
    if mode == RELISTED:

        def relist(see: Reader) -> Iterator[Step]:
            writes = relisted(cluster, see, component, kind)
            if writes:
                yield Step(writes, action=f"LIST {kind.resource}", kind=StepKind.DELIVER)

        yield Action(name, "relist", relist, about=kind.resource, role=Role.ENVIRONMENT, fair=False)


def in_order(cluster: Cluster, component: Component, kind: Kind, arrives: Any) -> Action:
    """Deliveries where a watch keeps its order: the first event of each partition (of each node, for kubelets)."""
    variable = f"order/{kind.resource}/{component.name}"

    def deliver(see: Reader) -> Iterator[Step]:
        done = set()
        for partition, thing in see(variable):
            if partition in done:
                continue
            done.add(partition)
            var: Var = (kind.resource, thing.index) if isinstance(thing, Ref) else f"{kind.resource}/{thing}"
            yield from arrives(see, var, thing, variable)

    return Action(component.name, "deliver", deliver, about=kind.resource, role=Role.DELIVERY)


def relisted(cluster: Cluster, see: Reader, component: Component, kind: Kind) -> Writes:
    """Everything of a kind jumps to the latest."""
    writes: Writes = []
    things: list[tuple[Var, str | Ref]] = [((kind.resource, i), Ref(kind.resource, i)) for i in range(kind.slots)]
    if not kind.slots:
        things = [(f"{kind.resource}/{n}", n) for n in kind.names]
    for var, thing in things:
        pending = see(var, Pending(kind, component.name))
        if pending:
            before, after = see(var, Coming(kind, component.name, pending))
            writes.append((var, Relist(kind, component.name)))
            writes += told(cluster, component, kind, thing, before, after)
    if writes and cluster.reductions.exact_order:
        writes.append((f"order/{kind.resource}/{component.name}", Set(())))
    return writes


def crash_of(cluster: Cluster, component: Component) -> Callable[[Reader], Iterator[Step]]:
    """A crash loses the memory and the requests in flight; the caches are listed anew."""
    budget = cluster.scope.crashes[component.name]
    counter = f"crashes/{component.name}"

    def crash(see: Reader) -> Iterator[Step]:
        used = see(counter)
        if used >= budget:
            return
        writes = what_is_lost(cluster, see, component)
        if writes:
            says = "its memory is lost, it lists anew"
            yield Step([*writes, (counter, Set(used + 1))], action="crash", says=says, kind=StepKind.FAULT)

    return crash


def what_is_lost(cluster: Cluster, see: Reader, component: Component) -> Writes:
    """What the end of a component changes: its memory is lost, so are its requests in flight; it lists anew."""
    writes: Writes = []
    for cls in component.watches:
        if cls in cluster.kinds and cluster.kind(cls).is_late(component.name):
            writes += relisted(cluster, see, component, cluster.kind(cls))
    lost = [(v, x) for v, x in remembered(cluster, component) if not see(v, IsInitial(x))]
    writes += [(variable, Set(initial)) for variable, initial in lost]
    if lost:
        writes += [(v, u) for v, u in getattr(component, "unpinned", lambda _: [])(cluster)]
    return writes


def remembered(cluster: Cluster, component: Component) -> Iterator[tuple[Var, Value]]:
    """What is lost when a component ends, with what it is at the start."""
    own: Mapping[str, Value] = getattr(component, "lost", component.variables)(cluster)
    yield from own.items()
    of_members: Mapping[type, Mapping[str, Value]] = getattr(component, "lost_of_members", dict)()
    for cls, variables in of_members.items():
        kind = cluster.kind(cls)
        for variable, initial in variables.items():
            if kind.slots:
                yield from [((variable, i), initial) for i in range(kind.slots)]
            else:
                yield from [(member_variable(kind, name, variable), initial) for name in kind.names]


@attrs.frozen
class RemoveFirst:
    """Take the first events about one object out of the order of a watch: several at once when they are coalesced."""

    thing: str | Ref
    events: int

    def __call__(self, items: tuple[Value, ...]) -> tuple[Value, ...]:
        mine = [i for i, (_, thing) in enumerate(items) if thing == self.thing][: self.events]
        return tuple([item for i, item in enumerate(items) if i not in mine])
