"""What scaling down the old ReplicaSets keeps, for any number of them.

Both stages go through the old ReplicaSets one by one, oldest first, with what is left to take away; so they are
transition systems, and one old ReplicaSet is a step. `taken` and `seen` are sums over those that were visited.
"""

from __future__ import annotations

import attrs

from kspec.prove import Natural, assume, transition_system
from kspec_models.controllers.deployment import decisions
from kspec_models.controllers.deployment.decisions import Sized


@attrs.frozen
class Visited:
    """Some old ReplicaSets after a stage visited them, and how many pods it may still take of `allowed`.

    `taken`: by how much their sizes went down. `seen`: their available pods before. `kept`: those that stay available
    when each deletes unavailable pods first.
    """

    allowed: int
    rest: int
    taken: Natural
    seen: Natural
    kept: Natural
    left: Natural


def _begin(allowed: int) -> Visited:
    return Visited(allowed, allowed, 0, 0, 0, 0)


def _tell(before: Visited, after: Visited, rs: Sized) -> str:
    gone = after.taken - before.taken
    return f"an old ReplicaSet of size {rs.size} ({rs.available} available) loses {gone}, and may lose {before.rest}"


def _visit(now: Visited, rs: Sized, gone: int) -> Visited:
    size = rs.size - gone
    return Visited(
        allowed=now.allowed,
        rest=now.rest - gone,
        taken=now.taken + gone,
        seen=now.seen + rs.available,
        kept=now.kept + min(rs.available, size),
        left=now.left + size,
    )


def _true_status(rs: Sized) -> None:
    assume(0 <= rs.available <= rs.size, "statuses are true: 0 ≤ available ≤ size")


# ---- by what is available


@transition_system("deployment.scale_down_old", initial=_begin, tell=_tell)
def scale_down_one(now: Visited, rs: Sized) -> Visited:
    """The next old ReplicaSet is scaled down, available pods or not."""
    _true_status(rs)
    return _visit(now, rs, decisions.scale_down_one(rs, now.rest))


@scale_down_one.inductive()
def scaling_down_takes_no_more_than_allowed(now: Visited) -> bool:
    """Scaling down any number of old ReplicaSets takes no more pods than allowed, and none if that is negative."""
    return now.rest == now.allowed - now.taken and now.taken <= max(0, now.allowed)


@scale_down_one.inductive()
def scaling_down_keeps_what_is_not_taken_available(now: Visited) -> bool:
    """Of any number of old ReplicaSets at least as many pods stay available as were, less what is taken."""
    return now.kept >= now.seen - now.taken


@scale_down_one.inductive()
def scaling_down_takes_all_that_may_go(now: Visited) -> bool:
    """Of any number of old ReplicaSets a pod is left only if the allowance is used up."""
    return now.left == 0 or now.rest <= 0


# ---- unhealthy pods first


@transition_system("deployment.clean_up_unhealthy", initial=_begin, tell=_tell)
def clean_up_one(now: Visited, rs: Sized) -> Visited:
    """The next old ReplicaSet loses unavailable pods."""
    _true_status(rs)
    return _visit(now, rs, decisions.clean_up_one(rs, now.rest))


@clean_up_one.inductive()
def cleaning_up_takes_no_more_than_allowed(now: Visited) -> bool:
    """Cleaning up any number of old ReplicaSets takes no more pods than allowed, and none if that is negative."""
    return now.rest == now.allowed - now.taken and now.taken <= max(0, now.allowed)


@clean_up_one.inductive()
def cleaning_up_takes_no_available_pod(now: Visited) -> bool:
    """Cleaning up any number of old ReplicaSets takes no pod that is available."""
    return now.kept == now.seen


# ---- both stages together


@attrs.frozen
class BothStages:
    """Some old ReplicaSets after both stages of a sync visited them.

    `to_clean` and `to_take`: what the clean-up and the scale-down may still take; `budget`: what the latter might take
    at first. `taken`: what it took. `seen`, `kept`: available pods of the visited ones before and after.
    """

    replicas: Natural
    unavailable: Natural
    new_available: Natural
    to_clean: int
    budget: int
    to_take: int
    taken: Natural
    seen: Natural
    kept: Natural


def _begin_both(
    replicas: Natural, unavailable: Natural, new_available: Natural, to_clean: int, budget: int
) -> BothStages:
    return BothStages(replicas, unavailable, new_available, to_clean, budget, budget, 0, 0, 0)


def _tell_both(before: BothStages, after: BothStages, rs: Sized) -> str:
    cleaned, taken = before.to_clean - after.to_clean, after.taken - before.taken
    return (
        f"an old ReplicaSet of size {rs.size} ({rs.available} available) loses {cleaned} by clean-up and {taken} by "
        f"scale-down; {after.kept} of {after.seen} old pods stay available"
    )


@transition_system("deployment.old_stages", initial=_begin_both, tell=_tell_both)
def visit_one(now: BothStages, rs: Sized) -> BothStages:
    """The next old ReplicaSet loses unhealthy pods, and then what the available ones allow."""
    _true_status(rs)
    cleaned = decisions.clean_up_one(rs, now.to_clean)
    rest = Sized(rs.size - cleaned, rs.available)
    gone = decisions.scale_down_one(rest, now.to_take)
    return attrs.evolve(
        now,
        to_clean=now.to_clean - cleaned,
        to_take=now.to_take - gone,
        taken=now.taken + gone,
        seen=now.seen + rs.available,
        kept=now.kept + min(rs.available, rest.size - gone),
    )


@visit_one.inductive()
def both_stages_keep_what_scaling_down_does_not_take(now: BothStages) -> bool:
    """Of any number of old ReplicaSets as many pods stay available as were, but for what the scale-down may take."""
    return (
        now.kept >= now.seen - now.taken and now.to_take == now.budget - now.taken and now.taken <= max(0, now.budget)
    )


@visit_one.inductive()
def any_number_of_old_replica_sets_keep_the_promise(now: BothStages) -> bool:
    """A sync that scales any number of old ReplicaSets down leaves replicas - maxUnavailable pods available.

    Or as many as there were, if those are fewer.
    """
    available = now.new_available + now.seen
    if now.budget != decisions.scale_down_budget(available, now.replicas, now.unavailable):
        return True
    return now.new_available + now.kept >= min(available, now.replicas - now.unavailable)
