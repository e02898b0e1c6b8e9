"""What is true of how many pods one sync of a ReplicaSet creates or deletes, for all numbers (W20, W22)."""

from __future__ import annotations

from kspec.prove import Natural, Positive, decision
from kspec_models.controllers.replicaset import decisions
from kspec_models.controllers.replicaset.decisions import Difference


@decision("replicaset.difference")
def difference(active: int, replicas: int, burst: int) -> Difference:
    """How many pods a ReplicaSet creates or deletes in one sync."""
    return decisions.difference(active, replicas, burst)


def _tell(active: int, replicas: int, burst: int) -> str:
    todo = difference(active, replicas, burst)
    return (
        f"replicas {replicas}, {active} active pods, at most {burst} in one sync: it creates {todo.create} and deletes "
        f"{todo.delete}, and then there are {active + todo.create - todo.delete}"
    )


@difference.theorem(tell=_tell)
def a_sync_never_overshoots(active: Natural, replicas: Natural, burst: Positive) -> bool:
    """One sync takes the number of active pods towards replicas and never past it."""
    todo = difference(active, replicas, burst)
    after = active + todo.create - todo.delete
    return min(active, replicas) <= after <= max(active, replicas)


@difference.theorem(tell=_tell)
def a_sync_does_one_thing_in_one_burst(active: Natural, replicas: Natural, burst: Positive) -> bool:
    """One sync creates or deletes, not both, and at most one burst of pods."""
    todo = difference(active, replicas, burst)
    return (todo.create == 0 or todo.delete == 0) and 0 <= todo.create <= burst and 0 <= todo.delete <= burst


@difference.theorem(tell=_tell)
def every_sync_comes_nearer_to_replicas(active: Natural, replicas: Natural, burst: Positive) -> bool:
    """A sync that does not find as many active pods as replicas comes nearer: the number of pods converges."""
    todo = difference(active, replicas, burst)
    after = active + todo.create - todo.delete
    return active == replicas or abs(replicas - after) < abs(replicas - active)


@every_sync_comes_nearer_to_replicas.false_neighbour(smallest={"replicas": 2, "burst": 1})
def one_sync_is_enough(active: Natural, replicas: Natural, burst: Positive) -> bool:
    """After one sync there are as many pods as replicas. It is false: there are bursts."""
    todo = difference(active, replicas, burst)
    return active + todo.create - todo.delete == replicas
