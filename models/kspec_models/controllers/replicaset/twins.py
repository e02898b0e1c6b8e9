"""Broken twins of the ReplicaSet's decisions, chosen by `--set`: each breaks a promise that some theorem makes."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec_models.controllers.replicaset.decisions import BURST_REPLICAS, Difference

_DIFFERENCE = "kspec_models.controllers.replicaset.decisions:difference"


@broken_twin("replicaset.difference", "one-too-many", _DIFFERENCE, "one pod more than is missing is created")
def creates_one_too_many(active: int, replicas: int, burst: int = BURST_REPLICAS) -> Difference:
    """Off by one."""
    if active < replicas:
        return Difference(min(replicas - active + 1, burst), 0)
    return Difference(0, min(active - replicas, burst))


@broken_twin("replicaset.difference", "no-bursts", _DIFFERENCE, "everything is created and deleted at once")
def knows_no_bursts(active: int, replicas: int, burst: int = BURST_REPLICAS) -> Difference:
    """The limit of one sync is not looked at."""
    return Difference(max(0, replicas - active), max(0, active - replicas))


@broken_twin("replicaset.difference", "never-deletes", _DIFFERENCE, "surplus pods stay")
def never_deletes(active: int, replicas: int, burst: int = BURST_REPLICAS) -> Difference:
    """Surplus pods stay."""
    return Difference(max(0, min(replicas - active, burst)), 0)
