"""How many pods a ReplicaSet creates or deletes, in which batches, and what it reports.

Pure functions of numbers and small records. Upstream: pkg/controller/replicaset/replica_set.go and
replica_set_utils.go. Which pods go first is in `deletion`.
"""

from __future__ import annotations

import attrs

from kspec_models.client.slow_start import SlowStart as SlowStart
from kspec_models.client.slow_start import slow_start as slow_start

BURST_REPLICAS = 500
"""How many pods one sync creates or deletes at most (W22)."""


@attrs.frozen
class Difference:
    """What one sync does: at most one of the two numbers of pods is not zero."""

    create: int
    delete: int


def difference(active: int, replicas: int, burst: int = BURST_REPLICAS) -> Difference:
    """How many pods to create or to delete, given the active ones in the cache (W20, W22, manageReplicas)."""
    if active < replicas:
        return Difference(min(replicas - active, burst), 0)
    return Difference(0, min(active - replicas, burst))


# ---- status


@attrs.frozen
class ActivePod:
    """One active pod to the status: has it every label of the template, is it ready, is it available?"""

    fully_labeled: bool
    ready: bool
    available: bool


@attrs.frozen
class Counts:
    """The numbers of a ReplicaSet's status. `terminating` is None where it is not reported."""

    replicas: int
    fully_labeled: int
    ready: int
    available: int
    terminating: int | None = None


def reports_terminating(kind: str, gate: bool) -> bool:
    """Whether terminatingReplicas is in the status: not of a ReplicationController (W25).

    `gate` is the feature gate DeploymentReplicaSetTerminatingReplicas (beta, on).
    """
    return gate and kind == "ReplicaSet"


def status(active: tuple[ActivePod, ...], terminating: int | None = None) -> Counts:
    """The status from the pods seen before this sync's creations and deletions (W25, W26, calculateStatus).

    `terminating`: the number of terminating pods, None if it is not reported (`reports_terminating`).
    """
    fully_labeled, ready, available = 0, 0, 0
    for pod in active:
        if pod.fully_labeled:
            fully_labeled += 1
        if pod.ready:
            ready += 1
        if pod.available:
            available += 1
    return Counts(len(active), fully_labeled, ready, available, terminating)
