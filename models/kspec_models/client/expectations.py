"""What a controller expects to see before it acts again: the arithmetic of expectations.

A controller that has created or deleted pods remembers how many (of deletions: which), and does neither again for
that key until its cache has shown them, or an answer said that they will not come. Lost at a crash.

Upstream: pkg/controller/controller_utils.go ControlleeExpectations, UIDTrackingControllerExpectations (W04, W05,
A110 to A112).
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel.values import Value


@attrs.frozen
class Outstanding:
    """How many creations and deletions of a key are yet to be seen. May fall below 0 (A111)."""

    adds: int = 0
    deletes: int = 0

    @property
    def fulfilled(self) -> bool:
        """At most 0, not equal to 0: more than was expected may be seen (A111)."""
        return self.adds <= 0 and self.deletes <= 0


def satisfied(outstanding: Outstanding | None, expired: bool = False) -> bool:
    """Whether the controller may act: nothing recorded, all seen, or five minutes passed (W04, A110)."""
    if outstanding is None:
        return True
    return outstanding.fulfilled or expired


def lowered(outstanding: Outstanding | None, adds: int, deletes: int) -> Outstanding | None:
    """After so many were seen, or will never come: a refused creation, a batch not sent (A111, LowerExpectations)."""
    if outstanding is None:
        return None
    return Outstanding(outstanding.adds - adds, outstanding.deletes - deletes)


def raised(outstanding: Outstanding | None, adds: int, deletes: int) -> Outstanding | None:
    """After so many more are expected; with nothing recorded it stays so (RaiseExpectations)."""
    return lowered(outstanding, -adds, -deletes)


@attrs.frozen
class Tracked:
    """Expectations that know which pods are to go, so that none is counted twice (A112).

    Creations stop at 0 where upstream counts on below it: nothing can tell the two apart, since recording starts anew.
    So does it for names: upstream keeps those of an overwritten record, and a late one of them lowers a count that
    is at most 0 already.
    """

    creations: int = 0
    deletions: frozenset[Value] = frozenset()

    @property
    def outstanding(self) -> Outstanding:
        """The same as numbers."""
        return Outstanding(self.creations, len(self.deletions))

    def creations_observed(self, count: int = 1) -> Tracked:
        """So many pods appeared, or their creation was refused or never tried (W05, A111)."""
        return Tracked(max(0, self.creations - count), self.deletions)

    def deletion_observed(self, name: Value) -> Tracked:
        """A pod is gone, or seen terminating, whichever comes first, or its deletion was refused (W05, A112)."""
        return Tracked(self.creations, self.deletions - {name})


def expect_creations(count: int) -> Tracked:
    """What to remember before creating so many pods; what was recorded before is overwritten (A110)."""
    return Tracked(creations=count)


def expect_deletions(names: Iterable[Value]) -> Tracked:
    """What to remember before deleting these pods; what was recorded before is overwritten (A110, A112)."""
    return Tracked(deletions=frozenset(names))
