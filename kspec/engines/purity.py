"""Is each action a pure function of what it asks, and does it treat interchangeable members alike?

Everything that the engines do rests on these two: learned tables and replay on purity, folding on equivariance.
Neither can be proved of Python code, so both are tried on sampled states, and the offender is named with the field
that differed.

*Pure*: each action of each member is called whenever the sampling comes by a state, then twice in a row, then once more
on an equal state that is built anew (its sets filled in the opposite order), with all states and actions in the
opposite order. All calls must ask the same
questions and give the same steps. That finds counters, randomness, clocks, mutable memory, the order of a set, and most
uses of identity. Properties are tried in the same way.

*Equivariant*: two members are swapped in the whole state (their variables, and every mention of them). What is
possible afterwards must be what was possible before, with the members swapped. States that differ only in who is who
count as one, as they do for folding: taking the first of several members that nothing tells apart (a free name) is no
offence.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.engines.canonical import canonical_labels
from kspec.engines.common import ask
from kspec.engines.replay import first_difference
from kspec.kernel.actions import Action, Step
from kspec.kernel.errors import ImpureError, SlotsExhausted
from kspec.kernel.properties import Property, PropertyKind
from kspec.kernel.system import System
from kspec.kernel.values import Value, is_record, loose, order_key, rename, same
from kspec.kernel.world import Occurrence, Question, State, World

MOST_RENAMINGS = 5040
"""How many renamings of members are tried before two states count as the same but for who is who."""


LONGEST_WALK = 60
"""Steps of one walk of the sampling, at most."""


def sample_states(system: System, n: int, seed: int) -> list[State]:
    """Up to `n` distinct states met on random walks, the initial one first; the same ones for the same seed.

    A step's kind is drawn first, so that actions with many choices do not crowd out the others. Raises ImpureError
    when a walk comes by a state for the second time and something else is possible there.
    """
    world, rng = World(system), random.Random(seed)
    initial = canonical_labels(world, world.initial)
    found: dict[State, dict[str, list[Occurrence]]] = {}
    for _ in range(max(4, n)):
        state = initial
        for _ in range(LONGEST_WALK):
            kinds = _possible_again(world, state, found)
            if len(found) >= n:
                return list(found)
            if not kinds:
                break
            state = canonical_labels(world, world.apply(state, rng.choice(kinds[rng.choice(list(kinds))])))
    return list(found)


def _possible_again(
    world: World, state: State, known: dict[State, dict[str, list[Occurrence]]]
) -> dict[str, list[Occurrence]]:
    """What is possible in a state, by kind; compared with what was when the state was met first."""
    kinds: dict[str, list[Occurrence]] = {}
    for action, member in world.instances():
        steps = _call(world, state, action, member).steps
        if state in known:
            first = [o.step for o in known[state].get(action.kind, ()) if (o.action, o.member) == (action, member)]
            _compare(world, state, action, member, Call({}, tuple(first)), Call({}, steps))
        if steps:
            kinds.setdefault(action.kind, []).extend(Occurrence(action, member, i, s) for i, s in enumerate(steps))
    return known.setdefault(state, kinds)


# ---- purity


@attrs.frozen
class Call:
    """What one call of an action asked and yielded. `slots`: the family in which it found no name free."""

    asked: Mapping[Question, Any]
    steps: tuple[Step, ...]
    slots: str = ""


def check_purity(system: System, states: Iterable[State]) -> None:
    """Raise ImpureError naming an action or a property that answers differently on the same state."""
    world, kept = World(system), list(states)
    calls: list[tuple[Action, int | None, State, Call]] = []
    truths: list[tuple[Property, State, bool]] = []
    for state in kept:
        for action, member in world.instances():
            first = _call(world, state, action, member)
            _compare(world, state, action, member, first, _call(world, state, action, member))
            calls.append((action, member, state, first))
        for prop in filter(_is_of_states, system.properties):
            truths.append((prop, state, _truth(world, prop, state)))
            _compare_truth(world, *truths[-1])
    for action, member, state, first in reversed(calls):
        again = built_anew(state)
        _compare(world, state, action, member, first, _call(world, again, action, member))
    for prop, state, truth in reversed(truths):
        _compare_truth(world, prop, built_anew(state), truth)


def built_anew(value: Value) -> Value:
    """An equal value in which every tuple, set and record is another object, and sets were filled in another order."""
    if isinstance(value, frozenset):
        return frozenset([built_anew(part) for part in sorted(value, key=order_key, reverse=True)])
    if isinstance(value, tuple):
        return tuple([built_anew(part) for part in value])
    if is_record(value):
        given = [field for field in attrs.fields(type(value)) if field.init]
        return type(value)(**{field.alias or field.name: built_anew(getattr(value, field.name)) for field in given})
    return value


def _is_of_states(prop: Property) -> bool:
    return prop.kind not in (PropertyKind.STEP_INVARIANT, PropertyKind.THEOREM)


def _compare_truth(world: World, prop: Property, state: State, truth: bool) -> None:
    """Raise ImpureError unless a property says the same of a state again."""
    if _truth(world, prop, state) != truth:
        raise ImpureError(f"property {prop.name} is no pure function: of one state it says {truth} and {not truth}")


def _truth(world: World, prop: Property, state: State) -> bool:
    return bool(ask(f"predicate {prop.name}", prop.predicate, world.reader(state)))


def _call(world: World, state: State, action: Action, member: int | None) -> Call:
    reader = world.reader(state, action, member)

    def steps() -> tuple[Step, ...]:
        return tuple(action.function(reader))

    try:
        return Call(reader.asked, ask(f"action {action.kind}", steps))
    except SlotsExhausted as limit:
        return Call(reader.asked, (), limit.family)


def _compare(world: World, state: State, action: Action, member: int | None, one: Call, two: Call) -> None:
    """Raise ImpureError unless two calls of an action on one state are the same."""
    difference = _difference(world, state, action, member, one, two)
    if difference:
        of = "" if member is None else f" of {action.each}#{member}"
        raise ImpureError(
            f"action {action.kind}{of} is no pure function of what it asks: called twice on one state, {difference} "
            "(does it read a global, a clock, random numbers, or the order of a set?)"
        )


def _difference(world: World, state: State, action: Action, member: int | None, one: Call, two: Call) -> str:
    if one.slots != two.slots:
        return "it ran out of names once and not the other time"
    if len(one.steps) != len(two.steps):
        return f"it yields {len(one.steps)} steps and then {len(two.steps)}"
    for i, (a, b) in enumerate(zip(one.steps, two.steps, strict=True)):
        for name in ("action", "says", "answer", "kind", "via", "swapped"):
            if getattr(a, name) != getattr(b, name):
                return f"the {name} of step {i + 1} is {getattr(a, name)!r} and then {getattr(b, name)!r}"
        if [var for var, _ in a.writes] != [var for var, _ in b.writes]:
            return f"step {i + 1} writes {_written(a)} and then {_written(b)}"
        after = [world.apply(state, Occurrence(action, member, i, step)) for step in (a, b, a)]
        for other in after[1:]:
            difference = _changed(world, after[0], other)
            if difference:
                return f"step {i + 1} makes {difference}"
    if set(one.asked) != set(two.asked):
        return "it asks other questions the second time"
    return ""


def _written(step: Step) -> str:
    return ", ".join(repr(var) for var, _ in step.writes) or "nothing"


def _changed(world: World, one: State, two: State) -> str:
    """The first variable and field in which two states differ."""
    for name, a, b in zip(world.names, one, two, strict=True):
        found = first_difference(a, b)
        if found is not None:
            shown = name if isinstance(name, str) else f"{name[0]}#{name[1]}"
            return f"{shown}{found[0]} {found[1]!r} and then {found[2]!r}"
    return ""


# ---- equivariance


def check_equivariance(system: System, states: Iterable[State]) -> None:
    """Raise ImpureError naming an action or a property that tells interchangeable members of a family apart.

    In each state, one pair of neighbours of each family is swapped, another pair in the next state.
    """
    world = World(system)
    families = [name for name, family in system.families.items() if family.interchangeable and family.size > 1]
    for number, state in enumerate(states):
        for family in families:
            first = number % (world.members[family] - 1)
            _check_swap(world, families, state, family, first, first + 1)


def swapped(world: World, state: State, family: str, one: int, two: int) -> State:
    """The state with two members swapped: their variables, and every mention of them."""
    to = list(range(world.members[family]))
    to[one], to[two] = two, one
    return renamed(world, state, family, to)


def renamed(world: World, state: State, family: str, to: Sequence[int]) -> State:
    """The state in which member `i` of a family has become member `to[i]`."""
    new = [rename(value, family, to.__getitem__) for value in state]
    for variable, owner in world.family_of.items():
        if owner == family:
            column = world.columns[variable]
            moved = [new[column[i]] for i in range(len(to))]
            for i, value in enumerate(moved):
                new[column[to[i]]] = value
    return tuple(new)


def _check_swap(world: World, families: Sequence[str], state: State, family: str, one: int, two: int) -> None:
    other = swapped(world, state, family, one, two)
    for prop in world.system.properties:
        if _is_of_states(prop) and _truth(world, prop, state) != _truth(world, prop, other):
            raise ImpureError(
                f"property {prop.name} tells members of {family} apart: it changes its mind when {family}#{one} and "
                f"{family}#{two} are swapped"
            )
    to = {one: two, two: one}
    for action, member in world.instances():
        image = to.get(member, member) if member is not None and action.each == family else member
        before = _outcomes(world, state, action, member)
        after = _outcomes(world, other, action, image)
        if before is None or after is None:
            continue
        expected = {loose(canonical_labels(world, swapped(world, s, family, one, two))): None for s in before}
        difference = _unmatched(world, families, expected, after)
        if difference:
            raise ImpureError(
                f"action {action.kind} tells members of {family} apart: with {family}#{one} and {family}#{two} swapped "
                f"it {difference} (does it break a tie by the order of members? yield a step for each instead)"
            )


def _outcomes(world: World, state: State, action: Action, member: int | None) -> dict[State, None] | None:
    """The states to which an action of a member leads; None when it found no name free."""
    try:
        steps = ask(f"action {action.kind}", world.steps_of, state, action, member)
        return {loose(canonical_labels(world, world.apply(state, step))): None for step in steps}
    except SlotsExhausted:
        return None


def _unmatched(
    world: World, families: Sequence[str], expected: Mapping[State, None], found: Mapping[State, None]
) -> str:
    """How two sets of states differ, apart from who is who; "" if they do not."""
    missing = [s for s in expected if s not in found and not _is_one_of(world, families, s, found)]
    surplus = [s for s in found if s not in expected and not _is_one_of(world, families, s, expected)]
    if not missing and not surplus:
        return ""
    if missing and surplus:
        return f"makes {_changed(world, missing[0], surplus[0])}".replace(
            " and then ", " where the swap of its step makes "
        )
    return f"yields {len(found)} different outcomes and not {len(expected)}"


def _is_one_of(world: World, families: Sequence[str], state: State, others: Iterable[State]) -> bool:
    return any(_same_but_for_names(world, families, state, other) for other in others)


def _same_but_for_names(world: World, families: Sequence[str], one: State, two: State) -> bool:
    """Whether some renaming of interchangeable members makes one state the other (or there are too many to try)."""
    if math.prod(math.factorial(world.members[family]) for family in families) > MOST_RENAMINGS:
        candidates = [list(_plausible(world, family, one, two)) for family in families]
        if math.prod(len(found) for found in candidates) > MOST_RENAMINGS:
            return True
    else:
        candidates = [list(itertools.permutations(range(world.members[family]))) for family in families]
    for choice in itertools.product(*candidates):
        image = one
        for family, to in zip(families, choice, strict=True):
            image = renamed(world, image, family, to)
        if same(loose(canonical_labels(world, image)), two):
            return True
    return False


def _plausible(world: World, family: str, one: State, two: State) -> Iterator[tuple[int, ...]]:
    """The renamings under which each member keeps its variables, as far as they mention nobody."""
    size = world.members[family]

    def rows(state: State) -> list[tuple[Value, ...]]:
        columns = [world.columns[v] for v, owner in world.family_of.items() if owner == family]
        return [tuple([_nameless(world, state[column[i]]) for column in columns]) for i in range(size)]

    ours, theirs = rows(one), rows(two)
    fits = [[j for j in range(size) if theirs[j] == row] for row in ours]
    yield from itertools.islice(_assignments(fits, ()), MOST_RENAMINGS + 1)


def _assignments(fits: Sequence[Sequence[int]], chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if len(chosen) == len(fits):
        yield chosen
        return
    for j in fits[len(chosen)]:
        if j not in chosen:
            yield from _assignments(fits, (*chosen, j))


def _nameless(world: World, value: Value) -> Value:
    for family in world.members:
        value = rename(value, family, lambda _: 0)
    return value
