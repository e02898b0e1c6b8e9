"""Counters, each of which provokes one outcome of a run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from kspec import Action, Reader, Set, Step, System, invariant, system


def up(see: Reader) -> Iterable[Step]:
    """Count up for ever."""
    yield Step([("n", Set(see("n") + 1))])


def up_to_three(see: Reader) -> Iterable[Step]:
    """Count up to three."""
    if see("n") < 3:
        yield Step([("n", Set(see("n") + 1))])


def never(see: Reader) -> Iterable[Step]:
    """It waits for what cannot be."""
    if see("n") < 0:
        yield Step([("n", Set(0))])


CALLS = itertools.count()


def by_the_number_of_calls(see: Reader) -> Iterable[Step]:
    """It is no function of what it sees."""
    yield Step([("n", Set(next(CALLS)))])


def raising(see: Reader) -> Iterable[Step]:
    """It fails."""
    if see("n") == 2:
        raise ZeroDivisionError("division by zero")
    yield Step([("n", Set(see("n") + 1))])


@invariant()
def the_count_is_never_negative(see: Reader) -> bool:
    """The count is never negative."""
    return bool(see("n") >= 0)


@invariant()
def the_count_stays_below_three(see: Reader) -> bool:
    """The count stays below three."""
    return bool(see("n") < 3)


@invariant(witness=lambda see: see("n") == 99)
def ninety_nine_is_good(see: Reader) -> bool:
    """Whenever the count is ninety-nine, all is well."""
    return True


@system("count.finite")
def finite() -> System:
    """It counts to three."""
    return System("count.finite", {"n": 0}, [Action("counter", "up", up_to_three)], [the_count_is_never_negative])


@system("count.too-far")
def too_far() -> System:
    """It counts to three and must not."""
    return System("count.too-far", {"n": 0}, [Action("counter", "up", up_to_three)], [the_count_stays_below_three])


@system("count.endless")
def endless() -> System:
    """It never ends."""
    return System("count.endless", {"n": 0}, [Action("counter", "up", up)], [the_count_is_never_negative])


@system("count.endless-too-far")
def endless_too_far() -> System:
    """It never ends, and breaks its promise early."""
    return System("count.endless-too-far", {"n": 0}, [Action("counter", "up", up)], [the_count_stays_below_three])


@system("count.vacuous")
def vacuous() -> System:
    """Its property has nothing to hold about."""
    return System("count.vacuous", {"n": 0}, [Action("counter", "up", up_to_three)], [ninety_nine_is_good])


@system("count.dead")
def dead() -> System:
    """One of its actions is never enabled."""
    actions = [Action("counter", "up", up_to_three), Action("waiter", "wait", never)]
    return System("count.dead", {"n": 0}, actions, [the_count_is_never_negative])


@system("count.impure")
def impure() -> System:
    """Its action looks at a global counter."""
    actions = [Action("counter", "jump", by_the_number_of_calls)]
    return System("count.impure", {"n": 0}, actions, [the_count_is_never_negative])


@system("count.raising")
def failing() -> System:
    """Its action raises."""
    return System("count.raising", {"n": 0}, [Action("counter", "up", raising)], [the_count_is_never_negative])


@system("count.unpromising")
def unpromising() -> System:
    """It has no property."""
    return System("count.unpromising", {"n": 0}, [Action("counter", "up", up_to_three)], [])


@system("count.endless-and-too-far")
def endless_and_too_far() -> System:
    """It never ends, and breaks one of two promises early."""
    properties = [the_count_stays_below_three, the_count_is_never_negative]
    return System("count.endless-and-too-far", {"n": 0}, [Action("counter", "up", up)], properties)
