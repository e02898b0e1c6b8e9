"""Scopes: a finite instance of a cluster, and what makes its search smaller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kspec.kube.objects import Node

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

    `slots`: how many objects with generated names of a kind can exist or be remembered at once. `caches`: how late each
    component's cache may be (absent: fresh). `whole`: components whose reconciles are one step. `crashes`: how often a
    component may crash, for each component that may. `stored`: objects that are there from the start.
    """

    slots: Mapping[type, int] = attrs.field(factory=dict)
    nodes: tuple[Node, ...] = ()
    caches: Mapping[str, str] = attrs.field(factory=dict)
    whole: frozenset[str] = frozenset()
    crashes: Mapping[str, int] = attrs.field(factory=dict)
    stored: Sequence[Any] = ()

    def described(self) -> dict[str, Any]:
        """The scope as plain data, for results."""
        return {
            "slots": {resource_of(k): n for k, n in self.slots.items()},
            "nodes": [n.name for n in self.nodes],
            "caches": dict(self.caches),
            "whole_reconciles": sorted(self.whole),
            "crashes": dict(self.crashes),
        }


def resource_of(cls: type) -> str:
    """The resource name of a kind: `Pod` is `pods`."""
    return cls.__name__.lower() + "s"
