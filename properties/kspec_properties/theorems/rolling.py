"""What is exactly true of one sync of a rolling update, for all numbers, and the false sentences close to it.

The theorems speak of a Deployment with a new ReplicaSet and two old ones (fewer: of size 0, with no pod). What they
need for any number of old ReplicaSets is in `folds`. `unavailable` is what `most_unavailable` answers.
"""

from __future__ import annotations

from kspec.prove import Natural, Positive, assume, decision
from kspec_models.controllers.deployment import decisions
from kspec_models.controllers.deployment.decisions import Rollout, Sized

Two = tuple[Sized, Sized]


@decision("deployment.rolling_step")
def rolling_step(new: Sized, old: Two, replicas: int, surge: int, unavailable: int) -> Rollout:
    """The sizes of a Deployment's ReplicaSets after one sync of a rolling update."""
    return decisions.rolling_step(Rollout(new, old), replicas, surge, unavailable)


# ---- words


def _sized(rs: Sized) -> str:
    return f"size {rs.size} ({rs.available} available)"


def _tell(new: Sized, old: Two, replicas: int, surge: int, unavailable: int) -> str:
    then = rolling_step(new, old, replicas, surge, unavailable)
    return (
        f"replicas {replicas}, maxSurge {surge}, maxUnavailable {unavailable}: new ReplicaSet of {_sized(new)}, old "
        f"ReplicaSets of {' and '.join(_sized(rs) for rs in old)}; after one sync the new one has size "
        f"{then.new.size}, the old ones {' and '.join(str(rs.size) for rs in then.old)}"
    )


# ---- premises


def _two(now: Rollout) -> None:
    assume(len(now.old) == 2, "at most two old ReplicaSets (one of size 0 without pods is as good as none)")


def counts(now: Rollout) -> None:
    """Sizes and counts of available pods are counts."""
    _two(now)
    for rs in (now.new, *now.old):
        assume(rs.size >= 0 and rs.available >= 0, "sizes and available pods ≥ 0")


def true_statuses(now: Rollout) -> None:
    """No status counts pods that are gone."""
    _two(now)
    for rs in (now.new, *now.old):
        assume(0 <= rs.available <= rs.size, "statuses are true: 0 ≤ available ≤ size")


def capped(replicas: int, unavailable: int) -> None:
    """maxUnavailable is at most replicas, as `most_unavailable` caps it."""
    assume(unavailable <= replicas, "maxUnavailable ≤ replicas")


def fenced(surge: int, unavailable: int) -> None:
    """Not both are zero, as `resolve_fenceposts` makes sure."""
    assume(surge > 0 or unavailable > 0, "maxSurge and maxUnavailable are not both 0")


# ---- what the theorems speak of


def available_after(now: Rollout, then: Rollout) -> int:
    """Pods that stay available when every ReplicaSet comes to its new size and deletes unavailable pods first (W23)."""
    pairs = zip((now.new, *now.old), (then.new, *then.old), strict=True)
    return sum(min(before.available, after.size) for before, after in pairs)


def available_after_the_worst(now: Rollout, then: Rollout) -> int:
    """The same if every ReplicaSet deletes available pods first."""
    pairs = zip((now.new, *now.old), (then.new, *then.old), strict=True)
    return sum(max(0, before.available - (before.size - after.size)) for before, after in pairs)


def distance(now: Rollout, replicas: int) -> int:
    """The measure: how far the sizes are from a complete rollout."""
    return abs(replicas - now.new.size) + sum(rs.size for rs in now.old)


def same_sizes(now: Rollout, then: Rollout) -> bool:
    """Whether the sync wrote nothing."""
    return now.new.size == then.new.size and all(a.size == b.size for a, b in zip(now.old, then.old, strict=True))


def writes(new: Sized, old: Two, replicas: int, surge: int, unavailable: int) -> bool:
    """The sync changes some size."""
    return not same_sizes(Rollout(new, old), rolling_step(new, old, replicas, surge, unavailable))


def grows(new: Sized, old: Two, replicas: int, surge: int, unavailable: int) -> bool:
    """The sync makes the sum of the sizes larger, although it is not 0."""
    now = Rollout(new, old)
    return 0 < now.total < rolling_step(new, old, replicas, surge, unavailable).total


def takes_available_pods(new: Sized, old: Two, replicas: int, surge: int, unavailable: int) -> bool:
    """The sync takes available pods away."""
    now = Rollout(new, old)
    return available_after(now, rolling_step(new, old, replicas, surge, unavailable)) < now.available


def waits(new: Sized, old: Two, replicas: int, surge: int, unavailable: int) -> bool:
    """The sync writes nothing."""
    return not writes(new, old, replicas, surge, unavailable)


# ---- 1. the sum of sizes


@rolling_step.theorem(tell=_tell, witness=grows)
def the_sum_of_sizes_never_passes_replicas_plus_surge(
    new: Sized, old: Two, replicas: Natural, surge: Natural, unavailable: Natural
) -> bool:
    """A sync never takes the sum of the sizes beyond replicas + maxSurge, nor beyond what it was if that was more."""
    now = Rollout(new, old)
    counts(now)
    return rolling_step(new, old, replicas, surge, unavailable).total <= max(now.total, replicas + surge)


@the_sum_of_sizes_never_passes_replicas_plus_surge.false_neighbour(
    smallest={"new.size": 1, "old[1].size": 1, "replicas": 1}
)
def after_a_sync_the_sum_is_within_replicas_plus_surge(
    new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """After a sync the sum of the sizes is at most replicas + maxSurge. It is false if it was more before."""
    now = Rollout(new, old)
    counts(now)
    capped(replicas, unavailable)
    return rolling_step(new, old, replicas, surge, unavailable).total <= replicas + surge


def _tell_late(new: Sized, old: Two, really: tuple[int, int], replicas: int, surge: int, unavailable: int) -> str:
    said = _tell(new, old, replicas, surge, unavailable)
    return f"{said}; the old ones really have size {' and '.join(str(size) for size in really)}"


@the_sum_of_sizes_never_passes_replicas_plus_surge.false_neighbour(
    smallest={"really[1]": 1, "replicas": 1, "unavailable": 1}, tell=_tell_late
)
def the_sum_is_kept_though_an_old_replica_set_is_seen_late(
    new: Sized, old: Two, really: tuple[Natural, Natural], replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """The sum stays within, also if the cache is late with old sizes. It is false if an old ReplicaSet had grown."""
    now = Rollout(new, old)
    counts(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    assume(now.total <= replicas + surge, "the sizes that are seen sum to at most replicas + maxSurge")
    assume(new.size + sum(really) <= replicas + surge, "the real sizes sum to at most replicas + maxSurge")
    then = rolling_step(new, old, replicas, surge, unavailable)
    return then.new.size == new.size or then.new.size + sum(really) <= replicas + surge


# ---- 2. availability


@rolling_step.theorem(tell=_tell, witness=takes_available_pods)
def a_sync_never_gives_availability_away(
    new: Sized, old: Two, replicas: Natural, surge: Natural, unavailable: Natural
) -> bool:
    """A sync leaves at least replicas - maxUnavailable pods available, or as many as there were if those are fewer."""
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    then = rolling_step(new, old, replicas, surge, unavailable)
    return available_after(now, then) >= min(now.available, replicas - unavailable)


@a_sync_never_gives_availability_away.false_neighbour(smallest={"replicas": 1, "surge": 1})
def after_a_sync_enough_pods_are_available(
    new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """After a sync at least replicas - maxUnavailable pods are available. It is false if they are missing already."""
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    then = rolling_step(new, old, replicas, surge, unavailable)
    return available_after(now, then) >= replicas - unavailable


@a_sync_never_gives_availability_away.false_neighbour(
    smallest={"old[1].size": 1, "old[1].available": 1, "replicas": 1, "unavailable": 1}
)
def a_sync_never_lowers_availability(
    new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """A sync never takes an available pod away. It is false: it may, down to the promise."""
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    return available_after(now, rolling_step(new, old, replicas, surge, unavailable)) >= now.available


@a_sync_never_gives_availability_away.false_neighbour(
    smallest={"new.available": 1, "old[0].size": 1, "old[1].size": 1, "old[1].available": 1, "replicas": 1, "surge": 1}
)
def availability_is_kept_though_a_status_is_late(
    new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """Availability is not given away, also if a status counts pods that are gone. It is false: they count (W40)."""
    now = Rollout(new, old)
    counts(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    assume(now.total <= replicas + surge, "the sizes sum to at most replicas + maxSurge")
    then = rolling_step(new, old, replicas, surge, unavailable)
    return available_after(now, then) >= min(available_after(now, now), replicas - unavailable)


@a_sync_never_gives_availability_away.false_neighbour(
    smallest={"old[1].size": 2, "old[1].available": 1, "replicas": 1, "surge": 1}
)
def availability_is_kept_whichever_pods_are_deleted(
    new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """Availability is not given away whichever pods go. It is false of ready pods, not yet available (W23)."""
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    then = rolling_step(new, old, replicas, surge, unavailable)
    return available_after_the_worst(now, then) >= min(now.available, replicas - unavailable)


# ---- 3. progress: replicas converge


@rolling_step.theorem(tell=_tell, witness=writes)
def every_sync_that_writes_comes_nearer(
    new: Sized, old: Two, replicas: Natural, surge: Natural, unavailable: Natural
) -> bool:
    """Every sync that changes a size lowers |replicas - new size| + the sum of the old sizes."""
    now = Rollout(new, old)
    counts(now)
    then = rolling_step(new, old, replicas, surge, unavailable)
    return same_sizes(now, then) or 0 <= distance(then, replicas) < distance(now, replicas)


@rolling_step.theorem(tell=_tell, witness=waits)
def a_sync_writes_nothing_exactly_while_it_waits_for_new_pods(
    new: Sized, old: Two, replicas: Natural, surge: Natural, unavailable: Natural
) -> bool:
    """Before the end a sync writes nothing exactly if the new size is not to change and too many new pods are missing.

    Not to change: it is replicas, or below and the sum is at replicas + maxSurge. Too many missing: its unavailable
    pods are at least sum - replicas + maxUnavailable.
    """
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    assume(distance(now, replicas) != 0, "the rollout is not at its end")
    can_be_scaled = new.size > replicas or (new.size < replicas and now.total < replicas + surge)
    too_many_missing = new.size - new.available >= now.total - replicas + unavailable
    idle = same_sizes(now, rolling_step(new, old, replicas, surge, unavailable))
    return idle == (not can_be_scaled and too_many_missing)


@rolling_step.theorem(tell=_tell, witness=writes)
def a_sync_comes_nearer_while_new_pods_are_available(
    new: Sized, old: Two, replicas: Natural, surge: Natural, unavailable: Natural
) -> bool:
    """While all new pods are available, every sync comes nearer to the end: replicas converge."""
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    assume(new.available == new.size, "all pods of the new ReplicaSet are available")
    assume(distance(now, replicas) != 0, "the rollout is not at its end")
    return distance(rolling_step(new, old, replicas, surge, unavailable), replicas) < distance(now, replicas)


@a_sync_comes_nearer_while_new_pods_are_available.false_neighbour(
    smallest={"new.size": 1, "old[1].size": 1, "replicas": 1, "surge": 1}
)
def a_sync_always_comes_nearer(new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural) -> bool:
    """Every sync comes nearer to the end. It is false if new pods never become available: the rollout is stuck."""
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    assume(distance(now, replicas) != 0, "the rollout is not at its end")
    return distance(rolling_step(new, old, replicas, surge, unavailable), replicas) < distance(now, replicas)


@a_sync_comes_nearer_while_new_pods_are_available.false_neighbour(smallest={"old[1].size": 1, "replicas": 1})
def a_sync_comes_nearer_without_the_fence(
    new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """A sync comes nearer also if maxSurge and maxUnavailable are both 0. It is false: nothing may move."""
    now = Rollout(new, old)
    true_statuses(now)
    capped(replicas, unavailable)
    assume(new.available == new.size, "all pods of the new ReplicaSet are available")
    assume(distance(now, replicas) != 0, "the rollout is not at its end")
    return distance(rolling_step(new, old, replicas, surge, unavailable), replicas) < distance(now, replicas)


@a_sync_comes_nearer_while_new_pods_are_available.false_neighbour(
    smallest={"old[1].size": 1, "old[1].available": 2, "replicas": 1, "unavailable": 1}
)
def a_sync_comes_nearer_though_a_status_is_late(
    new: Sized, old: Two, replicas: Positive, surge: Natural, unavailable: Natural
) -> bool:
    """A sync comes nearer also if an old status counts pods that are gone. It is false: the clean-up fails (W39)."""
    now = Rollout(new, old)
    counts(now)
    capped(replicas, unavailable)
    fenced(surge, unavailable)
    assume(new.available == new.size, "all pods of the new ReplicaSet are available")
    assume(all(rs.available >= rs.size for rs in old), "all pods of old ReplicaSets are available")
    assume(distance(now, replicas) != 0, "the rollout is not at its end")
    return distance(rolling_step(new, old, replicas, surge, unavailable), replicas) < distance(now, replicas)
