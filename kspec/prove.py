"""What an author writes for `kspec prove`: decisions, transition systems, theorems about them, and their premises.

    @decision("deployment.fenceposts")
    def fenceposts(surge: int | Percent, unavailable: int | Percent, replicas: int) -> Bounds:
        return decisions.resolve_fenceposts(surge, unavailable, replicas)

    @fenceposts.theorem()
    def never_both_are_zero(surge: int | Percent, unavailable: int | Percent, replicas: Natural) -> bool:
        \"\"\"maxSurge and maxUnavailable are never both zero.\"\"\"
        bounds = decisions.resolve_fenceposts(surge, unavailable, replicas)
        return bounds.surge != 0 or bounds.unavailable != 0

A theorem is an ordinary function that returns `bool`: a test can call it, Hypothesis can draw its inputs, and the z3
engine runs it on symbolic numbers. It is PROVED when no input that meets its premises makes it return False or raise.

Parameters may be `int` (any integer: there is no overflow), `Natural`, `Positive`, `bool`, enumerations, `Literal`,
`None`, unions of these, frozen attrs records of these and tuples of fixed length. This module imports no solver.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, get_type_hints

import attrs

from kspec.kernel.errors import SpecError
from kspec.kernel.properties import Property, PropertyKind, sentence_of
from kspec.kernel.registry import registry

# ---- bounds in types


@attrs.frozen
class AtLeast:
    """A bound in a parameter's type: `Annotated[int, AtLeast(1)]`."""

    least: int


@attrs.frozen
class AtMost:
    """A bound in a parameter's type: `Annotated[int, AtMost(100)]`."""

    most: int


Natural = Annotated[int, AtLeast(0)]
"""0, 1, 2, ..."""

Positive = Annotated[int, AtLeast(1)]
"""1, 2, 3, ..."""

# ---- premises


class Dropped(BaseException):
    """An input does not meet a premise. A `BaseException`, so that no `except Exception` on the way swallows it."""


_heard: dict[str, None] | None = None


def assume(condition: bool, premise: str) -> None:
    """Go on only if `condition` holds. `premise` says it in words, and is printed with the theorem's verdict.

    Raises `Dropped` otherwise, which says nothing against the theorem.
    """
    if _heard is not None:
        _heard.setdefault(premise)
    if not condition:
        raise Dropped(premise)


@contextlib.contextmanager
def listening() -> Iterator[dict[str, None]]:
    """Collect the premises that are stated while the body runs, in order of first statement."""
    global _heard
    before, _heard = _heard, {}
    try:
        yield _heard
    finally:
        _heard = before


# ---- what is proved


Parameters = Mapping[str, Any]
"""Names of inputs and their types, in order."""


def parameters_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The parameters of a function with their types. Raises SpecError if one has none, or one that cannot be found."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise SpecError(f"{_place(function)}: {error}; types must be defined at the top of a module") from error
    names = list(inspect.signature(function).parameters)
    for name in names:
        if name not in hints:
            raise SpecError(f"{_place(function)}: parameter {name} has no type, so no input can be made for it")
    return {name: hints[name] for name in names}


def _place(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}" if code is not None else function.__module__
    return f"{where}: {function.__name__}"


Tell = Callable[..., str]
"""Says in words what an input is and what follows from it; called with the theorem's arguments."""


@attrs.frozen
class Theorem:
    """One promise for all inputs.

    `tell` words a counterexample. `witness`: a predicate over the same inputs that some input meeting the premises
    must make true, so that the theorem is about something. `neighbour_of`: it is false on purpose, and `smallest` are
    those numbers of its smallest counterexample that are not 0.
    """

    name: str
    subject: Decision[..., Any] | TransitionSystem
    sentence: str
    function: Callable[..., bool]
    tell: Tell | None = None
    witness: Callable[..., bool] | None = None
    neighbour_of: str | None = None
    smallest: Mapping[str, int] = attrs.field(factory=dict)

    def __call__(self, *args: Any, **kwargs: Any) -> bool:
        """The theorem on these inputs. Raises Dropped if they do not meet its premises."""
        return self.function(*args, **kwargs)

    @property
    def property(self) -> Property:
        """It as a property."""
        return Property(self.name, PropertyKind.THEOREM, self.sentence, self.function)

    def false_neighbour(
        self, smallest: Mapping[str, int], *, tell: Tell | None = None
    ) -> Callable[[Callable[..., bool]], Theorem]:
        """The decorated function is false although it sounds much like this theorem: it shows where the truth ends.

        Its smallest counterexample must have exactly the numbers `smallest` (inputs that are 0 left out).
        """

        def decorate(function: Callable[..., bool]) -> Theorem:
            return _register(
                Theorem(
                    function.__name__,
                    self.subject,
                    sentence_of(function),
                    function,
                    tell or self.tell,
                    neighbour_of=self.name,
                    smallest=dict(smallest),
                )
            )

        return decorate


def _register(theorem: Theorem) -> Theorem:
    other = registry.theorems.get(theorem.name)
    if other is not None and other.function.__module__ != theorem.function.__module__:
        raise SpecError(f"{_place(theorem.function)}: there is a theorem of this name in {other.function.__module__}")
    registry.theorems[theorem.name] = theorem
    return theorem


P = ParamSpec("P")
R = TypeVar("R", covariant=True)


@attrs.frozen
class Decision(Generic[P, R]):
    """A decision in the shape in which it is lifted: how many members each tuple has."""

    name: str
    doc: str
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The decision itself."""
        return self.function(*args, **kwargs)

    def theorem(
        self, *, tell: Tell | None = None, witness: Callable[..., bool] | None = None
    ) -> Callable[[Callable[..., bool]], Theorem]:
        """The decorated function, which returns bool, holds for all inputs that meet its premises."""

        def decorate(function: Callable[..., bool]) -> Theorem:
            found = Theorem(function.__name__, self, sentence_of(function), function, tell, witness)
            return _register(found)

        return decorate


def decision(name: str) -> Callable[[Callable[P, R]], Decision[P, R]]:
    """Name the decorated function, which calls a decision, as a subject of theorems (`component.decision`).

    The lifted decision is compared with the plain one on every path and on random inputs, result by result.
    """

    def decorate(function: Callable[P, R]) -> Decision[P, R]:
        return Decision(name, sentence_of(function), function)

    return decorate


@attrs.frozen
class TransitionSystem:
    """States, how they begin and how they go on; its theorems are invariants of every reachable state.

    `step(state, **move)` answers with the next state for an arbitrary move, and sees nothing but these: who moves,
    and how many there are, must make no difference to it. `tell(before, after, **move)` words one step. `runs`: how
    many moves a search for a real counterexample goes when induction fails.
    """

    name: str
    doc: str
    initial: Callable[..., Any]
    step: Callable[..., Any]
    tell: Tell | None = None
    runs: int = 4

    @property
    def state(self) -> tuple[str, Any]:
        """The name and type of the step's first parameter."""
        return next(iter(parameters_of(self.step).items()))

    @property
    def moves(self) -> dict[str, Any]:
        """The parameters of one move."""
        return dict(list(parameters_of(self.step).items())[1:])

    def inductive(self) -> Callable[[Callable[..., bool]], Theorem]:
        """The decorated predicate of a state holds in every reachable state.

        It is proved by induction, together with the other invariants of the system: true at the beginning, and kept
        by every step from any state in which all of them are true.
        """

        def decorate(function: Callable[..., bool]) -> Theorem:
            return _register(Theorem(function.__name__, self, sentence_of(function), function))

        return decorate


def transition_system(
    name: str, *, initial: Callable[..., Any], tell: Tell | None = None, runs: int = 4
) -> Callable[[Callable[..., Any]], TransitionSystem]:
    """The decorated function is the step of a transition system that begins in the states of `initial`."""

    def decorate(step: Callable[..., Any]) -> TransitionSystem:
        return TransitionSystem(name, sentence_of(step), initial, step, tell, runs)

    return decorate
