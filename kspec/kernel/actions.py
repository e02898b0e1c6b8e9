"""The contract between a spec and the engines: readers, lenses, updates, steps, actions.

An action is a pure function from a `Reader` to the steps that are possible. It learns about the world only by
asking the reader; the reader records what was asked and answered. A step says how it changes the world by giving
each variable that it writes a pure update of the old value.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Protocol

import attrs

from kspec.kernel.values import Ref, Value

Var = str | tuple[str, int]
"""A variable's name: `"leader"`, or a member's: `("pods", 2)`. Inside an action of *each* member, the bare name of
a variable of that family is the member's own."""


class Lens(Hashable, Protocol):
    """A small question about one variable: hashable, pure, and it answers with a value."""

    def __call__(self, value: Value, /) -> Value: ...


class Update(Hashable, Protocol):
    """A pure update of one variable: old value to new value. It must be hashable (a frozen attrs class)."""

    def __call__(self, value: Value, /) -> Value: ...


def whole(value: Value) -> Value:
    """The lens that answers with the whole value."""
    return value


@attrs.frozen
class Set:
    """The update that ignores the old value."""

    value: Value

    def __call__(self, old: Value) -> Value:
        return self.value


class Reader(Protocol):
    """What an action may ask. Every question is recorded."""

    @property
    def me(self) -> Ref:
        """In an action of each member: the member itself."""

    def __call__(self, var: Var, lens: Lens = whole) -> Any:
        """Ask one variable one question."""

    def each(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        """Ask every member of the variable's family; the answers in the order of the members."""

    def bag(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        """The same as a sorted multiset: an answer in which no member can be told from another."""

    def others(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        """In an action of each member: the multiset of the answers of all other members."""


def _writes(pairs: Iterable[tuple[Var, Update]]) -> tuple[tuple[Var, Update], ...]:
    return tuple(pairs)


class StepKind(enum.Enum):
    """How a report draws a step."""

    CALL = "call"
    DELIVER = "deliver"
    LOCAL = "local"
    FAULT = "fault"


@attrs.frozen
class Step:
    """One thing that may happen.

    `action` names it in the field's words (`"POST pods"`), `says` gives the reason in one clause, `answer` what came
    back. Only `writes` changes the world; updates of one variable are applied in order. Two steps of one action
    are different steps although they may write the same. `via` names who carried the writes out, where that is not the
    actor itself (the API server); `swapped`, the conditional writes that it granted: variable, and who had read it.
    """

    writes: tuple[tuple[Var, Update], ...] = attrs.field(converter=_writes)
    action: str = ""
    says: str = ""
    answer: str = ""
    kind: StepKind = StepKind.LOCAL
    via: str = ""
    swapped: tuple[tuple[Var, str], ...] = ()


class Role(enum.Enum):
    """Who acts: only components (and what is delivered to them) can be fair."""

    COMPONENT = "component"
    DELIVERY = "delivery"
    USER = "user"
    FAULT = "fault"
    ENVIRONMENT = "environment"


ActionFunction = Callable[[Reader], Iterable[Step]]


@attrs.frozen
class Action:
    """A named kind of transition which an actor owns.

    `each` names a family: one instance of the action for each of its members, which read their own variables by bare
    name and mention themselves as `see.me`. `about` is the fixed object that the action is about, if there is one.
    `fair`: weakly fair (as a kind: `actor.name about`); by default what components do and what is delivered to them is.
    """

    actor: str
    name: str
    function: ActionFunction = attrs.field(eq=False)
    each: str | None = None
    about: str = ""
    role: Role = Role.COMPONENT
    fair: bool = attrs.field()

    @fair.default
    def _fair(self) -> bool:
        return self.role in (Role.COMPONENT, Role.DELIVERY)

    @property
    def kind(self) -> str:
        """The name by which fairness, coverage and traces know this action."""
        return f"{self.actor}.{self.name}" + (f" {self.about}" if self.about else "")
