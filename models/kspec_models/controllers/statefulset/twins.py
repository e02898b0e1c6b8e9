"""Broken twins of the StatefulSet controller, and of the one promise that it relies on, chosen by `--set`."""

from __future__ import annotations

import attrs

from kspec.kernel.settings import broken_twin
from kspec.kube.requests import Code
from kspec_models.controllers.statefulset.decisions import Identity, Revision, Spec, Status, UpdateStrategy, status_of
from kspec_models.controllers.statefulset.sync import (
    Next,
    Operation,
    Pass,
    condemned_pass,
    replica_next,
    update_one_at_a_time,
    update_pass,
)

_SYNC = "kspec_models.controllers.statefulset.sync"


@attrs.frozen
class Granted:
    """An answer of the store to a create."""

    code: Code = Code.CREATED


@broken_twin("apiserver.names", "given-twice", "kspec_models.apiserver.update:create", "a name may be given twice")
def names_are_not_looked_at(*_: object) -> Granted:
    """Nobody looks whether the name is taken."""
    return Granted()


@broken_twin("statefulset.order", "ignored", f"{_SYNC}:replica_next", "no pod waits for those below it")
def nobody_waits(pod: Identity, monotonic: bool) -> Next:
    """Every set as if it were Parallel."""
    return replica_next(pod, False)


@broken_twin("statefulset.condemned", "lowest-first", f"{_SYNC}:condemned_pass", "the lowest surplus pod goes first")
def lowest_first(condemned: tuple[Identity, ...], first: int | None, monotonic: bool) -> Pass:
    """Surplus pods upwards."""
    return condemned_pass(tuple(reversed(condemned)), first, monotonic)


@broken_twin("statefulset.condemned", "kept", f"{_SYNC}:condemned_pass", "surplus pods stay")
def surplus_pods_stay(condemned: tuple[Identity, ...], first: int | None, monotonic: bool) -> Pass:
    """Nobody deletes them."""
    return Pass()


@broken_twin("statefulset.update", "lowest-first", f"{_SYNC}:update_one_at_a_time", "a rollout goes upwards")
def update_upwards(changeable: tuple[Identity, ...]) -> tuple[Operation, ...]:
    """From low to high."""
    return update_one_at_a_time(tuple(reversed(changeable)))


@broken_twin("statefulset.update", "beyond-the-partition", f"{_SYNC}:update_pass", "the partition is not looked at")
def update_everything(spec: Spec, replicas: tuple[Identity, ...]) -> tuple[Operation, ...]:
    """As if the partition were 0."""
    return update_pass(attrs.evolve(spec, partition=0), replicas)


@broken_twin("statefulset.status", "one-short", f"{_SYNC}:status_of", "one pod is left out of the status")
def one_short(pods: tuple[Identity, ...], settled: bool = False) -> Status:
    """Counts one pod too few."""
    return status_of(pods[1:], settled)


@broken_twin("statefulset.new-pods", "newest", f"{_SYNC}:new_pod_revision", "every new pod is of the newest revision")
def always_the_newest(
    ordinal: int, strategy: UpdateStrategy, partition: int | None, start: int, status_current_replicas: int
) -> Revision:
    """The partition is forgotten where a pod is made anew."""
    return Revision.UPDATE
