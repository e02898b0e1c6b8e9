"""Tiny models, named for what they provoke."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step
from kspec.kernel.errors import Grew, SlotsExhausted
from kspec.kernel.properties import (
    Broken,
    Happened,
    Property,
    always_eventually,
    eventually_always,
    invariant,
    leads_to,
    quiescence,
    step_invariant,
)
from kspec.kernel.system import System
from kspec.kernel.values import Uid


@attrs.frozen
class Add:
    """The update that adds."""

    n: int

    def __call__(self, old: int) -> int:
        return old + self.n


def counts(to: int | None, before: Callable[[int], None] | None = None) -> Action:
    """An action that counts `n` up to a number, or for ever. `before` is called with each number that it sees."""

    def count(see: Reader) -> Iterable[Step]:
        n = see("n")
        if before is not None:
            before(n)
        if to is None or n < to:
            yield Step([("n", Add(1))])

    return Action("counter", "count", count)


def reaches(n: int) -> Callable[[Reader], bool]:
    """The witness for: the number is reached."""

    def reached(see: Reader) -> bool:
        return bool(see("n") == n)

    return reached


@invariant()
def n_is_never_negative(see: Reader) -> bool:
    """The number is not negative."""
    return bool(see("n") >= 0)


@invariant()
def n_stays_below_five(see: Reader) -> bool | Broken:
    """The number stays below five."""
    return see("n") < 5 or Broken(f"n is {see('n')}", ["n"])


@eventually_always()
def n_settles_at_ten(see: Reader) -> bool:
    """In the end the number is ten."""
    return bool(see("n") == 10)


@step_invariant()
def n_grows_by_one(before: Reader, happened: Happened, after: Reader) -> bool | Broken:
    """A step adds one, or changes nothing."""
    grown = after("n") - before("n")
    return grown in (0, 1) or Broken(f"{happened.kind} by {happened.actor} added {grown}")


@quiescence()
def it_ends_at_ten(see: Reader) -> bool | Broken:
    """When nothing can happen any more, the number is ten."""
    return see("n") == 10 or Broken(f"it ended at {see('n')}")


@always_eventually()
def n_is_zero_again_and_again(see: Reader) -> bool:
    """The number is zero again and again."""
    return bool(see("n") == 0)


@leads_to(reaches(1))
def one_leads_to_ten(see: Reader) -> bool:
    """After one there comes ten."""
    return bool(see("n") == 10)


ALL = (
    n_is_never_negative,
    n_stays_below_five,
    n_settles_at_ten,
    n_grows_by_one,
    it_ends_at_ten,
    n_is_zero_again_and_again,
    one_leads_to_ten,
)


def counter(to: int | None = 10, *, properties: Iterable[Property] = ALL, **more: Callable[[int], None]) -> System:
    """It counts, to a number or for ever."""
    return System(name="tiny.counter", variables={"n": 0}, actions=[counts(to, **more)], properties=properties)


def interrupted_at(n: int) -> System:
    """Somebody presses Ctrl-C when it has counted so far."""

    def press(seen: int) -> None:
        if seen == n:
            raise KeyboardInterrupt

    return counter(None, before=press)


def stops_for_want_of_names(at: int, to: int = 10) -> System:
    """The counter needs a name for each number and has so many, while a user may always set it back to zero."""

    def count(see: Reader) -> Iterable[Step]:
        n = see("n")
        if n == at:
            raise SlotsExhausted("pods")
        if n < to:
            yield Step([("n", Add(1))])

    def reset(see: Reader) -> Iterable[Step]:
        if see("n"):
            yield Step([("n", Set(0))])

    actions = [Action("counter", "count", count), Action("user", "reset", reset, role=Role.USER)]
    return System(name="tiny.names", variables={"n": 0}, actions=actions, properties=ALL)


def grows(to: int, *, again: bool = True) -> System:
    """The world turns out to need one more variable, `to` times, before it can be explored."""

    def lay_out(size: int) -> System:
        def count(see: Reader) -> Iterable[Step]:
            n = see("n")
            if n == size < to:
                raise Grew
            if n < to:
                yield Step([("n", Add(1)), (f"v{n}", Set(n))])

        return System(
            name="tiny.grows",
            variables={"n": 0, **{f"v{i}": -1 for i in range(size)}},
            actions=[Action("counter", "count", count)],
            properties=[n_is_never_negative],
            again=(lambda: lay_out(size + 1)) if again else None,
        )

    return lay_out(0)


def a_user_may_rest(*, stutters: bool) -> System:
    """Only a user can move on; a fair component can at most do something that changes nothing."""

    def work(see: Reader) -> Iterable[Step]:
        if stutters:
            yield Step([("n", Set(see("n")))])

    def go(see: Reader) -> Iterable[Step]:
        if see("n") < 10:
            yield Step([("n", Set(10))])

    actions = [Action("component", "work", work), Action("user", "go", go, role=Role.USER)]
    properties = [n_settles_at_ten, it_ends_at_ten]
    return System(name="tiny.rest", variables={"n": 0}, actions=actions, properties=properties)


def never_rests() -> System:
    """Two components pass a token for ever: no state is quiescent."""

    def toggle(to: int) -> Callable[[Reader], Iterable[Step]]:
        def act(see: Reader) -> Iterable[Step]:
            if see("n") != to:
                yield Step([("n", Set(to))])

        return act

    actions = [Action("a", "pass", toggle(1)), Action("b", "pass", toggle(0))]
    properties = [it_ends_at_ten, n_is_zero_again_and_again]
    return System(name="tiny.token", variables={"n": 0}, actions=actions, properties=properties)


def breaks_every_kind_of_safety() -> System:
    """One step leaps from 0 to 7, another creeps; it ends at 7."""

    def leap(see: Reader) -> Iterable[Step]:
        if see("n") == 3:
            yield Step([("n", Set(7))], action="leap")

    actions = [counts(3), Action("leaper", "leap", leap)]
    return System(name="tiny.leap", variables={"n": 0}, actions=actions, properties=ALL)


def two_ways_to_say_one() -> System:
    """A variable is 1 on one way and True on another, which Python takes for equal."""

    def set_to(value: object) -> Callable[[Reader], Iterable[Step]]:
        def act(see: Reader) -> Iterable[Step]:
            if see("n") == 0 and not isinstance(see("n"), bool):
                yield Step([("n", Set(value))])

        return act

    actions = [Action("a", "set one", set_to(1)), Action("b", "set true", set_to(True))]
    return System(name="tiny.classes", variables={"n": 0}, actions=actions, properties=[n_is_never_negative])


def raises(error: Exception, *, in_property: bool = False, at: int = 2) -> System:
    """A function of the spec raises, in an action or in a property."""

    def complain(n: int) -> None:
        if n == at:
            raise error

    @invariant()
    def complains(see: Reader) -> bool:
        """It says what it thinks."""
        complain(see("n"))
        return True

    if in_property:
        return counter(3, properties=[complains])
    return counter(3, properties=[n_is_never_negative], before=complain)


def writes_a_list() -> System:
    """A step writes a value that could be changed behind everybody's back."""

    def act(see: Reader) -> Iterable[Step]:
        if see("n") == 0:
            yield Step([("n", Set([1]))])

    return System(name="tiny.list", variables={"n": 0}, actions=[Action("a", "act", act)])


def with_witness(n: int, *, to: int = 10) -> System:
    """An invariant whose witness is that the counter reaches a number."""

    @invariant(witness=reaches(n))
    def n_is_small(see: Reader) -> bool:
        """The number is small."""
        return bool(see("n") < 100)

    return counter(to, properties=[n_is_small])


@attrs.frozen
class Equals:
    """The lens for: is it this value, of this class?"""

    value: object

    def __call__(self, value: object) -> bool:
        return type(value) is type(self.value) and value == self.value


def asks_of_two_classes() -> System:
    """One component asks whether `n` is 1, another whether it is True: two questions, two answers."""

    def asks(value: object) -> Callable[[Reader], Iterable[Step]]:
        def act(see: Reader) -> Iterable[Step]:
            if see("n", Equals(value)) and see("asked") < 3:
                yield Step([("asked", Add(1)), ("n", Set(2))])

        return act

    def back(see: Reader) -> Iterable[Step]:
        if see("n", Equals(2)):
            yield Step([("n", Set(1))])

    def was_asked(see: Reader) -> bool:
        return bool(see("asked") == 3)

    @step_invariant(witness=was_asked)
    def true_is_never_taken_for_one(before: Reader, happened: Happened, after: Reader) -> bool:
        """Who asks whether it is True never acts."""
        return happened.actor != "true"

    return System(
        name="tiny.asks",
        variables={"n": 1, "asked": 0},
        actions=[Action("true", "asks", asks(True)), Action("one", "asks", asks(1)), Action("one", "goes back", back)],
        properties=[true_is_never_taken_for_one],
    )


def is_made_again_and_again() -> System:
    """An object is deleted and made again under the same name; an observer remembers which one it saw last."""

    def create(see: Reader) -> Iterable[Step]:
        if see("object") is None:
            seen = see("seen")
            yield Step([("object", Set(Uid(0 if seen is None else seen.label + 1)))])

    def delete(see: Reader) -> Iterable[Step]:
        if see("object") is not None:
            yield Step([("object", Set(None))])

    def observe(see: Reader) -> Iterable[Step]:
        if see("object") is not None:
            yield Step([("seen", Set(see("object")))])

    @invariant()
    def what_was_seen_is_what_is_there(see: Reader) -> bool | Broken:
        """What is there is what was seen, unless nothing was seen or nothing is there."""
        return None in (see("object"), see("seen")) or see("object") == see("seen") or Broken("another one is there")

    @eventually_always()
    def it_settles(see: Reader) -> bool:
        """In the end it is there for ever."""
        return see("object") is not None

    return System(
        name="tiny.incarnations",
        variables={"object": None, "seen": None},
        actions=[
            Action("user", "create", create),
            Action("user", "delete", delete),
            Action("observer", "observe", observe),
        ],
        properties=[what_was_seen_is_what_is_there, it_settles],
        uses_incarnations=True,
    )
