"""Systems: components, scope and properties, closed and ready to explore."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from kspec.kernel.actions import Action
from kspec.kernel.errors import SpecError
from kspec.kernel.properties import Property
from kspec.kernel.values import Value, check_value


@attrs.frozen
class Family:
    """Interchangeable members, and the variables that each has: `Family(3, {"pods": absent})`.

    A family without variables of its own (nodes that nothing is recorded about) only bounds its mentions. `given`:
    what the first members have at the start instead of the initial values, member by member.
    """

    size: int
    variables: Mapping[str, Value] = attrs.field(factory=dict)
    interchangeable: bool = True
    given: tuple[Mapping[str, Value], ...] = ()

    def initial(self, member: int) -> Mapping[str, Value]:
        """What a member's variables are at the start."""
        return {**self.variables, **self.given[member]} if member < len(self.given) else self.variables


def _actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    return tuple(actions)


def _properties(properties: Iterable[Property]) -> tuple[Property, ...]:
    return tuple(properties)


@attrs.frozen
class System:
    """A closed state machine with what must hold of it.

    `variables` maps global names to initial values, `families` family names to their members. `assumptions` and
    `not_modelled` are printed with every verdict. `expected` is `"VIOLATED"` for a known bug, shown on purpose: it
    names the properties that must fail. `again` lays the same system out anew after an engine met `Grew`.
    `idle`: kinds of actions which this scope never enables, on purpose. `exact` lays it out with each watch in its
    exact order, in which a counterexample found in the relaxed order is confirmed. `narrator` tells its traces (see
    kspec.kernel.trace). `uses_incarnations`: its values hold `Uid`s.
    """

    name: str
    variables: Mapping[str, Value]
    actions: tuple[Action, ...] = attrs.field(converter=_actions)
    properties: tuple[Property, ...] = attrs.field(default=(), converter=_properties)
    families: Mapping[str, Family] = attrs.field(factory=dict)
    scope: Mapping[str, Any] = attrs.field(factory=dict)
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    assumptions: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    uses_incarnations: bool = False
    again: Callable[[], System] | None = attrs.field(default=None, eq=False)
    exact: Callable[[], System] | None = attrs.field(default=None, eq=False)
    narrator: Any = attrs.field(default=None, eq=False)

    def __attrs_post_init__(self) -> None:
        owner: dict[str, str] = {}
        for family, members in self.families.items():
            for name in members.variables:
                if name in owner or name in self.variables:
                    raise SpecError(f"system {self.name}: two variables are called {name}")
                owner[name] = family
        names = [p.name for p in self.properties]
        for name in names:
            if names.count(name) > 1:
                raise SpecError(f"system {self.name}: two properties are called {name}")
        for name, value in self.variables.items():
            check_value(value, f"{self.name}: {name}")
        for members in self.families.values():
            for member in range(len(members.given) + 1):
                for name, value in members.initial(member).items():
                    check_value(value, f"{self.name}: {name}")

    def family_of(self, variable: str) -> str | None:
        """The family whose members have this variable; None for a global one. Raises SpecError if there is none."""
        if variable in self.variables:
            return None
        for family, members in self.families.items():
            if variable in members.variables:
                return family
        raise SpecError(f"system {self.name} has no variable {variable!r}")
