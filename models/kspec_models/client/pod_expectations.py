"""A controller's expectations about the pods of one key, as memory that delivered events feed.

Models the event handlers of `pkg/controller/replicaset/replica_set.go` (addPod, updatePod, deletePod; W05). The
arithmetic is in `expectations`. A pod that appears already terminating counts as a deletion, not as a creation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Set, Update, Var
from kspec.kernel.values import Ref
from kspec.kube.cache import Cached, identity_of
from kspec_models.client import expectations
from kspec_models.client.expectations import Tracked


@attrs.frozen
class IsFulfilled:
    """Whether nothing is expected any more."""

    def __call__(self, tracked: Tracked) -> bool:
        return expectations.satisfied(tracked.outstanding)


@attrs.frozen
class CreationsObserved:
    """So many creations are no longer expected."""

    count: int = 1

    def __call__(self, tracked: Tracked) -> Tracked:
        return tracked.creations_observed(self.count)


@attrs.frozen
class DeletionObserved:
    """The deletion of this pod is no longer expected."""

    pod: Ref

    def __call__(self, tracked: Tracked) -> Tracked:
        return tracked.deletion_observed(self.pod)


class Expectations:
    """What a reconcile may ask of its key's expectations, and how it sets them."""

    initial: Any = Tracked()

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember, self._variable = ask, remember, variable

    def satisfied(self) -> bool:
        """Whether the cache has shown everything that was expected."""
        return bool(self._ask(IsFulfilled()))

    def creations(self, count: int) -> None:
        """Expect so many creations (what was expected before is forgotten)."""
        self._remember(Set(expectations.expect_creations(count)))

    def deletions(self, pods: Iterable[Any]) -> None:
        """Expect the deletion of these pods."""
        self._remember(Set(expectations.expect_deletions(_ref(pod) for pod in pods)))

    def lower_creations(self, count: int) -> None:
        """So many creations will not be seen: they failed or were never tried."""
        self._remember(CreationsObserved(count))

    def deletion_observed(self, pod: Any) -> tuple[Var, Update]:
        """What to do when the deletion of this pod is refused: it will not be seen."""
        return (self._variable, DeletionObserved(_ref(pod)))

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """The event handlers addPod, updatePod and deletePod (W05)."""
        pod = after if after is not None else before
        assert pod is not None
        was_deleting = before is not None and before.deleting
        if after is None or (after.deleting and not was_deleting):
            return (DeletionObserved(_ref(pod)),)
        if before is None:
            return (CreationsObserved(),)
        return ()


def _ref(pod: Any) -> Ref:
    identity = identity_of(pod)
    assert isinstance(identity, Ref)
    return identity
