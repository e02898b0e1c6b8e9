"""A cluster as a system: components, objects, caches and faults, closed and laid out on the kernel.

The checker knows here what a Kubernetes object, a watch and a request are, and no component's behaviour: components
are handed in, and so is the pipeline of the API server that serves their requests.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import attrs

from kspec.kernel import settings
from kspec.kernel.actions import Reader
from kspec.kernel.errors import Grew, SpecError, UsageError, nearest
from kspec.kernel.properties import Property
from kspec.kernel.registry import load
from kspec.kernel.system import Family, System
from kspec.kernel.values import Value
from kspec.kube.component import Component, Seen, Writes
from kspec.kube.delivering import actions_of
from kspec.kube.objects import HOSTNAME, Node
from kspec.kube.processes import API_SERVER, Runs
from kspec.kube.requests import Pipeline, Request
from kspec.kube.scope import (
    CACHES,
    COALESCED,
    DELAYED,
    FRESH,
    RELISTED,
    Reductions,
    Scope,
    member_variable,
    resource_of,
)
from kspec.kube.serving import Served, serve, stepped
from kspec.kube.watch import Kind, Learned

__all__ = [
    "CACHES",
    "COALESCED",
    "DELAYED",
    "FRESH",
    "RELISTED",
    "Cluster",
    "Component",
    "Reductions",
    "Scope",
    "Seen",
    "Served",
    "Writes",
    "resource_of",
    "stepped",
]


@attrs.define(eq=False)
class Cluster:
    """Lays components, objects and scope out as a `System`."""

    name: str
    components: Sequence[Component]
    scope: Scope
    properties: Sequence[Property] = attrs.field(factory=lambda: tuple(load().properties.values()))
    kinds_used: tuple[type, ...] = ()
    pipeline: Pipeline | None = None
    reductions: Reductions = attrs.field(factory=Reductions)
    settings: Mapping[str, str] = attrs.field(factory=dict)
    not_modelled: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    processes: Mapping[str, Runs] = attrs.field(factory=dict)
    learned: dict[type, Learned] = attrs.field(factory=dict)
    kinds: dict[type, Kind] = attrs.field(init=False)
    mentioning: list[str] = attrs.field(init=False)
    nodes_are_named: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        names = [c.name for c in self.components]
        self._refuse_what_names_nothing(names)
        for process in self.processes:
            if process not in (*names, API_SERVER):
                raise SpecError(f"processes: no component is called {process}; there are {', '.join(names)}")
        if self.pipeline is None:
            self.pipeline = load().services.get("apiserver")
            if self.pipeline is None:
                raise UsageError("no installed spec offers an API server: give Cluster(pipeline=...)")

    def _refuse_what_names_nothing(self, names: Sequence[str]) -> None:
        """Refuse a scope that speaks of no component, and settings that nobody declared. Raises UsageError."""
        for what, called in (
            ("caches", self.scope.caches),
            ("crashes", self.scope.crashes),
            ("whole", sorted(self.scope.whole)),
        ):
            for name in called:
                if name not in names:
                    raise UsageError(f"{self.name}: {what}: no component is called {name}{nearest(name, names)}")
        for mode in self.scope.caches.values():
            if mode not in CACHES:
                raise UsageError(f"{self.name}: caches: {mode} is none of {', '.join(CACHES)}")
        for kind in self.idle:
            if not kind.startswith(tuple(f"{name}." for name in names)):
                actor = kind.partition(".")[0]
                raise UsageError(
                    f"{self.name}: idle: {kind}: a kind of action is COMPONENT.ACTION, and no component is called "
                    f"{actor}{nearest(actor, names)}"
                )
        try:
            settings.resolve(self.settings)
        except UsageError as error:
            raise UsageError(f"{self.name}: settings: {error}") from error

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
        self.nodes_are_named = bool(self.learned.setdefault(Node, Learned()).names)
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
        given: dict[str, list[dict[str, Value]]] = {}
        for thing in (*self.scope.stored, *(self.scope.nodes if Node in self.kinds else ())):
            kind = self.kind(type(thing))
            if kind.slots:
                given.setdefault(kind.resource, []).append({kind.resource: kind.object(thing)})
            else:
                variables[kind.variable(thing.name)] = kind.object(thing)
        own: dict[str, Value] = {}
        for component in self.components:
            own.update(component.variables(self))
            for cls, members in component.member_variables(self).items():
                kind = self.kind(cls)
                if kind.slots:
                    families[kind.resource].update(members)
                else:
                    own.update({member_variable(kind, n, v): x for n in kind.names for v, x in members.items()})
            if self.scope.crashes.get(component.name, 0):
                own[f"crashes/{component.name}"] = 0
        variables.update(own)
        self.mentioning = [*own, *self._objects_that_mention()]
        if self.reductions.exact_order:
            for kind in self.kinds.values():
                for observer in kind.late:
                    variables[f"order/{kind.resource}/{observer}"] = ()
                    self.mentioning.append(f"order/{kind.resource}/{observer}")
        actions = [a for component in self.components for a in actions_of(self, component)]
        for resource, things in given.items():
            if len(things) > sizes[resource]:
                raise UsageError(f"{self.name}: {len(things)} {resource} are stored in {sizes[resource]} slots")
        world_families = {
            r: Family(sizes[r], v, self.reductions.fold, tuple(given.get(r, ()))) for r, v in families.items()
        }
        if self.scope.nodes and Node not in self.kinds:
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
            idle=self._idle({action.kind for action in actions}),
            uses_incarnations=bool(self.scope.recreated),
            again=self.system,
            exact=None if self.reductions.exact_order or not self._is_late() else self.exact,
            narrator=Narrator(self),
        )

    def _idle(self, kinds: Collection[str]) -> tuple[str, ...]:
        """What is idle, but for the calls of reconciles that are one step here and have none of their own."""
        one_step = tuple(f"{component}." for component in self.scope.whole)
        return tuple([kind for kind in self.idle if kind in kinds or not kind.startswith(one_step)])

    def _objects_that_mention(self) -> list[str]:
        """The objects whose kind says (`mentions`) that a member which they name is not to be replaced by another."""
        kinds = [kind for kind in self.kinds.values() if not kind.slots and getattr(kind.cls, "mentions", False)]
        return [f"{kind.resource}/{name}" for kind in kinds for name in kind.names]

    def _nodes_are_alike(self) -> bool:
        """Whether nothing but its name and its hostname tells a node from another, and no pod asks for these."""
        plain = {
            attrs.evolve(n, name="", labels=tuple([pair for pair in n.labels if pair[0] != HOSTNAME]))
            for n in self.scope.nodes
        }
        return len(plain) == 1 and not self.nodes_are_named

    def applicable(self) -> list[Property]:
        """The properties that can speak of something here."""
        return [p for p in self.properties if self._can_speak(p)]

    def inapplicable(self) -> list[str]:
        """The other properties, by name."""
        return [p.name for p in self.properties if not self._can_speak(p)]

    def _can_speak(self, prop: Property) -> bool:
        names = {component.name for component in self.components}
        return all(cls in self.kinds for cls in prop.about) and names.issuperset(prop.needs)

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
        lines += [line for component in self.components for line in getattr(component, "assumes", ())]
        lines += [f"at most {n} crashes of {c}" for c, n in sorted(self.scope.crashes.items()) if n]
        lines += [f"at most {n} {resource_of(k)} exist or are remembered at once" for k, n in self.scope.slots.items()]
        return tuple(lines)

    def _lay_out_kinds(self) -> None:
        self.kinds = {}
        watched = [cls for component in self.components for cls in component.watches]
        stored = [type(thing) for thing in self.scope.stored]
        for cls in dict.fromkeys((*self.kinds_used, *self.scope.slots, *stored, *watched)):
            if cls is Node and cls not in self.scope.slots:
                continue  # nodes do not change here: they are a part of the scope
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

    def serve(self, see: Reader, request: Request) -> Served:
        """Serve one request in the present state.

        Raises SlotsExhausted when a generated name is needed and none is free.
        """
        return serve(self, see, request)
