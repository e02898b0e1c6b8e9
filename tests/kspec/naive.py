"""A recipe read on flat tuples: the naive reading, which shares no code with kspec."""

from __future__ import annotations

import itertools
from typing import Any

import attrs

from kspec.kernel.values import Ref

from .random_systems import DOMAIN, Atom, Recipe, Rule, Write

FLAT = tuple[Any, ...]


@attrs.frozen
class Move:
    """A step as the naive reading knows it."""

    rule: Rule
    outcome: int
    target: FLAT

    @property
    def label(self) -> str:
        """The kind of action."""
        return f"x.{self.rule.name}"


class Naive:
    """A recipe read on flat tuples: the globals, who is mentioned by them, then the variables of each member."""

    def __init__(self, made: Recipe) -> None:
        self.made = made
        self.fixed = [*made.globals, *(["holder"] if made.own else []), *(["preferred"] if made.nodes else [])]
        mentions = [None] * (len(self.fixed) - len(made.globals))
        row = [None if name == "node" else 0 for name in made.own]
        self.initial: FLAT = (*[0] * len(made.globals), *mentions, *row * made.size)

    def at(self, variable: str, member: int = 0) -> int:
        """Where a variable is."""
        if variable in self.fixed:
            return self.fixed.index(variable)
        return len(self.fixed) + member * len(self.made.own) + self.made.own.index(variable)

    def true(self, state: FLAT, formula: tuple[tuple[Atom, ...], ...]) -> bool:
        """Whether a formula holds."""
        return any(all(self.atom(state, atom, None) for atom in clause) for clause in formula)

    def atom(self, state: FLAT, atom: Atom, me: int | None) -> bool:
        """Whether an atom holds."""
        members = range(self.made.size)
        if atom.what == "free":
            found = state[self.at("holder")] is None
        elif atom.what in ("bound", "mates"):
            mine = state[self.at("node", me or 0)]
            mates = [i for i in members if i != me and state[self.at("node", i)] == mine]
            found = mine is not None and (atom.what == "bound" or len(mates) >= atom.n)
        elif atom.what == "crowded":
            on = [[i for i in members if state[self.at("node", i)] == Ref("nodes", j)] for j in range(self.made.nodes)]
            found = max(map(len, on)) > atom.n
        elif atom.what in ("global", "own"):
            found = state[self.at(atom.variable, me or 0)] == atom.value
        else:
            counted = [i for i in members if atom.what == "count" or i != me]
            found = sum(state[self.at(atom.variable, i)] == atom.value for i in counted) >= atom.n
        return found is not atom.negated

    def moves(self, state: FLAT) -> list[Move]:
        """Every step that is possible."""
        found = []
        for rule in self.made.rules:
            for me in range(self.made.size) if rule.each else [None]:
                if all(self.atom(state, atom, me) for atom in rule.guard):
                    for number, outcome in enumerate(rule.outcomes):
                        binds = any(write.where == "bind" for write in outcome)
                        for node in range(self.made.nodes if binds else 1):
                            found.append(Move(rule, number, self.after(state, outcome, me, node)))
        return found

    def after(self, state: FLAT, outcome: tuple[Write, ...], me: int | None, node: int) -> FLAT:
        """The state after an outcome; what is mentioned is what was mentioned before."""
        new = list(state)
        for write in outcome:
            if write.where in ("hold", "release"):
                new[self.at("holder")] = Ref("members", me) if write.where == "hold" and me is not None else None
                continue
            if write.where in ("bind", "unbind"):
                new[self.at("node", me or 0)] = Ref("nodes", node) if write.where == "bind" else None
                continue
            if write.where == "prefer":
                new[self.at("preferred")] = state[self.at("node", me or 0)]
                continue
            member = state[self.at("holder")].index if write.where == "held" else me or 0
            place = self.at(write.variable, member)
            new[place] = (new[place] + write.value) % DOMAIN if write.adds else write.value
        return tuple(new)

    def orbit(self, state: FLAT) -> FLAT:
        """The least of all renamings of a state, with the mentions as numbers."""
        width, fixed = len(self.made.own), len(self.fixed)
        rows = [state[fixed + i * width : fixed + (i + 1) * width] for i in range(self.made.size)]
        found = []
        for order in itertools.permutations(range(self.made.size)):
            for nodes in itertools.permutations(range(self.made.nodes)):
                to = {"members": order, "nodes": nodes}
                renamed = [*state[:fixed], *(value for i in order for value in rows[i])]
                found.append(tuple([_number(value, to) for value in renamed]))
        return min(found)


def _number(value: int | Ref | None, to: dict[str, tuple[int, ...]]) -> int:
    if isinstance(value, Ref):
        return to[value.family].index(value.index)
    return -1 if value is None else value
