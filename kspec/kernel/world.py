"""A system's states and steps, by calling its functions: what every engine means, in the plainest form.

A state is a tuple of values, one for each variable: the global ones first, then family by family, member by
member. Nothing is remembered here between two calls; `reference`, `hypothesis` and `replay` run on this module alone,
and `explicit` is compared with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from kspec.kernel.actions import Action, Lens, Role, Step, Update, Var, whole
from kspec.kernel.errors import SpecError
from kspec.kernel.properties import Happened, happened
from kspec.kernel.system import System
from kspec.kernel.values import ME, Ref, Value, check_value, order_key, rename

State = tuple[Value, ...]

Question = tuple[Any, ...]
"""`("one", position, lens)`, `("each" | "bag", variable, lens)` or `("others", variable, lens)`."""


@attrs.frozen
class Occurrence:
    """One step that is possible in a state: which action, of which member, which of its choices."""

    action: Action
    member: int | None
    choice: int
    step: Step = attrs.field(eq=False)

    @property
    def happened(self) -> Happened:
        """The step as a step invariant sees it."""
        return happened(self.action, self.step)

    @property
    def label(self) -> str:
        """One line that names it, the same in every run."""
        of = "" if self.member is None else f" {self.action.each}#{self.member}"
        what = f": {self.step.action}" if self.step.action else ""
        return f"{self.action.kind}{of}{what}"


class World:
    """The layout of a system's states, and its steps."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.names: list[Var] = list(system.variables)
        start: list[Value] = list(system.variables.values())
        self.members: dict[str, int] = {name: family.size for name, family in system.families.items()}
        self.family_of: dict[str, str] = {}
        for name, family in system.families.items():
            for variable in family.variables:
                self.family_of[variable] = name
            for member in range(family.size):
                for variable, value in family.initial(member).items():
                    self.names.append((variable, member))
                    start.append(value)
        self.initial: State = tuple(start)
        self.uses_incarnations = system.uses_incarnations
        self.position: dict[Var, int] = {name: i for i, name in enumerate(self.names)}
        self.columns: dict[str, tuple[int, ...]] = {
            variable: tuple(self.position[variable, i] for i in range(self.members[family]))
            for variable, family in self.family_of.items()
        }

    def reader(self, state: State, action: Action | None = None, member: int | None = None) -> PlainReader:
        """A reader of one state, for an action of this member."""
        return PlainReader(self, state, action.each if action else None, member)

    def locate(self, var: Var, each: str | None, member: int | None) -> int:
        """The position of a variable as an action of this member names it. Raises SpecError."""
        if isinstance(var, str) and each is not None and self.family_of.get(var) == each:
            assert member is not None
            return self.columns[var][member]
        position = self.position.get(var)
        if position is None:
            raise SpecError(f"system {self.system.name} has no variable {var!r} here")
        return position

    def steps_of(self, state: State, action: Action, member: int | None) -> list[Occurrence]:
        """The steps of one action (of one member) that are possible in a state."""
        reader = self.reader(state, action, member)
        return [Occurrence(action, member, i, step) for i, step in enumerate(action.function(reader))]

    def instances(self) -> Iterator[tuple[Action, int | None]]:
        """Every action with every member that it is of."""
        for action in self.system.actions:
            if action.each is None:
                yield action, None
            else:
                for member in range(self.members[action.each]):
                    yield action, member

    def steps(self, state: State) -> list[Occurrence]:
        """Everything that is possible in a state, in a fixed order."""
        return [x for action, member in self.instances() for x in self.steps_of(state, action, member)]

    def apply(self, state: State, occurrence: Occurrence) -> State:
        """The state after a step."""
        after = list(state)
        each, member = occurrence.action.each, occurrence.member
        for var, update in occurrence.step.writes:
            position = self.locate(var, each, member)
            after[position] = self.updated(var, update, after[position], each, member)
        return tuple(after)

    def updated(self, var: Var, update: Update, old: Value, each: str | None, member: int | None) -> Value:
        """The new value of one variable. In an action of each member, `me` is a placeholder until here."""
        if each is not None:
            assert member is not None
            update = rename(update, each, lambda i: member if i == ME else i)
        try:
            new = update(old)
        except Exception as error:
            raise SpecError(f"update {update!r} of {var!r} failed on {old!r}: {error}") from error
        check_value(new, f"{self.system.name}: {var}")
        return new


class PlainReader:
    """A reader that looks at the state itself, and remembers every question with its answer."""

    def __init__(self, world: World, state: State, each: str | None, member: int | None) -> None:
        self._world, self._state, self._each, self._member = world, state, each, member
        self.asked: dict[Question, Any] = {}

    @property
    def me(self) -> Ref:
        if self._each is None:
            raise SpecError("see.me: this action is not one of each member")
        return Ref(self._each, ME)

    def __call__(self, var: Var, lens: Lens = whole) -> Any:
        position = self._world.locate(var, self._each, self._member)
        if self._each is not None and not isinstance(var, str) and self._world.family_of[var[0]] == self._each:
            raise SpecError(f"an action of each of {self._each} may name no single member: ask see.others or see.each")
        answer = lens(self._state[position])
        self.asked["one", position, lens] = answer
        return answer

    def each(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        answers = tuple([lens(self._state[p]) for p in self._column(var)])
        self.asked["each", var, lens] = answers
        return answers

    def bag(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        answers = tuple(sorted([lens(self._state[p]) for p in self._column(var)], key=order_key))
        self.asked["bag", var, lens] = answers
        return answers

    def others(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        if self._each is None or self._world.family_of.get(var) != self._each:
            raise SpecError(f"see.others({var!r}): this action is not one of each member of its family")
        answers = [lens(self._state[p]) for i, p in enumerate(self._column(var)) if i != self._member]
        found = tuple(sorted(answers, key=order_key))
        self.asked["others", var, lens] = found
        return found

    def _column(self, var: str) -> tuple[int, ...]:
        column = self._world.columns.get(var)
        if column is None:
            raise SpecError(f"system {self._world.system.name} has no family with a variable {var!r}")
        return column


def changes_something(world: World, state: State, occurrence: Occurrence) -> bool:
    """Enabled, for fairness and deadlock: possible, and not a stutter."""
    return world.apply(state, occurrence) != state


def is_component(action: Action) -> bool:
    """Whether the cluster itself acts (not a user, not a fault)."""
    return action.role not in (Role.USER, Role.FAULT)
