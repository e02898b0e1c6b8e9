"""What the Job controller remembers for each Job: which pods it is about to see, and which finalizers go.

Models `pkg/controller/job/job_controller.go` addPod, updatePod, deletePod, and tracking_utils.go
uidTrackingExpectations. Creations and deletions are only counted, as those of DaemonSets (`counted_expectations`).
A pod whose finalizer was removed counts as without it before the cache shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Update, Var
from kspec.kernel.values import Value
from kspec.kube.batch import JOB_TRACKING
from kspec.kube.cache import Cached, identity_of
from kspec_models.client.counted_expectations import CountedExpectations
from kspec_models.client.expectations import Outstanding


@attrs.frozen
class Remembered:
    """What is expected, and of which pods the finalizer was removed without that the cache shows it."""

    expected: Outstanding = CountedExpectations.initial
    released: frozenset[Value] = frozenset()


@attrs.frozen
class OfExpected:
    """A question about what is expected."""

    lens: Lens

    def __call__(self, remembered: Remembered) -> Any:
        return self.lens(remembered.expected)


@attrs.frozen
class Expect:
    """A change of what is expected."""

    update: Update

    def __call__(self, remembered: Remembered) -> Remembered:
        return attrs.evolve(remembered, expected=self.update(remembered.expected))


@attrs.frozen
class Released:
    """Of which pods the finalizer is gone although the cache shows it."""

    def __call__(self, remembered: Remembered) -> frozenset[Value]:
        return remembered.released


@attrs.frozen
class Releases:
    """The finalizers of these pods are about to be removed."""

    pods: frozenset[Value]

    def __call__(self, remembered: Remembered) -> Remembered:
        return attrs.evolve(remembered, released=remembered.released | self.pods)


@attrs.frozen
class ReleaseObserved:
    """The cache shows a pod without its finalizer, or its removal was refused."""

    pod: Value

    def __call__(self, remembered: Remembered) -> Remembered:
        return attrs.evolve(remembered, released=remembered.released - {self.pod})


class Tracking:
    """What a reconcile may ask of its Job's memory, and how it changes it."""

    initial: Any = Remembered()

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember, self._variable = ask, remember, variable
        self.expectations = CountedExpectations(
            lambda lens: ask(OfExpected(lens)), lambda update: remember(Expect(update)), variable
        )

    @property
    def released(self) -> frozenset[Value]:
        """The pods whose finalizer this controller has removed although its cache shows it."""
        found: frozenset[Value] = self._ask(Released())
        return found

    def releases(self, pods: Iterable[Any]) -> None:
        """The finalizers of these pods are about to be removed."""
        self._remember(Releases(frozenset(identity_of(pod) for pod in pods)))

    def not_released(self, pod: Any) -> tuple[Var, Update]:
        """What to do when the removal of its finalizer is refused."""
        return (self._variable, ReleaseObserved(identity_of(pod)))

    def not_deleted(self) -> tuple[Var, Update]:
        """What to do when a deletion is refused: it will not be seen."""
        variable, update = self.expectations.deletion_observed()
        return (variable, Expect(update))

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """The event handlers addPod, updatePod and deletePod."""
        expected = tuple([Expect(update) for update in CountedExpectations.observed(before, after)])
        had = before is not None and JOB_TRACKING in before.finalizers
        if not had or (after is not None and JOB_TRACKING in after.finalizers):
            return expected
        return (*expected, ReleaseObserved(identity_of(before)))
