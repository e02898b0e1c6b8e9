"""The story of a trace of any system, in the words of its own variables: for worlds that have no narrator.

Lanes are the actors, beside one for the state itself; what a step changes are the differences of the variables.
Everything is in the order of the system and of the values, so the same trace is always told in the same words.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Literal

from kspec.kernel.actions import Role, StepKind, Var
from kspec.kernel.properties import PropertyKind
from kspec.kernel.trace import Change, Lane, Story, StoryStep, Trace
from kspec.kernel.values import Ref, Uid, Value, children, fields_of, is_record, same
from kspec.kernel.world import Occurrence, State, World

STATE = Lane("the state", "the state", "the truth")
"""The lane of the variables themselves."""

Kind = Literal["safety", "lasso", "stuck", "run"]


def story(trace: Trace) -> Story:
    """Tell a trace."""
    actors = dict.fromkeys(occurrence.action.actor for occurrence in trace.steps)
    return Story(
        system=trace.system,
        property=trace.property,
        sentence=trace.sentence,
        kind=kind_of(trace),
        start={STATE.name: tuple(_initially(trace.world, trace.states[0]))},
        lanes=(*(Lane(actor, actor) for actor in actors), STATE),
        steps=tuple(_step(trace, i) for i in range(len(trace.steps))),
        clause=trace.clause or trace.sentence,
        objects=trace.objects,
        loop_at=None if trace.loop_at is None or trace.loop_at >= len(trace.steps) else trace.loop_at + 1,
        waits=trace.waits,
        store=STATE.name,
    )


def kind_of(trace: Trace) -> Kind:
    """What a trace shows: a run, a loop, a state in which all stops, or a step that breaks something."""
    if trace.reading != "counterexample":
        return "run"
    if trace.loop_at is not None:
        return "lasso" if trace.loop_at < len(trace.steps) else "stuck"
    for found in trace.world.system.properties:
        if found.name == trace.property and found.kind is PropertyKind.QUIESCENCE:
            return "stuck"
    return "safety"


def say(value: Value) -> str:
    """A value in short words: records by their fields, enumerations by their values' names."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, (tuple, frozenset)):
        opening, closing = "()" if isinstance(value, tuple) else "{}"
        return opening + ", ".join(say(part) for part in children(value)) + closing
    if isinstance(value, (Ref, Uid)):
        return repr(value)
    if is_record(value):
        cls = type(value)
        return f"{cls.__name__}({', '.join(f'{f}={say(getattr(value, f))}' for f in fields_of(cls))})"
    return str(value)


def _initially(world: World, state: State) -> Iterator[str]:
    for var, value in zip(world.names, state, strict=True):
        yield f"{_named(world, var)}: {say(value)}"


def _step(trace: Trace, i: int) -> StoryStep:
    occurrence = trace.steps[i]
    step, action = occurrence.step, occurrence.action
    last = i == len(trace.steps) - 1
    return StoryStep(
        number=i + 1,
        actor=action.actor,
        kind=_drawn_as(occurrence),
        action=_what(occurrence),
        says=step.says,
        answer=step.answer,
        changes=tuple(_changes(trace.world, trace.states[i], trace.states[i + 1])),
        breaks=(trace.clause or trace.sentence) if last and kind_of(trace) == "safety" else "",
    )


def _drawn_as(occurrence: Occurrence) -> Literal["call", "deliver", "local", "fault"]:
    if occurrence.action.role is Role.FAULT:
        return "fault"
    if occurrence.action.role is Role.DELIVERY:
        return "deliver"
    kinds: dict[StepKind, Literal["call", "deliver", "local", "fault"]] = {
        StepKind.CALL: "call",
        StepKind.DELIVER: "deliver",
        StepKind.LOCAL: "local",
        StepKind.FAULT: "fault",
    }
    return kinds[occurrence.step.kind]


def _what(occurrence: Occurrence) -> str:
    action = occurrence.action
    words = occurrence.step.action or " ".join(filter(None, (action.name, action.about)))
    return words if occurrence.member is None else f"{words} ({action.each}#{occurrence.member})"


def _changes(world: World, before: State, after: State) -> Iterator[Change]:
    for var, old, new in zip(world.names, before, after, strict=True):
        if not same(old, new):
            yield from _difference(_named(world, var), "", old, new)


def _difference(thing: str, path: str, old: Value, new: Value) -> Iterator[Change]:
    """The fields that differ, as deep as both values are records of one class."""
    if is_record(old) and type(old) is type(new) and len(fields_of(type(old))) > 1:
        for field in fields_of(type(old)):
            a, b = getattr(old, field), getattr(new, field)
            if not same(a, b):
                yield from _difference(thing, f"{path}.{field}" if path else field, a, b)
    else:
        yield Change(thing, path, say(old), say(new))


def _named(world: World, var: Var) -> str:
    if isinstance(var, str):
        return var
    variable, member = var
    return f"{world.family_of[variable]}#{member} {variable}"
