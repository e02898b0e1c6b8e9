"""Components that are no controllers: the scheduler, the kubelet, users. Each action is a small generator of
alternatives.

    kubelet = Actor("kubelet", watches=(Pod,), here={"containers": Containers.NONE})

    @kubelet.each(Pod)
    def starts_the_containers(pod, here, api):
        if pod is not None and not pod.deleting and here.containers is Containers.NONE:
            yield here.set(containers=Containers.RUNNING)

A yield is one step that is possible: an effect or a tuple of effects (requests, which are served at once, and changes
of its own variables; a string among them says why). When a request is refused, the effects after it do not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Action, Lens, Reader, Role, Set, Step, StepKind, Update, Var, whole
from kspec.kernel.blame import place_of
from kspec.kernel.errors import SpecError
from kspec.kernel.values import ME, Ref, Value
from kspec.kube.cache import Api, Cache, Cached
from kspec.kube.cluster import Cluster, Seen, Served, Writes, stepped
from kspec.kube.lenses import Latest as LatestLens
from kspec.kube.lenses import LatestField, SeenFields, UpToDate
from kspec.kube.lenses import Seen as SeenLens
from kspec.kube.objects import Node
from kspec.kube.overlay import Overlay
from kspec.kube.requests import Request, Verb
from kspec.kube.scope import member_variable
from kspec.kube.serving import target_of
from kspec.kube.watch import Assume, Pin


@attrs.frozen
class Effect:
    """A change of an actor's own variable."""

    var: Var
    update: Update


class Here:
    """What an actor knows beside its cache: its own variables, the nodes, and (of the others) what it sees."""

    def __init__(self, actor: Actor, cluster: Cluster, see: Reader, kind: type | None, name: str = "") -> None:
        self._actor, self._cluster, self._see, self._kind, self._name = actor, cluster, see, kind, name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._see(self._variable(name))

    def _variable(self, name: str) -> Var:
        kind = self._actor.kind_with(name)
        if kind is not None:
            return name if not self._name else member_variable(self._cluster.kind(kind), self._name, name)
        if name in self._actor.own:
            return f"{self._actor.name}/{name}"
        raise SpecError(f"{self._actor.name} has no variable {name!r}")

    def set(self, **changes: Value) -> tuple[Effect, ...]:
        """Give own variables new values."""
        return tuple([Effect(self._variable(n), Set(value)) for n, value in changes.items()])

    def at(self, thing: Ref | str, variable: str) -> Any:
        """An own variable of another object: of the node on which a pod is, say."""
        return self._see(self._variable_at(thing, variable))

    def set_at(self, thing: Ref | str, **changes: Value) -> tuple[Effect, ...]:
        """Give own variables of another object new values."""
        return tuple([Effect(self._variable_at(thing, n), Set(value)) for n, value in changes.items()])

    def _variable_at(self, thing: Ref | str, variable: str) -> Var:
        kind = self._actor.kind_with(variable)
        if kind is None:
            raise SpecError(f"{self._actor.name} has no variable {variable!r} for each object of a kind")
        if isinstance(thing, Ref):
            return (variable, thing.index)
        return member_variable(self._cluster.kind(kind), thing, variable)

    @property
    def cache(self) -> Cache:
        """All that it has cached."""
        return Cache(self._cluster, self._actor.name, _ask(self._see), _no_choice)

    def assume(self, **changes: Value) -> tuple[Effect, ...]:
        """Put fields of the object into the own cache before the API server's events do."""
        assert self._kind is not None
        kind = self._cluster.kind(self._kind)
        if not kind.is_late(self._actor.name):
            return ()
        merge = not self._cluster.reductions.exact_order
        var = f"{kind.resource}/{self._name}" if self._name else kind.resource
        return tuple([Effect(var, Assume(kind, self._actor.name, f, v, merge)) for f, v in changes.items()])

    @property
    def nodes(self) -> tuple[tuple[Ref, Node], ...]:
        """The nodes that it sees, with their mentions."""
        return self.cache.nodes

    def others(self, *fields: str) -> tuple[Any, ...]:
        """These fields of every other member that the actor sees: a multiset, in which none can be told from
        another."""
        assert self._kind is not None
        kind = self._cluster.kind(self._kind)
        lens = SeenFields(kind, self._actor.name, fields)
        if kind.slots:
            found = self._see.others(kind.resource, lens)
        else:
            found = tuple([self._see(f"{kind.resource}/{n}", lens) for n in kind.names if n != self._name])
        return tuple([answer for answer in found if answer is not None])

    def all(self, variable: str) -> tuple[tuple[Ref, Any], ...]:
        """An own variable of every member of a kind with slots, also of those that do not exist."""
        kind = self._actor.kind_with(variable)
        if kind is None:
            raise SpecError(f"{self._actor.name} has no variable {variable!r} for each object of a kind")
        resource = self._cluster.kind(kind).resource
        return tuple([(Ref(resource, i), value) for i, value in enumerate(self._see.each(variable))])

    def live(self, kind: type, name: str | Ref, field: str) -> Any:
        """One field of an object as the API server has it now (a GET); None if there is no such object."""
        var: Var
        if isinstance(name, Ref):
            var = name.family if name.index == ME else (name.family, name.index)
        else:
            var = self._cluster.kind(kind).variable(name)
        return self._see(var, LatestField(field))


Alternative = Request | Effect | tuple[Any, ...] | str
Act = Callable[..., Iterable[Any]]


@attrs.frozen
class _Named:
    name: str
    act: Act
    kind: type | None
    fair: bool
    heals: bool = False


@attrs.define(eq=False)
class Actor:
    """A component made of small actions. `here`: its variables for each pod (for each `member`, if that is given).

    `there`: its variables for each object of further kinds; `own`: its other variables. `sees`: what its watch of a
    kind selects. `forgets`: which variables for each object are its memory, lost in a crash; `keeps`: which of `own`
    are not (what runs on a node is not its own to lose). `assumes`: its bounds, as the reader of a verdict needs them
    (so many changes, at most).
    """

    name: str
    watches: tuple[type, ...] = ()
    here: Mapping[str, Value] = attrs.field(factory=dict)
    own: Mapping[str, Value] = attrs.field(factory=dict)
    sees: Mapping[type, Callable[[Any], bool]] = attrs.field(factory=dict)
    not_modelled: tuple[str, ...] = ()
    role: Role = Role.COMPONENT
    member: type | None = None
    assumes: tuple[str, ...] = ()
    acts: tuple[_Named, ...] = ()
    there: Mapping[type, Mapping[str, Value]] = attrs.field(factory=dict)
    forgets: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()

    def each(self, kind: type, *, fair: bool | None = None, heals: bool = False) -> Callable[[Act], Act]:
        """An action of each object of a kind: `(object or None, here, api)`. `heals`: of a fault, its end."""
        return self._decorator(kind, fair, heals)

    def once(self, *, fair: bool | None = None, heals: bool = False) -> Callable[[Act], Act]:
        """An action of its own: `(cache, here, api)`. `heals`: of a fault, its end."""
        return self._decorator(None, fair, heals)

    def _decorator(self, kind: type | None, fair: bool | None, heals: bool) -> Callable[[Act], Act]:
        def decorate(function: Act) -> Act:
            is_fair = self.role is Role.COMPONENT if fair is None else fair
            name = function.__name__.replace("_", " ")
            self.acts = (*self.acts, _Named(name, function, kind, is_fair, heals))
            return function

        return decorate

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """What its watch of a kind selects."""
        return self.sees.get(kind)

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """Its own variables."""
        return {f"{self.name}/{variable}": value for variable, value in self.own.items()}

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """Its variables for each member."""
        return self._members

    @property
    def _members(self) -> Mapping[type, Mapping[str, Value]]:
        kind = self.member or next((a.kind for a in self.acts if a.kind is not None), None)
        return {**({kind: self.here} if kind is not None and self.here else {}), **self.there}

    def lost(self, cluster: Cluster) -> Mapping[str, Value]:
        """Its own variables that a crash resets."""
        return {f"{self.name}/{variable}": value for variable, value in self.own.items() if variable not in self.keeps}

    def lost_of_members(self) -> Mapping[type, Mapping[str, Value]]:
        """Its variables for each object that a crash resets."""
        return {kind: {n: x for n, x in vs.items() if n in self.forgets} for kind, vs in self._members.items()}

    def kind_with(self, variable: str) -> type | None:
        """The kind for each object of which it has this variable; None if it is not one of those."""
        return next((kind for kind, variables in self._members.items() if variable in variables), None)

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """It has no memory that events feed."""
        return []

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """One action for each of its functions."""
        for act in self.acts:
            kind = None if act.kind is None else cluster.kind(act.kind)
            if kind is None or kind.slots:
                each = None if kind is None else kind.resource
                yield Action(self.name, act.name, self._steps(cluster, act), each=each, role=self.role, fair=act.fair)
                continue
            for name in kind.names:
                function = self._steps(cluster, act, name)
                yield Action(self.name, act.name, function, about=name, role=self.role, fair=act.fair)

    def _steps(self, cluster: Cluster, act: _Named, name: str = "") -> Callable[[Reader], Iterator[Step]]:
        def steps(see: Reader) -> Iterator[Step]:
            here = Here(self, cluster, see, act.kind, name)
            api = Api(cluster, self.name, self.name)
            first: Any
            if act.kind is None:
                first = here.cache
            else:
                kind = cluster.kind(act.kind)
                view = see(f"{kind.resource}/{name}" if name else kind.resource, SeenLens(kind, self.name))
                first = None if view is None else Cached(kind, self.name, view, name or see.me)
            alternatives = act.act(first, here, api)
            if not isinstance(alternatives, Iterable):
                what = f"{act.act.__name__} must be a generator: yield what it may do, do not return it"
                raise SpecError(f"{place_of(act.act)}: {what}")
            for alternative in alternatives:
                yield self._step(cluster, see, act, alternative)

        return steps

    def _step(self, cluster: Cluster, see: Reader, act: _Named, alternative: Any) -> Step:
        writes: Writes = []
        done: list[Served] = []
        says, refused = "", False
        for effect in _flat(alternative):
            if isinstance(effect, str):
                says = effect
            elif refused:
                continue
            elif isinstance(effect, Request):
                served = self._served(cluster, Overlay(see, writes) if writes else see, effect)
                done.append(served)
                writes += served.writes
                refused = not served.response.code.ok
            else:
                writes.append((effect.var, effect.update))
        if done:
            return attrs.evolve(stepped(done, [], says=says), writes=writes)
        is_fault = self.role is Role.FAULT and not act.heals
        return Step(writes, says=says, kind=StepKind.FAULT if is_fault else StepKind.LOCAL)

    def _served(self, cluster: Cluster, see: Reader, request: Request) -> Served:
        """Serve a request. An update on condition is of the version that the actor sees in this very step.

        If that is the latest, nobody has changed it since, and it raced with none; if it is not, it is refused.
        """
        if not request.reader or request.verb is Verb.GET:
            return cluster.serve(see, request)
        kind = cluster.by_resource(request.resource)
        target = target_of(see, kind, request)
        if target is None or not see(target, UpToDate(kind, self.name)):
            return cluster.serve(see, request)
        served = cluster.serve(Overlay(see, [(target, Pin(request.reader))]), request)
        return attrs.evolve(served, request=attrs.evolve(request, reader=""))


def _flat(alternative: Any) -> Iterator[Any]:
    if isinstance(alternative, tuple):
        for part in alternative:
            yield from _flat(part)
    elif isinstance(alternative, (str, Request, Effect)):
        yield alternative
    else:
        raise SpecError(f"an action yields requests, here.set(...) and a reason, not {alternative!r}")


def _ask(see: Reader) -> Callable[[Any, Lens], Any]:
    def ask(var: Any, lens: Lens = whole) -> Any:
        return see.each(var[1], lens) if isinstance(var, tuple) and var[0] == "each" else see(var, lens)

    return ask


def _no_choice(ways: Sequence[Value]) -> int:
    raise SpecError("an actor's action yields one step for each choice; it has no cache.lowest")


__all__ = ["Actor", "Effect", "Here", "LatestLens"]
