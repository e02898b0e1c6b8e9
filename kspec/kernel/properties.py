"""Properties: what must hold, in a sentence, and how to say what broke."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from kspec.kernel.actions import Action, Reader, Step, Var
from kspec.kernel.errors import SpecError


class PropertyKind(enum.Enum):
    """When a property must hold. `theorem`: for all inputs (see kspec.prove)."""

    INVARIANT = "invariant"
    STEP_INVARIANT = "step invariant"
    QUIESCENCE = "quiescence"
    LEADS_TO = "leads to"
    EVENTUALLY_ALWAYS = "eventually always"
    ALWAYS_EVENTUALLY = "always eventually"
    THEOREM = "theorem"

    @property
    def is_liveness(self) -> bool:
        """Whether a counterexample is a lasso."""
        return self in (self.LEADS_TO, self.EVENTUALLY_ALWAYS, self.ALWAYS_EVENTUALLY)


def _strings(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(items)


@attrs.frozen
class Broken:
    """What a predicate answers when it fails: which clause, about which objects. It is falsy."""

    clause: str
    objects: tuple[str, ...] = attrs.field(default=(), converter=_strings)

    def __bool__(self) -> bool:
        return False


@attrs.frozen
class Happened:
    """The step between two states, as a step invariant sees it.

    `writes`: each variable that was written (in an action of each member its own by bare name), with the name of the
    update's class. `via`, `swapped`, `answer`: see Step.
    """

    actor: str
    action: str
    kind: str
    via: str = ""
    swapped: tuple[tuple[Var, str], ...] = ()
    writes: tuple[tuple[Var, str], ...] = ()
    answer: str = ""


def happened(action: Action, step: Step) -> Happened:
    """A step of an action, as a step invariant sees it."""
    writes = tuple((var, type(update).__name__) for var, update in step.writes)
    return Happened(action.actor, step.action or action.name, action.kind, step.via, step.swapped, writes, step.answer)


Predicate = Callable[[Reader], "bool | Broken"]
StepPredicate = Callable[[Reader, Happened, Reader], "bool | Broken"]


@attrs.frozen
class Witness:
    """Something that must be reachable, so that a property cannot hold for want of anything to hold about."""

    name: str
    predicate: Predicate = attrs.field(eq=False)


@attrs.frozen
class Property:
    """One promise. `name` is its function's name; `sentence` the first sentence of its docstring.

    `predicate` is a `Predicate` (a `StepPredicate` for a step invariant). For *leads to*, `given` is what leads to it.
    `waits` (optional) explains a stuck state: who waits for what, and why that cannot come. `about`: the kinds of
    objects that it speaks of, `needs`: the components (monitors) whose variables it reads; without them it is not
    applicable.
    """

    name: str
    kind: PropertyKind
    sentence: str
    predicate: Callable[..., Any] = attrs.field(eq=False)
    given: Predicate | None = attrs.field(default=None, eq=False)
    witness: Witness | None = None
    waits: Callable[[Reader], tuple[tuple[str, str, str], ...]] | None = attrs.field(default=None, eq=False)
    about: tuple[type, ...] = ()
    needs: tuple[str, ...] = ()


def sentence_of(function: Callable[..., Any]) -> str:
    """The first paragraph of a function's docstring on one line: the sentence that a property claims."""
    text = (function.__doc__ or "").strip().split("\n\n")[0]
    if not text:
        raise SpecError(f"property {function.__name__} has no docstring: its first sentence is what it claims")
    return " ".join(text.split())


Decorator = Callable[[Callable[..., Any]], Property]
Waits = Callable[..., tuple[tuple[str, str, str], ...]]


def _decorator(
    kind: PropertyKind,
    witness: Callable[..., Any] | None,
    about: tuple[type, ...],
    given: Callable[..., Any] | None = None,
    waits: Waits | None = None,
    needs: tuple[str, ...] = (),
) -> Decorator:
    def decorate(function: Callable[..., Any]) -> Property:
        return Property(
            name=function.__name__,
            kind=kind,
            sentence=sentence_of(function),
            predicate=function,
            given=given,
            witness=None if witness is None else Witness(witness.__name__, witness),
            waits=waits,
            about=about,
            needs=needs,
        )

    return decorate


def invariant(
    *, witness: Callable[..., Any] | None = None, about: tuple[type, ...] = (), needs: tuple[str, ...] = ()
) -> Decorator:
    """It holds in every reachable state."""
    return _decorator(PropertyKind.INVARIANT, witness, about, needs=needs)


def step_invariant(
    *, witness: Callable[..., Any] | None = None, about: tuple[type, ...] = (), needs: tuple[str, ...] = ()
) -> Decorator:
    """It holds of every step: `predicate(before, happened, after)`."""
    return _decorator(PropertyKind.STEP_INVARIANT, witness, about, needs=needs)


def quiescence(
    *,
    witness: Callable[..., Any] | None = None,
    about: tuple[type, ...] = (),
    waits: Waits | None = None,
    needs: tuple[str, ...] = (),
) -> Decorator:
    """It holds in every state in which no component can change anything any more."""
    return _decorator(PropertyKind.QUIESCENCE, witness, about, waits=waits, needs=needs)


def leads_to(
    given: Callable[..., Any],
    *,
    witness: Callable[..., Any] | None = None,
    about: tuple[type, ...] = (),
    waits: Waits | None = None,
) -> Decorator:
    """Whenever `given` holds, this holds then or later, in every fair behaviour. `given` is its own witness."""
    return _decorator(PropertyKind.LEADS_TO, witness or given, about, given, waits)


def eventually_always(
    *,
    witness: Callable[..., Any] | None = None,
    about: tuple[type, ...] = (),
    waits: Waits | None = None,
    needs: tuple[str, ...] = (),
) -> Decorator:
    """From some point on it holds for ever, in every fair behaviour (stabilises)."""
    return _decorator(PropertyKind.EVENTUALLY_ALWAYS, witness, about, waits=waits, needs=needs)


def always_eventually(
    *, witness: Callable[..., Any] | None = None, about: tuple[type, ...] = (), waits: Waits | None = None
) -> Decorator:
    """It holds again and again, in every fair behaviour."""
    return _decorator(PropertyKind.ALWAYS_EVENTUALLY, witness, about, waits=waits)
