"""A cluster as a system: components, objects, caches and faults, closed and laid out on the kernel.

The checker knows here what a Kubernetes object, a watch and a request are, and no component's behaviour: components
are handed in, and so is the pipeline of the API server that serves their requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step, StepKind, Update, Var, whole
from kspec.kernel.errors import Grew, SlotsExhausted, SpecError, UsageError
from kspec.kernel.properties import Property
from kspec.kernel.registry import load
from kspec.kernel.system import Family, System
from kspec.kernel.values import ME, Ref, Value
from kspec.kube.objects import Node, Pod
from kspec.kube.requests import Code, Pipeline, Request, Response, Verb
from kspec.kube.watch import (
    Coming,
    Deliver,
    Forgotten,
    Kind,
    Latest,
    Learned,
    MentionedIn,
    Pending,
    Pin,
    Pinned,
    Put,
    Relist,
    View,
)

Writes = list[tuple[Var, Update]]

FRESH, DELAYED, COALESCED, RELISTED = "fresh", "delayed", "coalesced", "relisted"
HOSTNAME = "kubernetes.io/hostname"
CACHES = (FRESH, DELAYED, COALESCED, RELISTED)
"""How a cache may be late: not at all; one event at a time; several events of an object at once; a jump to the
latest."""


@attrs.frozen
class Seen:
    """An object as an observer sees it: its view, and what it is called."""

    kind: Kind
    observer: str
    view: View
    name: str | Ref


class Component(Protocol):
    """What takes part in a cluster."""

    @property
    def name(self) -> str:
        """The actor's name."""

    @property
    def watches(self) -> tuple[type, ...]:
        """The kinds that its cache holds."""

    @property
    def not_modelled(self) -> tuple[str, ...]:
        """What a reader of a verdict must know that the model leaves out."""

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """What its watch of a kind selects; None: everything."""

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """Its own variables."""

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """Its own variables for each member of a kind with generated names."""

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """What it may do."""

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """What its memory learns from an event."""


@attrs.frozen
class Reductions:
    """What makes the search smaller. Each can be switched off and is cross-checked with it off."""

    views: bool = True
    fold: bool = True
    one_node: bool = True
    exact_order: bool = False


@attrs.frozen
class Scope:
    """A finite instance of a cluster.

    `slots`: how many objects with generated names of a kind can exist or be remembered at once. `caches`: how late each
    component's cache may be (absent: fresh). `whole`: components whose reconciles are one step. `crashes`: how often a
    component may crash, for each component that may. `stored`: objects that are there from the start.
    """

    slots: Mapping[type, int] = attrs.field(factory=dict)
    nodes: tuple[Node, ...] = ()
    caches: Mapping[str, str] = attrs.field(factory=dict)
    whole: frozenset[str] = frozenset()
    crashes: Mapping[str, int] = attrs.field(factory=dict)
    stored: Sequence[Any] = ()

    def described(self) -> dict[str, Any]:
        """The scope as plain data, for results."""
        return {
            "slots": {resource_of(k): n for k, n in self.slots.items()},
            "nodes": [n.name for n in self.nodes],
            "caches": dict(self.caches),
            "whole_reconciles": sorted(self.whole),
            "crashes": dict(self.crashes),
        }


def resource_of(cls: type) -> str:
    """The resource name of a kind: `Pod` is `pods`."""
    return cls.__name__.lower() + "s"


@attrs.frozen
class Served:
    """A request that was served: the response, and what it changes. `target` is the object that it was about."""

    request: Request
    response: Response
    writes: Writes
    target: Var | None


@attrs.define(eq=False)
class Cluster:
    """Lays components, objects and scope out as a `System`."""

    name: str
    components: Sequence[Component]
    scope: Scope
    properties: Sequence[Property] = attrs.field(factory=lambda: tuple(load().properties.values()))
    kinds_used: tuple[type, ...] = ()
    pipeline: Pipeline | None = None
    reductions: Reductions = Reductions()
    settings: Mapping[str, str] = attrs.field(factory=dict)
    not_modelled: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    learned: dict[type, Learned] = attrs.field(factory=dict)
    kinds: dict[type, Kind] = attrs.field(init=False)
    _mentioning: list[str] = attrs.field(init=False)
    _nodes_are_named: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        names = [c.name for c in self.components]
        for component, mode in self.scope.caches.items():
            if component not in names:
                raise UsageError(f"caches: no component is called {component}; there are {', '.join(names)}")
            if mode not in CACHES:
                raise UsageError(f"caches: {mode} is none of {', '.join(CACHES)}")
        if self.pipeline is None:
            self.pipeline = load().services.get("apiserver")
            if self.pipeline is None:
                raise UsageError("no installed spec offers an API server: give Cluster(pipeline=...)")

    # ---- layout

    def system(self) -> System:
        """The cluster as a system. Laid out anew (with what was learned) after `Grew`."""
        while True:
            try:
                return attrs.evolve(self)._laid_out()
            except Grew:
                continue

    def _laid_out(self) -> System:
        """One layout. What it is made of does not change when more is learned: that is for the next one."""
        self._lay_out_kinds()
        self._nodes_are_named = bool(self.learned.setdefault(Node, Learned()).names)
        variables: dict[str, Value] = {}
        families: dict[str, dict[str, Value]] = {}
        sizes: dict[str, int] = {}
        for kind in self.kinds.values():
            absent = kind.object(None)
            if kind.slots:
                families.setdefault(kind.resource, {})[kind.resource] = absent
                sizes[kind.resource] = kind.slots
            else:
                for name in kind.names:
                    variables[f"{kind.resource}/{name}"] = absent
        for thing in self.scope.stored:
            kind = self.kind(type(thing))
            variables[kind.variable(thing.name)] = kind.object(thing)
        own: dict[str, Value] = {}
        for component in self.components:
            own.update(component.variables(self))
            for cls, members in component.member_variables(self).items():
                if self.kind(cls).slots:
                    families[self.kind(cls).resource].update(members)
            if self.scope.crashes.get(component.name, 0):
                own[f"crashes/{component.name}"] = 0
        variables.update(own)
        self._mentioning = list(own)
        if self.reductions.exact_order:
            for kind in self.kinds.values():
                for observer in kind.late:
                    variables[f"order/{kind.resource}/{observer}"] = ()
                    self._mentioning.append(f"order/{kind.resource}/{observer}")
        actions = [a for component in self.components for a in self._actions_of(component)]
        world_families = {r: Family(sizes[r], v, self.reductions.fold) for r, v in families.items()}
        if self.scope.nodes:
            folded = self.reductions.fold and self._nodes_are_alike()
            world_families["nodes"] = Family(len(self.scope.nodes), {}, folded)
        from kspec.kube.narrate import Narrator
        from kspec.kube.truth import bound

        return System(
            name=self.name,
            variables=variables,
            families=world_families,
            actions=tuple(actions),
            properties=tuple(bound(p, self) for p in self.applicable()),
            scope=self.scope.described(),
            settings=dict(self.settings),
            assumptions=self._assumptions(),
            not_modelled=(*self.not_modelled, *[f"{c.name}: {t}" for c in self.components for t in c.not_modelled]),
            not_applicable=(*self.not_applicable, *self.inapplicable()),
            expected=self.expected,
            idle=self.idle,
            again=self.system,
            exact=None if self.reductions.exact_order or not self._is_late() else self.exact,
            narrator=Narrator(self),
        )

    def _nodes_are_alike(self) -> bool:
        """Whether nothing but its name and its hostname tells a node from another, and no pod asks for these."""
        plain = {
            attrs.evolve(n, name="", labels=tuple([pair for pair in n.labels if pair[0] != HOSTNAME]))
            for n in self.scope.nodes
        }
        return len(plain) == 1 and not self._nodes_are_named

    def applicable(self) -> list[Property]:
        """The properties that can speak of something here."""
        return [p for p in self.properties if all(cls in self.kinds for cls in p.about)]

    def inapplicable(self) -> list[str]:
        """The other properties, by name."""
        return [p.name for p in self.properties if not all(cls in self.kinds for cls in p.about)]

    def exact(self) -> System:
        """The same cluster, in which each watch keeps the order of its events."""
        return self.reduced(attrs.evolve(self.reductions, exact_order=True)).system()

    def reduced(self, reductions: Reductions) -> Cluster:
        """The same cluster with other reductions, and its own learning."""
        learned = {
            cls: Learned({o: set(f) for o, f in x.fields.items()}, list(x.names)) for cls, x in self.learned.items()
        }
        return attrs.evolve(self, reductions=reductions, learned=learned)

    def _is_late(self) -> bool:
        return any(kind.late for kind in self.kinds.values())

    def _assumptions(self) -> tuple[str, ...]:
        late = {c: m for c, m in self.scope.caches.items() if m != FRESH}
        lines = [
            f"caches: {', '.join(f'{c} {m}' for c, m in sorted(late.items()))}; all others fresh"
            if late
            else "caches: all fresh"
        ]
        lines += [f"at most {n} crashes of {c}" for c, n in sorted(self.scope.crashes.items()) if n]
        lines += [f"at most {n} {resource_of(k)} exist or are remembered at once" for k, n in self.scope.slots.items()]
        return tuple(lines)

    def _lay_out_kinds(self) -> None:
        self.kinds = {}
        watched = [cls for component in self.components for cls in component.watches]
        stored = [type(thing) for thing in self.scope.stored]
        for cls in dict.fromkeys((*self.kinds_used, *self.scope.slots, *stored, *watched)):
            if cls is Node:
                continue  # nodes do not change in this model: they are a part of the scope
            late = []
            filters = {}
            for component in self.components:
                if cls in component.watches:
                    if self.cache_of(component.name) != FRESH:
                        late.append(component.name)
                    selects = component.selects(cls)
                    if selects is not None:
                        filters[component.name] = selects
            learned = self.learned.setdefault(cls, Learned())
            slots = self.scope.slots.get(cls, 0)
            self.kinds[cls] = Kind(cls, resource_of(cls), tuple(late), learned, self.reductions.views, slots, filters)

    def cache_of(self, component: str) -> str:
        """How late a component's cache may be."""
        return self.scope.caches.get(component, FRESH)

    def kind(self, cls: type) -> Kind:
        """The kind of this class. Raises SpecError if nothing in the cluster uses it."""
        kind = self.kinds.get(cls)
        if kind is None:
            raise SpecError(f"{self.name}: no component watches {cls.__name__}, and no object of it is stored")
        return kind

    def by_resource(self, resource: str) -> Kind:
        """The kind with this resource name."""
        return next(k for k in self.kinds.values() if k.resource == resource)

    def component(self, name: str) -> Component:
        """The component with this name."""
        return next(c for c in self.components if c.name == name)

    # ---- what the API server does with a request

    def serve(self, see: Reader, request: Request) -> Served:
        """Serve one request in the present state. Raises SlotsExhausted when a generated name is needed and none is
        free."""
        kind = self.by_resource(request.resource)
        assert self.pipeline is not None
        target: Var
        if request.verb is Verb.CREATE and request.name is None:
            response = self.pipeline(request, None, True)
            if not response.writes:
                return Served(request, response, [], None)
            if not self._nodes_are_named and names_a_node(response.object):
                self.learned[Node].names.append("asked for by a pod")
                raise Grew
            slot = self._free_slot(see, kind)
            target = (kind.resource, slot)
            return Served(
                request, response, self.commit(see, kind, target, response.object, None, request.user), target
            )
        target = self.target_of(see, kind, request)
        current = see(target, Latest())
        unchanged = see(target, Pinned(request.reader)) if request.reader and request.verb is not Verb.GET else True
        response = self.pipeline(request, current, unchanged)
        writes: Writes = []
        if response.writes and response.object != current:
            writes = self.commit(see, kind, target, response.object, current, request.user)
        elif request.verb is Verb.GET and response.code.ok:
            writes = [(target, Pin(request.reader))]
        return Served(request, response, writes, target)

    def target_of(self, see: Reader, kind: Kind, request: Request) -> Var:
        """The variable of the object that a request is about."""
        if isinstance(request.name, Ref):
            return kind.resource if request.name.index == ME else (kind.resource, request.name.index)
        if request.name is None:
            raise SpecError(f"{request.line}: this request names no object")
        return kind.variable(request.name)

    def _free_slot(self, see: Reader, kind: Kind) -> int:
        """The smallest slot which nobody remembers or mentions."""
        free = see.each(kind.resource, Forgotten(kind))
        mentioned = frozenset().union(*[see(v, MentionedIn(kind.resource)) for v in self._mentioning])
        for component in self.components:
            for cls, members in component.member_variables(self).items():
                if cls is kind.cls:
                    for variable, initial in members.items():
                        idle = see.each(variable, IsInitial(initial))
                        free = tuple([a and b for a, b in zip(free, idle, strict=True)])
        for slot, is_free in enumerate(free):
            if is_free and slot not in mentioned:
                return slot
        raise SlotsExhausted(kind.resource)

    def commit(self, see: Reader, kind: Kind, var: Var, new: Value | None, old: Value | None, by: str) -> Writes:
        """What a committed version changes: the object, the memory of those who hear at once, the order of watches."""
        name: str | Ref = (
            var.split("/", 1)[1]
            if isinstance(var, str) and "/" in var
            else Ref(kind.resource, ME if isinstance(var, str) else var[1])
        )
        writes: Writes = [(var, Put(kind, new, by))]
        for component in self.components:
            if kind.cls not in component.watches:
                continue
            if not kind.is_late(component.name):
                before, after = kind.view(component.name, old), kind.view(component.name, new)
                writes += self._told(component, kind, name, before, after)
            elif self.reductions.exact_order and see(var, Grows(kind, component.name, new)):
                partition = getattr(old if new is None else new, "node", None) if component.selects(kind.cls) else None
                writes.append((f"order/{kind.resource}/{component.name}", Append((partition, name))))
        return writes

    def _told(self, component: Component, kind: Kind, name: str | Ref, before: View, after: View) -> Writes:
        if before is None and after is None:
            return []
        return component.observed(
            self,
            None if before is None else Seen(kind, component.name, before, name),
            None if after is None else Seen(kind, component.name, after, name),
        )

    # ---- deliveries and crashes

    def _actions_of(self, component: Component) -> Iterator[Action]:
        yield from component.actions(self)
        for cls in component.watches:
            if cls is not Node and self.kind(cls).is_late(component.name):
                yield from self._deliveries(component, self.kind(cls))
        if self.scope.crashes.get(component.name, 0):
            yield Action(component.name, "crash", self._crash(component), role=Role.FAULT)

    def _deliveries(self, component: Component, kind: Kind) -> Iterator[Action]:
        mode, name = self.cache_of(component.name), component.name

        def arrives(see: Reader, var: Var, thing: str | Ref, order: str = "") -> Iterator[Step]:
            pending = see(var, Pending(kind, name))
            most = pending if mode == COALESCED else min(pending, 1)
            for events in range(1, most + 1):
                before, after = see(var, Coming(kind, name, events))
                told = self._told(component, kind, thing, before, after)
                taken: Writes = [(order, RemoveFirst(thing, events))] if order else []
                yield Step([(var, Deliver(kind, name, events)), *told, *taken], kind=StepKind.DELIVER)

        if self.reductions.exact_order:
            yield self._in_order(component, kind, arrives)
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
                writes = self._relisted(see, component, kind)
                if writes:
                    yield Step(writes, action=f"LIST {kind.resource}", kind=StepKind.DELIVER)

            yield Action(name, "relist", relist, about=kind.resource, role=Role.ENVIRONMENT, fair=False)

    def _in_order(self, component: Component, kind: Kind, arrives: Any) -> Action:
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

    def _relisted(self, see: Reader, component: Component, kind: Kind) -> Writes:
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
                writes += self._told(component, kind, thing, before, after)
        if writes and self.reductions.exact_order:
            writes.append((f"order/{kind.resource}/{component.name}", Set(())))
        return writes

    def _crash(self, component: Component) -> Callable[[Reader], Iterator[Step]]:
        budget = self.scope.crashes[component.name]
        counter = f"crashes/{component.name}"

        def crash(see: Reader) -> Iterator[Step]:
            used = see(counter)
            if used >= budget:
                return
            writes: Writes = []
            for cls in component.watches:
                if cls is not Node and self.kind(cls).is_late(component.name):
                    writes += self._relisted(see, component, self.kind(cls))
            lost = [(v, x) for v, x in component.variables(self).items() if see(v) != x]
            writes += [(variable, Set(initial)) for variable, initial in lost]
            if lost:
                writes += [(v, u) for v, u in getattr(component, "unpinned", lambda _: [])(self)]
            if writes:
                says = "its memory is lost, it lists anew"
                yield Step([*writes, (counter, Set(used + 1))], action="crash", says=says, kind=StepKind.FAULT)

        return crash


def names_a_node(thing: Any) -> bool:
    """Whether a pod asks for a node by what no two nodes share: its name or its hostname."""
    if not isinstance(thing, Pod):
        return False
    terms = thing.spec.node_affinity or ()
    keys = [key for key, _ in thing.spec.node_selector] + [r.key for t in terms for r in t.match_expressions]
    return thing.node is not None or HOSTNAME in keys or any(t.match_fields for t in terms)


# ---- small lenses and updates


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


@attrs.frozen
class RemoveFirst:
    """Take the first events about one object out of the order of a watch: several at once when they are coalesced."""

    thing: str | Ref
    events: int

    def __call__(self, items: tuple[Value, ...]) -> tuple[Value, ...]:
        mine = [i for i, (_, thing) in enumerate(items) if thing == self.thing][: self.events]
        return tuple([item for i, item in enumerate(items) if i not in mine])


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


__all__ = [
    "CACHES",
    "Cluster",
    "Code",
    "Component",
    "Reductions",
    "Scope",
    "Seen",
    "Served",
    "Writes",
    "resource_of",
    "stepped",
    "whole",
]
