"""Explored worlds for tests that compare one world with another: all states, and what is true in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kspec.engines.common import Meter, laid_out_again, select
from kspec.engines.explicit import Search
from kspec.engines.fold import CannotFold
from kspec.kernel.errors import Grew
from kspec.kernel.result import Limits, Result
from kspec.kernel.system import System
from kspec.kernel.values import order_key
from kspec.kernel.world import State
from kspec.kube.watch import Obj

Truths = frozenset[Any]

MOST_STATES = 50_000
"""A world that is larger than this is not what a test meant (a mutant may have no end)."""


def searched(system: System, *, fold: bool = True, edges: bool = False, most: int = MOST_STATES) -> Search:
    """A finished search of a system; laid out anew as often as it grows."""
    apart: frozenset[str] = frozenset()
    while True:
        try:
            search = Search(
                system, select(system, []), Meter(Limits(states=most), None), fold=fold, apart=apart, edges=edges
            )
            search.run()
        except Grew:
            system = laid_out_again(system)
        except CannotFold as cannot:
            apart |= {cannot.family}
        else:
            assert search.findings.explored, search.meter.reached
            return search


def states_of(search: Search) -> list[State]:
    """All states that were found, as values."""
    return [search.tables.state(ids) for ids in search.states]


def truth(search: Search, state: State, keeps: Callable[[Any], bool] = lambda name: True) -> Any:
    """What is true in a state: the latest versions, and the variables of the components; nothing about caches."""
    rows = []
    for name, value in zip(search.world.names, state, strict=True):
        if not str(name).startswith("order/") and keeps(name):
            rows.append((str(name), value.latest if isinstance(value, Obj) else value))
    return tuple(sorted(rows, key=order_key))


def truths(system: System, keeps: Callable[[Any], bool] = lambda name: True, *, most: int = MOST_STATES) -> Truths:
    """Everything that can be true in a system, with its members told apart."""
    search = searched(system, fold=False, most=most)
    return frozenset(truth(search, state, keeps) for state in states_of(search))


def told(result: Result) -> dict[str, str]:
    """The verdict on each property."""
    return {p.name: p.verdict.name for p in result.properties}
