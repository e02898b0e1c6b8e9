"""Expectations that only count, as memory that delivered events feed: those of the DaemonSet controller.

Models the event handlers of `pkg/controller/daemon/daemon_controller.go` (addPod, updatePod, deletePod; W04, W05).
They do not know which pods are to go: every event about a pod that is being deleted lowers the deletions, so a graceful
deletion lowers them twice, once when the pod is marked and once when it is gone. `pod_expectations` is the kind that
knows (A112).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Set, Update, Var
from kspec.kube.cache import Cached
from kspec_models.client import expectations
from kspec_models.client.expectations import Outstanding


@attrs.frozen
class IsFulfilled:
    """Whether nothing is expected any more."""

    def __call__(self, outstanding: Outstanding) -> bool:
        return expectations.satisfied(outstanding)


@attrs.frozen
class Lowered:
    """So many creations and deletions are no longer expected.

    It stops at 0, where upstream counts on below it: nothing can tell the two apart, since recording starts anew.
    """

    adds: int = 0
    deletes: int = 0

    def __call__(self, outstanding: Outstanding) -> Outstanding:
        left = expectations.lowered(outstanding, self.adds, self.deletes)
        assert left is not None, "something is recorded from the start: nothing"
        return Outstanding(max(0, left.adds), max(0, left.deletes))


class CountedExpectations:
    """What a reconcile may ask of its key's expectations, and how it sets them."""

    initial: Any = Outstanding()

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember, self._variable = ask, remember, variable

    def satisfied(self) -> bool:
        """Whether the cache has shown everything that was expected."""
        return bool(self._ask(IsFulfilled()))

    def expect(self, creations: int, deletions: int) -> None:
        """Expect so many creations and deletions (what was expected before is forgotten)."""
        self._remember(Set(Outstanding(creations, deletions)))

    def lower_creations(self, count: int) -> None:
        """So many creations will not be seen: they failed or were never tried."""
        self._remember(Lowered(adds=count))

    def deletion_observed(self) -> tuple[Var, Update]:
        """What to do when a deletion is refused: it will not be seen."""
        return (self._variable, Lowered(deletes=1))

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """The event handlers addPod, updatePod and deletePod."""
        if after is None or after.deleting:
            return (Lowered(deletes=1),)
        return (Lowered(adds=1),) if before is None else ()
