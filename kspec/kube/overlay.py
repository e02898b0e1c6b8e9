"""A reader of the state after some writes that are not committed yet: for a reconcile that is one step."""

from __future__ import annotations

from typing import Any

from kspec.kernel.actions import Lens, Reader, Update, Var, whole
from kspec.kernel.values import Ref, order_key


class Overlay:
    """Asks the reader below for whole values, applies the writes, and looks at the result."""

    def __init__(self, below: Reader, writes: list[tuple[Var, Update]]) -> None:
        self._below = below
        self._updates: dict[Var, list[Update]] = {}
        for var, update in writes:
            self._updates.setdefault(var, []).append(update)

    @property
    def me(self) -> Ref:
        return self._below.me

    def __call__(self, var: Var, lens: Lens = whole) -> Any:
        if var not in self._updates:
            return self._below(var, lens)
        value = self._below(var, whole)
        for update in self._updates[var]:
            value = update(value)
        return lens(value)

    def each(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        members = {v[1] for v in self._updates if isinstance(v, tuple) and v[0] == var}
        if not members:
            return self._below.each(var, lens)
        answers = list(self._below.each(var, whole))
        for member in members:
            for update in self._updates[var, member]:
                answers[member] = update(answers[member])
        return tuple([lens(a) for a in answers])

    def bag(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        return tuple(sorted(self.each(var, lens), key=order_key))

    def others(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        return self._below.others(var, lens)
