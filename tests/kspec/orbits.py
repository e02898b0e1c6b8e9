"""Which states differ only in who is who, by brute force: every permutation of the interchangeable members is tried."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from kspec.engines.explicit import Search
from kspec.kernel.system import System
from kspec.kernel.values import order_key, rename
from kspec.kernel.world import State, World

from .exploring import searched, states_of

Permutations = Mapping[str, tuple[int, ...]]


def permutations(system: System) -> list[Permutations]:
    """All ways to permute the members of interchangeable families."""
    families = [f for f, members in system.families.items() if members.interchangeable and members.size > 1]
    ways = [list(itertools.permutations(range(system.families[f].size))) for f in families]
    return [dict(zip(families, way, strict=True)) for way in itertools.product(*ways)]


class Orbits:
    """Finds one canonical state of each orbit."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ways = permutations(world.system)
        self._keys: dict[Any, Any] = {}

    def canonical(self, state: State) -> Any:
        """The smallest image of a state."""
        return min(self._images(state))

    def _images(self, state: State) -> Iterator[tuple[Any, ...]]:
        world = self._world
        for number, way in enumerate(self._ways):
            image: list[Any] = [None] * len(state)
            for position, (name, value) in enumerate(zip(world.names, state, strict=True)):
                to = position
                if not isinstance(name, str) and world.family_of[name[0]] in way:
                    to = world.columns[name[0]][way[world.family_of[name[0]]][name[1]]]
                image[to] = self._key(number, way, value)
            yield tuple(image)

    def _key(self, number: int, way: Permutations, value: Any) -> Any:
        key = self._keys.get((number, value))
        if key is None:
            renamed = value
            for family, to in way.items():
                renamed = rename(renamed, family, to.__getitem__)
            key = self._keys[number, value] = order_key(renamed)
        return key


def difference(folded: Search, unfolded: Search) -> str:
    """How a folded search differs from the orbits of an unfolded one; empty if it has one state of each."""
    orbits = Orbits(unfolded.world)
    assert folded.world.names == unfolded.world.names
    wanted = {orbits.canonical(state) for state in states_of(unfolded)}
    found = [orbits.canonical(state) for state in states_of(folded)]
    missing, extra = len(wanted - set(found)), len(set(found) - wanted)
    if missing or extra:
        return f"{missing} orbits are missing, {extra} are of no state that can be reached"
    return "" if len(found) == len(wanted) else f"{len(found)} states for {len(wanted)} orbits"


def fold_differs(system: System) -> str:
    """How folding a system differs from its orbits."""
    return difference(searched(system), searched(system, fold=False))
