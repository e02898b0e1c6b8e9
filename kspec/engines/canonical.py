"""States as the engines keep whole ones: labels of incarnations in one order, and one object for each value."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.kernel.errors import SpecError
from kspec.kernel.values import Value, incarnations, relabel, same
from kspec.kernel.world import State, World


def canonical_labels(world: World, state: State) -> State:
    """The state with its incarnations labelled by first appearance."""
    if not world.uses_incarnations:
        return state
    labels = {label: i for i, label in enumerate(incarnations(state))}
    return tuple([relabel(value, labels) for value in state])


class Known:
    """The values met so far, variable by variable: of equal values the first is kept."""

    def __init__(self, names: Sequence[str | tuple[str, int]]) -> None:
        self.names = names
        self._first: list[dict[Value, Value]] = [{} for _ in names]

    def kept(self, state: State) -> State:
        """The state of first values.

        Raises SpecError for values that are equal although their classes differ: they would pass for one.
        """
        kept = []
        for name, known, value in zip(self.names, self._first, state, strict=True):
            first = known.setdefault(value, value)
            if first is not value and not same(first, value):
                raise SpecError(
                    f"variable {name}: {first!r} and {value!r} compare equal and are of different classes; "
                    "use one class (True is not 1 here)"
                )
            kept.append(first)
        return tuple(kept)
