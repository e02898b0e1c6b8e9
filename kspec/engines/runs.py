"""One run of a system, step by step, judged as it goes: what every engine that samples has in common.

A run knows what is possible in its state, takes one step at a time, and says which safety property that step broke. It
remembers its steps, so that a broken property becomes a trace. Nothing here chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from kspec.engines.canonical import Known, canonical_labels
from kspec.engines.common import ask
from kspec.kernel.actions import Action
from kspec.kernel.errors import ImpureError, SlotsExhausted
from kspec.kernel.properties import Predicate, Property, PropertyKind
from kspec.kernel.world import Occurrence, State, World, changes_something, is_component

Possible = dict[str, list[Occurrence]]
"""What is possible in a state: the occurrences of each kind of action, kinds in the order of the system."""


MOST_PLACES = 50_000
"""So many states are remembered at once; then they are forgotten together, which costs time and changes nothing."""


def occurrences(world: World, state: State, action: Action, member: int | None) -> list[Occurrence]:
    """The steps of one action of one member. Raises SpecError naming an action that fails, SlotsExhausted."""
    found: list[Occurrence] = ask(f"action {action.kind}", world.steps_of, state, action, member)
    return found


@attrs.define
class Blocked:
    """What could not happen for want of names: the families, and whether a component would have acted."""

    families: dict[str, None] = attrs.field(factory=dict)
    component: bool = False


def possible(world: World, state: State, blocked: Blocked) -> Possible:
    """Everything that is possible in a state. Actions that find no name free are noted as blocked."""
    found: Possible = {}
    for action, member in world.instances():
        try:
            steps = occurrences(world, state, action, member)
        except SlotsExhausted as limit:
            blocked.families[limit.family] = None
            blocked.component = blocked.component or is_component(action)
            continue
        if steps:
            found.setdefault(action.kind, []).extend(steps)
    return found


@attrs.define(eq=False)
class Place:
    """What is known of one state: what is possible there, which property it breaks, and which witnesses it is.

    `rests`: no component can change anything. `slots`: families in which a name was needed and none was free.
    """

    state: State
    possible: Possible
    broken: Property | None
    reached: frozenset[str]
    rests: bool
    slots: tuple[str, ...]
    ways: dict[tuple[str, int | None, int], tuple[Place, Property | None]] = attrs.field(factory=dict)


class Places:
    """The states that runs of a system meet, each judged once. Actions and properties are pure, or a check says so."""

    def __init__(self, world: World, properties: Iterable[Property]) -> None:
        self.world = world
        self.properties = tuple(p for p in properties if not p.kind.is_liveness)
        self._places: dict[State, Place] = {}
        self._known = Known(world.names)

    def initial(self) -> Place:
        """Where every run begins."""
        return self._at(self.world.initial)

    def after(self, place: Place, step: Occurrence) -> tuple[Place, Property | None]:
        """Where a step leads, and the property that the step or the state after it breaks."""
        key = (step.action.kind, step.member, step.choice)
        found = place.ways.get(key)
        if found is None:
            after = self.world.apply(place.state, step)
            broken = self._broken_by(place.state, step, after)
            target = self._at(after)
            found = place.ways[key] = target, broken or target.broken
        return found

    def _at(self, state: State) -> Place:
        state = self._known.kept(canonical_labels(self.world, state))
        place = self._places.get(state)
        if place is None:
            if len(self._places) >= MOST_PLACES:
                self._places.clear()
                self._known = Known(self.world.names)
            place = self._places[state] = self._judged(state)
        return place

    def _judged(self, state: State) -> Place:
        reached = frozenset(
            p.name for p in self.properties if p.witness and self._holds(p.witness.name, p.witness.predicate, state)
        )
        broken = self._broken_in(PropertyKind.INVARIANT, state)
        if broken is not None:
            return Place(state, {}, broken, reached, False, ())
        blocked = Blocked()
        possibilities = possible(self.world, state, blocked)
        rests = not blocked.component and not self._moves(state, possibilities)
        broken = self._broken_in(PropertyKind.QUIESCENCE, state) if rests else None
        return Place(state, possibilities, broken, reached, rests, tuple(blocked.families))

    def _moves(self, state: State, possibilities: Possible) -> bool:
        steps = (step for found in possibilities.values() for step in found if is_component(step.action))
        return any(changes_something(self.world, state, step) for step in steps)

    def _broken_in(self, kind: PropertyKind, state: State) -> Property | None:
        mine = (p for p in self.properties if p.kind is kind)
        return next((p for p in mine if not self._holds(p.name, p.predicate, state)), None)

    def _broken_by(self, state: State, step: Occurrence, after: State) -> Property | None:
        before, behind = self.world.reader(state), self.world.reader(after)
        mine = (p for p in self.properties if p.kind is PropertyKind.STEP_INVARIANT)
        asked = (p for p in mine if not ask(f"predicate {p.name}", p.predicate, before, step.happened, behind))
        return next(asked, None)

    def _holds(self, name: str, predicate: Predicate, state: State) -> bool:
        return bool(ask(f"predicate {name}", predicate, self.world.reader(state)))


class Run:
    """One run. `broken` is the property that the last step (or the initial state) broke, and ends the run."""

    def __init__(self, places: Places) -> None:
        self.world = places.world
        self.place = places.initial()
        self.broken = self.place.broken
        self.states: list[State] = [self.place.state]
        self.steps: list[Occurrence] = []
        self._places = places

    @property
    def state(self) -> State:
        """Where the run is."""
        return self.place.state

    @property
    def possible(self) -> Possible:
        """What is possible there; nothing once a property is broken."""
        return {} if self.broken is not None else self.place.possible

    def take(self, step: Occurrence) -> None:
        """Take one step that is possible, and judge it and the state after it."""
        self.place, self.broken = self._places.after(self.place, step)
        self.steps.append(step)
        self.states.append(self.place.state)


# ---- the same story, told shorter


def shortened(world: World, prop: Property, steps: Sequence[Occurrence]) -> Run:
    """A run that breaks the property and needs each of its steps: without any one of them it is not broken.

    Steps are dropped in ever smaller blocks, latest first, and what is left is taken again by its labels; what would
    not be possible without the dropped ones keeps them. Raises ImpureError if the same steps do not break it again.
    """
    places = Places(world, (prop,))
    best = by_labels(places, steps)
    if best is None:
        raise ImpureError(
            f"system {world.system.name}: the steps that broke {prop.name} do not break it when they are taken again; "
            "some action or property is no pure function of what it asks (random, time, a global?)"
        )
    block = max(1, len(best.steps) // 2)
    while True:
        shorter = _without_a_block(places, best, block)
        if shorter is not None:
            best = shorter
            block = min(block, max(1, len(best.steps) // 2))
        elif block == 1:
            return best
        else:
            block //= 2


def _without_a_block(places: Places, run: Run, block: int) -> Run | None:
    for end in range(len(run.steps), 0, -block):
        kept = run.steps[: max(0, end - block)] + run.steps[end:]
        found = by_labels(places, kept)
        if found is not None and len(found.steps) < len(run.steps):
            return found
    return None


def by_labels(places: Places, steps: Sequence[Occurrence]) -> Run | None:
    """A run by steps of these labels, up to where it breaks a property; None if it does not, or cannot be taken."""
    run = Run(places)
    for wanted in steps:
        if run.broken is not None:
            break
        found = [s for s in run.possible.get(wanted.action.kind, ()) if s.label == wanted.label]
        if not found:
            return None
        run.take(next((s for s in found if s.choice == wanted.choice), found[0]))
    return run if run.broken is not None else None
