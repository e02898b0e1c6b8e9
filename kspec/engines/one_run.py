"""One run of a system, to be read: what happened is told to all, then the components act in turn; users act when all is
quiet, and faults come last."""

from __future__ import annotations

from collections.abc import Callable

from kspec.engines.canonical import canonical_labels
from kspec.engines.common import laid_out_again
from kspec.kernel.actions import Action, Role
from kspec.kernel.errors import Grew
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.world import Occurrence, State, World, is_component

LONGEST_RUN = 400
"""A run that has not come to rest by then is told as far as it went."""

SENTENCE = "One run: who does what, until all is quiet."


def one_run(system: System, *, longest: int = LONGEST_RUN) -> Trace:
    """A run from the initial state, of at most so many steps, as a trace. Raises SpecError if the system cannot be laid
    out."""
    while True:
        try:
            return _run(World(system), longest)
        except Grew:
            system = laid_out_again(system)


def _run(world: World, longest: int) -> Trace:
    states, steps = [canonical_labels(world, world.initial)], list[Occurrence]()
    been = {states[0]}
    while len(steps) < longest:
        found = _next(world, states[-1], steps[-1] if steps else None, been)
        if found is None:
            break
        step, state = found
        steps.append(step)
        states.append(state)
        been.add(state)
    return Trace(world.system.name, "run", SENTENCE, tuple(states), tuple(steps), world=world, reading="run")


def _next(world: World, state: State, last: Occurrence | None, been: set[State]) -> tuple[Occurrence, State] | None:
    """What happens next, to a state where the run has not been: a component goes on with what it does, then others."""
    instances = list(world.instances())
    for takes_its_turn in _turns(last):
        for action, member in instances:
            if not takes_its_turn(action):
                continue
            for step in world.steps_of(state, action, member):
                after = canonical_labels(world, world.apply(state, step))  # else a new uid is one that is still known
                if after not in been:
                    return step, after
    return None


def _turns(last: Occurrence | None) -> tuple[Callable[[Action], bool], ...]:
    """Who is asked first, and who then."""

    def goes_on(action: Action) -> bool:
        return is_component(action) and last is not None and action.actor == last.action.actor and action.name == "call"

    def is_told(action: Action) -> bool:
        return is_component(action) and action.role is Role.DELIVERY

    def is_user(action: Action) -> bool:
        return action.role is Role.USER

    def anybody(action: Action) -> bool:
        return True

    return goes_on, is_told, is_component, is_user, anybody
