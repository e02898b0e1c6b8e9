"""One component followed through a recording: the set of its states that agree with every event so far.

Components share nothing but the objects of the API, and the recording says who committed each version. So the states
of a whole cluster that agree with a recording are a product, with one factor for each component: what its caches have
seen, its memory, its requests in flight. Each factor is searched alone, in a cluster of this component only, in which
everybody else's commits are given; that loses nothing.

The component's cache is late, event by event, in the exact order of each watch. Before each of its own commits all that
it may do without a commit is tried (events reach it, a sync begins, a call is refused). It could as well have done so
earlier, for nobody sees it, with one difference: that it had read what was the latest version until somebody else's
commit. So before that commit the states in which it has read it are tried too. A commit of its own must be the recorded
one, in every field that the model has.

A slot for a pod's name is never used twice (an observer that never hears of anything remembers them all), so that the
number of a pod is its slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from kspec.engines.common import laid_out_again
from kspec.engines.tables import Compiled, Ids, Instance, Tables
from kspec.kernel.actions import Var
from kspec.kernel.errors import Grew
from kspec.kernel.values import Ref
from kspec.kernel.world import World
from kspec.kube.actor import Actor
from kspec.kube.cluster import DELAYED, Cluster, Component, Reductions, Scope
from kspec.kube.objects import Pod
from kspec.kube.serving import commit
from kspec.kube.watch import Learned, Obj
from tests.conformance.recordings.events import KINDS, Event, Recording, described

ARCHIVE = "archive"
MOST_STATES = 20_000
"""How many states are tried before one event; beyond it the recording is not followed any further."""


@attrs.frozen
class Followed:
    """How far a component could be followed. `events`: how many commits are its own, `explained`: how many of them it
    could make.

    `refuted_at`: the position (from 0) of the event that it cannot make, `possible`: what it could have committed
    there. `pending`: what it would still commit at the end, in every state; empty if it may rest. `largest`: the size
    of the largest set of states. `limit`: why it was not followed to the end.
    """

    component: str
    events: int
    explained: int
    largest: int
    refuted_at: int | None = None
    possible: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    limit: str = ""


class TooMany(Exception):
    """More than MOST_STATES states."""


def cluster_of(recording: Recording, component: Component, beside: Sequence[Component] = ()) -> Cluster:
    """The cluster of one component, in which everybody else's commits come from the recording.

    `beside`: its own environment, which commits nothing.
    """
    late = dict.fromkeys((component.name, ARCHIVE), DELAYED)
    return Cluster(
        f"{recording.name}: {component.name}",
        (component, *beside, Actor(ARCHIVE, watches=(Pod,))),
        Scope(slots={Pod: max(recording.pods, 1)}, nodes=recording.nodes, caches=late),
        properties=(),
        kinds_used=KINDS,
        reductions=Reductions(fold=False, one_node=False, exact_order=True),
        learned={cls: Learned(names=recording.names(cls)) for cls in KINDS},
    )


def follow(recording: Recording, component: Component, beside: Sequence[Component] = ()) -> Followed:
    """Follow a component (with its own environment) through all events, or until it cannot make one of its own."""
    cluster = cluster_of(recording, component, beside)
    system = cluster.system()
    environment = tuple([each.name for each in beside])
    while True:
        try:
            return Follower(cluster, World(system), component.name, environment).follow(recording)
        except Grew:
            system = laid_out_again(system)


class Follower:
    """The states of one component's cluster, as numbers (kspec.engines.tables)."""

    def __init__(self, cluster: Cluster, world: World, component: str, environment: tuple[str, ...] = ()) -> None:
        self.cluster, self.world, self.component = cluster, world, component
        cluster._lay_out_kinds()
        self.tables = Tables(world)
        resources = {kind.resource for kind in cluster.kinds.values()}
        self.objects = [
            i
            for i, name in enumerate(world.names)
            if (name if isinstance(name, str) else name[0]).split("/")[0] in resources
        ]
        self.own = [i for i in self.tables.instances if i.action.actor == component]
        self.instances = [*self.own, *[i for i in self.tables.instances if i.action.actor in environment]]
        self.deliveries = [i for i in self.own if i.action.name == "deliver"]

    # ---- the recording

    def follow(self, recording: Recording) -> Followed:
        """See `Followed`."""
        states = {self.tables.initial}
        mine = sum(1 for event in recording.events if self.is_mine(event))
        explained, largest = 0, 1
        for position, event in enumerate(recording.events):
            try:
                if not self.is_mine(event):
                    before = states | self.having_read(states, event)
                    states = {after for state in before for after in self.given(state, event)}
                    largest = max(largest, len(states))
                    continue
                found, possible = self.made(states, event)
            except TooMany:
                why = f"more than {MOST_STATES} states before event {position + 1}"
                return Followed(self.component, mine, explained, largest, limit=why)
            if not found:
                return Followed(self.component, mine, explained, largest, position, tuple(sorted(possible)))
            states, explained = found, explained + 1
            largest = max(largest, len(states))
        try:
            pending = self.pending(states)
        except TooMany:
            return Followed(
                self.component, mine, explained, largest, limit=f"more than {MOST_STATES} states at the end"
            )
        return Followed(self.component, mine, explained, largest, pending=pending)

    def is_mine(self, event: Event) -> bool:
        """Whether this component has to make this commit itself."""
        return event.by == self.component and not event.hidden

    # ---- commits that are given

    def given(self, state: Ids, event: Event) -> list[Ids]:
        """Somebody else's commit, or one of fields that the model does not have.

        Of the latter, when it is the component's own, it may go on with the version that it got in the answer."""
        var = self.variable(event)
        kind = self.cluster.kind(event.cls)
        reader = self.world.reader(self.tables.state(state))
        writes = commit(self.cluster, reader, kind, var, event.after, event.before, event.by)
        after = list(self.tables.state(state))
        place = self.world.locate(var, None, None)
        before = after[place]
        assert isinstance(before, Obj)
        if before.latest != event.before:
            raise AssertionError(f"{event.text}: the cluster holds another version")
        for written, update in writes:
            position = self.world.locate(written, None, None)
            after[position] = self.world.updated(written, update, after[position], None, None)
        found = [self.tables.intern_state(tuple(after))]
        pins = frozenset(pin for pin in before.pins if pin.startswith(f"{self.component}/"))
        if event.by == self.component and pins:
            after[place] = attrs.evolve(after[place], pins=pins)
            found.append(self.tables.intern_state(tuple(after)))
        return found

    def having_read(self, states: set[Ids], event: Event) -> set[Ids]:
        """The states that can be reached without a commit, in which the component has read the version that an event is
        about to replace. Raises TooMany."""
        if isinstance(event.name, int) or event.before is None:
            return (
                set()
            )  # pods are never written on condition of a version, and there is nothing to read before a create
        place = self.world.locate(self.variable(event), None, None)
        return {state for state in self.silently(states) if self.object(place, state).pins}

    def variable(self, event: Event) -> Var:
        """The variable of the object that an event is about."""
        kind = self.cluster.kind(event.cls)
        return (kind.resource, event.name) if isinstance(event.name, int) else f"{kind.resource}/{event.name}"

    # ---- commits that the component makes

    def made(self, states: set[Ids], event: Event) -> tuple[set[Ids], set[str]]:
        """The states after the component has made this commit; what else it could have committed. Raises TooMany."""
        place = self.world.locate(self.variable(event), None, None)
        found: set[Ids] = set()
        possible: set[str] = set()
        for state in self.silently(states):
            for compiled, after in self.steps(state):
                changed = self.committed(state, after)
                if not changed:
                    continue
                if changed == [place] and self.latest(place, after) == event.after:
                    found.add(after)
                elif not found:
                    possible.add(self.told(compiled, state, after, changed))
        return found, possible

    def silently(self, states: set[Ids], instances: Sequence[Instance] | None = None) -> list[Ids]:
        """These states and all that can be reached from them without a commit, by these actions. Raises TooMany."""
        reached = dict.fromkeys(sorted(states))
        queue = list(reached)
        for state in queue:
            for _, after in self.steps(state, instances):
                if after not in reached and not self.committed(state, after):
                    reached[after] = None
                    queue.append(after)
                    if len(queue) > MOST_STATES:
                        raise TooMany
        return queue

    def pending(self, states: set[Ids]) -> tuple[str, ...]:
        """What the component still commits at the end although nothing else happens, if it cannot come to rest.

        By then its environment may have done anything, and does nothing more."""
        wanted: set[str] = set()
        everything = self.silently(states)
        settled = [state for state in everything if not self.enabled(self.deliveries, state)]
        for state in settled:
            commits = {
                self.told(compiled, before, after, self.committed(before, after))
                for before in self.silently({state}, self.own)
                for compiled, after in self.steps(before, self.own)
                if self.committed(before, after)
            }
            if not commits:
                return ()
            wanted |= commits
        return tuple(sorted(wanted))

    # ---- steps

    def steps(self, state: Ids, instances: Sequence[Instance] | None = None) -> list[tuple[Compiled, Ids]]:
        """The component's steps that change something, what is delivered to it, and what its environment does."""
        tables = self.tables
        found = [
            (compiled, tuple(tables.apply(state, compiled.writes)))
            for instance in (self.instances if instances is None else instances)
            for compiled in tables.steps_of(instance, state)
        ]
        return [(compiled, after) for compiled, after in found if after != state]

    def enabled(self, instances: list[Instance], state: Ids) -> bool:
        """Whether one of these actions is possible."""
        return any(self.tables.steps_of(instance, state) for instance in instances)

    def object(self, place: int, state: Ids) -> Obj:
        """The object at this position."""
        obj = self.tables.values[self.tables.column[place]][state[place]]
        assert isinstance(obj, Obj)
        return obj

    def latest(self, place: int, state: Ids) -> Any:
        """The latest version of the object at this position."""
        return self.object(place, state).latest

    def committed(self, before: Ids, after: Ids) -> list[int]:
        """The positions of the objects that have another latest version."""
        return [
            place
            for place in self.objects
            if before[place] != after[place] and self.latest(place, before) != self.latest(place, after)
        ]

    def told(self, compiled: Compiled, before: Ids, after: Ids, changed: list[int]) -> str:
        """A commit in words."""
        lines = []
        for place in changed:
            name = self.world.names[place]
            called = name if isinstance(name, str) else str(Ref(*name))
            lines.append(f"{called} {described(self.latest(place, before), self.latest(place, after))}")
        return f"{compiled.step.action}: {'; '.join(lines)}"
