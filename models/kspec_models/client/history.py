"""A monitor: remembers what properties compare with, and which no object shows any more. It changes nothing.

It is told of every committed version at once (its cache is never late), and it is no part of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from kspec.kernel.actions import Action
from kspec.kernel.values import Value
from kspec.kube.cache import Cached
from kspec.kube.cluster import Cluster, Seen, Writes


@attrs.frozen
class Raised:
    """The larger of what is remembered and a new number."""

    to: int

    def __call__(self, old: int) -> int:
        return max(old, self.to)


@attrs.frozen
class Largest:
    """Remembers the largest `spec.replicas` that each object of these kinds ever had: `largest/<resource>/<name>`."""

    watches: tuple[type, ...]
    name: str = "monitor"
    not_modelled: tuple[str, ...] = ()

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """Everything."""
        return None

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """One number for each object."""
        kinds = [cluster.kind(cls) for cls in self.watches]
        return {f"largest/{kind.resource}/{name}": 0 for kind in kinds for name in kind.names}

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """None."""
        return {}

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """It does nothing."""
        return ()

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """A version was committed."""
        if after is None:
            return []
        now = Cached(after.kind, after.observer, after.view, after.name)
        was = None if before is None else Cached(before.kind, before.observer, before.view, before.name)
        if was is not None and now.replicas <= was.replicas:
            return []
        return [(f"largest/{after.kind.resource}/{after.name}", Raised(now.replicas))]
