"""Traces: the finite prefix of a behaviour that a person is shown, as data.

A trace is a sequence of states with the step between each two; a lasso names the state to which the last step returns.
What a person reads (`Story`) is made from it by a narrator, which knows how to speak of the world's objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from kspec.kernel.world import Occurrence, State, World


@attrs.frozen
class Trace:
    """A behaviour of a system: `states[i]` is before `steps[i]`, `states[i + 1]` after it.

    `loop_at`: the last state equals `states[loop_at]`, from where it goes on for ever (a stuttering for ever when there
    are no steps in the loop). `reading`: what it is an example or a counterexample of.
    """

    system: str
    property: str
    sentence: str
    states: tuple[State, ...]
    steps: tuple[Occurrence, ...]
    loop_at: int | None = None
    clause: str = ""
    objects: tuple[str, ...] = ()
    waits: tuple[tuple[str, str, str], ...] = ()
    world: World = attrs.field(kw_only=True, eq=False, repr=False)
    reading: Literal["counterexample", "witness", "run"] = "counterexample"
    how: Mapping[str, Any] = attrs.field(factory=dict, eq=False)


@attrs.frozen
class Change:
    """One field of one object: `old` None, it was not there; `new` None, it is gone; field "" for the whole object.

    `old` "" with a field: of a mapping `new` says only what changed in it."""

    object: str
    field: str
    old: str | None
    new: str | None


@attrs.frozen
class Belief:
    """What an actor believed where it differs from what was true, and what was still on its way to it."""

    believed: str
    truth: str
    pending: tuple[str, ...] = ()


@attrs.frozen
class StoryStep:
    """One row of a story. `upto`: the last number of a fold."""

    number: int
    actor: str
    kind: Literal["call", "deliver", "local", "fault", "fold"]
    action: str
    says: str = ""
    answer: str = ""
    changes: tuple[Change, ...] = ()
    belief: Belief | None = None
    breaks: str = ""
    upto: int | None = None


@attrs.frozen
class Lane:
    """One column of a story."""

    name: str
    title: str
    note: str = ""


@attrs.frozen
class Story:
    """A trace as a person reads it. `store`: the lane where the truth lives (messages go there).

    `left_out`: what was asked for and is not in it, a line each.
    """

    system: str
    property: str
    sentence: str
    kind: Literal["safety", "lasso", "stuck", "run"]
    start: Mapping[str, tuple[str, ...]]
    lanes: tuple[Lane, ...]
    steps: tuple[StoryStep, ...]
    clause: str
    objects: tuple[str, ...] = ()
    loop_at: int | None = None
    waits: tuple[tuple[str, str, str], ...] = ()
    store: str = "api"
    left_out: tuple[str, ...] = ()
