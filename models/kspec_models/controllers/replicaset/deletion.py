"""Which pods a ReplicaSet deletes first, when it has too many.

Times come in from outside as numbers: `bucket` is how old something is on a logarithmic scale, `moment` tells apart
two times in one bucket. A scope without clocks gives every pod the same ones, and then ties stay open.

Upstream: pkg/controller/controller_utils.go ActivePodsWithRanks, pkg/controller/replicaset/replica_set.go
getPodsToDelete (W23, W24).
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import Phase
from kspec_models.helpers.integers import parse_int64

NEVER = -2
"""The bucket of a time that is not set: it goes before every other."""

_INT32 = range(-(2**31), 2**31)


@attrs.frozen
class Since:
    """A time in the past: `bucket` (younger is smaller), and `moment`, equal only for the same time."""

    bucket: int = NEVER
    moment: int = 0


@attrs.frozen
class Candidate:
    """An active pod of a ReplicaSet with a surplus.

    `related` is how many active pods of the ReplicaSets with the same controller run on its node; `restarts` the most
    restarts of one of its containers, `sidecar_restarts` of one of its sidecars.
    """

    assigned: bool
    phase: Phase
    ready: bool = False
    deletion_cost: int = 0
    related: int = 0
    ready_since: Since = Since()
    restarts: int = 0
    sidecar_restarts: int = 0
    created: Since = Since()


class Order(enum.Enum):
    """What is decided between two pods. OPEN: nothing, or only by uid, which the model never does."""

    FIRST = "the first is deleted before the second"
    SECOND = "the second is deleted before the first"
    OPEN = "either may go first"


def phase_rank(phase: Phase) -> int:
    """Pending before Unknown before Running; a finished pod is not active and never asked about (W23.2)."""
    if phase is Phase.PENDING:
        return 0
    if phase is Phase.UNKNOWN:
        return 1
    return 2


def age_bucket(nanoseconds: int, *, logarithmic: bool = True) -> int:
    """The bucket of an age: the whole part of its base-2 logarithm, -1 for none (W23.6).

    `logarithmic` False is the feature gate LogarithmicScaleDown off, which 1.36 no longer allows: every age its own.
    """
    if nanoseconds <= 0:
        return -1
    return nanoseconds.bit_length() - 1 if logarithmic else nanoseconds


def deletion_cost(annotation: str | None, *, gate: bool = True) -> int:
    """The annotation controller.kubernetes.io/pod-deletion-cost; 0 if absent or no int32, as `+1` and `01` (W23.4).

    `gate` False is the feature gate PodDeletionCost off.
    """
    if not gate or annotation is None or annotation[:1] == "+" or (annotation[:1] == "0" and annotation != "0"):
        return 0
    cost = parse_int64(annotation)
    return cost if cost is not None and cost in _INT32 else 0


def most_restarts(counts: tuple[int, ...]) -> int:
    """The most restarts of one container; 0 without containers (W23.7)."""
    return max(counts, default=0)


def related_on_node(node: str | None, related: tuple[tuple[str | None, bool], ...]) -> int:
    """How many related pods, given as (node, active), are active and on this node; None is not assigned (W23.5)."""
    return sum(1 for on, active in related if active and on == node)


def must_rank(surplus: int, active: int) -> bool:
    """Whether an order is needed: if all active pods go, none is computed (W24)."""
    return surplus < active


def deletion_rank(pod: Candidate) -> tuple[int | bool, ...]:
    """The key by which pods are deleted, smallest first; equal keys are an open choice (W23).

    Exact where two times in one bucket are the same time. Where they are not, real code stops there and decides by uid,
    so that `restarts` and `created` no longer count: `deletion_order` says OPEN. No key can say that, and with it no
    order either: three such pods may go round in a circle.
    """
    return (
        pod.assigned,
        phase_rank(pod.phase),
        pod.ready,
        pod.deletion_cost,
        -pod.related,
        pod.ready_since.bucket if pod.ready else NEVER,
        -pod.restarts,
        -pod.sidecar_restarts,
        pod.created.bucket,
    )


def deletion_order(first: Candidate, second: Candidate) -> Order:
    """Which of two pods is deleted first (W23, ActivePodsWithRanks.Less)."""
    if first.assigned != second.assigned:
        return _lower(first.assigned, second.assigned)
    if phase_rank(first.phase) != phase_rank(second.phase):
        return _lower(phase_rank(first.phase), phase_rank(second.phase))
    if first.ready != second.ready:
        return _lower(first.ready, second.ready)
    if first.deletion_cost != second.deletion_cost:
        return _lower(first.deletion_cost, second.deletion_cost)
    if first.related != second.related:
        return _lower(-first.related, -second.related)
    if first.ready and first.ready_since != second.ready_since:
        return _lower(first.ready_since.bucket, second.ready_since.bucket)
    if first.restarts != second.restarts:
        return _lower(-first.restarts, -second.restarts)
    if first.sidecar_restarts != second.sidecar_restarts:
        return _lower(-first.sidecar_restarts, -second.sidecar_restarts)
    return _lower(first.created.bucket, second.created.bucket)


def _lower(first: int, second: int) -> Order:
    if first < second:
        return Order.FIRST
    if first > second:
        return Order.SECOND
    return Order.OPEN
