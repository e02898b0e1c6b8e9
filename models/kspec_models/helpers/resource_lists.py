"""Arithmetic of resource lists: names of resources with amounts, which are whole numbers or exact quantities.

Models staging/src/k8s.io/apiserver/pkg/quota/v1/resources.go, whose names the functions keep. Lists are sorted by name,
and so are answers that are names. A resource that is not in a list has no amount there, which is not always the same
as zero: each function says what it takes it for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from kspec.kube.quantity import Quantity

A = TypeVar("A", int, Quantity)

ResourceList = tuple[tuple[str, A], ...]
"""Sorted pairs of resource name and amount."""


def names(resources: ResourceList[A]) -> tuple[str, ...]:
    """The names in a list (ResourceNames)."""
    return tuple(sorted(name for name, _ in resources))


def equals(left: ResourceList[A], right: ResourceList[A]) -> bool:
    """Whether two lists name the same resources with the same amounts (Equals)."""
    return dict(left) == dict(right)


def add(left: ResourceList[A], right: ResourceList[A]) -> ResourceList[A]:
    """The sum: missing is zero (Add)."""
    total = dict(left)
    for name, amount in right:
        total[name] = total[name] + amount if name in total else amount
    return _sorted(total.items())


def subtract(left: ResourceList[A], right: ResourceList[A]) -> ResourceList[A]:
    """The difference, which may be negative: missing is zero (Subtract)."""
    total = dict(left)
    for name, amount in right:
        total[name] = total[name] - amount if name in total else amount - amount - amount
    return _sorted(total.items())


def subtract_not_below_zero(left: ResourceList[A], right: ResourceList[A]) -> ResourceList[A]:
    """The difference where it is positive, else zero (SubtractWithNonNegativeResult)."""
    return _sorted((name, amount - amount if _negative(amount) else amount) for name, amount in subtract(left, right))


def largest(left: ResourceList[A], right: ResourceList[A]) -> ResourceList[A]:
    """The larger amount of each; one that is in one list only is taken from there (Max)."""
    most = dict(left)
    for name, amount in right:
        if name not in most or most[name] <= amount:
            most[name] = amount
    return _sorted(most.items())


def mask(resources: ResourceList[A], keep: Iterable[str]) -> ResourceList[A]:
    """The part of a list with these names (Mask)."""
    wanted = frozenset(keep)
    return tuple((name, amount) for name, amount in resources if name in wanted)


def exceeding(left: ResourceList[A], right: ResourceList[A]) -> tuple[str, ...]:
    """The names with more on the left than on the right, of those in both (LessThanOrEqual): none means less or
    equal."""
    limits = dict(right)
    return tuple(sorted(name for name, amount in left if name in limits and limits[name] < amount))


def negative(resources: ResourceList[A]) -> tuple[str, ...]:
    """The names with an amount below zero (IsNegative)."""
    return tuple(sorted(name for name, amount in resources if _negative(amount)))


def is_zero(resources: ResourceList[A]) -> bool:
    """Whether every amount is zero (IsZero)."""
    return len(without_zeros(resources)) == 0


def without_zeros(resources: ResourceList[A]) -> ResourceList[A]:
    """The list without amounts that are zero (RemoveZeros)."""
    return tuple((name, amount) for name, amount in resources if amount != amount - amount)


def intersection(left: Iterable[str], right: Iterable[str]) -> tuple[str, ...]:
    """The names in both, each once (Intersection)."""
    return tuple(sorted(frozenset(left) & frozenset(right)))


def difference(left: Iterable[str], right: Iterable[str]) -> tuple[str, ...]:
    """The names on the left that are not on the right, each once (Difference)."""
    return tuple(sorted(frozenset(left) - frozenset(right)))


def contains(items: Iterable[str], item: str) -> bool:
    """Whether a name is among these (Contains)."""
    return item in tuple(items)


def contains_prefix(prefixes: Iterable[str], item: str) -> bool:
    """Whether a name begins with one of these (ContainsPrefix)."""
    return item.startswith(tuple(prefixes))


def _negative(amount: A) -> bool:
    return amount < amount - amount


def _sorted(items: Iterable[tuple[str, A]]) -> ResourceList[A]:
    return tuple(sorted(items, key=lambda item: item[0]))
