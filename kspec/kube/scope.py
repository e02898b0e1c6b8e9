"""Scopes: a finite instance of a cluster, and what makes its search smaller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from kspec.kube.objects import Node

if TYPE_CHECKING:
    from kspec.kube.watch import Kind

FRESH, DELAYED, COALESCED, RELISTED = "fresh", "delayed", "coalesced", "relisted"
CACHES = (FRESH, DELAYED, COALESCED, RELISTED)
"""How a cache may be late: not at all; one event at a time; several events of an object at once; a jump to the
latest."""


@attrs.frozen
class Reductions:
    """What makes the search smaller. Each can be switched off and is cross-checked with it off."""

    views: bool = True
    fold: bool = True
    one_node: bool = True
    exact_order: bool = False


@attrs.frozen
class Scope:
    """A finite instance of a cluster.

    `slots`: how many objects of a kind with generated names can exist or be remembered at once; a slot is an object's
    uid. `nodes` do not change, unless there are slots for Node: then they are objects like any other. `caches`: how
    late each component's cache may be (absent: fresh). `whole`: components whose reconciles are one step. `crashes`:
    how often a component may crash, for each component that may. `stored`: objects that are there from the start.
    `recreated`: kinds with fixed names of which a name may be deleted and created again, so that its objects have uids
    (one that is stored from the start brings its own); elsewhere a name stands for one object.
    """

    slots: Mapping[type, int] = attrs.field(factory=dict)
    nodes: tuple[Node, ...] = ()
    caches: Mapping[str, str] = attrs.field(factory=dict)
    whole: frozenset[str] = frozenset()
    crashes: Mapping[str, int] = attrs.field(factory=dict)
    stored: Sequence[Any] = ()
    recreated: frozenset[type] = frozenset()

    def described(self) -> dict[str, Any]:
        """The scope as plain data, for results."""
        return {
            "slots": {resource_of(k): n for k, n in self.slots.items()},
            "nodes": [n.name for n in self.nodes],
            "caches": dict(self.caches),
            "whole_reconciles": sorted(self.whole),
            "crashes": dict(self.crashes),
        }


def member_variable(kind: Kind, name: str, variable: str) -> str:
    """A component's variable for an object with a fixed name (for a member it is called by its bare name)."""
    return f"{variable}/{kind.resource}/{name}"


def resource_of(cls: type) -> str:
    """The resource name of a kind: `Pod` is `pods`."""
    name = cls.__name__.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"
