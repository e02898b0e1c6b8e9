"""What a Deployment reports, and when its rollout is complete or gets on.

Upstream: pkg/controller/deployment/util/deployment_util.go DeploymentComplete, DeploymentProgressing; sync.go
calculateStatus. Conditions and deadlines are not here: they need times.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class Counts:
    """Numbers of pods in the status of one ReplicaSet, or of a Deployment (`updated`: those of the new ReplicaSet)."""

    replicas: int = 0
    ready: int = 0
    available: int = 0
    updated: int = 0


def summed(new: Counts | None, old: tuple[Counts, ...]) -> Counts:
    """A Deployment's status from the status of its ReplicaSets, as the cache has them (W40, calculateStatus).

    Terminating pods are in none of these numbers (W21, W44).
    """
    sets = old if new is None else (*old, new)
    return Counts(
        replicas=sum(counts.replicas for counts in sets),
        ready=sum(counts.ready for counts in sets),
        available=sum(counts.available for counts in sets),
        updated=0 if new is None else new.replicas,
    )


def is_complete(replicas: int, status: Counts, observed: bool = True) -> bool:
    """Whether the rollout is done: every pod is updated and available, and no other is left (W44).

    `observed`: the status is of the latest generation.
    """
    return status.updated == replicas and status.replicas == replicas and status.available == replicas and observed


def is_progressing(before: Counts, after: Counts) -> bool:
    """Whether the rollout got on: more updated, fewer old, more ready or more available pods (W45)."""
    return (
        after.updated > before.updated
        or after.replicas - after.updated < before.replicas - before.updated
        or after.ready > before.ready
        or after.available > before.available
    )


def promises_kept(available: int, replicas: int, unavailable: int) -> bool:
    """The condition Available: no more pods are missing than the strategy allows (W47). `unavailable`: its most."""
    return available >= replicas - unavailable
