"""Folding: interchangeable members are sorted, so that states which differ only in who is who are one.

Every representative is the image of the state under a permutation of members, so folding is sound whatever the sort
keys are; where a tie is left unresolved it is only less effective. Three kinds of names are folded, in this order:
families without variables of their own (nodes), by what the rows of another family say about each; families with
variables, by their rows and by how the global variables mention each; incarnations, by first appearance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from kspec.engines.tables import Ids, Tables
from kspec.kernel.values import Ref, incarnations, mentions, relabel, rename, transform

Signature = tuple[int, ...]

_UNKNOWN: Any = object()


@attrs.frozen
class Renaming:
    """What folding did once: member `i` of a family became member `to[i]` (with its row of `stride` variables from
    `start` on; 0: it has none), or incarnation `i` got the label `to[i]` (`family` empty)."""

    family: str
    to: tuple[int, ...]
    start: int = 0
    stride: int = 0

    def inverse(self) -> Renaming:
        """The way back."""
        back = [0] * len(self.to)
        for old, new in enumerate(self.to):
            back[new] = old
        return attrs.evolve(self, to=tuple(back))


class CannotFold(Exception):
    """A family turned out to be mentioned where its members cannot be sorted: start again without folding it."""

    def __init__(self, family: str) -> None:
        super().__init__(family)
        self.family = family


class Fold:
    """The canonical form of states of one system. `apart`: families whose members are told apart."""

    def __init__(
        self, tables: Tables, *, members: bool = True, labels: bool = True, apart: frozenset[str] = frozenset()
    ) -> None:
        self._tables, world = tables, tables.world
        self._labels = labels
        self._globals = len(world.system.variables)
        families = world.system.families if members else {}
        self.rows: list[tuple[str, int, int, int]] = []  # family, start, stride, size
        self._bare: list[tuple[str, int]] = []
        for family, members_ in families.items():
            if not members_.interchangeable or members_.size < 2 or family in apart:
                continue
            if members_.variables:
                first = world.position[next(iter(members_.variables)), 0]
                self.rows.append((family, first, len(members_.variables), members_.size))
            else:
                self._bare.append((family, members_.size))
        self._mentions: dict[Any, frozenset[int]] = {}
        self._signatures: dict[Any, Signature | None] = {}
        self._renamed: dict[Any, int] = {}
        self._labels_of: dict[Any, tuple[int, ...]] = {}
        self._of_globals: dict[str, list[dict[int, Any]]] = {
            family: [{} for _ in range(self._globals)] for family, *_ in self.rows
        }
        self._row_columns = list(dict.fromkeys(tables.column[self._globals :]))
        self._scanned: dict[tuple[str, Any], tuple[int, bool]] = {}
        self._log: list[Renaming] | None = None
        self.active = bool(self.rows or self._bare)

    def __call__(self, state: list[int]) -> Ids:
        """The representative of a state."""
        if self.active:
            for family, size in self._bare:
                self._sort_bare(family, size, state)
            for family, start, stride, size in self.rows:
                self._sort_rows(family, start, stride, size, state)
        if self._labels and self._tables.world.uses_incarnations:
            self._relabel(state)
        return tuple(state)

    def traced(self, state: list[int]) -> tuple[Ids, list[Renaming]]:
        """The representative of a state, and what was renamed to get there, in order."""
        self._log = []
        try:
            representative = self(state)
            return representative, self._log
        finally:
            self._log = None

    def undo(self, renaming: Renaming, state: list[int]) -> None:
        """Take one renaming back in a state."""
        back = renaming.inverse()
        if not back.family:
            self._label(dict(enumerate(back.to)), state)
            return
        self._rename_all(back.family, back.to, state, set())
        self._move(back, state)

    def _move(self, renaming: Renaming, state: list[int]) -> None:
        """Put each row where its member is now."""
        start, stride = renaming.start, renaming.stride
        rows = [state[start + i * stride : start + (i + 1) * stride] for i in range(len(renaming.to) if stride else 0)]
        for old, row in enumerate(rows):
            at = start + renaming.to[old] * stride
            state[at : at + stride] = row

    # ---- what a value mentions

    def _mentioned(self, column: Any, number: int, family: str) -> frozenset[int]:
        key = (column, number, family)
        found = self._mentions.get(key)
        if found is None:
            found = self._mentions[key] = mentions(self._tables.values[column][number], family)
        return found

    def _rename(self, column: Any, number: int, family: str, to: tuple[int, ...]) -> int:
        key = (column, number, family, to)
        found = self._renamed.get(key)
        if found is None:
            value = rename(self._tables.values[column][number], family, to.__getitem__)
            found = self._renamed[key] = self._tables.intern(column, value)
        return found

    # ---- families with rows

    def _signature(self, column: Any, number: int, family: str, size: int) -> Signature | None:
        """For each member a number that says how the value mentions it; None: it mentions none."""
        key = (column, number, family)
        if key in self._signatures:
            return self._signatures[key]
        mentioned = self._mentioned(column, number, family)
        signature: Signature | None = None
        if mentioned:
            value = self._tables.values[column][number]
            parts = []
            for i in range(size):
                if i not in mentioned:
                    parts.append(0)
                    continue
                seen_from = transform(value, _seen_from(family, i))
                parts.append(1 + self._tables.intern(("signature", column), seen_from))
            signature = tuple(parts)
        self._signatures[key] = signature
        return signature

    def _sort_rows(self, family: str, start: int, stride: int, size: int, state: list[int]) -> None:
        column = self._tables.column
        signatures = []
        for position, memo in enumerate(self._of_globals[family]):
            signature = memo.get(state[position], _UNKNOWN)
            if signature is _UNKNOWN:
                signature = memo[state[position]] = self._signature(column[position], state[position], family, size)
            if signature is not None:
                signatures.append(signature)
        end = start + stride * size
        rows: list[Any] = [tuple(state[i : i + stride]) for i in range(start, end, stride)]
        keys = [(rows[i], *[s[i] for s in signatures]) for i in range(size)] if signatures else rows
        order = sorted(range(size), key=keys.__getitem__)
        if order == list(range(size)):
            return
        if self._log is not None or signatures or self._rows_mention(family, start, stride):
            to = [0] * size
            for new, old in enumerate(order):
                to[old] = new
            if self._log is not None:
                self._log.append(Renaming(family, tuple(to), start, stride))
            self._rename_all(family, tuple(to), state, set())
            rows = [tuple(state[i : i + stride]) for i in range(start, end, stride)]
        at = start
        for old in order:
            state[at : at + stride] = rows[old]
            at += stride

    def _rows_mention(self, family: str, start: int, stride: int) -> bool:
        """Whether any value that a row of any family ever had mentions this family."""
        for column in self._row_columns:
            values = self._tables.values[column]
            done, any_mention = self._scanned.get((family, column), (0, False))
            if not any_mention and done < len(values):
                any_mention = any(mentions(value, family) for value in values[done:])
                self._scanned[family, column] = (len(values), any_mention)
            if any_mention:
                return True
        return False

    def _rename_all(self, family: str, to: tuple[int, ...], state: list[int], skip: set[int]) -> None:
        column = self._tables.column
        for position in range(len(state)):
            if position not in skip and self._mentioned(column[position], state[position], family):
                state[position] = self._rename(column[position], state[position], family, to)

    # ---- families without rows

    def _sort_bare(self, family: str, size: int, state: list[int]) -> None:
        """Sort by the multiset of rows that mention each; only when each row mentions one at most."""
        column = self._tables.column
        for position in range(self._globals):
            if self._mentioned(column[position], state[position], family):
                raise CannotFold(family)
        groups: list[list[Any]] = [[] for _ in range(size)]
        for row_family, start, stride, members in self._row_layout():
            for i in range(start, start + stride * members, stride):
                found: frozenset[int] = frozenset()
                for p in range(i, i + stride):
                    found = found | self._mentioned(column[p], state[p], family)
                if len(found) > 1:
                    raise CannotFold(family)
                if found:
                    erased = tuple([self._erased(column[p], state[p], family) for p in range(i, i + stride)])
                    groups[next(iter(found))].append(
                        (row_family, erased, self._seen_by_globals(row_family, i, start, stride, members, state))
                    )
        for group in groups:
            group.sort()
        order = sorted(range(size), key=groups.__getitem__, reverse=True)
        if order == list(range(size)):
            return
        to = [0] * size
        for new, old in enumerate(order):
            to[old] = new
        if self._log is not None:
            self._log.append(Renaming(family, tuple(to)))
        self._rename_all(family, tuple(to), state, set())

    def _row_layout(self) -> list[tuple[str, int, int, int]]:
        world = self._tables.world
        return [
            (f, world.position[next(iter(x.variables)), 0], len(x.variables), x.size)
            for f, x in world.system.families.items()
            if x.variables and x.size
        ]

    def _seen_by_globals(self, family: str, at: int, start: int, stride: int, size: int, state: list[int]) -> Signature:
        member = (at - start) // stride
        column = self._tables.column
        parts = []
        for position in range(self._globals):
            signature = self._signature(column[position], state[position], family, size)
            if signature is not None:
                parts.append(signature[member])
        return tuple(parts)

    def _erased(self, column: Any, number: int, family: str) -> int:
        key = (column, number, family, "erased")
        found = self._renamed.get(key)
        if found is None:
            value = rename(self._tables.values[column][number], family, lambda _: 0)
            found = self._renamed[key] = self._tables.intern(("erased", column), value)
        return found

    # ---- incarnations

    def _relabel(self, state: list[int]) -> None:
        column = self._tables.column
        labels: dict[int, int] = {}
        for position, number in enumerate(state):
            for label in self._labels_in(column[position], number):
                labels.setdefault(label, len(labels))
        if all(old == new for old, new in labels.items()):
            return
        if self._log is not None:
            self._log.append(Renaming("", completed(labels)))
        self._label(labels, state)

    def _label(self, labels: dict[int, int], state: list[int]) -> None:
        """Give the incarnations in a state other labels (those that are not named keep theirs)."""
        column = self._tables.column
        for position, number in enumerate(state):
            found = self._labels_in(column[position], number)
            if any(labels.get(label, label) != label for label in found):
                to = tuple((label, labels.get(label, label)) for label in found)
                anew = (column[position], number, "label", to)
                new = self._renamed.get(anew)
                if new is None:
                    value = relabel(self._tables.values[column[position]][number], dict(to))
                    new = self._renamed[anew] = self._tables.intern(column[position], value)
                state[position] = new

    def _labels_in(self, column: Any, number: int) -> tuple[int, ...]:
        key = (column, number)
        found = self._labels_of.get(key)
        if found is None:
            found = self._labels_of[key] = incarnations(self._tables.values[column][number])
        return found


def completed(labels: dict[int, int]) -> tuple[int, ...]:
    """A permutation of all labels up to the largest: those that a state does not hold go where there is room."""
    size = max([*labels, *labels.values()]) + 1
    room = iter(sorted(set(range(size)) - set(labels.values())))
    return tuple([labels[i] if i in labels else next(room) for i in range(size)])


def _seen_from(family: str, member: int) -> Callable[[Any], Any]:
    """Mentions as one member sees them: itself, or another."""

    def change(part: Any) -> Any:
        if type(part) is Ref and part.family == family:
            return Ref(family, -2 if part.index == member else -3)
        return None

    return change
