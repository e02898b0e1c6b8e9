"""One sync of a StatefulSet: what it creates and deletes, in order, and the status that it computes.

Three passes: over the wanted ordinals upwards, over the condemned downwards, and the update downwards. OrderedReady
ends the sync at the first thing to do or to wait for; Parallel goes through all three. Upstream:
pkg/controller/statefulset/stateful_set_control.go updateStatefulSet, processReplica, processCondemned,
updateStatefulSetAfterInvariantEstablished.

Simplified: every call succeeds (a refused one ends the sync there). Not modelled: repairing a pod's labels and volumes
(W61), and creating claims (W69, W70) beside pods.
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.controllers.statefulset.decisions import (
    Identity,
    PodManagement,
    Revision,
    Spec,
    Status,
    UpdateStrategy,
    in_range,
    max_unavailable,
    new_pod_revision,
    status_of,
)


class Verb(enum.Enum):
    """What is done to a pod."""

    CREATE = "create"
    DELETE = "delete"


@attrs.frozen
class Operation:
    """One call for a pod. `revision`: of the pod to create; None for a deletion."""

    verb: Verb
    ordinal: int
    revision: Revision | None = None


@attrs.frozen
class Pass:
    """What one pass does, and whether the sync ends with it."""

    operations: tuple[Operation, ...] = ()
    ends: bool = False


@attrs.frozen
class Outcome:
    """What one sync does, and the status that it writes."""

    operations: tuple[Operation, ...]
    status: Status


class Next(enum.Enum):
    """What is to be done with one pod, before the next is looked at."""

    CREATE = "it is missing"
    DELETE = "it has to go"
    WAIT = "it has to change first"
    PASS = "nothing"


def sync(spec: Spec, pods: tuple[Identity, ...]) -> Outcome:
    """One sync with the pods that the cache has (W60-W66, updateStatefulSet). The order of `pods` does not matter."""
    replicas = wanted(spec, pods)
    condemned = tuple(
        sorted(
            (pod for pod in pods if not in_range(pod.ordinal, spec.start, spec.replicas)),
            key=lambda pod: -pod.ordinal,
        )
    )
    status = status_of(replicas + condemned, spec.settled)
    if spec.deleting:
        return Outcome((), status)
    monotonic = spec.management is PodManagement.ORDERED_READY
    first = replica_pass(replicas, monotonic)
    if first.ends:
        return Outcome(first.operations, status)
    second = condemned_pass(condemned, first_unavailable(replicas, condemned), monotonic)
    done = first.operations + second.operations
    if second.ends or spec.strategy is UpdateStrategy.ON_DELETE:
        return Outcome(done, status)
    updates = update_pass(spec, replicas)
    return Outcome(done + updates, attrs.evolve(status, current=status.current - len(updates)))


def wanted(spec: Spec, pods: tuple[Identity, ...]) -> tuple[Identity, ...]:
    """A pod for every wanted ordinal, upwards; one that is missing is there as it would be created (W60, W66)."""
    there = {pod.ordinal: pod for pod in pods}
    return tuple(
        there.get(ordinal) or _missing(spec, ordinal) for ordinal in range(spec.start, spec.start + spec.replicas)
    )


def replica_next(pod: Identity, monotonic: bool) -> Next:
    """What a wanted ordinal needs (W61, processReplica). Parallel (not `monotonic`) never waits for one (W62)."""
    if pod.finished:
        return Next.WAIT if pod.terminating else Next.DELETE
    if pod.phase is None:
        return Next.CREATE
    if monotonic and pod.unavailable:
        return Next.WAIT
    return Next.PASS


def condemned_next(pod: Identity, is_first_unavailable: bool, monotonic: bool) -> Next:
    """What happens to a pod that is not wanted (W63, processCondemned).

    OrderedReady deletes an unavailable one only if nothing else is unavailable below it.
    """
    if pod.terminating:
        return Next.WAIT
    if monotonic and not pod.running_and_available and not is_first_unavailable:
        return Next.WAIT
    return Next.DELETE


def update_next(pod: Identity) -> Next:
    """What the update does with a pod of the range that it may change (W64)."""
    if pod.revision is not Revision.UPDATE and not pod.terminating:
        return Next.DELETE
    return Next.WAIT if pod.unavailable else Next.PASS


def replica_pass(replicas: tuple[Identity, ...], monotonic: bool) -> Pass:
    """The pass over the wanted ordinals: one thing a sync if `monotonic`, else everything at once (W61, W62)."""
    operations: tuple[Operation, ...] = ()
    for pod in replicas:
        found = replica_next(pod, monotonic)
        operations += _operation(found, pod)
        if monotonic and found is not Next.PASS:
            return Pass(operations, ends=True)
    return Pass(operations)


def condemned_pass(condemned: tuple[Identity, ...], first: int | None, monotonic: bool) -> Pass:
    """The pass over the pods that are not wanted, highest first; `first`: the ordinal of `first_unavailable` (W63)."""
    operations: tuple[Operation, ...] = ()
    for pod in condemned:
        operations += _operation(condemned_next(pod, pod.ordinal == first, monotonic), pod)
        if monotonic:
            return Pass(operations, ends=True)
    return Pass(operations)


def update_pass(spec: Spec, replicas: tuple[Identity, ...]) -> tuple[Operation, ...]:
    """The deletions of the update, by the strategy's limit or one pod at a time (W64, W65).

    Each lowers status.currentReplicas by one, whatever revision the pod has: it comes out as -1 when the only pod that
    is left to update is of a third revision.
    """
    changeable = tuple(reversed(replicas[spec.partition or 0 :]))
    if spec.max_unavailable is not None:
        limit = max_unavailable(spec.max_unavailable, spec.replicas)
        return update_within_limit(changeable, sum(1 for pod in replicas if pod.unavailable), limit)
    return update_one_at_a_time(changeable)


def update_one_at_a_time(changeable: tuple[Identity, ...]) -> tuple[Operation, ...]:
    """Highest first: the first that is out of date goes; nothing does behind one that is unavailable (W64)."""
    for pod in changeable:
        found = update_next(pod)
        if found is not Next.PASS:
            return _operation(found, pod)
    return ()


def update_within_limit(changeable: tuple[Identity, ...], unavailable: int, limit: int) -> tuple[Operation, ...]:
    """Highest first: as many out-of-date pods as the limit leaves, whether they are available or not (W65)."""
    out_of_date = tuple(pod for pod in changeable if update_next(pod) is Next.DELETE)
    return tuple(Operation(Verb.DELETE, pod.ordinal) for pod in out_of_date[: max(0, limit - unavailable)])


def first_unavailable(replicas: tuple[Identity, ...], condemned: tuple[Identity, ...]) -> int | None:
    """The ordinal of the first unavailable pod: the wanted ones upwards, then the condemned upwards (W63)."""
    for pod in (*replicas, *reversed(condemned)):
        if pod.unavailable:
            return pod.ordinal
    return None


def _missing(spec: Spec, ordinal: int) -> Identity:
    revision = new_pod_revision(ordinal, spec.strategy, spec.partition, spec.start, spec.status_current_replicas)
    return Identity(ordinal, revision, phase=None, ready=False, available=False)


def _operation(found: Next, pod: Identity) -> tuple[Operation, ...]:
    if found is Next.CREATE:
        return (Operation(Verb.CREATE, pod.ordinal, pod.revision),)
    if found is Next.DELETE:
        return (Operation(Verb.DELETE, pod.ordinal),)
    return ()
