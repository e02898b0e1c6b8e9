"""From folded states back to a real behaviour.

The search steps from representative to representative. A real behaviour goes along with it: what is kept is the real
state, and by which renamings of members it became the representative. The raw successor of a representative, renamed
back, is the real successor; then the functions are asked whether they take that very step. So it does not matter that
folding may leave ties unresolved, and an action that tells interchangeable members apart is found out here at last.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kspec.engines.canonical import canonical_labels
from kspec.engines.fold import Renaming, completed
from kspec.engines.tables import Ids
from kspec.kernel.errors import UntrustworthyError
from kspec.kernel.values import incarnations, loose
from kspec.kernel.world import Occurrence, State

if TYPE_CHECKING:
    from kspec.engines.explicit import Search

MOST_SIZE = 7
"""The largest family whose renamings are all tried."""


class Follower:
    """A real behaviour beside a path of the search: `states`, `steps`, and the representative of each state."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self.states: list[State] = [search.world.initial]
        self.steps: list[Occurrence] = []
        representative, self._renamings = search.fold.traced(list(search.tables.initial))
        self.representatives: list[Ids] = [representative]

    def take(self, wanted: Ids, kind: int, *, changing: bool = False, choice: int | None = None) -> None:
        """Take a step of this kind to this representative (`choice`: this very one of the action's choices).

        `changing`: not one that leaves everything as it is. Raises UntrustworthyError if the functions do not take it.
        """
        search, here = self._search, self.representatives[-1]
        for compiled in search.tables.steps(here):
            if compiled.kind != kind or (choice is not None and compiled.choice != choice):
                continue
            raw = tuple(search.tables.apply(here, compiled.writes))
            if changing and raw == here:
                continue
            representative, renamings = search.fold.traced(list(raw))
            if representative == wanted:
                found = self._step_to(raw, kind)
                if found is not None:
                    occurrence, state, before = found
                    self.steps.append(occurrence)
                    self.representatives.append(representative)
                    self._renamings = [*before, *self._renamings, *renamings]
                    self._enter(state)
                    return
        name = search.tables.kinds[kind]
        raise UntrustworthyError(
            f"{search.system.name}: the search took a step {name} which the functions do not take: "
            "an action tells interchangeable members apart, or is not a pure function"
        )

    def _enter(self, state: State) -> None:
        """Real states are labelled by first appearance too: what is created must find a label that nothing has."""
        world = self._search.world
        labels = {label: i for i, label in enumerate(incarnations(state))} if world.uses_incarnations else {}
        if any(old != new for old, new in labels.items()):
            state = canonical_labels(world, state)
            self._renamings.insert(0, Renaming("", completed(labels)).inverse())
        self.states.append(state)

    def _step_to(self, raw: Ids, kind: int) -> tuple[Occurrence, State, list[Renaming]] | None:
        """The functions' step to this raw successor, and what must be renamed first (nothing, as a rule).

        Members that are the same in every way may come in another order than the renaming leaves them in.
        """
        steps = list(self._possible(kind))
        for renaming in self._first_nothing_then_all():
            state = list(raw)
            for done in reversed([*renaming, *self._renamings]):
                self._search.fold.undo(done, state)
            wanted = loose(self._search.tables.state(tuple(state)))
            for occurrence, after in steps:
                if loose(after) == wanted:
                    return occurrence, after, renaming
        return None

    def _possible(self, kind: int) -> Iterator[tuple[Occurrence, State]]:
        world, before = self._search.world, self.states[-1]
        for action, member in world.instances():
            if action.kind == self._search.tables.kinds[kind]:
                for occurrence in world.steps_of(before, action, member):
                    yield occurrence, world.apply(before, occurrence)

    def _first_nothing_then_all(self) -> Iterator[list[Renaming]]:
        yield []
        for family, start, stride, size in self._search.fold.rows:
            if size <= MOST_SIZE:
                for to in itertools.permutations(range(size)):
                    yield [Renaming(family, to, start, stride)]


__all__ = ["Follower", "Renaming"]
