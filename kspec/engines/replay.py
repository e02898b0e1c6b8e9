"""The independent interpreter: is this trace a behaviour of the system, and does it break what it says it breaks?

It trusts nothing that a search has stored. Each state is computed again from the initial one by the system's functions
and compared with the stored one; then the property is asked again. It shares no code with the engines that search.

A trace diverges when a step is not possible, when it leads elsewhere, or when the property does not fail where the
trace says so. A lasso must close, break its property along the loop as the property's kind demands, and be fair: each
weakly fair kind is taken in the loop, or disabled in some state of it (a stuttering for ever is a loop of one state).
A step that changes nothing counts neither as taken nor as enabled.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from kspec.engines.saved import encoded, read
from kspec.kernel.actions import Action
from kspec.kernel.errors import KspecError, SlotsExhausted, SpecError, UsageError
from kspec.kernel.properties import Property, PropertyKind
from kspec.kernel.result import Verdict
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.values import Value, fields_of, incarnations, is_record, relabel, same
from kspec.kernel.world import Occurrence, State, World, is_component

MOST_NAMED = 5
"""How many of the steps that were possible are told of a divergence."""


@attrs.frozen
class ReplayResult:
    """REPRODUCED, or DIVERGED and where.

    `step`: the number of the step (the first is 1; 0 is the initial state; None: the trace as a whole). `what`: what
    differed. `possible`: labels of what was possible there, most similar to the trace's step first.
    """

    verdict: Verdict
    step: int | None = None
    what: str = ""
    possible: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.verdict is Verdict.REPRODUCED:
            return "every step is possible and leads where the trace says"
        where = "" if self.step is None else f"step {self.step}: "
        named = ", ".join(self.possible[:MOST_NAMED]) or "nothing"
        more = len(self.possible) - MOST_NAMED
        there = f"; possible there: {named}" + (f" and {more} more" if more > 0 else "")
        return f"{where}{self.what}" + ("" if self.step is None else there)


class _Diverged(Exception):
    def __init__(self, step: int | None, what: str, possible: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.result = ReplayResult(Verdict.DIVERGED, step, what, tuple(possible))


def replay(trace: Trace) -> ReplayResult:
    """Execute a trace again. Raises UsageError if its system has no such property, SpecError if a function fails."""
    again = World(trace.world.system)
    try:
        _check_shape(trace, again)
        states, steps = _again(again, trace.states, [step.label for step in trace.steps], trace.steps)
        _check_claim(again, trace, states, steps)
    except _Diverged as diverged:
        return diverged.result
    return ReplayResult(Verdict.REPRODUCED)


# ---- the behaviour


def _check_shape(trace: Trace, world: World) -> None:
    if len(trace.states) != len(trace.steps) + 1:
        raise _Diverged(None, f"{len(trace.states)} states do not belong to {len(trace.steps)} steps")
    for number, state in enumerate(trace.states):
        if len(state) != len(world.names):
            raise _Diverged(number, f"a state of {len(state)} variables; the system has {len(world.names)}")


def _again(
    world: World, wanted: Sequence[State], labels: Sequence[str], steps: Sequence[Occurrence]
) -> tuple[list[State], list[Occurrence]]:
    """The states and steps as the functions give them now."""

    def elsewhere(number: int, state: State) -> str:
        return _difference(world, _canonical(world, wanted[number]), state)

    if elsewhere(0, _canonical(world, world.initial)):
        raise _Diverged(0, f"the initial state differs: {elsewhere(0, _canonical(world, world.initial))}")
    return _walk(world, labels, elsewhere, [step.choice for step in steps])


def _walk(
    world: World, labels: Sequence[str], elsewhere: Callable[[int, State], str], choices: Sequence[int | None]
) -> tuple[list[State], list[Occurrence]]:
    """Take steps of these labels from the initial state, each to a state that is not elsewhere.

    `elsewhere(number, state)` says how a state differs from the one after this many steps; "" if it does not.
    """
    states, taken = [_canonical(world, world.initial)], list[Occurrence]()
    for number, label in enumerate(labels, 1):
        possible = _possible(world, states[-1])
        found = [step for step in possible if step.label == label]
        found.sort(key=lambda step: step.choice != choices[number - 1])
        differences = []
        for step in found:
            after = _canonical(world, world.apply(states[-1], step))
            difference = elsewhere(number, after)
            if not difference:
                taken.append(step)
                states.append(after)
                break
            differences.append(difference)
        else:
            what = f"{label} leads elsewhere: {differences[0]}" if differences else f"{label} is not possible"
            raise _Diverged(number, what, _similar(label, possible))
    return states, taken


def _possible(world: World, state: State) -> list[Occurrence]:
    found: list[Occurrence] = []
    for action, member in world.instances():
        try:
            found += world.steps_of(state, action, member)
        except SlotsExhausted:
            continue  # an action that finds no name free: no step
        except KspecError:
            raise
        except Exception as error:
            raise SpecError(f"action {action.kind} failed: {type(error).__name__}: {error}") from error
    return found


def _similar(label: str, possible: Sequence[Occurrence]) -> list[str]:
    labels = dict.fromkeys(step.label for step in possible)
    return sorted(labels, key=lambda other: -difflib.SequenceMatcher(None, label, other).ratio())


def _canonical(world: World, state: State) -> State:
    if not world.uses_incarnations:
        return state
    labels = {label: i for i, label in enumerate(incarnations(state))}
    return tuple([relabel(value, labels) for value in state])


# ---- what differs


def _difference(world: World, old: State, new: State) -> str:
    """The first variable and field in which two states differ: what the trace has and what the spec gives now."""
    for name, was, now in zip(world.names, old, new, strict=True):
        path = first_difference(was, now)
        if path is not None:
            where, before, after = path
            shown = name if isinstance(name, str) else f"{name[0]}#{name[1]}"
            return f"{shown}{where} is {after!r} and not {before!r}"
    return ""


def first_difference(old: Value, new: Value) -> tuple[str, Value, Value] | None:
    """The path to the first part in which two values differ (`.labels[0]`), with both parts; None: they are equal."""
    if same(old, new):
        return None
    if type(old) is type(new):
        if isinstance(old, tuple) and len(old) == len(new):
            parts = [(f"[{i}]", a, b) for i, (a, b) in enumerate(zip(old, new, strict=True))]
        elif is_record(old):
            parts = [(f".{field}", getattr(old, field), getattr(new, field)) for field in fields_of(type(old))]
        else:
            parts = []
        for step, a, b in parts:
            inner = first_difference(a, b)
            if inner is not None:
                return step + inner[0], inner[1], inner[2]
    return "", old, new


# ---- the claim


def _property(system: System, name: str) -> Property:
    for prop in system.properties:
        if prop.name == name:
            return prop
    close = difflib.get_close_matches(name, [p.name for p in system.properties])
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise UsageError(f"system {system.name} has no property {name}{hint}")


def _check_claim(world: World, trace: Trace, states: Sequence[State], steps: Sequence[Occurrence]) -> None:
    """Ask the property again. Raises _Diverged if it does not say what the trace says."""
    if trace.reading == "run":
        return
    prop = _property(world.system, trace.property)
    last = len(steps)
    if trace.reading == "witness":
        if prop.witness is not None and not _asked(prop.name, prop.witness.predicate, world.reader(states[-1])):
            raise _Diverged(last, f"{prop.witness.name} is not reached at the end")
        return
    if prop.kind.is_liveness:
        _Loop(world, prop, trace.loop_at, states, steps).check()
        return
    readers: tuple[Any, ...] = (world.reader(states[-1]),)
    if prop.kind is PropertyKind.STEP_INVARIANT:
        if not steps:
            raise _Diverged(0, f"{prop.name} is about steps, and there is none")
        after = world.reader(world.apply(states[-2], steps[-1]))
        readers = (world.reader(states[-2]), steps[-1].happened, after)
    if _asked(prop.name, prop.predicate, *readers):
        raise _Diverged(last, f"{prop.name} holds at the end")
    if prop.kind is PropertyKind.QUIESCENCE:
        moving = _changing(world, states[-1], is_component)
        if moving:
            raise _Diverged(last, f"the end is no rest: {moving[0]} can change something")


def _asked(name: str, predicate: Callable[..., Any], *readers: Any) -> bool:
    try:
        return bool(predicate(*readers))
    except KspecError:
        raise
    except Exception as error:
        raise SpecError(f"property {name} failed: {type(error).__name__}: {error}") from error


def _changing(world: World, state: State, wanted: Callable[[Action], bool]) -> list[str]:
    """What can change something in a state: labels, and kinds of actions that would if a name were free."""
    found = []
    for action, member in world.instances():
        if not wanted(action):
            continue
        try:
            steps = world.steps_of(state, action, member)
            found += [step.label for step in steps if world.apply(state, step) != state]
        except SlotsExhausted:
            found.append(action.kind)
    return found


@attrs.frozen
class _Loop:
    """The end of a lasso: what goes on for ever from `states[loop_at]`."""

    world: World
    prop: Property
    loop_at: int | None
    states: Sequence[State]
    steps: Sequence[Occurrence]

    def check(self) -> None:
        """Raise _Diverged unless this is a fair behaviour that breaks the property."""
        last, at = len(self.steps), self.loop_at
        if at is None or not 0 <= at <= last:
            raise _Diverged(last, f"{self.prop.name} is a promise about for ever, and the trace has no loop")
        difference = _difference(self.world, self.states[at], self.states[-1])
        if difference:
            raise _Diverged(last, f"the loop does not close at state {at}: {difference}")
        self._check_broken(at)
        for kind in dict.fromkeys(a.kind for a in self.world.system.actions if a.fair):
            if not self._is_fair_to(kind, at):
                raise _Diverged(last, f"the loop starves {kind}: it can always change something and never does")

    def _check_broken(self, at: int) -> None:
        holds = [_asked(self.prop.name, self.prop.predicate, self.world.reader(state)) for state in self.states]
        kind, last = self.prop.kind, len(self.steps)
        if kind is PropertyKind.EVENTUALLY_ALWAYS and all(holds[at:]):
            raise _Diverged(last, f"{self.prop.name} holds all along the loop")
        if kind is not PropertyKind.EVENTUALLY_ALWAYS and any(holds[at:]):
            raise _Diverged(at + holds[at:].index(True), f"{self.prop.name} holds here, on the loop")
        if kind is PropertyKind.LEADS_TO:
            assert self.prop.given is not None
            since = max((i for i, held in enumerate(holds) if held), default=-1) + 1
            given = [_asked(self.prop.name, self.prop.given, self.world.reader(s)) for s in self.states[since:]]
            if not any(given):
                raise _Diverged(last, f"{self.prop.name}: what leads to it does not hold since it held last")

    def _is_fair_to(self, kind: str, at: int) -> bool:
        for number in range(at, len(self.steps)):
            step = self.steps[number]
            if step.action.kind == kind and self.world.apply(self.states[number], step) != self.states[number]:
                return True
        loop = self.states[at:]
        return any(not _changing(self.world, state, lambda action: action.kind == kind) for state in loop)


# ---- saved traces


def replay_file(path: Path, build: Callable[[Mapping[str, Any]], System]) -> ReplayResult:
    """Execute a saved trace again (ITF, as `kspec.report.itf` writes it) on the system that `build` makes of its `how`.

    Values are compared as they are written. Raises UsageError naming the file and what is wrong with it.
    """
    saved = read(Path(path))
    system = build(saved.how)
    world = World(system)
    try:
        trace = saved.claim(world)

        def elsewhere(number: int, state: State) -> str:
            return saved.difference(number, encoded(trace, state))

        start = elsewhere(0, _canonical(world, world.initial))
        if start:
            raise _Diverged(0, f"the initial state differs: {start}")
        states, steps = _walk(world, saved.labels, elsewhere, [None] * len(saved.labels))
        _check_claim(world, trace, states, steps)
    except _Diverged as diverged:
        return diverged.result
    return ReplayResult(Verdict.REPRODUCED)
