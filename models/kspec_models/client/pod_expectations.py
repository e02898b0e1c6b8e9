"""A controller's expectations about the pods of one key, as memory that delivered events feed.

Models `pkg/controller/controller_utils.go` UIDTrackingControllerExpectations (W04, W05, A110 to A112): before it creates or deletes, the
controller notes what its cache will show; until then it does not create or delete again. A pod that appears already terminating counts
as a deletion, not as a creation (W05).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Set, Update, Var
from kspec.kernel.values import Ref
from kspec.kube.cache import Cached, identity_of


@attrs.frozen
class Expected:
    """What the cache has yet to show: so many creations, and the deletion of these pods."""

    creations: int = 0
    deletions: frozenset[Ref] = frozenset()


@attrs.frozen
class IsFulfilled:
    """Whether nothing is expected any more (ControlleeExpectations.Fulfilled: at most zero, A111)."""

    def __call__(self, expected: Expected) -> bool:
        return expected.creations <= 0 and not expected.deletions


@attrs.frozen
class CreationObserved:
    """So many creations are no longer expected."""

    count: int = 1

    def __call__(self, expected: Expected) -> Expected:
        return attrs.evolve(expected, creations=max(0, expected.creations - self.count))


@attrs.frozen
class DeletionObserved:
    """The deletion of this pod is no longer expected: counted once a pod (A112)."""

    pod: Ref

    def __call__(self, expected: Expected) -> Expected:
        return attrs.evolve(expected, deletions=expected.deletions - {self.pod})


class Expectations:
    """What a reconcile may ask of its key's expectations, and how it sets them."""

    initial: Any = Expected()

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember, self._variable = ask, remember, variable

    def satisfied(self) -> bool:
        """Whether the cache has shown everything that was expected."""
        return bool(self._ask(IsFulfilled()))

    def creations(self, count: int) -> None:
        """Expect so many creations (what was expected before is forgotten)."""
        self._remember(Set(Expected(creations=count)))

    def deletions(self, pods: Iterable[Any]) -> None:
        """Expect the deletion of these pods."""
        self._remember(Set(Expected(deletions=frozenset(_ref(pod) for pod in pods))))

    def lower_creations(self, count: int) -> None:
        """So many creations will not be seen: they failed or were never tried."""
        self._remember(CreationObserved(count))

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
            return (CreationObserved(),)
        return ()


def _ref(pod: Any) -> Ref:
    identity = identity_of(pod)
    assert isinstance(identity, Ref)
    return identity
