"""Deletion: whether DELETE removes an object, marks it, or changes nothing, and how long a pod may take.

Upstream: staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go BeforeDelete; registry/generic/registry/store.go
Delete, updateForGracefulDeletionAndFinalizers, markAsDeleting; pkg/registry/core/pod/strategy.go CheckGracefulDelete.

Simplified: time is abstract. deletionTimestamp is only set or not, so "an expired period becomes one second" (A73) has
no counterpart. Not modelled: deletion of collections (A78), dry run.
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.apiserver import finalizers as gc
from kspec_models.apiserver.finalizers import GCPolicy, Propagation


@attrs.frozen
class Terminating:
    """deletionTimestamp is set. `grace_period`: deletionGracePeriodSeconds, None if it is missing."""

    grace_period: int | None = None


@attrs.frozen
class DeleteOptions:
    """What a DELETE says. None and "": nothing; `uid`, `resource_version`: its preconditions."""

    grace_period: int | None = None
    policy: Propagation | None = None
    orphan_dependents: bool | None = None
    uid: str = ""
    resource_version: str = ""

    @property
    def contradictory(self) -> bool:
        """Both ways to say what becomes of dependents: refused with 422 (A76)."""
        return self.policy is not None and self.orphan_dependents is not None


@attrs.frozen
class Check:
    """What BeforeDelete finds out.

    `graceful`: the object is stored with `terminating`. `pending`: it goes already, and nothing changes. Neither: only
    finalizers keep it. `requested`: the request's period as it counts from here on (None: said nowhere).
    """

    graceful: bool
    pending: bool
    requested: int | None
    terminating: Terminating | None


def counted(period: int | None) -> int | None:
    """A grace period as the delete path counts it: a negative one is one second (A71)."""
    if period is None or period >= 0:
        return period
    return 1


def pod_grace_period(requested: int | None, of_spec: int | None, scheduled: bool, finished: bool) -> int:
    """How long a pod may take to end, in seconds (A71, CheckGracefulDelete).

    What was asked for, else its spec's terminationGracePeriodSeconds; 0 without a node to end on, or if it has ended.
    """
    period = requested if requested is not None else of_spec
    if period is None or not scheduled or finished:
        return 0
    return 1 if period < 0 else period


def before_delete(stored: Terminating | None, requested: int | None, of_kind: int | None) -> Check:
    """What a deletion does before finalizers are looked at (A70, A72, A73, BeforeDelete).

    `of_kind`: the period that the kind grants for this request (`pod_grace_period`), None if it knows no graceful
    deletion, as every kind but Pod. A period that has begun can only be made shorter.
    """
    requested = counted(requested)
    now = None if stored is None else Terminating(counted(stored.grace_period))
    if of_kind is None:
        return Check(False, False, requested, now)
    if now is None:
        return Check(True, False, of_kind, Terminating(of_kind))
    if now.grace_period is None or now.grace_period == 0:
        return Check(False, False, requested, now)
    if requested is None:
        return Check(False, True, now.grace_period, now)
    if requested >= now.grace_period:
        return Check(False, True, requested, now)
    return Check(True, False, requested, Terminating(requested))


class Outcome(enum.Enum):
    """What a DELETE that is granted does: answered with 200 in each case."""

    REMOVED = "removed"
    MARKED = "marked"
    PENDING = "pending"


@attrs.frozen
class Deleted:
    """The outcome, and of an object that stays: its finalizers, how it goes, and whether its generation rises."""

    outcome: Outcome
    finalizers: tuple[str, ...] = ()
    terminating: Terminating | None = None
    new_generation: bool = False


def delete(
    finalizers: tuple[str, ...],
    stored: Terminating | None,
    options: DeleteOptions,
    kind: GCPolicy,
    of_kind: int | None = None,
) -> Deleted:
    """What a granted DELETE does to an object (A70 to A76, Store.Delete). `of_kind`: see `before_delete`.

    Not graceful and with finalizers: marked with a period of 0 until the last is gone. Graceful: marked; and removed at
    once if the period is 0 and there is no finalizer. generation rises when it is first marked (A55, A72).
    """
    check = before_delete(stored, options.grace_period, of_kind)
    if check.pending:
        return Deleted(Outcome.PENDING, finalizers, stored)
    left = gc.on_deletion(finalizers, kind, options.policy, options.orphan_dependents)
    terminating = check.terminating if check.graceful else Terminating(0)
    if left or (check.graceful and check.requested != 0):
        return Deleted(Outcome.MARKED, left, terminating, new_generation=stored is None)
    return Deleted(Outcome.REMOVED)
