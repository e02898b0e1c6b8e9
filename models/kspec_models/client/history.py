"""Monitors: they remember what properties compare with, and which no object shows any more. They change nothing.

They are told of every committed version at once (their caches are never late), and are no part of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from kspec.kernel.actions import Action
from kspec.kernel.values import Value
from kspec.kube.cache import Cached
from kspec.kube.cluster import Cluster, Seen, Writes
from kspec.kube.objects import Pod, ReplicaSet


class Monitor:
    """What all monitors have in common: they are told of everything, and do nothing."""

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """Everything."""
        return None

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """None."""
        return {}

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """It does nothing."""
        return ()


def as_cached(seen: Seen) -> Cached:
    """The object of an event, as its observer may ask it."""
    return Cached(seen.kind, seen.observer, seen.view, seen.name)


@attrs.frozen
class Raised:
    """The larger of what is remembered and a new number."""

    to: int

    def __call__(self, old: int) -> int:
        return max(old, self.to)


@attrs.frozen
class Largest(Monitor):
    """Remembers the largest `spec.replicas` that each object of these kinds ever had: `largest/<resource>/<name>`."""

    watches: tuple[type, ...]
    name: str = "monitor"
    not_modelled: tuple[str, ...] = ()

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """One number for each object: what those wanted that are there from the start."""
        kinds = [cluster.kind(cls) for cls in self.watches]
        stored = {
            (type(thing), thing.name): thing.replicas for thing in cluster.scope.stored if type(thing) in self.watches
        }
        return {
            f"largest/{kind.resource}/{name}": stored.get((kind.cls, name), 0) for kind in kinds for name in kind.names
        }

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """A version was committed."""
        if after is None:
            return []
        now = as_cached(after)
        was = None if before is None else as_cached(before)
        if was is not None and now.replicas <= was.replicas:
            return []
        return [(f"largest/{after.kind.resource}/{after.name}", Raised(now.replicas))]


@attrs.frozen
class OneMore:
    """One more than is remembered."""

    def __call__(self, old: int) -> int:
        return old + 1


@attrs.frozen
class Adoptions(Monitor):
    """Counts how many pods each ReplicaSet adopted: `adopted/<name>`. They were there before it wanted them."""

    name: str = "monitor of adoptions"
    watches: tuple[type, ...] = (Pod, ReplicaSet)
    not_modelled: tuple[str, ...] = ()

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """One number for each ReplicaSet."""
        return {f"adopted/{name}": 0 for name in cluster.kind(ReplicaSet).names}

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """A version was committed."""
        if before is None or after is None or after.kind.cls is not Pod:
            return []
        was = as_cached(before)
        now = as_cached(after)
        if was.owner is not None or now.owner is None or now.owner.name not in cluster.kind(ReplicaSet).names:
            return []
        return [(f"adopted/{now.owner.name}", OneMore())]


def monitors(kinds: Iterable[type]) -> tuple[Largest | Adoptions, ...]:
    """The monitors of a cluster with these kinds."""
    kinds = tuple(kinds)
    sized = tuple(kind for kind in kinds if kind is not Pod)
    if ReplicaSet not in kinds or Pod not in kinds:
        return (Largest(sized),) if sized else ()
    return Largest(sized), Adoptions()
