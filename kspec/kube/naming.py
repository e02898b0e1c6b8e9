"""What the members of a cluster are called: pods after their owner, with a letter in the order of their creation."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import attrs

from kspec.kernel.trace import Trace
from kspec.kernel.world import State, World
from kspec.kube.watch import Kind


@attrs.define
class Names:
    """The names so far, while a trace is followed."""

    kinds: Iterable[Kind]
    world: World
    given: dict[tuple[str, int], str] = attrs.field(factory=dict)
    counts: dict[str, int] = attrs.field(factory=dict)

    def christen(self, before: State | None, after: State) -> None:
        """Give a name to every member that this step creates (`before` None: that is there from the start)."""
        for kind in self.kinds:
            if not kind.slots:
                continue
            for member, position in enumerate(self.world.columns[kind.resource]):
                old, new = None if before is None else before[position].latest, after[position].latest
                if old is None and new is not None:
                    self.given[kind.resource, member] = getattr(new, "name", "") or self._next(kind, new)

    def of(self, resource: str, member: int) -> str:
        """The name of a member."""
        return self.given.get((resource, member), f"{resource}#{member}")

    def _next(self, kind: Kind, thing: object) -> str:
        owner = getattr(thing, "owner", None)
        base: str = kind.cls.__name__.lower() if owner is None else owner.name
        number = self.counts[base] = self.counts.get(base, 0) + 1
        return f"{base}-{letters(number)}"


def names_at_the_end(trace: Trace, kinds: Iterable[Kind]) -> Names:
    """The names in the last state of a trace."""
    names = Names(tuple(kinds), trace.world)
    names.christen(None, trace.states[0])
    for before, after in itertools.pairwise(trace.states):
        names.christen(before, after)
    return names


def letters(number: int) -> str:
    """1 is a, 26 is z, 27 is aa."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
