"""What is true of scaling in the middle of a rollout, in proportion to the sizes, for all numbers (W41, W42, W43).

`most_before` is the annotation max-replicas: what all sizes could sum to when the ReplicaSets were last scaled.
"""

from __future__ import annotations

from itertools import pairwise

from kspec.prove import Natural, Positive, assume, decision
from kspec_models.controllers.deployment import scaling


@decision("deployment.scale_in_proportion")
def scale_in_proportion(
    sizes: tuple[Positive, Positive, Positive], replicas: Natural, surge: Natural, most_before: Natural
) -> tuple[int, ...]:
    """The sizes of the active ReplicaSets of a Deployment that is scaled in the middle of a rollout."""
    return scaling.scale_in_proportion(sizes, replicas, surge, most_before)


def _tell(sizes: tuple[int, ...], replicas: int, surge: int, most_before: int) -> str:
    then = scaling.scale_in_proportion(sizes, replicas, surge, most_before)
    return (
        f"ReplicaSets of sizes {', '.join(map(str, sizes))}, of at most {most_before}; now replicas {replicas}, "
        f"maxSurge {surge}: sizes {', '.join(map(str, then))}, sum {sum(then)}, wanted "
        f"{scaling.allowed_size(replicas, surge)}"
    )


def _assume_known(sizes: tuple[int, ...], most_before: int) -> None:
    assume(all(a >= b for a, b in pairwise(sizes)), "larger ReplicaSets first")
    assume(sum(sizes) <= most_before, "the sizes sum to at most the annotation max-replicas")


@scale_in_proportion.theorem(tell=_tell)
def scaling_two_replica_sets_is_exact(
    sizes: tuple[Positive, Positive], replicas: Natural, surge: Natural, most_before: Natural
) -> bool:
    """Scaling two ReplicaSets in proportion makes their sizes sum to exactly replicas + maxSurge."""
    _assume_known(sizes, most_before)
    then = scaling.scale_in_proportion(sizes, replicas, surge, most_before)
    return sum(then) == scaling.allowed_size(replicas, surge)


@scale_in_proportion.theorem(tell=_tell)
def scaling_three_replica_sets_is_exact(
    sizes: tuple[Positive, Positive, Positive], replicas: Natural, surge: Natural, most_before: Natural
) -> bool:
    """Scaling three ReplicaSets in proportion makes their sizes sum to exactly replicas + maxSurge."""
    _assume_known(sizes, most_before)
    then = scaling.scale_in_proportion(sizes, replicas, surge, most_before)
    return sum(then) == scaling.allowed_size(replicas, surge)


@scaling_three_replica_sets_is_exact.false_neighbour(
    smallest={
        "sizes[0]": 1,
        "sizes[1]": 1,
        "sizes[2]": 1,
        "sizes[3]": 1,
        "replicas": 1,
        "surge": 1,
        "most_before": 4,
    }
)
def scaling_four_replica_sets_is_exact(
    sizes: tuple[Positive, Positive, Positive, Positive], replicas: Natural, surge: Natural, most_before: Natural
) -> bool:
    """Scaling four ReplicaSets in proportion is exact too. It is false: the first cannot make up for all roundings."""
    _assume_known(sizes, most_before)
    then = scaling.scale_in_proportion(sizes, replicas, surge, most_before)
    return sum(then) == scaling.allowed_size(replicas, surge)


def _tell_share(size: int, replicas: int, surge: int, most_before: int) -> str:
    then = size + scaling.fraction(size, most_before, replicas, surge)
    return (
        f"a ReplicaSet of size {size} of {most_before}; now replicas {replicas}, maxSurge {surge}: its share is {then}"
    )


@scale_in_proportion.theorem(tell=_tell_share)
def a_share_is_the_nearest_whole_number(
    size: Natural, replicas: Positive, surge: Natural, most_before: Positive
) -> bool:
    """A ReplicaSet's share is its part of replicas + maxSurge, rounded to the nearest, halves up."""
    part = size + scaling.fraction(size, most_before, replicas, surge)
    exact = size * (replicas + surge)
    return 2 * part * most_before <= 2 * exact + most_before and 2 * exact - most_before < 2 * part * most_before
