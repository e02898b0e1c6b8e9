"""The smallest counterexample: the largest number in it as small as can be, then their sum, then each in order.

Plain queries in a fixed order, so that the answer is the same in every run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import z3


@attrs.frozen
class Smallest:
    """Numbers by name. `exact` is False if the solver could not answer on the way: it may not be the smallest."""

    values: dict[str, int]
    exact: bool


class _Minimiser:
    def __init__(self, solver: Any, model: Any) -> None:
        self.solver, self.model, self.exact = solver, model, True

    def can(self, condition: Any) -> bool:
        answer = self.solver.check(condition)
        if answer == z3.sat:
            self.model = self.solver.model()
        elif answer == z3.unknown:
            self.exact = False
        return bool(answer == z3.sat)

    def value(self, term: Any) -> int:
        return int(self.model.eval(term, model_completion=True).as_long())

    def least(self, term: Any) -> int:
        """The least value of a term that is never negative; it is kept from here on."""
        low, high = 0, self.value(term)
        while low < high:
            middle = min(low + 3, (low + high) // 2)  # small numbers are likely, and cheap to ask for
            if self.can(term <= middle):
                high = self.value(term)
            else:
                low = middle + 1
        self.solver.add(term == high)
        return high


def smallest(
    conditions: Sequence[Sequence[Any]], inputs: Mapping[str, Any], axioms: Sequence[Any], query_ms: int
) -> Smallest | None:
    """The smallest numbers that meet all of one of the conditions; None if the solver finds none.

    A number and its negative are equally large; of the two the positive one is smaller.
    """
    solver = z3.Solver()
    solver.set("timeout", query_ms)
    solver.add(*axioms)
    solver.add(z3.Or(*[z3.And(*c) for c in conditions]))
    if solver.check() != z3.sat:
        return None
    search = _Minimiser(solver, solver.model())
    sizes = {name: z3.If(term >= 0, term, -term) for name, term in inputs.items()}
    if sizes:
        _bound_all(search, list(sizes.values()))
        search.least(z3.Sum(*sizes.values()))
    values: dict[str, int] = {}
    for name, term in inputs.items():
        size = search.least(sizes[name])
        value = size if size == 0 or search.can(term == size) else -size
        solver.add(term == value)
        values[name] = value
    return Smallest(values, search.exact)


def _bound_all(search: _Minimiser, sizes: list[Any]) -> None:
    """Make the largest number as small as can be."""
    low, high = 0, max(search.value(size) for size in sizes)
    while low < high:
        middle = min(low + 3, (low + high) // 2)
        if search.can(z3.And(*[size <= middle for size in sizes])):
            high = max(search.value(size) for size in sizes)
        else:
            low = middle + 1
    search.solver.add(*[size <= high for size in sizes])
