"""What a property may ask of a cluster: what is true, and what an observer believes. Answers never tell members apart.

The predicate of a cluster's property takes a `Truth` (a step invariant takes two, before and after) where a plain
system's takes a reader.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from kspec.kernel.actions import Lens, Reader, whole
from kspec.kernel.properties import Happened, Property, PropertyKind, Witness
from kspec.kube.lenses import Latest, LatestField, LatestFields, Pinned, SeenFields
from kspec.kube.requests import Request
from kspec.kube.residual import Leaf, calls_of

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster


class Truth:
    """A state of a cluster."""

    def __init__(self, cluster: Cluster, see: Reader) -> None:
        self.cluster, self.see = cluster, see

    def all(self, cls: type, *fields: str) -> tuple[Any, ...]:
        """These fields of every object of a kind that exists: tuples, as a multiset (one field: bare values)."""
        kind = self.cluster.kinds.get(cls)
        if kind is None:
            return ()
        lens = LatestFields(fields)
        if kind.slots:
            found = self.see.bag(kind.resource, lens)
        else:
            found = tuple([self.see(f"{kind.resource}/{name}", lens) for name in kind.names])
        rows = tuple([row for row in found if row is not None])
        return tuple([row[0] for row in rows]) if len(fields) == 1 else rows

    def names(self, cls: type) -> tuple[str, ...]:
        """The fixed names of the objects of a kind that exist."""
        kind = self.cluster.kinds.get(cls)
        if kind is None or kind.slots:
            return ()
        lens = LatestFields(())
        return tuple([name for name in kind.names if self.see(f"{kind.resource}/{name}", lens) is not None])

    def get(self, cls: type, name: str) -> Any | None:
        """The latest version of an object with a fixed name; None if there is none."""
        kind = self.cluster.kinds.get(cls)
        if kind is None or name not in kind.names:
            return None
        return self.see(f"{kind.resource}/{name}", Latest())

    def field(self, cls: type, name: str, field: str) -> Any:
        """One field of an object with a fixed name; None if there is no such object."""
        kind = self.cluster.kinds.get(cls)
        if kind is None or name not in kind.names:
            return None
        return self.see(f"{kind.resource}/{name}", LatestField(field))

    def seen(self, observer: str, cls: type, *fields: str) -> tuple[Any, ...]:
        """The same as `all`, as an observer sees it (fields that it never asks for itself cannot be had)."""
        kind = self.cluster.kind(cls)
        lens = SeenFields(kind, observer, fields)
        found = self.see.bag(kind.resource, lens)
        rows = tuple([row for row in found if row is not None])
        return tuple([row[0] for row in rows]) if len(fields) == 1 else rows

    def variable(self, name: str, lens: Lens = whole) -> Any:
        """A component's own variable."""
        return self.see(name, lens)

    def each(self, variable: str, lens: Lens = whole) -> tuple[Any, ...]:
        """A variable of every member, in the order of the members (for a judgement that does not tell them apart)."""
        return self.see.each(variable, lens)

    def planned(self, controller: str, key: str) -> tuple[Request, ...]:
        """The calls that a reconcile in progress will make, for whatever answers; () where none is in progress.

        Those that come after it looks at its cache (or at what a GET returned) again are not known beforehand.
        """
        work = self.see(f"{controller}/{key}")
        return () if work is None else tuple(calls_of(Leaf((), work)))

    def held_pin(self, variable: Any, reader: str) -> bool:
        """Whether what this reader has read is still the latest version of the object."""
        return bool(self.see(variable, Pinned(reader)))


def bound(prop: Property, cluster: Cluster) -> Property:
    """The property with predicates that take readers."""

    def with_truth(function: Callable[..., Any] | None) -> Any:
        if function is None:
            return None
        return lambda see: function(Truth(cluster, see))

    predicate: Callable[..., Any]
    if prop.kind is PropertyKind.STEP_INVARIANT:

        def predicate(before: Reader, happened: Happened, after: Reader) -> Any:
            return prop.predicate(Truth(cluster, before), happened, Truth(cluster, after))

    else:
        predicate = with_truth(prop.predicate)
    witness = prop.witness
    if witness is not None:
        witness = Witness(witness.name, with_truth(witness.predicate))
    return attrs.evolve(
        prop, predicate=predicate, witness=witness, given=with_truth(prop.given), waits=with_truth(prop.waits)
    )
